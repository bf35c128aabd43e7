package io.patchbay.broker;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.activemq.artemis.api.core.Message;
import org.jspecify.annotations.Nullable;

/**
 * Messages on their way to the hub that the broker does not store, because the hub does: the
 * device's PUBACK waits until the hub has acknowledged. One that takes longer than the hub's
 * patience is stored after all. As many as the hub's queue may hold.
 */
final class Handover {
  private final long patienceNanos;
  private final Map<Long, Held> held = new ConcurrentHashMap<>();

  /**
   * Oldest first. Those that are done are empty and go with a later look: behind one that is held,
   * the patience is the longest that they stay.
   */
  private final Queue<Held> oldest = new ConcurrentLinkedQueue<>();

  /**
   * @param patience after which the broker stores what the hub has not acknowledged
   */
  Handover(Duration patience) {
    patienceNanos = patience.toNanos();
  }

  private enum State {
    HELD,
    ACKNOWLEDGED,
    STORED
  }

  /** How a message gets into the broker's own store. */
  interface Store {
    void store(Message message, long queue) throws Exception;
  }

  /** One message. */
  static final class Held {
    /** Until it is settled. */
    private @Nullable Message message;

    private final long queue;
    private final Acknowledgements.Waiting puback;
    private final long since = System.nanoTime();
    private State state = State.HELD;

    Held(Message message, long queue, Acknowledgements.Waiting puback) {
      this.message = message;
      this.queue = queue;
      this.puback = puback;
    }

    private synchronized boolean move(State to) {
      if (state != State.HELD) {
        return false;
      }
      state = to;
      message = null;
      return true;
    }

    private synchronized State state() {
      return state;
    }
  }

  /** Before the message is routed to the one queue that keeps it, the hub's. */
  void begin(Message message, long queue, Acknowledgements.Waiting puback) {
    Held one = new Held(message, queue, puback);
    puback.hold();
    held.put(message.getMessageID(), one);
    oldest.add(one);
  }

  /** Whether the broker must not store the message. */
  boolean holds(long message) {
    return !held.isEmpty() && held.containsKey(message);
  }

  /** It was not routed. */
  void drop(long message) {
    Held one = held.remove(message);
    if (one != null && one.move(State.ACKNOWLEDGED)) {
      one.puback.refuse();
    }
  }

  /** It went another way: into a page, which is on disk. */
  void cancel(long message) {
    Held one = held.remove(message);
    if (one != null && one.move(State.STORED)) {
      one.puback.release();
    }
  }

  /** The message leaves the queue; true when the broker has nothing stored of it. */
  boolean acknowledge(long message) {
    Held one = held.get(message);
    return one != null && (one.move(State.ACKNOWLEDGED) || one.state() == State.ACKNOWLEDGED);
  }

  /**
   * Why it left the queue.
   *
   * @param taken whether the hub has it, or it lived too long
   */
  void settle(long message, boolean taken) {
    Held one = held.get(message);
    if (one != null && one.state() == State.ACKNOWLEDGED) {
      if (taken) {
        one.puback.release();
      } else {
        one.puback.refuse();
      }
    }
  }

  /** Nothing is left of it; true when the broker has nothing stored of it. */
  boolean forget(long message) {
    Held one = held.get(message);
    if (one == null || one.state() != State.ACKNOWLEDGED) {
      return false;
    }
    held.remove(message);
    return true;
  }

  /** Stores what waits for too long; its PUBACKs go when {@code done} is run. */
  @Nullable Runnable storeLate(Store store) throws Exception {
    long now = System.nanoTime();
    List<Held> stored = new ArrayList<>();
    for (Iterator<Held> each = oldest.iterator(); each.hasNext(); ) {
      Held one = each.next();
      if (one.state() == State.HELD) {
        if (now - one.since < patienceNanos) {
          break;
        }
        synchronized (one) {
          Message message = one.message;
          if (message != null) {
            store.store(message, one.queue);
            one.move(State.STORED);
            held.remove(message.getMessageID());
            stored.add(one);
          }
        }
      }
      each.remove();
    }
    return stored.isEmpty() ? null : () -> stored.forEach(one -> one.puback.release());
  }

  int size() {
    return held.size();
  }
}
