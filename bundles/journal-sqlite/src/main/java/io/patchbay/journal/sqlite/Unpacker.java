package io.patchbay.journal.sqlite;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Reads what {@link Packer} wrote. */
final class Unpacker {
  private final byte[] octets;
  private int at;

  Unpacker(byte[] octets) {
    this.octets = octets;
  }

  int octet() {
    return octets[need(1)] & 0xFF;
  }

  long varint() {
    long value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      byte next = octets[need(1)];
      value |= (next & 0x7FL) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw damaged();
  }

  /** A length, a count or an id. */
  int small() {
    long value = varint();
    if (value < 0 || value > Integer.MAX_VALUE) {
      throw damaged();
    }
    return (int) value;
  }

  long zigzag() {
    long value = varint();
    return (value >>> 1) ^ -(value & 1);
  }

  int fixed32() {
    int from = need(4);
    int value = 0;
    for (int i = 3; i >= 0; i--) {
      value = (value << 8) | (octets[from + i] & 0xFF);
    }
    return value;
  }

  long fixed64() {
    long low = fixed32() & 0xFFFF_FFFFL;
    return low | (long) fixed32() << 32;
  }

  String text() {
    int length = small();
    return new String(octets, need(length), length, StandardCharsets.UTF_8);
  }

  byte[] octets() {
    int length = small();
    int from = need(length);
    return Arrays.copyOfRange(octets, from, from + length);
  }

  /** Passes over a text or octets. */
  void skip() {
    need(small());
  }

  private int need(int count) {
    int from = at;
    if (count > octets.length - from) {
      throw damaged();
    }
    at = from + count;
    return from;
  }

  private static IllegalStateException damaged() {
    return new IllegalStateException(
        "a record of the journal is damaged: stop the hub and restore journal/journal.db from a"
            + " backup, or move it away to begin anew");
  }
}
