package io.patchbay.profile;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * An address with named parts: segments divided by {@code /}; a segment is literal text, {@code
 * {name}}, {@code text{name}text}, {@code +} (any one segment) or, last, {@code #} (any number of
 * segments, as in MQTT 5.0, clause 4.7.1). The same name twice must have the same content.
 */
public final class AddressPattern {
  private record Segment(String before, String name, String after) {
    boolean literal() {
      return name.isEmpty();
    }
  }

  private static final String ANY = "+";
  private static final String REST = "#";

  private final String text;
  private final List<Segment> segments;
  private final boolean open;

  private AddressPattern(String text, List<Segment> segments, boolean open) {
    this.text = text;
    this.segments = List.copyOf(segments);
    this.open = open;
  }

  /**
   * @throws IllegalArgumentException naming the segment that is wrong
   */
  public static AddressPattern of(String text) {
    if (text.isEmpty()) {
      throw new IllegalArgumentException("an address pattern must not be empty");
    }
    String[] parts = text.split("/", -1);
    List<Segment> segments = new ArrayList<>();
    boolean open = false;
    for (int i = 0; i < parts.length; i++) {
      if (parts[i].equals(REST)) {
        if (i != parts.length - 1) {
          throw new IllegalArgumentException("'#' in '" + text + "' must be the last segment");
        }
        open = true;
      } else {
        segments.add(segment(parts[i], text));
      }
    }
    return new AddressPattern(text, segments, open);
  }

  private static Segment segment(String part, String text) {
    if (part.equals(ANY)) {
      return new Segment("", ANY, "");
    }
    int from = part.indexOf('{');
    int to = part.indexOf('}');
    if (from < 0 && to < 0) {
      if (part.contains(ANY) || part.contains(REST)) {
        throw new IllegalArgumentException(
            "segment '" + part + "' of '" + text + "': '+' and '#' must stand alone");
      }
      return new Segment(part, "", "");
    }
    String name = from >= 0 && to > from ? part.substring(from + 1, to) : "";
    if (!name.matches("[A-Za-z][A-Za-z0-9_]*")
        || part.indexOf('{', from + 1) >= 0
        || part.indexOf('}', to + 1) >= 0) {
      throw new IllegalArgumentException(
          "segment '"
              + part
              + "' of '"
              + text
              + "' is not understood; accepted: text, {name}, text{name}text, +, #");
    }
    return new Segment(part.substring(0, from), name, part.substring(to + 1));
  }

  /** What the named parts hold in {@code address}; empty when it does not match. */
  public Optional<Map<String, String>> match(String address) {
    Map<String, String> terms = new HashMap<>();
    int at = 0;
    for (int i = 0; i < segments.size(); i++) {
      if (at > address.length()) {
        return Optional.empty();
      }
      int slash = address.indexOf('/', at);
      int end = slash < 0 ? address.length() : slash;
      if (!bind(segments.get(i), address.substring(at, end), terms)) {
        return Optional.empty();
      }
      at = end + 1;
    }
    boolean consumed = at > address.length();
    return consumed || open ? Optional.of(terms) : Optional.empty();
  }

  private static boolean bind(Segment segment, String part, Map<String, String> terms) {
    if (segment.literal()) {
      return part.equals(segment.before());
    }
    if (segment.name().equals(ANY)) {
      return true;
    }
    int length = part.length() - segment.before().length() - segment.after().length();
    if (length < 1 || !part.startsWith(segment.before()) || !part.endsWith(segment.after())) {
      return false;
    }
    String content = part.substring(segment.before().length(), segment.before().length() + length);
    String earlier = terms.putIfAbsent(segment.name(), content);
    return earlier == null || earlier.equals(content);
  }

  /** Fills {@code {name}} in any text. Empty when a name has no term. */
  public static Optional<String> fill(String template, Map<String, String> terms) {
    StringBuilder filled = new StringBuilder();
    int at = 0;
    while (true) {
      int from = template.indexOf('{', at);
      int to = from < 0 ? -1 : template.indexOf('}', from);
      if (to < 0) {
        return Optional.of(filled.append(template, at, template.length()).toString());
      }
      String term = terms.get(template.substring(from + 1, to));
      if (term == null) {
        return Optional.empty();
      }
      filled.append(template, at, from).append(term);
      at = to + 1;
    }
  }

  /** The names in it, in order. */
  public Set<String> names() {
    Set<String> names = new LinkedHashSet<>();
    for (Segment segment : segments) {
      if (!segment.literal() && !segment.name().equals(ANY)) {
        names.add(segment.name());
      }
    }
    return names;
  }

  /** The MQTT topic filter that covers it: a segment that is not literal becomes {@code +}. */
  public String filter() {
    List<String> parts = new ArrayList<>();
    for (Segment segment : segments) {
      parts.add(segment.literal() ? segment.before() : ANY);
    }
    if (open) {
      parts.add(REST);
    }
    return String.join("/", parts);
  }

  /**
   * How narrow it is: among patterns that match one address, the one with the larger number is
   * meant.
   */
  public int specificity() {
    int sum = open ? -1 : 0;
    for (Segment segment : segments) {
      sum +=
          segment.literal() ? 4 : segment.before().length() + segment.after().length() > 0 ? 2 : 1;
    }
    return sum;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof AddressPattern that && text.equals(that.text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  @Override
  public String toString() {
    return text;
  }
}
