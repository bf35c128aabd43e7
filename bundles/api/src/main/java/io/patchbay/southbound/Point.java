package io.patchbay.southbound;

import io.patchbay.thing.Value;
import java.time.Instant;
import java.util.Optional;

/** What a decoder found for one slot, in the wire's scale. */
public sealed interface Point {
  Slot slot();

  /**
   * @param value of a status slot: Bool, true for online
   * @param time when the device measured it, when the payload says so
   */
  record Decoded(Slot slot, Value value, Optional<Instant> time) implements Point {}

  record Bad(Slot slot, Rejection reason, String detail) implements Point {}
}
