package io.patchbay.core;

import io.patchbay.southbound.Origin;
import io.patchbay.store.Journal;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The connections that were heard since the start, each with its last deliveries. */
final class Sessions {
  /** One connection. */
  static final class Session {
    private final String name;
    private final Deliveries deliveries;
    private volatile @Nullable CompletionStage<?> before;

    private Session(String name, Deliveries deliveries) {
      this.name = name;
      this.deliveries = deliveries;
    }

    /** {@code mqtt:local}. */
    String name() {
      return name;
    }

    Deliveries deliveries() {
      return deliveries;
    }

    /**
     * Receipts leave the journal in order. Only one that waits for something else besides holds up
     * those behind it.
     */
    <T> CompletionStage<T> inOrder(CompletionStage<T> stage, boolean waits) {
      CompletionStage<?> earlier = before;
      CompletionStage<T> ordered = stage;
      if (earlier != null) {
        if (earlier.toCompletableFuture().isDone()) {
          before = null;
        } else {
          ordered =
              earlier.handle((value, failure) -> 0).thenCombine(stage, (nothing, value) -> value);
        }
      }
      if (waits || ordered != stage) {
        before = ordered;
      }
      return ordered;
    }
  }

  private final Journal journal;
  private final Map<Origin, Session> sessions = new ConcurrentHashMap<>();

  Sessions(Journal journal) {
    this.journal = journal;
  }

  Session of(Origin origin) {
    Origin key = new Origin(origin.scheme(), origin.connection(), "");
    Session session = sessions.get(key);
    return session != null ? session : sessions.computeIfAbsent(key, this::open);
  }

  private Session open(Origin origin) {
    String name = origin.scheme() + ":" + origin.connection();
    return new Session(name, new Deliveries(journal.deliveries(name, Deliveries.WINDOW)));
  }
}
