package io.patchbay.thing;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/** A sequence of octets that never changes. */
public final class Bytes {
  public static final Bytes EMPTY = new Bytes(new byte[0]);

  private final byte[] octets;

  private Bytes(byte[] octets) {
    this.octets = octets;
  }

  /** Takes the array over without a copy: the caller must not touch it again. */
  public static Bytes wrap(byte[] octets) {
    return octets.length == 0 ? EMPTY : new Bytes(octets);
  }

  public static Bytes copyOf(byte[] octets) {
    return wrap(octets.clone());
  }

  public static Bytes utf8(String text) {
    return wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  public int length() {
    return octets.length;
  }

  public byte at(int index) {
    return octets[index];
  }

  /** The octets themselves, for parsers that only read: the caller must not change them. */
  public byte[] shared() {
    return octets;
  }

  public byte[] toArray() {
    return octets.clone();
  }

  /** The first {@code length} octets, or all when there are fewer. */
  public Bytes first(int length) {
    return length >= octets.length ? this : new Bytes(Arrays.copyOf(octets, length));
  }

  /** Decoded as UTF-8; malformed input becomes U+FFFD. */
  public String text() {
    return new String(octets, StandardCharsets.UTF_8);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Bytes that && Arrays.equals(octets, that.octets);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(octets);
  }

  /** Lower-case hexadecimal, at most 32 octets of it. */
  @Override
  public String toString() {
    String hex = HexFormat.of().formatHex(octets, 0, Math.min(32, octets.length));
    return octets.length > 32 ? hex + "… (" + octets.length + " octets)" : hex;
  }
}
