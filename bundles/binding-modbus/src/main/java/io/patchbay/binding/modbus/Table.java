package io.patchbay.binding.modbus;

import java.util.Locale;

/** What a device has (MODBUS Application Protocol V1.1b3, clause 4.3), and how it is read. */
enum Table {
  COIL(1, 2_000),
  DISCRETE(2, 2_000),
  HOLDING(3, 125),
  INPUT(4, 125),
  /** Texts that name the device (clause 6.21); an address is the id of an object. */
  IDENTIFICATION(0x2B, 1);

  private final int function;
  private final int most;

  Table(int function, int most) {
    this.function = function;
    this.most = most;
  }

  /** The function that reads it. */
  int function() {
    return function;
  }

  /** How many of it one request may read. */
  int most() {
    return most;
  }

  boolean bits() {
    return this == COIL || this == DISCRETE;
  }

  boolean registers() {
    return this == HOLDING || this == INPUT;
  }

  boolean writable() {
    return this == COIL || this == HOLDING;
  }

  /**
   * @throws IllegalArgumentException saying what is accepted
   */
  static Table of(String word) {
    for (Table table : values()) {
      if (table.name().toLowerCase(Locale.ROOT).equals(word)) {
        return table;
      }
    }
    throw new IllegalArgumentException(
        "table '"
            + word
            + "' is not known; accepted: coil, discrete, holding, input, identification");
  }
}
