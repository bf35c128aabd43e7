package io.patchbay.store;

import io.patchbay.thing.ThingId;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * Remembers things across restarts. Beside the journal, so that nodes that share one share the
 * other.
 */
public interface ThingStore {
  List<Registered> load();

  /**
   * Durable when the stage completes. Fails with an IOException in words when it cannot be kept.
   */
  CompletionStage<Void> save(Registered registered);

  CompletionStage<Void> remove(ThingId id);
}
