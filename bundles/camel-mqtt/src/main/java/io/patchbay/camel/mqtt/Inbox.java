package io.patchbay.camel.mqtt;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The messages of one connection between arrival and acknowledgement, and the gate behind which
 * consumers are swapped. One consumer takes at a time; the next waits in line.
 *
 * <p>Bounds: messages with QoS 1 wait here unacknowledged, at most the receive maximum, after which
 * the broker waits (MQTT 5.0, clause 4.9). From one that does not (mosquitto 2.0.11 after a long
 * absence) nothing is read while twice as many are here. Of QoS 0 at most {@link #QOS0_WAITING}
 * wait; more are dropped and counted, as QoS 0 allows. At most the receive maximum is with the
 * consumer.
 */
final class Inbox {
  private static final Logger LOG = LoggerFactory.getLogger(Inbox.class);

  /** Takes messages. */
  interface Receiver {
    /** Begins; ends with {@link Inbox#settle}, on any thread. */
    void receive(Arrival arrival, int holder);
  }

  static final int QOS0_WAITING = 10_000;

  /** How long redelivered messages wait for the fate of those still with the consumer. */
  private static final Duration RESUME_PATIENCE = Duration.ofSeconds(2);

  /** How long nothing is read from a broker that sends more than it may; then it is cut off. */
  private static final Duration FLOOD_PATIENCE = Duration.ofSeconds(5);

  private static final long FIRST_BACK_OFF_MILLIS = 200;
  private static final long LAST_BACK_OFF_MILLIS = 30_000;

  final LongAdder received = new LongAdder();
  final LongAdder acknowledged = new LongAdder();
  final LongAdder offeredAgain = new LongAdder();
  final LongAdder dropped = new LongAdder();

  private final int limit;
  private final OwnThread timer;
  private final Executor handOut;

  // all guarded by this
  private final ArrayDeque<Arrival> waiting = new ArrayDeque<>();
  private final ArrayDeque<Arrival> window = new ArrayDeque<>();
  private final ArrayDeque<Receiver> line = new ArrayDeque<>();
  private final List<Arrival> refused = new ArrayList<>();
  private int qos0Waiting;
  private int holder;
  private int withConsumer;
  private boolean closing;
  private @Nullable Link link;
  private boolean connected;
  private boolean resumed;
  private boolean handing;
  private boolean stalled;
  private boolean resting;
  private boolean resuming;
  private int failures;
  private long pauseMillis;
  private long gateClosed;
  private long longestSwapNanos;

  /**
   * @param limit the receive maximum
   * @param timer for pauses
   * @param handOut where messages are given to the consumer as they come
   */
  Inbox(int limit, OwnThread timer, Executor handOut) {
    this.limit = limit;
    this.timer = timer;
    this.handOut = handOut;
  }

  /** A link is up; its messages follow. */
  void connected(Link by, boolean sessionPresent) {
    synchronized (this) {
      link = by;
      connected = true;
      resumed = sessionPresent;
      if (sessionPresent) {
        // the broker sends again, in order, what was not acknowledged
        forgetAcknowledgeable(waiting);
        refused.clear();
        window.clear();
        resuming = withConsumer > 0;
        if (resuming) {
          timer.after(RESUME_PATIENCE.toMillis(), this::stopResuming);
        }
      }
    }
    timer.execute(this::handOut);
  }

  private static void forgetAcknowledgeable(Deque<Arrival> arrivals) {
    arrivals.removeIf(Arrival::acknowledged);
  }

  private void stopResuming() {
    synchronized (this) {
      resuming = false;
    }
    handOut();
  }

  synchronized void disconnected(Link by) {
    connected &= link != by;
    notifyAll();
  }

  /**
   * Takes a message in; waits while the broker sends more than it may and nothing is settled.
   *
   * @param surplus whether it is one more copy, to be acknowledged and not given to anybody
   * @return false when there is no room for it
   */
  boolean arrived(Arrival arrival, boolean surplus) {
    received.increment();
    synchronized (this) {
      if (arrival.link != link) {
        return true;
      }
      if (arrival.acknowledged()) {
        if (!room(arrival)) {
          return false;
        }
        if (arrival.link != link) {
          return true;
        }
        window.add(arrival);
        if (surplus) {
          arrival.settled = true;
          acknowledgeInOrder();
          return true;
        }
        // DUP: sent before in this session (MQTT 5.0, clause 3.3.1.1)
        arrival.resumed = resumed && arrival.message.isDuplicate() && !arrival.unique();
      } else if (surplus) {
        return true;
      } else if (qos0Waiting >= QOS0_WAITING) {
        dropped.increment();
        return true;
      } else {
        qos0Waiting++;
      }
      waiting.add(arrival);
      if (handing || !ready()) {
        return true;
      }
    }
    handOut.execute(this::handOut);
    return true;
  }

  /** Twice the limit: what a session brought that the broker has lost since is still here. */
  private boolean room(Arrival arrival) {
    long end = System.nanoTime() + FLOOD_PATIENCE.toNanos();
    long left = FLOOD_PATIENCE.toMillis();
    while (window.size() >= 2 * limit && connected && arrival.link == link && left > 0) {
      try {
        wait(left);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
      left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
    }
    return window.size() < 2 * limit || arrival.link != link;
  }

  private boolean ready() {
    return connected && !closing && !resting && !resuming && !line.isEmpty();
  }

  private void handOut() {
    synchronized (this) {
      if (handing) {
        return;
      }
      handing = true;
    }
    while (true) {
      Arrival next;
      Receiver receiver;
      synchronized (this) {
        stalled = withConsumer >= limit;
        next = ready() && !stalled ? waiting.poll() : null;
        receiver = line.peek();
        if (next == null || receiver == null) {
          handing = false;
          return;
        }
        if (!next.acknowledged()) {
          qos0Waiting--;
        }
        next.handed = true;
        next.holder = holder;
        withConsumer++;
      }
      try {
        receiver.receive(next, next.holder);
      } catch (RuntimeException e) {
        LOG.error("giving a message to its consumer failed: this is a bug", e);
        settle(next, next.holder, Verdict.FAILED);
      }
    }
  }

  /** Ends what {@link Receiver#receive} began; a second time, or too late, it does nothing. */
  void settle(Arrival arrival, int by, Verdict verdict) {
    boolean more;
    synchronized (this) {
      if (by != holder || !arrival.handed) {
        return;
      }
      arrival.handed = false;
      withConsumer--;
      if (verdict instanceof Verdict.Taken) {
        failures = 0;
        arrival.settled = true;
        acknowledgeInOrder();
      } else {
        refuse(arrival, verdict);
      }
      more = afterSettling();
    }
    if (more) {
      timer.execute(this::handOut);
    }
  }

  private void refuse(Arrival arrival, Verdict verdict) {
    offeredAgain.increment();
    // what an earlier link brought is not in the window when the broker sends it again
    if (!arrival.acknowledged() || window.contains(arrival)) {
      refused.add(arrival);
    }
    if (verdict instanceof Verdict.Later later) {
      pauseMillis = Math.max(pauseMillis, Math.max(1, later.after().toMillis()));
    } else {
      pauseMillis = Math.max(pauseMillis, backOff(failures));
      failures++;
    }
    resting = true;
  }

  private static long backOff(int failures) {
    return Math.min(LAST_BACK_OFF_MILLIS, FIRST_BACK_OFF_MILLIS << Math.min(failures, 10));
  }

  private void acknowledgeInOrder() {
    if (window.size() >= 2 * limit) {
      notifyAll(); // something may be read again
    }
    Arrival oldest = window.peek();
    while (oldest != null && oldest.settled) {
      window.poll();
      oldest.link.acknowledge(oldest.message);
      acknowledged.increment();
      oldest = window.peek();
    }
  }

  /** Whether to hand out now. */
  private boolean afterSettling() {
    if (withConsumer == 0) {
      notifyAll();
      if (resting) {
        int by = holder;
        timer.after(pauseMillis, () -> endRest(by));
        pauseMillis = 0;
        return false;
      }
      if (resuming) {
        resuming = false;
        return true;
      }
    }
    boolean room = stalled && withConsumer <= limit / 2;
    stalled &= !room;
    return room;
  }

  /** What was refused goes back to the front, in the order in which it came. */
  private void endRest(int by) {
    synchronized (this) {
      if (by != holder) {
        return;
      }
      putBack(refused);
      refused.clear();
      resting = false;
    }
    handOut();
  }

  private void putBack(List<Arrival> arrivals) {
    List<Arrival> ordered = new ArrayList<>();
    for (Arrival one : window) {
      if (arrivals.contains(one)) {
        ordered.add(one);
      }
    }
    for (Arrival one : arrivals) {
      if (!one.acknowledged()) {
        ordered.add(one);
        qos0Waiting++;
      }
    }
    for (int i = ordered.size() - 1; i >= 0; i--) {
      waiting.addFirst(ordered.get(i));
    }
  }

  /** Gets in line; the first in line is given messages. */
  void attach(Receiver receiver) {
    synchronized (this) {
      line.add(receiver);
      gateOpens();
    }
    timer.execute(this::handOut);
  }

  /**
   * The gate: hands nothing more to this receiver, waits for what it has, then lets the next one
   * in.
   *
   * @return whether everything it had was settled in time; what was not is offered to the next
   */
  boolean detach(Receiver receiver, Duration patience) throws InterruptedException {
    boolean settled;
    synchronized (this) {
      if (line.peek() != receiver) {
        line.remove(receiver);
        return true;
      }
      closing = true;
      gateClosed = System.nanoTime();
      long end = gateClosed + patience.toNanos();
      try {
        long left = patience.toMillis();
        while (withConsumer > 0 && left > 0) {
          wait(left);
          left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
        }
      } finally {
        settled = withConsumer == 0;
        abandon();
        line.poll();
        closing = false;
        gateOpens();
      }
    }
    timer.execute(this::handOut);
    return settled;
  }

  private void gateOpens() {
    if (gateClosed != 0 && !closing && !line.isEmpty()) {
      longestSwapNanos = Math.max(longestSwapNanos, System.nanoTime() - gateClosed);
      gateClosed = 0;
    }
  }

  /** The longest time for which nobody was given messages while consumers were swapped. */
  synchronized Duration longestSwap() {
    return Duration.ofNanos(longestSwapNanos);
  }

  private void abandon() {
    List<Arrival> back = new ArrayList<>(refused);
    for (Arrival one : window) {
      if (one.handed) {
        one.handed = false;
        one.resumed = !one.unique();
        back.add(one);
      }
    }
    putBack(back);
    refused.clear();
    resting = false;
    resuming = false;
    withConsumer = 0;
    holder++;
  }

  /** Messages with the consumer. */
  synchronized int withConsumer() {
    return withConsumer;
  }

  /** Messages not acknowledged. */
  synchronized int unacknowledged() {
    return window.size();
  }
}
