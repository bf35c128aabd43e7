package io.patchbay.core;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How standing orders are written: how often, how long, how many at once.
 *
 * @param first wait after a write that brought nothing; it doubles with each further one
 * @param longest wait of all
 * @param attempts writes in a row that bring nothing, after which something must change first
 * @param patience how long one write may take
 * @param perSecond writes begun in the whole hub
 * @param underWay writes under way in the whole hub
 */
record Rhythm(
    Duration first,
    Duration longest,
    int attempts,
    Duration patience,
    int perSecond,
    int underWay) {
  static final Rhythm DEFAULT =
      new Rhythm(Duration.ofSeconds(10), Duration.ofHours(1), 8, Duration.ofSeconds(30), 20, 200);

  /**
   * Of each wait at most this part comes on top, so that what failed together does not return so.
   */
  private static final double JITTER = 0.25;

  Rhythm {
    if (first.isNegative() || first.isZero() || longest.compareTo(first) < 0 || attempts < 1) {
      throw new IllegalArgumentException(
          "desiredRetrySeconds and desiredAttempts must be 1 or more; not "
              + first
              + " and "
              + attempts);
    } else if (patience.isNegative() || patience.isZero()) {
      throw new IllegalArgumentException(
          "desiredDeadlineSeconds = " + patience.toSeconds() + "; accepted: 1 and more");
    } else if (perSecond < 1 || perSecond > 1_000) {
      throw new IllegalArgumentException(
          "desiredPerSecond = " + perSecond + "; accepted: 1 to 1000");
    }
  }

  /** The default with what an administrator may set. */
  static Rhythm of(int retrySeconds, int attempts, int perSecond, int deadlineSeconds) {
    Duration first = Duration.ofSeconds(retrySeconds);
    Duration longest = first.compareTo(DEFAULT.longest) > 0 ? first : DEFAULT.longest;
    Duration patience = Duration.ofSeconds(deadlineSeconds);
    return new Rhythm(first, longest, attempts, patience, perSecond, DEFAULT.underWay);
  }

  /**
   * @param failures writes in a row that brought nothing, from 1
   */
  Duration pause(int failures, RandomGenerator random) {
    Duration pause = first;
    for (int i = 1; i < failures && pause.compareTo(longest) < 0; i++) {
      pause = pause.multipliedBy(2);
    }
    Duration bounded = pause.compareTo(longest) > 0 ? longest : pause;
    return bounded.plusNanos((long) (bounded.toNanos() * JITTER * random.nextDouble()));
  }
}
