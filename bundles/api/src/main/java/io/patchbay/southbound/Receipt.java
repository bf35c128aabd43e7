package io.patchbay.southbound;

import io.patchbay.thing.ThingId;
import java.time.Duration;

/** What became of a frame: the truth that the protocol tells its device. */
public sealed interface Receipt {

  /**
   * Durable: acknowledge.
   *
   * @param duplicates 1 when it was a repetition and nothing was kept again
   * @param rejected how many of its values were bad; they are kept among the rejected
   */
  record Stored(int duplicates, int rejected) implements Receipt {}

  /** Kept for the administrator, durably: acknowledge. */
  record Rejected(Rejection reason, String detail) implements Receipt {}

  /** Of a device that is not admitted yet; kept until it is: acknowledge. */
  record Held(ThingId thing) implements Receipt {}

  /** Not kept: do not acknowledge; offer it again after this time. */
  record Busy(Duration retryAfter) implements Receipt {}

  /** Whether the device may be told that its data are safe. */
  default boolean acknowledge() {
    return !(this instanceof Busy);
  }
}
