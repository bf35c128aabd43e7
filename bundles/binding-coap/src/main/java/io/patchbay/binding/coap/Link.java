package io.patchbay.binding.coap;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One link of the CoRE link format (RFC 6690, clause 2).
 *
 * @param attributes in their order; one without a value has an empty one
 */
record Link(String target, Map<String, String> attributes) {
  Link {
    attributes = Collections.unmodifiableMap(new LinkedHashMap<>(attributes));
  }

  /**
   * @param most links that are accepted
   * @throws IllegalArgumentException saying where it cannot be read, or that there are too many
   */
  static List<Link> parse(String text, int most) {
    List<Link> links = new ArrayList<>();
    Reading reading = new Reading(text);
    reading.blanks();
    while (!reading.done()) {
      links.add(reading.link());
      if (links.size() > most) {
        throw new IllegalArgumentException("more than " + most + " links");
      }
      reading.blanks();
      if (!reading.done()) {
        reading.expect(',');
        reading.blanks();
      }
    }
    return links;
  }

  /** RFC 6690, clause 4.1: {@code href=/sensors*}, {@code rt=core.rd}. */
  boolean meets(String filter) {
    int equals = filter.indexOf('=');
    String name = equals < 0 ? filter : filter.substring(0, equals);
    String value = name.equals("href") ? target : attributes.get(name);
    if (value == null) {
      return false;
    } else if (equals < 0) {
      return true;
    }
    String asked = filter.substring(equals + 1);
    boolean several = !name.equals("href");
    return asked.endsWith("*")
        ? begins(value, asked.substring(0, asked.length() - 1), several)
        : value.equals(asked) || (several && List.of(value.split(" ")).contains(asked));
  }

  private static boolean begins(String value, String asked, boolean several) {
    return value.startsWith(asked)
        || (several && Arrays.stream(value.split(" ")).anyMatch(word -> word.startsWith(asked)));
  }

  Link with(String name, String value) {
    Map<String, String> more = new LinkedHashMap<>(attributes);
    more.put(name, value);
    return new Link(target, more);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("<").append(target).append('>');
    attributes.forEach(
        (name, value) -> {
          text.append(';').append(name);
          if (!value.isEmpty()) {
            text.append("=\"").append(value.replace("\\", "\\\\").replace("\"", "\\\""));
            text.append('"');
          }
        });
    return text.toString();
  }

  private static final class Reading {
    private final String text;
    private int at;

    private Reading(String text) {
      this.text = text;
    }

    boolean done() {
      return at >= text.length();
    }

    void blanks() {
      while (!done() && Character.isWhitespace(text.charAt(at))) {
        at++;
      }
    }

    void expect(char wanted) {
      if (done() || text.charAt(at) != wanted) {
        throw new IllegalArgumentException("'" + wanted + "' is missing at character " + at);
      }
      at++;
    }

    Link link() {
      expect('<');
      int end = text.indexOf('>', at);
      if (end < 0) {
        throw new IllegalArgumentException("'>' is missing after character " + at);
      }
      String target = text.substring(at, end);
      at = end + 1;
      Map<String, String> attributes = new LinkedHashMap<>();
      blanks();
      while (!done() && text.charAt(at) == ';') {
        at++;
        blanks();
        String name = word();
        blanks();
        String value = "";
        if (!done() && text.charAt(at) == '=') {
          at++;
          blanks();
          value = !done() && text.charAt(at) == '"' ? quoted() : word();
        }
        attributes.putIfAbsent(name, value); // the first counts (RFC 6690, clause 2)
        blanks();
      }
      return new Link(target, attributes);
    }

    private String word() {
      int from = at;
      while (!done() && ";,=\"<> \t\r\n".indexOf(text.charAt(at)) < 0) {
        at++;
      }
      if (at == from) {
        throw new IllegalArgumentException("a name or a value is missing at character " + at);
      }
      return text.substring(from, at);
    }

    private String quoted() {
      StringBuilder value = new StringBuilder();
      for (at++; !done(); at++) {
        char next = text.charAt(at);
        if (next == '"') {
          at++;
          return value.toString();
        } else if (next == '\\' && at + 1 < text.length()) {
          at++;
        }
        value.append(text.charAt(at));
      }
      throw new IllegalArgumentException("a quotation mark is missing at the end");
    }
  }
}
