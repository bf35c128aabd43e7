package io.patchbay.profiles.media;

import java.util.ArrayList;
import java.util.List;

/**
 * A place in a JSON document: names divided by dots, {@code [n]} for the nth element, a name with
 * dots or brackets in double quotes ({@code params."switch:0".apower}). Empty is the whole
 * document.
 */
record JsonPath(String text, List<Step> steps) {
  /** More steps than this are refused: nothing a device sends is that deep. */
  private static final int MOST_STEPS = 32;

  private static final int MOST_ELEMENTS = 100_000;

  sealed interface Step {
    record Name(String name) implements Step {}

    record Element(int index) implements Step {}
  }

  JsonPath {
    steps = List.copyOf(steps);
  }

  /**
   * @throws IllegalArgumentException saying what is wrong and where
   */
  static JsonPath of(String text) {
    List<Step> steps = new ArrayList<>();
    int at = 0;
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c == '[') {
        at = element(text, at, steps);
      } else {
        if (!steps.isEmpty()) {
          if (c != '.') {
            throw wrong(text, at, "expected '.' or '['");
          }
          at++;
        }
        at = name(text, at, steps);
      }
      if (steps.size() > MOST_STEPS) {
        throw new IllegalArgumentException("path '" + text + "' has more than 32 steps");
      }
    }
    return new JsonPath(text, steps);
  }

  private static int element(String text, int from, List<Step> steps) {
    int to = text.indexOf(']', from);
    String digits = to < 0 ? "" : text.substring(from + 1, to);
    if (!digits.matches("\\d{1,6}") || Integer.parseInt(digits) > MOST_ELEMENTS) {
      throw wrong(text, from, "expected [n] with n from 0 to " + MOST_ELEMENTS);
    }
    steps.add(new Step.Element(Integer.parseInt(digits)));
    return to + 1;
  }

  private static int name(String text, int from, List<Step> steps) {
    if (from < text.length() && text.charAt(from) == '"') {
      int to = text.indexOf('"', from + 1);
      if (to < 0) {
        throw wrong(text, from, "the quote is not closed");
      }
      steps.add(new Step.Name(text.substring(from + 1, to)));
      return to + 1;
    }
    int to = from;
    while (to < text.length() && ".[]\"".indexOf(text.charAt(to)) < 0) {
      to++;
    }
    if (to == from) {
      throw wrong(text, from, "expected a name");
    }
    steps.add(new Step.Name(text.substring(from, to)));
    return to;
  }

  private static IllegalArgumentException wrong(String text, int at, String what) {
    return new IllegalArgumentException(
        "path '"
            + text
            + "', character "
            + (at + 1)
            + ": "
            + what
            + "; accepted: a.b, a[0].b, a.\"name with . or [\".b");
  }
}
