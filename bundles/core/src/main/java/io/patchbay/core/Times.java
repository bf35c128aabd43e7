package io.patchbay.core;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** Times of the model: milliseconds. */
final class Times {
  private Times() {}

  static Instant millis(Instant time) {
    return time.truncatedTo(ChronoUnit.MILLIS);
  }
}
