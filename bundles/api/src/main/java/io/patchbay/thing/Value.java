package io.patchbay.thing;

/** A value as SenML knows it (RFC 8428, clause 4.3): vb, v, vs, vd, with integers exact. */
public sealed interface Value {

  /** vb */
  record Bool(boolean value) implements Value {}

  /** v, a signed 64-bit integer, exact. */
  record Int(long value) implements Value {}

  /** v, always finite. */
  record Num(double value) implements Value {
    /**
     * @throws IllegalArgumentException for NaN and the infinities
     */
    public Num {
      if (!Double.isFinite(value)) {
        throw new IllegalArgumentException("a number must be finite, not " + value);
      }
    }
  }

  /** vs */
  record Text(String value) implements Value {}

  /** vd */
  record Data(Bytes value) implements Value {}

  /** The value as a person reads it: a number at its shortest, {@link Data} in hexadecimal. */
  default String text() {
    if (this instanceof Bool bool) {
      return Boolean.toString(bool.value());
    } else if (this instanceof Int integer) {
      return Long.toString(integer.value());
    } else if (this instanceof Num number) {
      return SenMl.number(number.value());
    } else if (this instanceof Text text) {
      return text.value();
    }
    return ((Data) this).value().toString();
  }
}
