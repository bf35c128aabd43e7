package io.patchbay.binding.modbus;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/** Reads a form's terms; what is wrong is said with the term and what is accepted. */
record Terms(Map<String, String> terms) {

  String text(String name, String otherwise) {
    return terms.getOrDefault(name, otherwise);
  }

  boolean has(String name) {
    return terms.containsKey(name);
  }

  boolean yes(String name) {
    String text = text(name, "false");
    if (!text.equals("true") && !text.equals("false")) {
      throw new IllegalArgumentException(name + " must be true or false, not '" + text + "'");
    }
    return text.equals("true");
  }

  int number(String name, int otherwise, int from, int to) {
    String text = terms.get(name);
    if (text == null) {
      return otherwise;
    }
    long number = whole(name, text);
    if (number < from || number > to) {
      throw new IllegalArgumentException(name + " must be " + from + " to " + to + ", not " + text);
    }
    return (int) number;
  }

  OptionalInt number(String name, int from, int to) {
    return has(name) ? OptionalInt.of(number(name, from, from, to)) : OptionalInt.empty();
  }

  int needed(String name, int from, int to) {
    if (!has(name)) {
      throw new IllegalArgumentException("a form for modbus needs '" + name + "'");
    }
    return number(name, from, from, to);
  }

  /** One, or a list of several, which a profile's reader numbers. */
  List<String> list(String name) {
    List<String> all = new ArrayList<>();
    if (has(name)) {
      for (String one : text(name, "").split(",", -1)) {
        all.add(one.strip());
      }
    }
    for (int i = 0; has(name + "." + i); i++) {
      all.add(text(name + "." + i, ""));
    }
    return all;
  }

  static long whole(String name, String text) {
    try {
      boolean hex = text.startsWith("0x") || text.startsWith("0X");
      return hex ? Long.parseUnsignedLong(text.substring(2), 16) : Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          name + " must be a whole number (17, 0x11), not '" + text + "'", e);
    }
  }
}
