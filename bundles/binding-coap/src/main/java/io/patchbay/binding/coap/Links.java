package io.patchbay.binding.coap;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** What {@code .well-known/core} says: the CoRE link format (RFC 6690). */
final class Links {
  private static final String RESOURCE_TYPE = "patchbay.uplink";

  private static final class Link {
    final Set<String> formats = new TreeSet<>();
    final Set<String> patterns = new TreeSet<>();
  }

  private Links() {}

  /**
   * A link leads to the literal beginning of what is listened to; its title says the whole.
   *
   * @param listened patterns with media types
   * @param wanted the query's filters ({@code rt=patchbay.*}); a link must meet them all
   */
  static String of(Map<String, Set<String>> listened, List<String> wanted) {
    Map<String, Link> links = new TreeMap<>();
    listened.forEach(
        (pattern, types) -> {
          Link link = links.computeIfAbsent(literal(pattern), path -> new Link());
          link.patterns.add(pattern);
          types.forEach(
              type ->
                  ContentFormats.number(type)
                      .ifPresent(number -> link.formats.add(Integer.toString(number))));
        });
    List<String> said = new ArrayList<>();
    links.forEach(
        (path, link) -> {
          Map<String, String> attributes = new TreeMap<>();
          attributes.put("rt", RESOURCE_TYPE);
          attributes.put("ct", String.join(" ", link.formats));
          attributes.put("title", String.join(" ", link.patterns));
          attributes.put("href", path);
          if (wanted.stream().allMatch(filter -> meets(attributes, filter))) {
            attributes.remove("href");
            StringBuilder text = new StringBuilder("<").append(path).append('>');
            attributes.forEach(
                (name, value) ->
                    text.append(';').append(name).append("=\"").append(value).append('"'));
            said.add(text.toString());
          }
        });
    return String.join(",", said);
  }

  private static String literal(String pattern) {
    StringBuilder path = new StringBuilder();
    for (String segment : pattern.split("/")) {
      if (segment.equals("+") || segment.equals("#") || segment.contains("{")) {
        break;
      }
      path.append('/').append(segment);
    }
    return path.isEmpty() ? "/" : path.toString();
  }

  /** RFC 6690, clause 4.1. */
  private static boolean meets(Map<String, String> attributes, String filter) {
    int equals = filter.indexOf('=');
    String value = equals < 0 ? null : attributes.get(filter.substring(0, equals));
    if (value == null) {
      return false;
    }
    String asked = filter.substring(equals + 1);
    if (asked.endsWith("*")) {
      return value.startsWith(asked.substring(0, asked.length() - 1));
    }
    return value.equals(asked) || List.of(value.split(" ")).contains(asked);
  }
}
