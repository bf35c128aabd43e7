package io.patchbay.northbound;

import io.patchbay.store.Registered;
import io.patchbay.thing.Status;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** The directory of things with their twins; a service of core. */
public interface Things {
  Optional<ThingState> find(ThingId id);

  /** The one that is told from others there by these terms, whatever its name and profile. */
  default Optional<ThingState> find(String scheme, String connection, Map<String, String> terms) {
    String after = "";
    do {
      Page page =
          list(
              new Query(
                  Optional.empty(), Optional.empty(), Optional.empty(), Map.of(), after, 1_000));
      for (ThingState state : page.things()) {
        Thing thing = state.registered().thing();
        if (thing.scheme().equals(scheme)
            && thing.connection().equals(connection)
            && thing.terms().entrySet().containsAll(terms.entrySet())) {
          return Optional.of(state);
        }
      }
      after = page.next();
    } while (!after.isEmpty());
    return Optional.empty();
  }

  /** Sorted by id. */
  Page list(Query query);

  /**
   * Registers or changes a thing; it is admitted by that. Stages fail with {@link
   * RefusedException}.
   */
  CompletionStage<ThingState> register(Thing thing, Registered.Origin origin);

  /**
   * Admits or refuses a thing that waits; frames held for it are taken, or moved to the rejected.
   */
  CompletionStage<ThingState> decide(ThingId id, Registered.Admission admission);

  /** Removes a thing; its history stays. False when there is none. */
  CompletionStage<Boolean> remove(ThingId id);

  /**
   * @param after id after which the page begins, empty for the first
   * @param limit 1 to 1,000
   * @param labels that a thing must all have
   */
  record Query(
      Optional<String> profile,
      Optional<Status> status,
      Optional<Registered.Admission> admission,
      Map<String, String> labels,
      String after,
      int limit) {}

  /**
   * @param total things that the query selects
   * @param next value of {@code after} for the next page, empty on the last
   */
  record Page(List<ThingState> things, int total, String next) {}
}
