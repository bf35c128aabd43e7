package io.patchbay.store;

import java.time.Duration;

/** How an append ended. */
public sealed interface Appended {
  /**
   * Durable.
   *
   * @param first sequence of its first uplink; the others follow without a gap
   */
  record Stored(long first) implements Appended {}

  /**
   * Nothing of it was kept.
   *
   * @param why for a person: disk full, queue full, too many rejected frames
   */
  record Refused(String why, Duration retryAfter) implements Appended {}
}
