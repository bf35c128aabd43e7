package io.patchbay.core;

import io.patchbay.southbound.DecodeException;
import io.patchbay.southbound.Rejection;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** Times of the model: milliseconds, from 1970 until 2200. */
final class Times {
  private static final long END = Instant.parse("2200-01-01T00:00:00Z").getEpochSecond();

  private Times() {}

  static Instant millis(Instant time) {
    return time.truncatedTo(ChronoUnit.MILLIS);
  }

  static Instant checked(Instant time) throws DecodeException {
    long second = time.getEpochSecond();
    if (second < 0 || second >= END) {
      throw new DecodeException(
          Rejection.BAD_TIME, "time " + time + " is out of range; accepted: 1970 until 2200");
    }
    return millis(time);
  }
}
