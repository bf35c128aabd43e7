package io.patchbay.northbound.rest;

import io.patchbay.northbound.Lifecycles;
import io.patchbay.northbound.RefusedException;
import io.patchbay.northbound.ThingState;
import io.patchbay.store.Registered;
import io.patchbay.store.Registered.Admission;
import io.patchbay.thing.Stage;
import io.patchbay.thing.ThingId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** The lives of the things of {@link FakeRooms}: each is online, until it is retired. */
final class FakeLives implements Lifecycles {
  private final Map<ThingId, ThingState> things;

  FakeLives(Map<ThingId, ThingState> things) {
    this.things = things;
  }

  @Override
  public Optional<List<Step>> life(ThingId thing, int limit) {
    return Optional.ofNullable(things.get(thing))
        .map(
            state -> {
              List<Step> steps = new ArrayList<>();
              steps.add(
                  new Step(
                      state.stage(), state.status(), state.statusDetail(), state.statusSince()));
              if (state.stage() != Stage.ONLINE) {
                steps.add(
                    new Step(Stage.ONLINE, Stage.ONLINE.status(), "it sent data", Instant.EPOCH));
              }
              return steps.subList(0, Math.min(limit, steps.size()));
            });
  }

  @Override
  public CompletionStage<ThingState> retire(ThingId thing, String why, String by) {
    return become(thing, Admission.RETIRED, Stage.RETIRED, "retired by " + by + ": " + why);
  }

  @Override
  public CompletionStage<ThingState> reinstate(ThingId thing, String why, String by) {
    return become(thing, Admission.ADMITTED, Stage.ADMITTED, "taken back by " + by + ": " + why);
  }

  private CompletionStage<ThingState> become(
      ThingId thing, Admission admission, Stage stage, String words) {
    ThingState before = things.get(thing);
    if (before == null || before.registered().admission() == admission) {
      return CompletableFuture.failedFuture(new RefusedException("it is " + admission));
    }
    Registered was = before.registered();
    ThingState after =
        new ThingState(
            new Registered(was.thing(), admission, was.origin(), was.since()),
            stage.status(),
            stage,
            words,
            before.statusSince(),
            before.latest());
    things.put(thing, after);
    return CompletableFuture.completedFuture(after);
  }

  @Override
  public void updating(ThingId thing, String what) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void updated(ThingId thing, String outcome) {
    throw new UnsupportedOperationException();
  }
}
