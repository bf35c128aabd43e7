package io.patchbay.camel.mqtt;

/** Bounds of configured numbers. */
final class Ranges {
  private Ranges() {}

  /**
   * @throws IllegalArgumentException naming the key and what is accepted
   */
  static long check(String key, long value, long smallest, long largest) {
    if (value < smallest || value > largest) {
      throw new IllegalArgumentException(
          key + " must be " + smallest + " to " + largest + ", not " + value);
    }
    return value;
  }
}
