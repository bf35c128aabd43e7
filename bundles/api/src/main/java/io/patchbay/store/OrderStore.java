package io.patchbay.store;

import io.patchbay.thing.ThingId;
import io.patchbay.thing.Value;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * Remembers what administrators desire of things across restarts; beside the {@link ThingStore}.
 */
public interface OrderStore {
  List<Order> orders();

  /**
   * Takes the place of an earlier one for the same property. Durable when the stage completes;
   * fails with an IOException in words when it cannot be kept.
   */
  CompletionStage<Void> save(Order order);

  /** Nothing when there is none. */
  CompletionStage<Void> cancel(ThingId thing, String property);

  /**
   * A value that a property shall have.
   *
   * @param by who ordered it
   */
  record Order(ThingId thing, String property, Value value, String by, Instant since) {}
}
