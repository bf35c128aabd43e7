package io.patchbay.binding.lwm2m;

import io.patchbay.northbound.ThingState;
import io.patchbay.northbound.Things;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import java.util.Map;
import java.util.Optional;

/** Finds the thing of an endpoint: of its name, or one that was given another. */
final class Who {
  private final Things things;

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
    return things.find(
        Lwm2mProtocol.SCHEME, Lwm2mProtocol.LOCAL, Map.of(Lwm2mProtocol.ENDPOINT, endpoint));
  }

  Optional<String> endpoint(ThingId thing) {
    return things.find(thing).flatMap(state -> endpoint(state.registered().thing()));
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
}
