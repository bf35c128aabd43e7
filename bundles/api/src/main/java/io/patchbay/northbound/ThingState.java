package io.patchbay.northbound;

import io.patchbay.store.Registered;
import io.patchbay.thing.Stage;
import io.patchbay.thing.Status;
import io.patchbay.thing.Uplink.Reading;
import java.time.Instant;
import java.util.Map;

/**
 * A thing as it stands: who it is, whether it is there, and the latest of each property (its twin).
 *
 * @param statusDetail why, for a person
 * @param latest by property; quality STALE when older than the profile allows
 */
public record ThingState(
    Registered registered,
    Status status,
    Stage stage,
    String statusDetail,
    Instant statusSince,
    Map<String, Reading> latest) {
  public ThingState {
    latest = Map.copyOf(latest);
  }

  /** At the stage that its status says. */
  public ThingState(
      Registered registered,
      Status status,
      String statusDetail,
      Instant statusSince,
      Map<String, Reading> latest) {
    this(registered, status, Stage.of(status), statusDetail, statusSince, latest);
  }
}
