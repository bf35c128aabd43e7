package io.patchbay.northbound;

import io.patchbay.thing.Stage;
import io.patchbay.thing.Status;
import io.patchbay.thing.ThingId;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * The lives of things: at which stage each is, since when and why, and how it came there. A service
 * of core. Bindings say who is there with what they offer; here is what else changes a life.
 */
public interface Lifecycles {
  /**
   * The present stage and those before it, newest first; empty when there is no such thing. The
   * history goes as far back as the journal does.
   *
   * @param limit 1 to 1,000
   */
  Optional<List<Step>> life(ThingId thing, int limit);

  /**
   * Takes a thing out of service for good: what comes from it is refused, nothing is asked of it,
   * its session ends. Durable when the stage completes. Its credentials stay as they are, and are
   * of no use until it is taken back. Fails with {@link RefusedException}.
   *
   * @param why for a person; may be empty
   * @param by who says so, for the record
   */
  CompletionStage<ThingState> retire(ThingId thing, String why, String by);

  /** Takes a retired thing back: it is admitted, and online when it is heard. */
  CompletionStage<ThingState> reinstate(ThingId thing, String why, String by);

  /**
   * The room of campaigns says that firmware is on its way to a thing, or being installed. May be
   * said again, and is after every start.
   *
   * @param what for a person
   */
  void updating(ThingId thing, String what);

  /**
   * That is over, however it ended. Nothing when the thing is not {@link Stage#UPDATING}.
   *
   * @param outcome for a person
   */
  void updated(ThingId thing, String outcome);

  /**
   * A step of a life.
   *
   * @param reason for a person; may be empty
   */
  record Step(Stage stage, Status status, String reason, Instant since) {}
}
