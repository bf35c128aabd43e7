package io.patchbay.camel.mqtt;

import static org.eclipse.paho.mqttv5.common.packet.MqttWireMessage.MESSAGE_TYPE_PUBCOMP;
import static org.eclipse.paho.mqttv5.common.packet.MqttWireMessage.MESSAGE_TYPE_PUBREC;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The messages of one connection on their way to the broker, in call order. As many are on the wire
 * as the broker allows (its receive maximum), at most {@link #ON_THE_WIRE}; {@link #WAITING} wait
 * behind them, one more is refused. While there is no connection they wait until their deadline.
 *
 * <p>What the broker has not confirmed outlives its link: the next one sends it again, first, with
 * the packet ids it had (MQTT 5.0, clause 4.4). With fresh ids a broker would take a new QoS 2
 * message for one it has already.
 *
 * <p>What must keep its order fails as one: while somebody is told of a failure nothing is sent,
 * and what has been broken off by it meanwhile ({@link Publication#brokenOff}) is not sent at all.
 */
final class Outbox {
  static final int WAITING = 10_000;
  private static final int ON_THE_WIRE = 1_024;

  /** Packet ids of publications; the larger ones are for subscriptions ({@link Link}). */
  private static final int LAST_ID = 60_000;

  /** The broker knows no such packet id: it has ended before (clause 2.4). */
  private static final int ID_NOT_FOUND = 0x92;

  final LongAdder published = new LongAdder();

  // all guarded by this
  private final ArrayDeque<Publication> waiting = new ArrayDeque<>();

  /** QoS 1 and 2, sent and not confirmed, in the order in which they were sent. */
  private final Map<Integer, Publication> flights = new LinkedHashMap<>();

  /** QoS 0, handed to the link. */
  private final ArrayDeque<Publication> writing = new ArrayDeque<>();

  /** Not taken, and not told yet: nobody is called with the lock held. */
  private final List<Runnable> untold = new ArrayList<>();

  /** Threads that tell of failures now. */
  private int telling;

  private @Nullable Link link;
  private int window;
  private int nextId = 1;
  private String downSince = "not connected yet";
  private boolean closed;

  /** A link is up: what was on the wire goes out again, before anything else. */
  void connected(Link up, boolean sessionPresent, int receiveMaximum) {
    synchronized (this) {
      link = up;
      window = Math.min(receiveMaximum, ON_THE_WIRE);
      List<Publication> again = new ArrayList<>();
      for (Publication flight : flights.values()) {
        if (flight.released) {
          up.release(flight.packetId);
        } else {
          flight.again = sessionPresent;
          again.add(flight);
        }
      }
      flights.values().removeIf(flight -> !flight.released);
      for (int i = again.size() - 1; i >= 0; i--) {
        waiting.addFirst(again.get(i));
      }
      send();
    }
    tell();
  }

  private void tell() {
    List<Runnable> told;
    synchronized (this) {
      if (untold.isEmpty()) {
        return;
      }
      told = List.copyOf(untold);
      untold.clear();
    }
    told.forEach(Runnable::run);
  }

  void disconnected(String why) {
    List<Publication> lost;
    synchronized (this) {
      link = null;
      downSince = why;
      lost = List.copyOf(writing);
      writing.clear();
      telling++;
    }
    fail(lost, new IOException("the connection was lost before it was sent"));
  }

  /** Tells; nothing is sent before everybody knows. Call after {@code telling} was raised. */
  private void fail(List<Publication> failed, Exception why) {
    try {
      failed.forEach(one -> one.end(why));
    } finally {
      synchronized (this) {
        telling--;
        send();
      }
      tell();
    }
  }

  /** Fails it at once when too many wait. */
  void publish(Publication publication) {
    String why;
    synchronized (this) {
      boolean full = waiting.size() >= WAITING;
      if (!full && !closed) {
        waiting.add(publication);
        send();
        why = "";
      } else {
        telling++;
        why =
            closed
                ? downSince
                : "more than "
                    + WAITING
                    + " messages wait to be published; publish less, or look why the broker is"
                    + " slow";
      }
    }
    if (why.isEmpty()) {
      tell();
    } else {
      fail(List.of(publication), new IOException(why));
    }
  }

  /** Hands over what may go; the link only copies it. */
  private void send() {
    Link over = link;
    while (over != null
        && telling == 0
        && flights.size() + writing.size() < window
        && !waiting.isEmpty()) {
      Publication next = waiting.remove();
      if (next.brokenOff()) {
        untold.add(() -> next.end(brokenOff()));
      } else if (!next.finished()) {
        send(next, over);
      }
    }
  }

  private void send(Publication next, Link over) {
    boolean confirmed = next.message.getQos() > 0;
    if (confirmed && next.packetId == 0) {
      next.packetId = id();
    }
    try {
      over.publish(next);
    } catch (MqttRefusedException | RuntimeException e) {
      untold.add(() -> next.end(e));
      return;
    }
    if (confirmed) {
      flights.put(next.packetId, next);
    } else {
      writing.add(next);
    }
  }

  private static IOException brokenOff() {
    return new IOException("one that must come before it was not delivered");
  }

  /** One that is not in use: there are many more ids than flights. */
  private int id() {
    int id = nextId;
    while (flights.containsKey(id)) {
      id = id % LAST_ID + 1;
    }
    nextId = id % LAST_ID + 1;
    return id;
  }

  /** The broker's word on a publication ({@link Link.Events#answered}). */
  void answered(Link by, int type, int packetId, int code) {
    Publication flight;
    boolean known = type == MESSAGE_TYPE_PUBCOMP && code == ID_NOT_FOUND;
    boolean refused = code >= Link.FIRST_FAILURE_CODE && !known;
    synchronized (this) {
      if (by != link) {
        return;
      }
      flight = flights.get(packetId);
      if (type == MESSAGE_TYPE_PUBREC && code < Link.FIRST_FAILURE_CODE) {
        if (flight != null) {
          flight.released = true;
        }
        by.release(packetId);
        return;
      }
      flights.remove(packetId);
      if (refused) {
        telling++;
      } else {
        send();
      }
    }
    if (refused) {
      fail(flight == null ? List.of() : List.of(flight), new MqttRefusedException(code));
      return;
    }
    if (flight != null) {
      published.increment();
      flight.end(null);
    }
    tell();
  }

  /** So many of QoS 0 are on the wire. */
  void written(Link by, int publications) {
    List<Publication> done = new ArrayList<>(publications);
    synchronized (this) {
      if (by != link) {
        return;
      }
      for (int i = 0; i < publications; i++) {
        done.add(writing.remove());
      }
      send();
    }
    published.add(publications);
    done.forEach(one -> one.end(null));
    tell();
  }

  /** Ends what waited too long. Call now and then. */
  void expire(long now) {
    List<Publication> overdue = new ArrayList<>();
    boolean down;
    Exception why;
    synchronized (this) {
      down = link == null;
      why =
          down
              ? new IOException("the connection is down: " + downSince)
              : new TimeoutException("the broker did not confirm it in time");
      waiting.removeIf(one -> (now - one.deadline >= 0 || one.brokenOff()) && overdue.add(one));
      for (Publication flight : flights.values()) {
        // what the broker holds already is not given up
        if (!flight.released && now - flight.deadline >= 0 && !flight.finished()) {
          overdue.add(flight);
        }
      }
      if (down) {
        flights.values().removeIf(flight -> flight.finished() || overdue.contains(flight));
      }
      if (overdue.isEmpty()) {
        return;
      }
      telling++;
    }
    fail(overdue, why);
  }

  /** Ends all of it, and refuses what comes later. */
  void close(String why) {
    List<Publication> all;
    synchronized (this) {
      link = null;
      downSince = why;
      closed = true;
      telling++;
      all = new ArrayList<>(flights.values());
      all.addAll(writing);
      all.addAll(waiting);
      flights.clear();
      writing.clear();
      waiting.clear();
    }
    fail(all, new IOException(why));
  }

  synchronized boolean up() {
    return link != null;
  }

  /** Messages that wait or are not confirmed. */
  synchronized int pending() {
    return waiting.size() + writing.size() + flights.size();
  }
}
