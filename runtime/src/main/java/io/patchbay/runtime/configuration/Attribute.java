package io.patchbay.runtime.configuration;

import java.lang.reflect.Array;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One key of a configuration, as a bundle declares it (OSGi Compendium 8, clause 105.8, element
 * AD).
 *
 * @param many whether it takes several values, divided by commas
 * @param options values accepted, empty when any is
 */
record Attribute(
    String key,
    Type type,
    boolean many,
    Optional<String> fallback,
    Optional<String> min,
    Optional<String> max,
    List<String> options) {

  Attribute {
    options = List.copyOf(options);
  }

  /** Types of values; the constant's words are used in messages. */
  enum Type {
    STRING("text", String.class),
    INTEGER("a whole number", Integer.class),
    LONG("a whole number", Long.class),
    SHORT("a whole number", Short.class),
    BYTE("a whole number", Byte.class),
    DOUBLE("a number", Double.class),
    FLOAT("a number", Float.class),
    BOOLEAN("true or false", Boolean.class),
    CHARACTER("one character", Character.class);

    private final String words;
    private final Class<?> javaType;

    Type(String words, Class<?> javaType) {
      this.words = words;
      this.javaType = javaType;
    }

    /** Unknown names and Password are text. */
    static Type of(String name) {
      for (Type type : values()) {
        if (type.javaType.getSimpleName().equals(name)
            || ("Char".equals(name) && type == CHARACTER)) {
          return type;
        }
      }
      return STRING;
    }
  }

  /**
   * The value in its Java type, as ConfigurationAdmin wants it.
   *
   * @throws IllegalArgumentException saying what is accepted
   */
  Object convert(String text) {
    if (!many) {
      return single(text);
    }
    List<String> parts = split(text);
    Object array = Array.newInstance(type.javaType, parts.size());
    for (int at = 0; at < parts.size(); at++) {
      Array.set(array, at, single(parts.get(at)));
    }
    return array;
  }

  private Object single(String text) {
    if (!options.isEmpty() && !options.contains(text)) {
      throw new IllegalArgumentException(refusal(text));
    }
    Object value;
    try {
      value =
          switch (type) {
            case STRING -> text;
            case INTEGER -> Integer.valueOf(text);
            case LONG -> Long.valueOf(text);
            case SHORT -> Short.valueOf(text);
            case BYTE -> Byte.valueOf(text);
            case DOUBLE -> finite(text);
            case FLOAT -> finite(text).floatValue();
            case BOOLEAN -> bool(text);
            case CHARACTER -> character(text);
          };
    } catch (IllegalArgumentException wrong) {
      throw new IllegalArgumentException(refusal(text), wrong);
    }
    if (value instanceof Number number && !inRange(number.doubleValue())) {
      throw new IllegalArgumentException(refusal(text));
    }
    return value;
  }

  private static Double finite(String text) {
    double value = Double.parseDouble(text);
    if (!Double.isFinite(value)) {
      throw new IllegalArgumentException(text);
    }
    return value;
  }

  private static Boolean bool(String text) {
    if (!"true".equals(text) && !"false".equals(text)) {
      throw new IllegalArgumentException(text);
    }
    return Boolean.valueOf(text);
  }

  private static Character character(String text) {
    if (text.length() != 1) {
      throw new IllegalArgumentException(text);
    }
    return text.charAt(0);
  }

  private boolean inRange(double value) {
    return min.map(Attribute::bound).map(low -> value >= low).orElse(true)
        && max.map(Attribute::bound).map(high -> value <= high).orElse(true);
  }

  /** A bound that is no number bounds nothing. */
  private static double bound(String text) {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException notANumber) {
      return Double.NaN;
    }
  }

  private String refusal(String text) {
    String accepted =
        options.isEmpty() ? type.words + range() : "one of " + String.join(", ", options);
    return key + " must be " + accepted + ", not '" + text + "'";
  }

  private String range() {
    if (min.isPresent() && max.isPresent()) {
      return " from " + min.get() + " to " + max.get();
    }
    return min.map(low -> " of at least " + low)
        .or(() -> max.map(high -> " of at most " + high))
        .orElse("");
  }

  /** At commas that no backslash precedes; nothing at all gives no value. */
  private static List<String> split(String text) {
    List<String> parts = new ArrayList<>();
    if (text.isBlank()) {
      return parts;
    }
    StringBuilder part = new StringBuilder();
    for (int at = 0; at < text.length(); at++) {
      char c = text.charAt(at);
      if (c == '\\' && at + 1 < text.length() && text.charAt(at + 1) == ',') {
        part.append(',');
        at++;
      } else if (c == ',') {
        parts.add(part.toString().strip());
        part.setLength(0);
      } else {
        part.append(c);
      }
    }
    parts.add(part.toString().strip());
    return parts;
  }
}
