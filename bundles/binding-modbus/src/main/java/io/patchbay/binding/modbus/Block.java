package io.patchbay.binding.modbus;

import java.util.List;

/**
 * What one request reads.
 *
 * @param span from the first to the last
 * @param parts what is wanted of it, by address
 */
record Block(Span span, List<Span> parts) {
  Block {
    parts = List.copyOf(parts);
  }

  /** Of parts that are in order. */
  static Block of(List<Span> parts) {
    Span first = parts.get(0);
    int end = parts.stream().mapToInt(Span::end).max().orElseThrow();
    return new Block(new Span(first.table(), first.address(), end - first.address()), parts);
  }
}
