package io.patchbay.binding.modbus;

/**
 * Neighbours of one table that are read together.
 *
 * @param address of the first, 0 to 65535
 * @param count at least 1
 */
record Span(Table table, int address, int count) {
  /** The first address behind it. */
  int end() {
    return address + count;
  }

  boolean holds(Span other) {
    return table == other.table && address <= other.address && other.end() <= end();
  }

  @Override
  public String toString() {
    String name = table.name().toLowerCase(java.util.Locale.ROOT);
    return count == 1 ? name + " " + address : name + " " + address + "-" + (end() - 1);
  }
}
