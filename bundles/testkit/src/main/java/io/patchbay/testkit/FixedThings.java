package io.patchbay.testkit;

import io.patchbay.northbound.ThingState;
import io.patchbay.northbound.Things;
import io.patchbay.store.Registered;
import io.patchbay.thing.Status;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Uplink.Reading;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** A directory in which nothing comes or goes. */
public final class FixedThings implements Things {
  private final List<Thing> all;
  private final Map<String, Reading> latest;

  /**
   * @param latest values of each of them, by property; may change
   */
  public FixedThings(List<Thing> all, Map<String, Reading> latest) {
    this.all = List.copyOf(all);
    this.latest = latest;
  }

  @Override
  public Optional<ThingState> find(ThingId id) {
    return all.stream()
        .filter(thing -> thing.id().equals(id))
        .findFirst()
        .map(
            thing ->
                new ThingState(
                    new Registered(
                        thing,
                        Registered.Admission.ADMITTED,
                        Registered.Origin.FILE,
                        Instant.EPOCH),
                    Status.UNKNOWN,
                    "",
                    Instant.EPOCH,
                    latest));
  }

  @Override
  public Page list(Query query) {
    throw new UnsupportedOperationException("nobody pages through them");
  }

  @Override
  public CompletionStage<ThingState> register(Thing thing, Registered.Origin origin) {
    throw new UnsupportedOperationException("nothing comes");
  }

  @Override
  public CompletionStage<ThingState> decide(ThingId id, Registered.Admission admission) {
    throw new UnsupportedOperationException("all are admitted");
  }

  @Override
  public CompletionStage<Boolean> remove(ThingId id) {
    throw new UnsupportedOperationException("nothing goes");
  }
}
