package io.patchbay.binding.coap;

import io.patchbay.southbound.Receipt;
import io.patchbay.southbound.UplinkPort;
import io.patchbay.thing.Status;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * Which devices answer. One that did not twice is asked for values again after 1, 2, … 60 s: it
 * costs one timeout per try, not per poll. Bounded by the addresses that things have.
 */
final class Reachability {
  private static final int PATIENT = 2;
  private static final int LONGEST_SECONDS = 60;

  private record State(int failures, long retryAt, boolean told) {}

  private final UplinkPort uplink;
  private final LongSupplier nanos;
  private final Map<String, State> states = new ConcurrentHashMap<>();

  Reachability(UplinkPort uplink, LongSupplier nanos) {
    this.uplink = uplink;
    this.nanos = nanos;
  }

  /** Whether it makes sense to ask it now. */
  boolean worthAsking(String connection) {
    State state = states.get(connection);
    return state == null || state.failures() < PATIENT || nanos.getAsLong() - state.retryAt() >= 0;
  }

  void answered(String connection) {
    State before = states.remove(connection);
    if (before != null && before.told()) {
      tell(connection, Status.ONLINE, "it answers again");
    }
  }

  void silent(String connection) {
    State after =
        states.compute(
            connection,
            (key, state) -> {
              int failures = state == null ? 1 : state.failures() + 1;
              int seconds = Math.min(LONGEST_SECONDS, 1 << Math.min(6, failures - 1));
              return new State(
                  failures,
                  nanos.getAsLong() + Duration.ofSeconds(seconds).toNanos(),
                  state != null && state.told());
            });
    if (after.failures() >= PATIENT && !after.told()) {
      tell(connection, Status.OFFLINE, "it does not answer");
    }
  }

  private void tell(String connection, Status status, String detail) {
    uplink
        .presence(CoapProtocol.SCHEME, connection, status, detail)
        .thenAccept(
            receipt -> {
              if (!(receipt instanceof Receipt.Busy) && status == Status.OFFLINE) {
                states.computeIfPresent(
                    connection, (key, state) -> new State(state.failures(), state.retryAt(), true));
              }
            });
  }
}
