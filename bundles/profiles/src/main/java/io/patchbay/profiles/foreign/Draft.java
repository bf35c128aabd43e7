package io.patchbay.profiles.foreign;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** A profile that is being written. */
public final class Draft {
  private static final Pattern PLAIN =
      Pattern.compile("[A-Za-z_][A-Za-z0-9_./-]*( [A-Za-z0-9_./-]+)*");
  private static final Pattern WORD =
      Pattern.compile("(?i)true|false|null|on|off|yes|no|y|n", Pattern.CASE_INSENSITIVE);
  private static final int LONGEST_NAME = 64;

  /** Text that is YAML as it is: a hexadecimal number. */
  record Plain(String text) {}

  /** One property: what its value is, and its form. */
  static final class Point {
    private final Map<String, Object> schema = new LinkedHashMap<>();
    private final Map<String, Object> form = new LinkedHashMap<>();

    Point() {
      form.put("protocol", "modbus");
    }

    /** Nothing when the text is empty. */
    Point says(String key, Object value) {
      if (!value.equals("")) {
        schema.put(key, value);
      }
      return this;
    }

    Point form(String key, Object value) {
      if (!value.equals("")) {
        form.put(key, value);
      }
      return this;
    }

    boolean forms(String key) {
      return form.containsKey(key);
    }

    boolean has(String key) {
      return schema.containsKey(key);
    }

    /** A value that can be written is not what a sensor measures. */
    Point measures(Quantity quantity, boolean writable) {
      says("unit", quantity.unit());
      says("from", quantity.from());
      return writable ? this : says("semantic", quantity.semantic());
    }

    Point writable(boolean readable) {
      form.put(
          "op", readable ? List.of("readproperty", "writeproperty") : List.of("writeproperty"));
      return this;
    }
  }

  private final String id;
  private final String title;
  private final String origin;
  private final Map<String, Point> points = new LinkedHashMap<>();

  /**
   * @param origin what it was made of, for the first line
   */
  Draft(String id, String title, String origin) {
    this.id = id;
    this.title = title;
    this.origin = origin;
  }

  /** A name as the schema wants it, of whatever others wrote. */
  static String name(String written) {
    String name = written.strip().replaceAll("[^A-Za-z0-9_-]+", "-").replaceAll("^-+|-+$", "");
    if (name.isEmpty() || !name.matches("[A-Za-z_].*")) {
      name = "_" + name;
    }
    return name.substring(0, Math.min(name.length(), LONGEST_NAME));
  }

  boolean has(String name) {
    return points.containsKey(name);
  }

  void add(String name, Point point) {
    points.put(name, point);
  }

  public String id() {
    return id;
  }

  /** Properties. */
  public int size() {
    return points.size();
  }

  /** As YAML. */
  public String text() {
    StringBuilder text = new StringBuilder();
    text.append("# ").append(origin.replaceAll("\\s+", " ")).append('\n');
    text.append("id: ").append(id).append('\n');
    text.append("title: ").append(value(title)).append('\n');
    text.append("thing: \"{device}\"\n");
    text.append("properties:\n");
    points.forEach(
        (name, point) -> {
          text.append("  ").append(scalar(name)).append(":\n");
          point.schema.forEach(
              (key, value) ->
                  text.append("    ").append(key).append(": ").append(value(value)).append('\n'));
          text.append("    forms: [").append(value(point.form)).append("]\n");
        });
    return text.toString();
  }

  private static String value(Object value) {
    if (value instanceof Map<?, ?> map) {
      List<String> members = new ArrayList<>();
      map.forEach((key, member) -> members.add(scalar(String.valueOf(key)) + ": " + value(member)));
      return "{ " + String.join(", ", members) + " }";
    } else if (value instanceof List<?> list) {
      return "[" + String.join(", ", list.stream().map(Draft::value).toList()) + "]";
    } else if (value instanceof BigDecimal number) {
      return number.stripTrailingZeros().toPlainString();
    } else if (value instanceof Plain plain) {
      return plain.text();
    }
    return value instanceof String text ? scalar(text) : String.valueOf(value);
  }

  private static String scalar(String text) {
    if (PLAIN.matcher(text).matches() && !WORD.matcher(text).matches()) {
      return text;
    }
    return '"' + String.valueOf(JsonStringEncoder.getInstance().quoteAsString(text)) + '"';
  }
}
