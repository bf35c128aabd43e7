package io.patchbay.binding.lwm2m;

import io.patchbay.northbound.ThingState;
import io.patchbay.northbound.Things;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Finds the thing of an endpoint: of its name, or one that was given another. */
final class Who {
  private static final Duration FRESH = Duration.ofSeconds(2);
  private static final int PAGE = 1_000;

  private record Others(Map<String, ThingId> things, long at) {}

  private final Things things;
  private volatile Others others = new Others(Map.of(), System.nanoTime() - FRESH.toNanos());

  Who(Things things) {
    this.things = things;
  }

  Optional<ThingState> find(String endpoint) {
    if (ThingId.valid(endpoint)) {
      Optional<ThingState> same = things.find(new ThingId(endpoint)).filter(of(endpoint));
      if (same.isPresent()) {
        return same;
      }
    }
    return Optional.ofNullable(others().get(endpoint)).flatMap(things::find).filter(of(endpoint));
  }

  private static java.util.function.Predicate<ThingState> of(String endpoint) {
    return state -> endpoint.equals(endpoint(state.registered().thing()).orElse(null));
  }

  /** The endpoint of a thing that speaks LwM2M. */
  static Optional<String> endpoint(Thing thing) {
    return thing.scheme().equals(Lwm2mProtocol.SCHEME)
        ? Optional.ofNullable(thing.terms().get(Lwm2mProtocol.ENDPOINT))
        : Optional.empty();
  }

  private Map<String, ThingId> others() {
    Others now = others;
    if (System.nanoTime() - now.at() < FRESH.toNanos()) {
      return now.things();
    }
    Map<String, ThingId> found = new HashMap<>();
    String after = "";
    do {
      Things.Page page =
          things.list(
              new Things.Query(
                  Optional.empty(), Optional.empty(), Optional.empty(), Map.of(), after, PAGE));
      for (ThingState state : page.things()) {
        Thing thing = state.registered().thing();
        endpoint(thing)
            .filter(endpoint -> !endpoint.equals(thing.id().value()))
            .ifPresent(endpoint -> found.put(endpoint, thing.id()));
      }
      after = page.next();
    } while (!after.isEmpty());
    others = new Others(Map.copyOf(found), System.nanoTime());
    return found;
  }
}
