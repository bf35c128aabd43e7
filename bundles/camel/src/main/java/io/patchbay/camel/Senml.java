package io.patchbay.camel;

import io.patchbay.thing.Quality;
import io.patchbay.thing.Uplink;
import io.patchbay.thing.Value;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.Iterator;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes uplinks as canonical SenML JSON (RFC 8428): the same uplink is always the same text. Keys
 * come in the order bn, n, u, v | vs | vb | vd, t; numbers are the shortest that read back the same
 * (ECMAScript's form, as in RFC 8785, clause 3.2.2.3); {@code t} is in seconds with milliseconds;
 * {@code vd} is base64url without padding (RFC 8428, clause 5).
 *
 * <ul>
 *   <li>a reading: {@code [{"n":"plug1/power","u":"W","v":21.5,"t":1700000000.123}]}; when its
 *       quality is not GOOD, {@code "quality":"stale"} follows (an extension, which receivers
 *       ignore unless they know it: clause 4.4)
 *   <li>an occurrence: one record per field of its data, sorted by name, {@code
 *       [{"bn":"plug1/overheated/","n":"limit","v":70,"t":…},{"n":"temperature","v":81,"t":…}]};
 *       without data {@code [{"n":"plug1/overheated","vb":true,"t":…}]}
 *   <li>a change of status: {@code [{"n":"plug1/status","vs":"offline","t":…}]}
 *   <li>a discovered device: {@code [{"n":"plug1/discovered","vs":"mqtt://local","t":…}]}, the
 *       value is its base
 * </ul>
 */
public final class Senml {
  /** Media type of what is written here (RFC 8428, clause 12.3.1). */
  public static final String MEDIA_TYPE = "application/senml+json";

  private static final int TYPICAL_LENGTH = 112;

  /** Decimals tried before the slow, exact way. */
  private static final int COMMON_DECIMALS = 6;

  private static final double EXACT = 1L << 53;
  private static final char[] HEX = "0123456789abcdef".toCharArray();

  private Senml() {}

  /** One uplink as a pack. */
  public static String json(Uplink uplink) {
    StringBuilder out = new StringBuilder(TYPICAL_LENGTH).append('[');
    append(uplink, out);
    return out.append(']').toString();
  }

  /** One uplink as a pack, in UTF-8. */
  public static byte[] utf8(Uplink uplink) {
    return json(uplink).getBytes(StandardCharsets.UTF_8);
  }

  /** Many uplinks as one pack. */
  public static String pack(Iterable<? extends Uplink> uplinks) {
    StringBuilder out = new StringBuilder().append('[');
    Iterator<? extends Uplink> each = uplinks.iterator();
    while (each.hasNext()) {
      append(each.next(), out);
      if (each.hasNext()) {
        out.append(',');
      }
    }
    return out.append(']').toString();
  }

  /**
   * The records of one uplink, without the pack's brackets: for packs that are written in parts.
   */
  public static void append(Uplink uplink, StringBuilder out) {
    if (uplink instanceof Uplink.Reading reading) {
      name(uplink, reading.property(), out);
      if (!reading.unit().isEmpty()) {
        text(reading.unit(), out.append(",\"u\":"));
      }
      value(reading.value(), out);
      time(reading.time(), out);
      if (reading.quality() != Quality.GOOD) {
        word(reading.quality(), out.append(",\"quality\":\"")).append('"');
      }
      out.append('}');
    } else if (uplink instanceof Uplink.Occurrence occurrence) {
      occurrence(occurrence, out);
    } else if (uplink instanceof Uplink.StatusChange change) {
      name(uplink, "status", out);
      word(change.status(), out.append(",\"vs\":\"")).append('"');
      time(change.time(), out);
      out.append('}');
    } else if (uplink instanceof Uplink.Discovered discovered) {
      name(uplink, "discovered", out);
      text(discovered.device().base().toString(), out.append(",\"vs\":"));
      time(discovered.time(), out);
      out.append('}');
    }
  }

  private static void occurrence(Uplink.Occurrence occurrence, StringBuilder out) {
    if (occurrence.data().isEmpty()) {
      name(occurrence, occurrence.event(), out);
      time(occurrence.time(), out.append(",\"vb\":true"));
      out.append('}');
      return;
    }
    boolean first = true;
    for (Map.Entry<String, Value> field : new TreeMap<>(occurrence.data()).entrySet()) {
      if (first) {
        out.append("{\"bn\":\"").append(occurrence.thing().value()).append('/');
        escaped(occurrence.event(), out).append("/\",\"n\":");
        first = false;
      } else {
        out.append(",{\"n\":");
      }
      text(field.getKey(), out);
      value(field.getValue(), out);
      time(occurrence.time(), out);
      out.append('}');
    }
  }

  private static void name(Uplink uplink, String what, StringBuilder out) {
    out.append("{\"n\":\"").append(uplink.thing().value()).append('/');
    escaped(what, out).append('"');
  }

  private static StringBuilder word(Enum<?> word, StringBuilder out) {
    return out.append(word.name().toLowerCase(Locale.ROOT));
  }

  private static void value(Value value, StringBuilder out) {
    if (value instanceof Value.Num number) {
      number(number.value(), out.append(",\"v\":"));
    } else if (value instanceof Value.Int integer) {
      out.append(",\"v\":").append(integer.value());
    } else if (value instanceof Value.Bool bool) {
      out.append(",\"vb\":").append(bool.value());
    } else if (value instanceof Value.Text words) {
      text(words.value(), out.append(",\"vs\":"));
    } else if (value instanceof Value.Data data) {
      String encoded =
          Base64.getUrlEncoder().withoutPadding().encodeToString(data.value().shared());
      out.append(",\"vd\":\"").append(encoded).append('"');
    }
  }

  private static void time(Instant time, StringBuilder out) {
    long millis = time.toEpochMilli();
    out.append(",\"t\":");
    if (millis < 0) {
      out.append('-');
      millis = -millis;
    }
    out.append(millis / 1000);
    fraction((int) (millis % 1000), 3, out);
  }

  /** A dot and {@code places} digits without the zeros at the end; nothing when all are zero. */
  private static void fraction(int fraction, int places, StringBuilder out) {
    if (fraction == 0) {
      return;
    }
    int digits = places;
    int rest = fraction;
    while (rest % 10 == 0) {
      rest /= 10;
      digits--;
    }
    int at = out.append('.').length();
    out.setLength(at + digits);
    for (int i = at + digits - 1; i >= at; i--) {
      out.setCharAt(i, (char) ('0' + rest % 10));
      rest /= 10;
    }
  }

  /** The shortest text that reads back as the same number. */
  static void number(double value, StringBuilder out) {
    if (Math.abs(value) < EXACT) {
      long power = 1;
      for (int decimals = 0; decimals <= COMMON_DECIMALS; decimals++, power *= 10) {
        double scaled = Math.rint(value * power);
        if (Math.abs(scaled) < EXACT && scaled / power == value) {
          long digits = (long) Math.abs(scaled);
          if (scaled < 0) {
            out.append('-');
          }
          out.append(digits / power);
          fraction((int) (digits % power), decimals, out);
          return;
        }
      }
    }
    exact(value, out);
  }

  /** ECMAScript 2023, clause 6.1.6.1.20, radix 10. */
  private static void exact(double value, StringBuilder out) {
    BigDecimal whole = new BigDecimal(Math.abs(value));
    BigDecimal shortest = whole;
    int least = Math.abs(value) < Double.MIN_NORMAL ? 1 : 15;
    for (int precision = least; precision <= 17; precision++) {
      shortest = whole.round(new MathContext(precision));
      if (shortest.doubleValue() == Math.abs(value)) {
        break;
      }
    }
    shortest = shortest.stripTrailingZeros();
    String digits = shortest.unscaledValue().toString();
    int point = digits.length() - shortest.scale();
    if (value < 0) {
      out.append('-');
    }
    if (point > 21 || point < -5) {
      out.append(digits.charAt(0));
      if (digits.length() > 1) {
        out.append('.').append(digits, 1, digits.length());
      }
      out.append('e').append(point > 0 ? "+" : "").append(point - 1);
    } else if (point <= 0) {
      out.append("0.").append("0".repeat(-point)).append(digits);
    } else if (point >= digits.length()) {
      out.append(digits).append("0".repeat(point - digits.length()));
    } else {
      out.append(digits, 0, point).append('.').append(digits, point, digits.length());
    }
  }

  private static void text(String text, StringBuilder out) {
    escaped(text, out.append('"')).append('"');
  }

  /** RFC 8785, clause 3.2.2.2. */
  private static StringBuilder escaped(String text, StringBuilder out) {
    int plain = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= ' ' && c != '"' && c != '\\') {
        continue;
      }
      out.append(text, plain, i).append('\\');
      plain = i + 1;
      switch (c) {
        case '\b' -> out.append('b');
        case '\t' -> out.append('t');
        case '\n' -> out.append('n');
        case '\f' -> out.append('f');
        case '\r' -> out.append('r');
        case '"', '\\' -> out.append(c);
        default -> out.append("u00").append(HEX[c >> 4]).append(HEX[c & 0xf]);
      }
    }
    return out.append(text, plain, text.length());
  }
}
