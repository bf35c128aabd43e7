package io.patchbay.journal.sqlite;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Writes the store's compact formats: LEB128 integers, UTF-8 texts with their length before. */
final class Packer {
  private byte[] octets;
  private int length;

  Packer(int capacity) {
    octets = new byte[capacity];
  }

  int length() {
    return length;
  }

  /** Forgets what was written after {@code to}. */
  void truncate(int to) {
    length = to;
  }

  byte[] toArray() {
    return Arrays.copyOf(octets, length);
  }

  Packer octet(int value) {
    room(1);
    octets[length++] = (byte) value;
    return this;
  }

  /** Unsigned; negative numbers take ten octets. */
  Packer varint(long value) {
    room(10);
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      octets[length++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    octets[length++] = (byte) rest;
    return this;
  }

  /** Signed, small when near zero. */
  Packer zigzag(long value) {
    return varint((value << 1) ^ (value >> 63));
  }

  Packer fixed32(int value) {
    room(4);
    for (int shift = 0; shift < 32; shift += 8) {
      octets[length++] = (byte) (value >>> shift);
    }
    return this;
  }

  Packer fixed64(long value) {
    return fixed32((int) value).fixed32((int) (value >>> 32));
  }

  Packer text(String text) {
    int mark = length;
    int size = text.length();
    varint(size);
    room(size);
    for (int i = 0; i < size; i++) {
      char letter = text.charAt(i);
      if (letter >= 0x80) {
        length = mark;
        return octets(text.getBytes(StandardCharsets.UTF_8));
      }
      octets[length++] = (byte) letter;
    }
    return this;
  }

  Packer octets(byte[] more) {
    varint(more.length);
    return raw(more, more.length);
  }

  /** What another holds, without its length. */
  Packer raw(Packer other) {
    return raw(other.octets, other.length);
  }

  private Packer raw(byte[] more, int size) {
    room(size);
    System.arraycopy(more, 0, octets, length, size);
    length += size;
    return this;
  }

  private void room(int more) {
    if (octets.length - length < more) {
      octets = Arrays.copyOf(octets, Math.max(octets.length * 2, Math.addExact(length, more)));
    }
  }
}
