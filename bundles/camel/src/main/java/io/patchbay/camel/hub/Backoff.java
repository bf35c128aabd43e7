package io.patchbay.camel.hub;

import java.time.Duration;

/**
 * How long to wait before trying again: twice as long after each failure.
 *
 * @param first after the first failure, more than zero
 * @param longest at least {@code first}
 */
record Backoff(Duration first, Duration longest) {
  private static final int DOUBLINGS = 20;

  Backoff {
    if (first.isZero() || longest.compareTo(first) < 0) {
      throw new IllegalArgumentException(
          "redeliveryDelay must be more than 0 and at most maxRedeliveryDelay; not "
              + first.toMillis()
              + " ms and "
              + longest.toMillis()
              + " ms");
    }
  }

  /**
   * @param failures so far, at least 1
   */
  Duration after(int failures) {
    Duration delay = first.multipliedBy(1L << Math.min(failures - 1, DOUBLINGS));
    return delay.compareTo(longest) > 0 ? longest : delay;
  }
}
