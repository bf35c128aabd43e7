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

  /** Where the present run of redeliveries has its first and its last; -1 when there is no run. */
  private long first = -1;

  private long last = -1;

  Deliveries(Collection<String> kept) {
    kept.forEach(this::enter);
  }

  synchronized Verdict judge(DeliveryId delivery) {
    Optional<Seen> before =
        switch (delivery.kind()) {
          case UNIQUE -> Optional.ofNullable(newest.get(delivery.value()));
          case FIRST -> Optional.empty();
          case RESUMED -> resumed(delivery.value());
        };
    Verdict verdict =
        before
            .map(seen -> new Verdict(true, seen))
            .orElseGet(() -> new Verdict(false, enter(delivery.value())));
    switch (delivery.kind()) {
      case FIRST -> first = -1;
      case RESUMED -> run(verdict.seen().place);
      case UNIQUE -> {}
    }
    return verdict;
  }

  /**
   * What a session delivers again comes in the order in which it came first, and what is on the way
   * at the same time has different ids. So an id that lies before the run is that of an older
   * delivery, used again; one inside the run says that the session was resumed once more.
   */
  private Optional<Seen> resumed(String id) {
    return Optional.ofNullable(newest.get(id)).filter(seen -> first < 0 || seen.place >= first);
  }

  private void run(long place) {
    if (first < 0 || place <= last) {
      first = place;
    }
    last = place;
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
