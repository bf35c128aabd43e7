package io.patchbay.northbound.modbus;

import io.patchbay.northbound.modbus.MapPoint.RegisterType;
import io.patchbay.profile.DataSchema;
import io.patchbay.thing.Value;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

/** Between a value and the registers of a point; a coil is one octet, 0 or 1. */
final class Registers {
  private Registers() {}

  /** What is read; empty when the registers cannot hold the value. */
  static Optional<byte[]> of(Value value, MapPoint point) {
    if (point.type() == RegisterType.STRING) {
      byte[] text = value.text().getBytes(StandardCharsets.UTF_8);
      return text.length > 2 * point.length()
          ? Optional.empty()
          : Optional.of(Arrays.copyOf(text, 2 * point.length()));
    }
    BigDecimal number = number(value, point.words());
    if (number == null) {
      return Optional.empty();
    }
    BigDecimal scaled = number.divide(point.scale(), MathContext.DECIMAL64);
    return switch (point.type()) {
      case BIT -> Optional.of(new byte[] {(byte) (scaled.signum() == 0 ? 0 : 1)});
      case FLOAT32 ->
          Float.isFinite(scaled.floatValue())
              ? Optional.of(
                  point
                      .order()
                      .arrange(ByteBuffer.allocate(4).putFloat(scaled.floatValue()).array()))
              : Optional.empty();
      case FLOAT64 ->
          Optional.of(
              point
                  .order()
                  .arrange(ByteBuffer.allocate(8).putDouble(scaled.doubleValue()).array()));
      default -> whole(scaled, point);
    };
  }

  private static @org.jspecify.annotations.Nullable BigDecimal number(
      Value value, Map<String, Long> words) {
    Long word = words.get(value.text());
    if (word != null) {
      return BigDecimal.valueOf(word);
    } else if (value instanceof Value.Bool bool) {
      return bool.value() ? BigDecimal.ONE : BigDecimal.ZERO;
    } else if (value instanceof Value.Int integer) {
      return BigDecimal.valueOf(integer.value());
    }
    return value instanceof Value.Num real ? BigDecimal.valueOf(real.value()) : null;
  }

  private static Optional<byte[]> whole(BigDecimal number, MapPoint point) {
    BigInteger whole = number.setScale(0, RoundingMode.HALF_EVEN).toBigInteger();
    int width = 16 * point.length();
    int bits = point.type().signed() ? width - 1 : width;
    boolean fits =
        point.type().signed()
            ? whole.bitLength() <= bits
            : whole.signum() >= 0 && whole.bitLength() <= bits;
    return fits ? Optional.of(raw(whole.longValue(), point)) : Optional.empty();
  }

  /** What is read where there is no value. */
  static byte[] raw(long number, MapPoint point) {
    if (point.type() == RegisterType.BIT) {
      return new byte[] {(byte) (number & 1)};
    }
    byte[] octets = new byte[2 * point.length()];
    for (int i = 0; i < octets.length; i++) {
      int shift = 8 * (octets.length - 1 - i);
      octets[i] = (byte) (shift < Long.SIZE ? number >> shift : 0);
    }
    return point.type() == RegisterType.STRING ? octets : point.order().arrange(octets);
  }

  /**
   * What a master has written.
   *
   * @param type of the property
   * @throws IllegalArgumentException when it is no value of the property
   */
  static Value value(byte[] octets, MapPoint point, DataSchema.Type type) {
    if (point.type() == RegisterType.STRING) {
      int end = 0;
      while (end < octets.length && octets[end] != 0) {
        end++;
      }
      return new Value.Text(new String(octets, 0, end, StandardCharsets.UTF_8));
    }
    BigDecimal raw = written(octets, point);
    for (Map.Entry<String, Long> word : point.words().entrySet()) {
      if (raw.compareTo(BigDecimal.valueOf(word.getValue())) == 0) {
        return type == DataSchema.Type.BOOLEAN
            ? new Value.Bool(Boolean.parseBoolean(word.getKey()))
            : new Value.Text(word.getKey());
      }
    }
    BigDecimal value = raw.multiply(point.scale());
    return switch (type) {
      case BOOLEAN -> {
        if (value.signum() != 0 && value.compareTo(BigDecimal.ONE) != 0) {
          throw new IllegalArgumentException(value + " is neither 0 nor 1");
        }
        yield new Value.Bool(value.signum() != 0);
      }
      case INTEGER -> new Value.Int(value.setScale(0, RoundingMode.HALF_EVEN).longValueExact());
      case NUMBER -> new Value.Num(value.doubleValue());
      default -> throw new IllegalArgumentException(raw + " stands for no text of the property");
    };
  }

  private static BigDecimal written(byte[] wire, MapPoint point) {
    if (point.type() == RegisterType.BIT) {
      return BigDecimal.valueOf(wire[0]);
    }
    byte[] octets = point.order().arrange(wire);
    return switch (point.type()) {
      case FLOAT32 -> real(ByteBuffer.wrap(octets).getFloat(), true);
      case FLOAT64 -> real(ByteBuffer.wrap(octets).getDouble(), false);
      default ->
          new BigDecimal(
              point.type().signed() ? new BigInteger(octets) : new BigInteger(1, octets));
    };
  }

  private static BigDecimal real(double number, boolean single) {
    if (!Double.isFinite(number)) {
      throw new IllegalArgumentException("not a number");
    }
    return single ? new BigDecimal(Float.toString((float) number)) : BigDecimal.valueOf(number);
  }
}
