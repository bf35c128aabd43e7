package io.patchbay.binding.modbus;

import java.util.Locale;

/**
 * How a value lies in registers. Registers are big-endian (clause 4.2); how values of several
 * registers lie is every maker's own.
 */
enum Layout {
  UINT16(1),
  INT16(1),
  UINT32(2),
  INT32(2),
  UINT64(4),
  INT64(4),
  FLOAT32(2),
  FLOAT64(4),
  BCD16(1),
  BCD32(2),
  BCD64(4),
  STRING(0),
  BYTES(0),
  /** A coil or a discrete input. */
  BIT(0);

  /** In which order the octets of a value are sent, A being the highest. */
  enum Order {
    ABCD(false, false),
    CDAB(true, false),
    BADC(false, true),
    DCBA(true, true);

    private final boolean words;
    private final boolean octets;

    Order(boolean words, boolean octets) {
      this.words = words;
      this.octets = octets;
    }

    /**
     * From the wire's order to A first, and back: it is its own inverse.
     *
     * @param numeric false for texts, whose registers always come in their order
     */
    byte[] arrange(byte[] wire, boolean numeric) {
      byte[] arranged = new byte[wire.length];
      int registers = wire.length / 2;
      for (int i = 0; i < registers; i++) {
        int from = 2 * (words && numeric ? registers - 1 - i : i);
        arranged[2 * i] = wire[octets ? from + 1 : from];
        arranged[2 * i + 1] = wire[octets ? from : from + 1];
      }
      return arranged;
    }

    static Order of(String word) {
      for (Order order : values()) {
        if (order.name().equalsIgnoreCase(word)) {
          return order;
        }
      }
      throw new IllegalArgumentException(
          "order '" + word + "' is not known; accepted: ABCD, CDAB, BADC, DCBA");
    }
  }

  private final int registers;

  Layout(int registers) {
    this.registers = registers;
  }

  /** How many it takes; 0 when the form says it. */
  int registers() {
    return registers;
  }

  boolean real() {
    return this == FLOAT32 || this == FLOAT64;
  }

  boolean decimal() {
    return this == BCD16 || this == BCD32 || this == BCD64;
  }

  boolean signed() {
    return this == INT16 || this == INT32 || this == INT64;
  }

  boolean whole() {
    return registers > 0 && !real();
  }

  static Layout of(String word) {
    for (Layout layout : values()) {
      if (layout != BIT && layout.name().toLowerCase(Locale.ROOT).equals(word)) {
        return layout;
      }
    }
    throw new IllegalArgumentException(
        "type '"
            + word
            + "' is not known; accepted: uint16, int16, uint32, int32, uint64, int64, float32,"
            + " float64, bcd16, bcd32, bcd64, string, bytes");
  }
}
