package io.patchbay.profiles.media;

import io.patchbay.southbound.DecodeException;
import java.util.Arrays;

/** A place in some octets, up to a bound. */
final class Octets {
  private final byte[] all;
  private final int end;
  private int at;

  Octets(byte[] all, int from, int end) {
    this.all = all;
    this.at = from;
    this.end = end;
  }

  int at() {
    return at;
  }

  int left() {
    return end - at;
  }

  byte[] take(int count) throws DecodeException {
    need(count);
    byte[] taken = Arrays.copyOfRange(all, at, at + count);
    at += count;
    return taken;
  }

  /** A part of its own, which this place goes behind. */
  Octets inside(int count) throws DecodeException {
    need(count);
    Octets part = new Octets(all, at, at + count);
    at += count;
    return part;
  }

  private void need(int count) throws DecodeException {
    if (count < 0 || count > left()) {
      throw Json.undecodable(
          "octet " + at + ": " + count + " octets are needed, " + left() + " are there");
    }
  }

  /**
   * @param count octets, 1 to 8
   * @return of 8 octets the two's complement
   */
  long unsigned(int count, boolean big) throws DecodeException {
    need(count);
    long number = 0;
    for (int i = 0; i < count; i++) {
      number = (number << 8) | (all[big ? at + i : at + count - 1 - i] & 0xFF);
    }
    at += count;
    return number;
  }
}
