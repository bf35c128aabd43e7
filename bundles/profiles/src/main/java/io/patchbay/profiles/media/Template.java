package io.patchbay.profiles.media;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.patchbay.southbound.DecodeException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A payload with places for values: {@code {name}}. In JSON a place inside quotes takes the value's
 * text, escaped; a place outside takes a JSON value.
 */
public final class Template {
  private static final Pattern PLACE = Pattern.compile("\\{([A-Za-z][A-Za-z0-9_]*)\\}");

  /** How a value is written where it stands. */
  enum Where {
    TEXT,
    JSON_VALUE,
    JSON_TEXT
  }

  private record Part(String before, String name, Where where) {}

  private final List<Part> parts;
  private final String rest;

  private Template(List<Part> parts, String rest) {
    this.parts = parts;
    this.rest = rest;
  }

  /** A template of plain text. */
  static Template text(String template) {
    return parse(template, false);
  }

  /**
   * @throws IllegalArgumentException when it would not give JSON
   */
  static Template json(String template) {
    Template parsed = parse(template, true);
    String trial = parsed.fill(name -> "0", name -> "0");
    try {
      Json.document(
          trial.getBytes(StandardCharsets.UTF_8),
          (parser, first) -> {
            if (first.isStructStart()) {
              parser.skipChildren();
            }
          });
    } catch (DecodeException e) {
      throw new IllegalArgumentException(
          "the payload template does not give JSON: "
              + e.detail()
              + "; either mend it or say mediaType: text/plain");
    }
    return parsed;
  }

  /** The names of the places in any template. */
  public static Set<String> names(String template) {
    Set<String> names = new LinkedHashSet<>();
    Matcher place = PLACE.matcher(template);
    while (place.find()) {
      names.add(place.group(1));
    }
    return names;
  }

  private static Template parse(String template, boolean json) {
    List<Part> parts = new ArrayList<>();
    Matcher place = PLACE.matcher(template);
    int at = 0;
    boolean quoted = false;
    while (place.find()) {
      String before = template.substring(at, place.start());
      quoted = json && quotedAfter(before, quoted);
      Where where = !json ? Where.TEXT : quoted ? Where.JSON_TEXT : Where.JSON_VALUE;
      parts.add(new Part(before, place.group(1), where));
      at = place.end();
    }
    return new Template(parts, template.substring(at));
  }

  private static boolean quotedAfter(String text, boolean quoted) {
    boolean inside = quoted;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (inside && c == '\\') {
        i++;
      } else if (c == '"') {
        inside = !inside;
      }
    }
    return inside;
  }

  /**
   * @param text gives the text of a name
   * @param json gives the JSON of a name
   */
  String fill(Function<String, String> text, Function<String, String> json) {
    StringBuilder filled = new StringBuilder();
    for (Part part : parts) {
      filled.append(part.before());
      switch (part.where()) {
        case TEXT -> filled.append(text.apply(part.name()));
        case JSON_TEXT -> filled.append(escaped(text.apply(part.name())));
        case JSON_VALUE -> filled.append(json.apply(part.name()));
      }
    }
    return filled.append(rest).toString();
  }

  /** What stands between the quotes of a JSON string. */
  static String escaped(String text) {
    return new String(JsonStringEncoder.getInstance().quoteAsString(text));
  }
}
