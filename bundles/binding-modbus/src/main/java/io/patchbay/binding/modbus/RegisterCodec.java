package io.patchbay.binding.modbus;

import io.patchbay.binding.modbus.PointForm.Bits;
import io.patchbay.profile.DataSchema;
import io.patchbay.southbound.Codec;
import io.patchbay.southbound.DecodeException;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Rejection;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Value;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Between registers as they are on the wire and a value. A payload is the registers of the value,
 * then the factor register if there is one (one that goes down is the number's text, then); of a
 * coil or discrete input one octet, 0 or 1; of an object of the identification its text.
 */
final class RegisterCodec implements Codec {
  /** The range of a power of ten in a factor register (SunSpec, "sunssf"). */
  private static final int LARGEST_POWER = 10;

  private static final int NO_FACTOR = 0x8000;

  private final PointForm form;
  private final DataSchema schema;

  RegisterCodec(PointForm form, DataSchema schema) {
    this.form = form;
    this.schema = schema;
  }

  /** Whether the device says that it has no value. */
  boolean absent(Bytes payload) {
    if (form.layout().registers() == 0 || payload.length() != length()) {
      return false;
    }
    byte[] octets = octets(payload);
    long raw = unsigned(octets);
    boolean none =
        form.layout() == Layout.FLOAT32
            ? !Float.isFinite(Float.intBitsToFloat((int) raw))
            : form.layout() == Layout.FLOAT64 && !Double.isFinite(Double.longBitsToDouble(raw));
    return none
        || form.absent().contains(raw)
        || (form.factor().isPresent() && (factor(payload) & 0xFFFF) == NO_FACTOR);
  }

  /** Octets of a payload. */
  private int length() {
    if (form.layout() == Layout.BIT) {
      return 1;
    }
    return 2 * (form.span().count() + (form.factor().isPresent() ? 1 : 0));
  }

  private byte[] octets(Bytes payload) {
    byte[] wire = Arrays.copyOf(payload.shared(), 2 * form.span().count());
    boolean numeric = form.layout().registers() > 0;
    return form.order().arrange(wire, numeric);
  }

  private static long unsigned(byte[] octets) {
    long raw = 0;
    for (byte octet : octets) {
      raw = (raw << 8) | (octet & 0xFF);
    }
    return raw;
  }

  private short factor(Bytes payload) {
    int at = 2 * form.span().count();
    return (short) ((payload.at(at) << 8) | (payload.at(at + 1) & 0xFF));
  }

  @Override
  public Value decode(Frame frame) throws DecodeException {
    Bytes payload = frame.payload();
    if (form.span().table() == Table.IDENTIFICATION) {
      return new Value.Text(payload.text());
    } else if (payload.length() != length()) {
      throw bad(payload.length() + " octets came; " + form.span() + " has " + length());
    } else if (absent(payload)) {
      throw new DecodeException(
          Rejection.NOTHING_KNOWN, "the device has no value: " + payload + " says so");
    }
    return switch (form.layout()) {
      case BIT -> bit(payload.at(0));
      case STRING -> new Value.Text(text(octets(payload)));
      case BYTES -> new Value.Data(Bytes.wrap(octets(payload)));
      case FLOAT32 -> {
        float real = Float.intBitsToFloat((int) unsigned(octets(payload)));
        // the shortest decimal that names it: what binary adds is not data
        yield new Value.Num(Double.parseDouble(Float.toString(real)));
      }
      case FLOAT64 -> new Value.Num(Double.longBitsToDouble(unsigned(octets(payload))));
      case BCD16, BCD32, BCD64 -> new Value.Int(decimal(unsigned(octets(payload))));
      default -> whole(payload);
    };
  }

  private Value bit(byte octet) throws DecodeException {
    if (octet != 0 && octet != 1) {
      throw bad("a coil or discrete input is 0 or 1, not " + octet);
    }
    return truth(octet);
  }

  /** Of a truth when the profile says so and has no words of its own for 0 and 1. */
  private Value truth(long number) {
    return schema.type() == DataSchema.Type.BOOLEAN && schema.wire().isEmpty()
        ? new Value.Bool(number != 0)
        : new Value.Int(number);
  }

  private Value whole(Bytes payload) throws DecodeException {
    byte[] octets = octets(payload);
    long raw = unsigned(octets);
    Bits bits = form.bits().orElse(null);
    if (bits != null) {
      long part = (raw & bits.mask()) >>> bits.low();
      return bits.width() == 1 ? truth(part) : new Value.Int(positive(part));
    }
    int width = 8 * octets.length;
    long number =
        form.layout().signed()
            ? (raw << (Long.SIZE - width)) >> (Long.SIZE - width)
            : positive(raw);
    if (form.factor().isPresent()) {
      return scaled(number, factor(payload));
    }
    return schema.type() == DataSchema.Type.BOOLEAN && (number == 0 || number == 1)
        ? truth(number)
        : new Value.Int(number);
  }

  private static long positive(long number) throws DecodeException {
    if (number < 0) {
      throw new DecodeException(
          Rejection.OUT_OF_RANGE,
          Long.toUnsignedString(number) + " is beyond a signed 64-bit integer");
    }
    return number;
  }

  private static Value scaled(long number, short power) throws DecodeException {
    if (Math.abs(power) > LARGEST_POWER) {
      throw bad("the factor register holds " + power + "; accepted: -10 to 10");
    }
    BigDecimal value = BigDecimal.valueOf(number).scaleByPowerOfTen(power);
    try {
      return new Value.Int(value.longValueExact());
    } catch (ArithmeticException e) {
      return new Value.Num(value.doubleValue());
    }
  }

  private static long decimal(long raw) throws DecodeException {
    String digits = Long.toHexString(raw);
    for (int i = 0; i < digits.length(); i++) {
      if (digits.charAt(i) > '9') {
        throw bad("0x" + digits + " is no binary-coded decimal");
      }
    }
    return Long.parseLong(digits);
  }

  private static String text(byte[] octets) {
    int end = octets.length;
    for (int i = 0; i < end; i++) {
      if (octets[i] == 0) {
        end = i;
      }
    }
    return new String(octets, 0, end, StandardCharsets.UTF_8).stripTrailing();
  }

  private static DecodeException bad(String detail) {
    return new DecodeException(Rejection.UNDECODABLE, detail);
  }

  /** Of bits: the whole register, with the others 0. */
  @Override
  public Bytes encode(Map<String, Value> values) {
    if (form.fixed().isPresent()) {
      return form.layout() == Layout.BIT
          ? Bytes.wrap(new byte[] {(byte) (form.fixed().getAsInt() == 0 ? 0 : 1)})
          : number(BigDecimal.valueOf(form.fixed().getAsInt()));
    }
    @Nullable Value value = values.get("value");
    if (value == null && values.size() == 1) {
      value = values.values().iterator().next();
    }
    if (value == null) {
      throw new IllegalArgumentException("exactly one value is written");
    }
    if (form.factor().isPresent()) {
      return Bytes.wrap(decimal(value).toString().getBytes(StandardCharsets.US_ASCII));
    }
    return switch (form.layout()) {
      case BIT -> Bytes.wrap(new byte[] {(byte) (within(decimal(value), 0, 1) == 0 ? 0 : 1)});
      case STRING -> text(value);
      case BYTES -> data(value);
      default -> number(decimal(value));
    };
  }

  /**
   * The registers of a value with a factor: what they hold is known only when the device has said
   * the factor.
   *
   * @param value as {@link #encode} has written it
   * @param factor the factor register as it came
   * @throws IllegalArgumentException when they cannot hold it
   */
  Bytes words(Bytes value, Bytes factor) {
    short power = (short) ((factor.at(0) << 8) | (factor.at(1) & 0xFF));
    if (Math.abs(power) > LARGEST_POWER) {
      throw new IllegalArgumentException(
          "the device gives no factor for it (" + power + "; accepted: -10 to 10)");
    }
    return number(new BigDecimal(value.text()).scaleByPowerOfTen(-power));
  }

  private static BigDecimal decimal(Value value) {
    if (value instanceof Value.Int integer) {
      return BigDecimal.valueOf(integer.value());
    } else if (value instanceof Value.Num number) {
      return BigDecimal.valueOf(number.value());
    } else if (value instanceof Value.Bool bool) {
      return bool.value() ? BigDecimal.ONE : BigDecimal.ZERO;
    } else if (value instanceof Value.Text text) {
      try {
        return switch (text.value()) {
          case "true" -> BigDecimal.ONE;
          case "false" -> BigDecimal.ZERO;
          default -> new BigDecimal(text.value());
        };
      } catch (NumberFormatException e) {
        throw new IllegalArgumentException("'" + text.value() + "' is no number", e);
      }
    }
    throw new IllegalArgumentException("data are no number");
  }

  private Bytes text(Value value) {
    byte[] octets = new byte[2 * form.span().count()];
    byte[] given = value.text().getBytes(StandardCharsets.UTF_8);
    if (given.length > octets.length) {
      throw new IllegalArgumentException(
          "the text has " + given.length + " octets; accepted: " + octets.length);
    }
    Arrays.fill(octets, (byte) form.padding());
    System.arraycopy(given, 0, octets, 0, given.length);
    return Bytes.wrap(form.order().arrange(octets, false));
  }

  private Bytes data(Value value) {
    if (value instanceof Value.Data data && data.value().length() == 2 * form.span().count()) {
      return Bytes.wrap(form.order().arrange(data.value().shared(), false));
    }
    throw new IllegalArgumentException(
        "exactly " + 2 * form.span().count() + " octets are written");
  }

  private Bytes number(BigDecimal number) {
    int width = 16 * form.span().count();
    ByteBuffer octets = ByteBuffer.allocate(width / 8);
    Bits bits = form.bits().orElse(null);
    if (form.layout() == Layout.FLOAT32) {
      float real = number.floatValue();
      if (!Float.isFinite(real)) {
        throw new IllegalArgumentException(number + " is beyond a float of 32 bits");
      }
      octets.putFloat(real);
    } else if (form.layout() == Layout.FLOAT64) {
      octets.putDouble(number.doubleValue());
    } else if (form.layout().decimal()) {
      long whole = within(number, 0, BigInteger.TEN.pow(width / 4).longValue() - 1);
      put(octets, Long.parseLong(Long.toString(whole), 16), width);
    } else if (bits != null) {
      long most = bits.mask() >>> bits.low();
      put(octets, within(number, 0, most < 0 ? Long.MAX_VALUE : most) << bits.low(), width);
    } else if (form.layout().signed()) {
      long most = Long.MAX_VALUE >> (Long.SIZE - width);
      put(octets, within(number, -most - 1, most), width);
    } else {
      long most = width == Long.SIZE ? Long.MAX_VALUE : (1L << width) - 1;
      put(octets, within(number, 0, most), width);
    }
    return Bytes.wrap(form.order().arrange(octets.array(), true));
  }

  private static void put(ByteBuffer octets, long number, int width) {
    for (int shift = width - 8; shift >= 0; shift -= 8) {
      octets.put((byte) (number >> shift));
    }
  }

  /** The nearest whole number: a register has no finer steps. */
  private static long within(BigDecimal number, long from, long to) {
    BigInteger whole = number.setScale(0, RoundingMode.HALF_EVEN).toBigInteger();
    if (whole.compareTo(BigInteger.valueOf(from)) < 0
        || whole.compareTo(BigInteger.valueOf(to)) > 0) {
      throw new IllegalArgumentException(
          "on the wire it would be " + whole + "; the register holds " + from + " to " + to);
    }
    return whole.longValue();
  }
}
