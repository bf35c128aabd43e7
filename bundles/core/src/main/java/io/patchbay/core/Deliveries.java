package io.patchbay.core;

import io.patchbay.southbound.DeliveryId;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The last deliveries of one connection, by which a repetition is known. One that is on its way
 * into the journal counts; one that did not get there is forgotten.
 */
final class Deliveries {
  /** Deliveries remembered; the oldest is forgotten. */
  static final int WINDOW = 8_192;

  /** One delivery. */
  static final class Seen {
    private final String id;
    private final long place;
    private volatile boolean lost;

    private Seen(String id, long place) {
      this.id = id;
      this.place = place;
    }

    /** Whether the journal refused it, so that its repetition is none. */
    boolean lost() {
      return lost;
    }
  }

  /**
   * What a delivery is.
   *
   * @param repetition whether it was seen before
   * @param seen it, or the one it repeats
   */
  record Verdict(boolean repetition, Seen seen) {}

  private final Deque<Seen> order = new ArrayDeque<>();
  private final Map<String, Seen> newest = new HashMap<>();
  private long places;
  private boolean comparing = true;

  /** Where the present comparison after a resumed session found its first and its last. */
  private long anchor = -1;

  private long found = -1;

  Deliveries(Collection<String> kept) {
    kept.forEach(this::enter);
  }

  synchronized Verdict judge(DeliveryId delivery) {
    Optional<Seen> before =
        switch (delivery.kind()) {
          case UNIQUE -> Optional.ofNullable(newest.get(delivery.value()));
          case FIRST -> {
            comparing = true;
            anchor = -1;
            found = -1;
            yield Optional.empty();
          }
          case RESUMED -> resumed(delivery.value());
        };
    return before
        .map(seen -> new Verdict(true, seen))
        .orElseGet(() -> new Verdict(false, enter(delivery.value())));
  }

  /**
   * What a session delivers again comes in the order in which it came first. A second resumption
   * begins again with the first of them.
   */
  private Optional<Seen> resumed(String id) {
    Seen seen = comparing ? newest.get(id) : null;
    if (seen == null || (seen.place <= found && seen.place < anchor)) {
      comparing = false;
      return Optional.empty();
    }
    if (anchor < 0) {
      anchor = seen.place;
    }
    found = seen.place;
    return Optional.of(seen);
  }

  private Seen enter(String id) {
    Seen seen = new Seen(id, places++);
    order.addLast(seen);
    newest.put(id, seen);
    if (order.size() > WINDOW) {
      Seen oldest = order.removeFirst();
      newest.remove(oldest.id, oldest);
    }
    return seen;
  }

  /** The journal did not take it. */
  synchronized void forget(Seen seen) {
    seen.lost = true;
    newest.remove(seen.id, seen);
    order.removeLastOccurrence(seen);
  }
}
