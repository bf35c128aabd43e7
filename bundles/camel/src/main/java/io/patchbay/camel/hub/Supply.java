package io.patchbay.camel.hub;

import java.util.Map;
import java.util.Optional;

/** Where a stream comes from: live or durable. */
interface Supply {
  /**
   * Begins to supply the courier.
   *
   * @param name of the stream, for metrics
   * @return closes what was opened; called after the courier has ended
   */
  Hub.Binding connect(String name, Courier courier);

  /** How a failing delivery is tried again; empty when it is passed by. */
  Optional<Backoff> backoff();

  /** Uplinks refused because the buffer was full. */
  long refused();

  /** For metrics: {@code subscription} when durable. */
  Map<String, String> labels();
}
