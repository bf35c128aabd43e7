package io.patchbay.binding.modbus;

import io.patchbay.thing.Outcome.Reason;
import java.time.Instant;

/** How a request ended. */
sealed interface Reply {
  /**
   * @param received when the answer was complete
   */
  record Answered(Ask.Said said, Instant received) implements Reply {}

  /**
   * No answer.
   *
   * @param asked whether it went out: then its answer may still come
   */
  record Lost(Reason reason, String detail, boolean asked) implements Reply {}
}
