package io.patchbay.northbound.modbus;

import io.patchbay.thing.ThingId;
import java.math.BigDecimal;
import java.util.Map;
import java.util.Optional;

/**
 * A property, and where a master finds it.
 *
 * @param unit 0 to 255
 * @param address of its first register or bit, 0 to 65535
 * @param scale value = register * scale
 * @param words numbers that stand for the texts of the property
 * @param absent what is read when there is no value; empty for an exception
 * @param writable whether a master may write it
 */
record MapPoint(
    int unit,
    Table table,
    int address,
    RegisterType type,
    Order order,
    int length,
    BigDecimal scale,
    Map<String, Long> words,
    Optional<Long> absent,
    boolean writable,
    ThingId thing,
    String property) {

  /** What a slave has (MODBUS Application Protocol V1.1b3, clause 4.3). */
  enum Table {
    COIL,
    DISCRETE,
    HOLDING,
    INPUT;

    boolean bits() {
      return this == COIL || this == DISCRETE;
    }

    boolean writable() {
      return this == COIL || this == HOLDING;
    }
  }

  /** In which order the octets of a number are read, A being the highest. */
  enum Order {
    ABCD,
    CDAB,
    BADC,
    DCBA;

    /** From A first to the wire's order, and back: it is its own inverse. */
    byte[] arrange(byte[] octets) {
      boolean words = this == CDAB || this == DCBA;
      boolean swapped = this == BADC || this == DCBA;
      byte[] arranged = new byte[octets.length];
      int registers = octets.length / 2;
      for (int i = 0; i < registers; i++) {
        int from = 2 * (words ? registers - 1 - i : i);
        arranged[2 * i] = octets[swapped ? from + 1 : from];
        arranged[2 * i + 1] = octets[swapped ? from : from + 1];
      }
      return arranged;
    }
  }

  /** How a number lies in registers. */
  enum RegisterType {
    UINT16(1),
    INT16(1),
    UINT32(2),
    INT32(2),
    UINT64(4),
    INT64(4),
    FLOAT32(2),
    FLOAT64(4),
    STRING(0),
    /** A coil or discrete input. */
    BIT(1);

    private final int registers;

    RegisterType(int registers) {
      this.registers = registers;
    }

    int registers() {
      return registers;
    }

    boolean signed() {
      return this == INT16 || this == INT32 || this == INT64;
    }
  }

  MapPoint {
    words = Map.copyOf(words);
  }

  /** The first address behind it. */
  int end() {
    return address + length;
  }

  @Override
  public String toString() {
    return "unit "
        + unit
        + " "
        + table.name().toLowerCase(java.util.Locale.ROOT)
        + " "
        + address
        + (length > 1 ? "-" + (end() - 1) : "");
  }
}
