package io.patchbay.profiles.media;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.patchbay.southbound.DecodeException;
import io.patchbay.thing.Value;
import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One field of a binary record. In short {@code "NAME TYPE /10"} or {@code "= ff 03"}, octets that
 * must be there; as a mapping with {@code name, type, endian, scale, offset, absent, bits, when,
 * optional, length, repeat, fields}.
 */
final class BinaryField {
  private static final List<String> KNOWN =
      List.of(
          "name",
          "type",
          "endian",
          "scale",
          "offset",
          "absent",
          "bits",
          "when",
          "optional",
          "length",
          "repeat",
          "fields");
  private static final Pattern NUMBER = Pattern.compile("([uif])(8|16|24|32|40|48|56|64)");
  private static final Pattern SHORT =
      Pattern.compile("([A-Za-z_][\\w-]*) ([a-z]+\\d*)((?: [-+*/][0-9.]+){0,3})");
  private static final Pattern BITS = Pattern.compile("(i?)(\\d{1,2})(?:-(\\d{1,2}))?");
  private static final String TYPES =
      "u8 to u64, i8 to i64, f32, f64, octets, hex, text, skip, record";

  /** What becomes of a number. */
  private record Linear(double factor, double divisor, double add) {
    static final Linear NONE = new Linear(1, 1, 0);
    private static final MathContext DIGITS = new MathContext(12);

    boolean none() {
      return equals(NONE);
    }

    double of(double raw) {
      double value = raw * factor / divisor + add;
      return (factor == 1 && add == 0) || !Double.isFinite(value)
          ? value
          : new BigDecimal(value).round(DIGITS).doubleValue();
    }

    double back(double value) {
      return (value - add) * divisor / factor;
    }
  }

  private record Bits(String name, int low, int count, boolean signed) {}

  /** Octets: as many as stated, as a field says, or all that are left. */
  private record Size(int fixed, String field) {
    int of(Octets from, ObjectNode record) throws DecodeException {
      if (fixed >= 0) {
        return fixed;
      } else if (field.equals("rest")) {
        return from.left();
      }
      JsonNode said = record.path(field);
      if (!said.canConvertToInt() || said.intValue() < 0) {
        throw Json.undecodable("'" + field + "' says no length: " + said);
      }
      return said.intValue();
    }
  }

  private final String name;
  private final String type;
  private final char kind;
  private final int width;
  private final boolean big;
  private final Linear linear;
  private final Set<Long> absent = new HashSet<>();
  private final List<Bits> bits = new ArrayList<>();
  private final @Nullable String whenField;
  private final Set<String> whenValues = new HashSet<>();
  private final boolean optional;
  private final @Nullable Size size;
  private final @Nullable Size repeat;
  private final List<BinaryField> fields;
  private final byte[] fixed;

  private BinaryField(JsonNode definition, boolean recordBig) {
    String text = definition.isTextual() ? definition.textValue() : "";
    Matcher brief = SHORT.matcher(text);
    boolean constant = text.startsWith("=");
    if (definition.isTextual() && !constant && !brief.matches()) {
      throw new IllegalArgumentException(
          "field '"
              + text
              + "' is not understood; accepted: \"NAME TYPE /10\" with TYPE one of "
              + TYPES
              + ", or \"= ff 03\"");
    } else if (!definition.isTextual()) {
      only("field", definition, KNOWN);
    }
    fixed = constant ? constant(text) : new byte[0];
    name = brief.matches() ? brief.group(1) : definition.path("name").asText("");
    type =
        constant ? "fixed" : brief.matches() ? brief.group(2) : definition.path("type").asText("");
    big = big(definition, recordBig);
    Matcher number = NUMBER.matcher(type);
    boolean numeric = number.matches();
    kind = numeric ? number.group(1).charAt(0) : '-';
    width = numeric ? Integer.parseInt(number.group(2)) / 8 : 0;
    check(numeric);
    linear = brief.matches() ? linear(brief.group(3)) : linear(definition);
    for (JsonNode one : several(definition.path("absent"))) {
      absent.add(whole("absent", one));
    }
    bits(definition.path("bits"));
    whenField = when(definition.path("when"));
    optional = definition.path("optional").asBoolean(false);
    repeat = size("repeat", definition.path("repeat"));
    fields = all(definition.path("fields"), big);
    Size said = size("length", definition.path("length"));
    boolean sized = List.of("octets", "hex", "text", "skip").contains(type);
    size = said == null && sized ? new Size(-1, "rest") : said;
    if (name.isEmpty() && bits.isEmpty() && !type.equals("skip") && !constant) {
      throw new IllegalArgumentException("a field of type '" + type + "' needs a name");
    } else if (type.equals("record") == fields.isEmpty()) {
      throw new IllegalArgumentException("'fields' and type: record go together");
    }
  }

  private void check(boolean numeric) {
    boolean other = List.of("octets", "hex", "text", "skip", "record", "fixed").contains(type);
    if (!other && (!numeric || (kind == 'f' && width != 4 && width != 8))) {
      throw new IllegalArgumentException("type '" + type + "' is not known; accepted: " + TYPES);
    }
  }

  /**
   * @throws IllegalArgumentException naming what is wrong
   */
  static List<BinaryField> all(JsonNode definitions, boolean big) {
    List<BinaryField> fields = new ArrayList<>();
    if (!definitions.isMissingNode() && !definitions.isArray()) {
      throw new IllegalArgumentException("fields must be a list");
    }
    for (JsonNode definition : definitions) {
      fields.add(new BinaryField(definition, big));
    }
    return List.copyOf(fields);
  }

  static void only(String what, JsonNode definition, List<String> accepted) {
    if (!definition.isObject()) {
      throw new IllegalArgumentException(what + " must be a mapping");
    }
    definition
        .fieldNames()
        .forEachRemaining(
            name -> {
              if (!accepted.contains(name)) {
                throw new IllegalArgumentException(
                    what
                        + ": '"
                        + name
                        + "' is not known; accepted: "
                        + String.join(", ", accepted));
              }
            });
  }

  static boolean big(JsonNode definition, boolean otherwise) {
    return switch (definition.path("endian").asText(otherwise ? "big" : "little")) {
      case "big" -> true;
      case "little" -> false;
      default -> throw new IllegalArgumentException("endian: accepted are big and little");
    };
  }

  private static byte[] constant(String text) {
    try {
      return HexFormat.of().parseHex(text.substring(1).replaceAll("\\s", ""));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("'" + text + "': after = come hexadecimal octets", e);
    }
  }

  private static Linear linear(String brief) {
    double factor = 1;
    double divisor = 1;
    double add = 0;
    for (String part : brief.strip().split(" ")) {
      if (!part.isEmpty()) {
        double number = decimal(part.substring(1));
        switch (part.charAt(0)) {
          case '*' -> factor *= number;
          case '/' -> divisor *= number;
          case '+' -> add += number;
          default -> add -= number;
        }
      }
    }
    return linear(factor, divisor, add);
  }

  private static Linear linear(JsonNode definition) {
    double scale = definition.path("scale").asDouble(1);
    double inverse = Math.rint(1 / scale);
    boolean fraction = Math.abs(scale) < 1 && Math.abs(inverse * scale - 1) < 1e-15;
    return linear(
        fraction ? 1 : scale, fraction ? inverse : 1, definition.path("offset").asDouble(0));
  }

  private static Linear linear(double factor, double divisor, double add) {
    if (factor == 0 || divisor == 0) {
      throw new IllegalArgumentException("a scale must not be 0");
    }
    return new Linear(factor, divisor, add);
  }

  private static double decimal(String text) {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("'" + text + "' is no number", e);
    }
  }

  private static long whole(String what, JsonNode number) {
    if (!number.canConvertToLong() || !number.isIntegralNumber()) {
      throw new IllegalArgumentException(what + ": '" + number.asText() + "' is no whole number");
    }
    return number.longValue();
  }

  private static Iterable<JsonNode> several(JsonNode node) {
    return node.isMissingNode() ? List.of() : node.isArray() ? node : List.of(node);
  }

  private void bits(JsonNode definition) {
    for (Map.Entry<String, JsonNode> entry : definition.properties()) {
      Matcher range = BITS.matcher(entry.getValue().asText());
      int low = range.matches() ? Integer.parseInt(range.group(2)) : -1;
      int high = low >= 0 && range.group(3) != null ? Integer.parseInt(range.group(3)) : low;
      if (low < 0 || high < low || high >= 8 * width || kind == 'f') {
        throw new IllegalArgumentException(
            "bits of '"
                + entry.getKey()
                + "': accepted are 3, 0-13 or i0-11 (signed) within the "
                + 8 * width
                + " of the field; bit 0 is the lowest");
      }
      bits.add(new Bits(entry.getKey(), low, high - low + 1, !range.group(1).isEmpty()));
    }
  }

  private @Nullable String when(JsonNode definition) {
    if (definition.isMissingNode()) {
      return null;
    } else if (definition.size() != 1) {
      throw new IllegalArgumentException("when: accepted is one field and its values: {field: 1}");
    }
    several(definition.elements().next()).forEach(value -> whenValues.add(value.asText()));
    return definition.fieldNames().next();
  }

  private static @Nullable Size size(String what, JsonNode definition) {
    if (definition.isMissingNode()) {
      return null;
    } else if (definition.isTextual()) {
      return new Size(-1, definition.textValue());
    }
    long octets = whole(what, definition);
    if (octets < 0 || octets > 65_535) {
      throw new IllegalArgumentException(
          what + ": accepted are 0 to 65535, a field's name or rest");
    }
    return new Size((int) octets, "");
  }

  /** Reads it, or passes it over when it is not there. */
  void read(Octets from, ObjectNode record) throws DecodeException {
    if (whenField != null && !whenValues.contains(record.path(whenField).asText(""))) {
      return;
    } else if (optional && from.left() == 0) {
      return;
    } else if (repeat == null) {
      value(from, record);
      return;
    }
    ArrayNode all = record.putArray(name);
    boolean rest = repeat.field().equals("rest");
    int count = rest ? JsonScan.MOST_ELEMENTS : repeat.of(from, record);
    if (count > JsonScan.MOST_ELEMENTS) {
      throw Json.undecodable(
          "octet "
              + from.at()
              + ": "
              + count
              + " repetitions; accepted: "
              + JsonScan.MOST_ELEMENTS);
    }
    for (int i = 0; i < count && !(rest && from.left() == 0); i++) {
      int before = from.at();
      ObjectNode one = JsonNodeFactory.instance.objectNode();
      value(from, one);
      JsonNode value = one.get(name);
      all.add(value == null ? JsonNodeFactory.instance.nullNode() : value);
      if (rest && from.at() == before) {
        return;
      }
    }
  }

  private void value(Octets from, ObjectNode record) throws DecodeException {
    switch (type) {
      case "skip" -> from.take(length(from, record));
      case "octets" -> record.put(name, from.take(length(from, record)));
      case "hex" -> record.put(name, HexFormat.of().formatHex(from.take(length(from, record))));
      case "text" -> record.put(name, text(from.take(length(from, record))));
      case "record" -> {
        ObjectNode inner = record.putObject(name);
        Octets inside = size == null ? from : from.inside(length(from, record));
        for (BinaryField field : fields) {
          field.read(inside, inner);
        }
      }
      case "fixed" -> {
        int at = from.at();
        if (!Arrays.equals(from.take(fixed.length), fixed)) {
          throw Json.undecodable("octet " + at + ": expected " + HexFormat.of().formatHex(fixed));
        }
      }
      default -> number(from, record);
    }
  }

  private int length(Octets from, ObjectNode record) throws DecodeException {
    return size == null ? 0 : size.of(from, record);
  }

  /** Up to the first octet 0. */
  private static String text(byte[] octets) throws DecodeException {
    int end = 0;
    while (end < octets.length && octets[end] != 0) {
      end++;
    }
    return Utf8.text(Arrays.copyOf(octets, end));
  }

  private void number(Octets from, ObjectNode record) throws DecodeException {
    long raw = from.unsigned(width, big);
    if (kind == 'f') {
      double real = width == 4 ? Float.intBitsToFloat((int) raw) : Double.longBitsToDouble(raw);
      double shortest = width == 4 ? Double.parseDouble(Float.toString((float) real)) : real;
      if (Double.isFinite(real)) {
        record.put(name, linear.of(shortest));
      }
      return;
    }
    for (Bits part : bits) {
      long mask = part.count() == 64 ? -1 : (1L << part.count()) - 1;
      long value = (raw >>> part.low()) & mask;
      record.put(part.name(), part.signed() ? signed(value, part.count()) : value);
    }
    long value = kind == 'i' ? signed(raw, 8 * width) : raw;
    if (name.isEmpty() || absent.contains(value)) {
      return;
    } else if (kind == 'u' && width == 8 && value < 0) {
      throw Json.undecodable("'" + name + "' does not fit a signed 64-bit integer");
    } else if (linear.none()) {
      record.put(name, value);
    } else {
      record.put(name, linear.of((double) value));
    }
  }

  private static long signed(long value, int count) {
    int shift = 64 - count;
    return (value << shift) >> shift;
  }

  /**
   * @throws IllegalArgumentException when a value is missing or does not fit
   */
  void write(Map<String, Value> values, ByteArrayOutputStream to) {
    if (type.equals("fixed")) {
      to.writeBytes(fixed);
      return;
    }
    Value value = values.get(name);
    if (value == null) {
      if (optional) {
        return;
      }
      throw new IllegalArgumentException("'" + name + "' is missing, which the codec needs");
    }
    if (value instanceof Value.Data data && (type.equals("octets") || type.equals("hex"))) {
      to.writeBytes(data.value().shared());
    } else if (value instanceof Value.Text text && type.equals("text")) {
      to.writeBytes(text.value().getBytes(StandardCharsets.UTF_8));
    } else if (width > 0) {
      number(value, to);
    } else {
      throw new IllegalArgumentException("'" + name + "' of type " + type + " cannot be sent");
    }
  }

  private void number(Value value, ByteArrayOutputStream to) {
    double model =
        value instanceof Value.Int integer
            ? (double) integer.value()
            : value instanceof Value.Num number
                ? number.value()
                : value instanceof Value.Bool bool ? (bool.value() ? 1 : 0) : worded(value);
    double wire = linear.back(model);
    long raw;
    if (kind == 'f') {
      raw = width == 4 ? Float.floatToIntBits((float) wire) : Double.doubleToLongBits(wire);
    } else {
      raw =
          linear.none() && value instanceof Value.Int integer
              ? integer.value()
              : (long) Math.rint(wire);
      int room = kind == 'i' ? 8 * width - 1 : 8 * width;
      boolean fits = room >= 63 || (raw < 1L << room && raw >= (kind == 'i' ? -(1L << room) : 0));
      if (!fits) {
        throw new IllegalArgumentException("'" + name + "': " + raw + " does not fit " + type);
      }
    }
    for (int i = 0; i < width; i++) {
      to.write((int) (raw >>> (8 * (big ? width - 1 - i : i))));
    }
  }

  private double worded(Value value) {
    Value number = value instanceof Value.Text text ? Meaning.number(text.value(), false) : null;
    if (number instanceof Value.Int integer) {
      return (double) integer.value();
    }
    throw new IllegalArgumentException("'" + name + "' must be a number, not " + value.text());
  }
}
