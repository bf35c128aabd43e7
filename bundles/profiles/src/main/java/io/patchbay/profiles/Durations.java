package io.patchbay.profiles;

import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as people write them: {@code 500ms 10s 5m 1h 2d}, or ISO 8601. */
final class Durations {
  static final String ACCEPTED = "500ms, 10s, 5m, 1h, 2d or ISO 8601 (PT15M)";

  private static final Pattern SHORT = Pattern.compile("(\\d{1,9})\\s?(ms|s|m|h|d)");

  private Durations() {}

  /** Empty when it is none, or not above zero. */
  static Optional<Duration> parse(String text) {
    try {
      Matcher parts = SHORT.matcher(text);
      Duration duration =
          parts.matches()
              ? of(Long.parseLong(parts.group(1)), parts.group(2))
              : Duration.parse(text);
      return duration.isZero() || duration.isNegative() ? Optional.empty() : Optional.of(duration);
    } catch (DateTimeParseException | ArithmeticException e) {
      return Optional.empty();
    }
  }

  private static Duration of(long count, String unit) {
    return switch (unit) {
      case "ms" -> Duration.ofMillis(count);
      case "s" -> Duration.ofSeconds(count);
      case "m" -> Duration.ofMinutes(count);
      case "h" -> Duration.ofHours(count);
      default -> Duration.ofDays(count);
    };
  }
}
