package io.patchbay.thing;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes uplinks as SenML JSON (RFC 8428, clause 5) in one canonical form: the same uplinks are
 * always the same octets. Keys in the order {@code n, u, v|vs|vb|vd, t}; every record is resolved
 * (no base fields); times in seconds with milliseconds at most.
 *
 * <p>A reading is named {@code thing/property}. An event is one record per field of its data,
 * {@code thing/event/field}, sorted by field; one without data is {@code thing/event} with {@code
 * vb} true. A change of status is {@code thing/status} with the status in lower case, a device
 * heard for the first time {@code thing/discovered} with its profile.
 */
public final class SenMl {
  /** RFC 8428, clause 12.3.1. */
  public static final String MEDIA_TYPE = "application/senml+json";

  /** From here on a number is written with an exponent (RFC 8785, clause 3.2.2.3). */
  private static final int LARGEST_PLAIN_EXPONENT = 21;

  /** A number with this many zeros after its point is written with an exponent. */
  private static final int MOST_LEADING_ZEROS = 6;

  /** Decimals of so many digits name different doubles, so the one found is the shortest. */
  private static final int ALWAYS_DISTINCT_DIGITS = 15;

  private static final int DIGITS_OF_ANY_DOUBLE = 17;

  private static final int FEWEST_DIGITS = 3;
  private static final double LARGEST_WHOLE = 1e15;
  private static final double SMALLEST_PLAIN = 1e-6;

  private SenMl() {}

  /** One pack of all records, in the order given. */
  public static String text(List<? extends Uplink> uplinks) {
    StringBuilder out = new StringBuilder(16 + 72 * uplinks.size());
    out.append('[');
    for (Uplink uplink : uplinks) {
      if (out.length() > 1) {
        out.append(',');
      }
      append(out, uplink);
    }
    return out.append(']').toString();
  }

  /** One pack of the records of one uplink. */
  public static String text(Uplink uplink) {
    return text(List.of(uplink));
  }

  /** As {@link #text(List)}, in UTF-8. */
  public static byte[] bytes(List<? extends Uplink> uplinks) {
    return text(uplinks).getBytes(StandardCharsets.UTF_8);
  }

  /** The records of one uplink, divided by commas, without the brackets of a pack. */
  public static void append(StringBuilder out, Uplink uplink) {
    String thing = uplink.thing().value();
    if (uplink instanceof Uplink.Reading reading) {
      record(out, thing, reading.property(), reading.unit(), reading.value(), reading.time());
    } else if (uplink instanceof Uplink.Occurrence occurrence) {
      append(out, occurrence);
    } else if (uplink instanceof Uplink.StatusChange change) {
      String status = change.status().name().toLowerCase(Locale.ROOT);
      record(out, thing, "status", "", new Value.Text(status), change.time());
    } else if (uplink instanceof Uplink.Discovered discovered) {
      Value profile = new Value.Text(discovered.device().profile());
      record(out, thing, "discovered", "", profile, discovered.time());
    }
  }

  private static void append(StringBuilder out, Uplink.Occurrence occurrence) {
    String thing = occurrence.thing().value();
    if (occurrence.data().isEmpty()) {
      record(out, thing, occurrence.event(), "", new Value.Bool(true), occurrence.time());
      return;
    }
    boolean first = true;
    for (Map.Entry<String, Value> field : new TreeMap<>(occurrence.data()).entrySet()) {
      if (!first) {
        out.append(',');
      }
      first = false;
      String name = occurrence.event() + "/" + field.getKey();
      record(out, thing, name, "", field.getValue(), occurrence.time());
    }
  }

  private static void record(
      StringBuilder out, String thing, String name, String unit, Value value, Instant time) {
    out.append("{\"n\":");
    quote(out, thing + "/" + name);
    if (!unit.isEmpty()) {
      out.append(",\"u\":");
      quote(out, unit);
    }
    value(out, value);
    out.append(",\"t\":");
    seconds(out, time);
    out.append('}');
  }

  private static void value(StringBuilder out, Value value) {
    if (value instanceof Value.Num number) {
      out.append(",\"v\":").append(number(number.value()));
    } else if (value instanceof Value.Int integer) {
      out.append(",\"v\":").append(integer.value());
    } else if (value instanceof Value.Bool bool) {
      out.append(",\"vb\":").append(bool.value());
    } else if (value instanceof Value.Text text) {
      out.append(",\"vs\":");
      quote(out, text.value());
    } else if (value instanceof Value.Data data) {
      // RFC 8428, clause 4.3: base64 with URL-safe alphabet and without padding.
      out.append(",\"vd\":\"")
          .append(Base64.getUrlEncoder().withoutPadding().encodeToString(data.value().shared()))
          .append('"');
    }
  }

  /** Seconds since 1970 with at most three decimals, no zeros at the end. */
  private static void seconds(StringBuilder out, Instant time) {
    long millis = time.toEpochMilli();
    if (millis < 0) {
      out.append('-');
    }
    long size = Math.abs(millis);
    out.append(size / 1000);
    int rest = (int) (size % 1000);
    if (rest == 0) {
      return;
    }
    out.append('.').append(rest / 100);
    if (rest % 100 != 0) {
      out.append(rest / 10 % 10);
      if (rest % 10 != 0) {
        out.append(rest % 10);
      }
    }
  }

  /**
   * The shortest number that reads back as this double, without a point when it is an integer, as
   * ECMAScript and RFC 8785 write it.
   *
   * @param value finite
   */
  public static String number(double value) {
    if (value == Math.rint(value) && Math.abs(value) < 1e15) {
      return Long.toString((long) value);
    }
    String plain = decimal(value);
    if (!plain.isEmpty()) {
      return plain;
    }
    BigDecimal shortest = shortest(value);
    String digits = shortest.unscaledValue().abs().toString();
    int point = digits.length() - shortest.scale(); // 0.d1d2… * 10^point
    StringBuilder out = new StringBuilder(26);
    if (value < 0) {
      out.append('-');
    }
    if (point > LARGEST_PLAIN_EXPONENT || point <= -MOST_LEADING_ZEROS) {
      out.append(digits.charAt(0));
      if (digits.length() > 1) {
        out.append('.').append(digits, 1, digits.length());
      }
      int exponent = point - 1;
      out.append('e').append(exponent < 0 ? '-' : '+').append(Math.abs(exponent));
    } else if (point <= 0) {
      out.append("0.").append("0".repeat(-point)).append(digits);
    } else if (point >= digits.length()) {
      out.append(digits).append("0".repeat(point - digits.length()));
    } else {
      out.append(digits, 0, point).append('.').append(digits, point, digits.length());
    }
    return out.toString();
  }

  /**
   * A number of few digits behind the point, as most measured ones are; empty for others. Whole
   * numbers below 10^15 and powers of ten up to 10^12 are exact, so their quotient is the double
   * nearest to the decimal; no two decimals of 15 digits have the same, so there is no shorter one.
   */
  private static String decimal(double value) {
    for (int digits = FEWEST_DIGITS; digits <= 4 * FEWEST_DIGITS; digits += FEWEST_DIGITS) {
      double power = digits == 3 ? 1e3 : digits == 6 ? 1e6 : digits == 9 ? 1e9 : 1e12;
      double whole = Math.rint(value * power);
      if (Math.abs(whole) >= LARGEST_WHOLE) {
        return "";
      }
      if (whole / power == value && Math.abs(value) >= SMALLEST_PLAIN) {
        return decimal((long) whole, (long) power, digits);
      }
    }
    return "";
  }

  private static String decimal(long whole, long power, int digits) {
    long size = Math.abs(whole);
    StringBuilder out = new StringBuilder(20);
    if (whole < 0) {
      out.append('-');
    }
    out.append(size / power).append('.');
    long rest = size % power;
    int places = digits;
    while (rest % 10 == 0) {
      rest /= 10;
      places--;
    }
    String behind = Long.toString(rest);
    for (int i = behind.length(); i < places; i++) {
      out.append('0');
    }
    return out.append(behind).toString();
  }

  /** Before Java 19, Double.toString is not always the shortest (JDK-4511638). */
  private static BigDecimal shortest(double value) {
    BigDecimal found = new BigDecimal(Double.toString(value)).stripTrailingZeros();
    boolean normal = Math.abs(value) >= Double.MIN_NORMAL;
    if (normal && found.precision() <= ALWAYS_DISTINCT_DIGITS) {
      return found;
    }
    BigDecimal exact = new BigDecimal(value);
    for (int digits = normal ? ALWAYS_DISTINCT_DIGITS : 1;
        digits <= DIGITS_OF_ANY_DOUBLE;
        digits++) {
      // Beside a power of two the interval is wider on one side: the nearest may miss, another hit.
      for (RoundingMode mode :
          new RoundingMode[] {RoundingMode.HALF_EVEN, RoundingMode.DOWN, RoundingMode.UP}) {
        BigDecimal rounded = exact.round(new MathContext(digits, mode));
        if (rounded.doubleValue() == value) {
          return rounded.stripTrailingZeros();
        }
      }
    }
    return found;
  }

  /** RFC 8259, clause 7; half of a surrogate pair is escaped, so that it survives UTF-8. */
  private static void quote(StringBuilder out, String text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\b' -> out.append("\\b");
        case '\f' -> out.append("\\f");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        default -> {
          if (c < ' ' || alone(text, i)) {
            out.append(String.format("\\u%04x", (int) c));
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }

  private static boolean alone(String text, int at) {
    char c = text.charAt(at);
    if (Character.isHighSurrogate(c)) {
      return at + 1 == text.length() || !Character.isLowSurrogate(text.charAt(at + 1));
    }
    return Character.isLowSurrogate(c)
        && (at == 0 || !Character.isHighSurrogate(text.charAt(at - 1)));
  }
}
