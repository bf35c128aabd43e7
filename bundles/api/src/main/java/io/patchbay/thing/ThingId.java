package io.patchbay.thing;

import java.util.regex.Pattern;

/**
 * The name of a thing, unique in the hub.
 *
 * @param value {@code [A-Za-z0-9][A-Za-z0-9._:-]{0,127}}
 */
public record ThingId(String value) implements Comparable<ThingId> {
  private static final Pattern FORM = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:-]{0,127}");

  /**
   * @throws IllegalArgumentException when the name has another form
   */
  public ThingId {
    if (!valid(value)) {
      throw new IllegalArgumentException(
          "'" + value + "' is not a thing's name; accepted: " + FORM.pattern());
    }
  }

  /** Whether {@code text} can name a thing. */
  public static boolean valid(String text) {
    return FORM.matcher(text).matches();
  }

  @Override
  public int compareTo(ThingId other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value;
  }
}
