package io.patchbay.camel.hub;

import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The options of an endpoint's URI; each is taken out as it is read, what remains is unknown. */
final class Options {
  /** At most nine digits: more than a century of hours. */
  private static final Pattern DURATION = Pattern.compile("(\\d{1,9})(ms|s|m|h|)");

  private final Map<String, Object> options;

  Options(Map<String, Object> options) {
    this.options = options;
  }

  Optional<String> text(String name) {
    return Optional.ofNullable(options.remove(name)).map(Object::toString);
  }

  String required(String name, String example) {
    return text(name)
        .filter(text -> !text.isEmpty())
        .orElseThrow(() -> new IllegalArgumentException("needs " + name + "=" + example));
  }

  Duration duration(String name, Duration otherwise) {
    Optional<String> text = text(name);
    if (text.isEmpty()) {
      return otherwise;
    }
    Matcher matcher = DURATION.matcher(text.get());
    if (!matcher.matches()) {
      throw wrong(name, text.get(), "a duration such as 500ms, 5s, 1m, 1h", null);
    }
    long amount = Long.parseLong(matcher.group(1));
    return switch (matcher.group(2)) {
      case "s" -> Duration.ofSeconds(amount);
      case "m" -> Duration.ofMinutes(amount);
      case "h" -> Duration.ofHours(amount);
      default -> Duration.ofMillis(amount);
    };
  }

  int number(String name, int otherwise, int min, int max) {
    Optional<String> text = text(name);
    if (text.isEmpty()) {
      return otherwise;
    }
    String accepted = "a whole number from " + min + " to " + max;
    try {
      int number = Integer.parseInt(text.get());
      if (number >= min && number <= max) {
        return number;
      }
    } catch (NumberFormatException e) {
      throw wrong(name, text.get(), accepted, e);
    }
    throw wrong(name, text.get(), accepted, null);
  }

  double decimal(String name) {
    return decimal(name, required(name, "21.5"));
  }

  double decimal(String name, double otherwise) {
    Optional<String> text = text(name);
    return text.isEmpty() ? otherwise : decimal(name, text.get());
  }

  private static double decimal(String name, String text) {
    try {
      double number = Double.parseDouble(text);
      if (Double.isFinite(number)) {
        return number;
      }
    } catch (NumberFormatException e) {
      throw wrong(name, text, "a number such as 21.5", e);
    }
    throw wrong(name, text, "a number such as 21.5", null);
  }

  boolean flag(String name, boolean otherwise) {
    Optional<String> text = text(name);
    if (text.isEmpty()) {
      return otherwise;
    }
    return switch (text.get()) {
      case "true" -> true;
      case "false" -> false;
      default -> throw wrong(name, text.get(), "true or false", null);
    };
  }

  <E extends Enum<E>> E word(String name, E otherwise, Class<E> words) {
    Optional<String> text = text(name);
    if (text.isEmpty()) {
      return otherwise;
    }
    return Arrays.stream(words.getEnumConstants())
        .filter(word -> lower(word).equals(text.get()))
        .findFirst()
        .orElseThrow(
            () ->
                wrong(
                    name,
                    text.get(),
                    String.join(
                        ", ", Arrays.stream(words.getEnumConstants()).map(Options::lower).toList()),
                    null));
  }

  private static String lower(Enum<?> word) {
    return word.name().toLowerCase(Locale.ROOT);
  }

  static IllegalArgumentException wrong(
      String name, String text, String accepted, @Nullable Exception why) {
    return new IllegalArgumentException(
        name + "=" + text + " is not understood; accepted: " + accepted, why);
  }
}
