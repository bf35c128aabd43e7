package io.patchbay.camel.mqtt;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttActionListener;
import org.eclipse.paho.mqttv5.client.MqttClientException;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.jspecify.annotations.Nullable;

/**
 * The messages of one connection on their way to the broker, in call order. As many are on the wire
 * as the broker allows (its receive maximum), at most {@link #ON_THE_WIRE}; {@link #WAITING} wait
 * behind them, one more is refused. While there is no connection they wait until their deadline.
 */
final class Outbox {
  static final int WAITING = 10_000;
  private static final int ON_THE_WIRE = 1_024;

  final LongAdder published = new LongAdder();

  private final Flights flights;
  private final ArrayDeque<Publication> waiting = new ArrayDeque<>();
  private @Nullable Link link;
  private @Nullable MqttActionListener listener;
  private int permits;
  private boolean sending;
  private String downSince = "not connected yet";

  Outbox(Flights flights) {
    this.flights = flights;
  }

  /** A link is up. What was on the wire with QoS 1 and 2 Paho sends again by itself. */
  void connected(Link up, int receiveMaximum) {
    synchronized (this) {
      link = up;
      listener = new Ends(up);
      permits = Math.min(receiveMaximum, ON_THE_WIRE) - flights.count();
    }
    send();
  }

  synchronized void disconnected(String why) {
    link = null;
    listener = null;
    downSince = why;
  }

  /** Fails it at once when too many wait. */
  void publish(Publication publication) {
    boolean full;
    synchronized (this) {
      full = waiting.size() >= WAITING;
      if (!full) {
        waiting.add(publication);
      }
    }
    if (full) {
      publication.end(
          new IOException(
              "more than "
                  + WAITING
                  + " messages wait to be published; publish less, or look why the broker is slow"));
    } else {
      send();
    }
  }

  /** One thread at a time, whoever comes: Paho numbers topic aliases in the order of its calls. */
  private void send() {
    synchronized (this) {
      if (sending) {
        return;
      }
      sending = true;
    }
    while (true) {
      Publication next;
      Link over;
      MqttActionListener told;
      synchronized (this) {
        over = link;
        told = listener;
        next = over == null || permits <= 0 ? null : waiting.poll();
        if (next == null || over == null || told == null) {
          sending = false;
          return;
        }
        permits--;
      }
      send(next, over, told);
    }
  }

  private void send(Publication next, Link over, MqttActionListener told) {
    if (next.finished()) {
      release(over);
      return;
    }
    flights.board(next);
    try {
      over.publish(next, told);
    } catch (MqttException | RuntimeException e) {
      flights.land(next.packetId);
      if (e instanceof IllegalArgumentException) {
        release(over);
        next.end(e);
      } else if (e instanceof MqttException paho
          && paho.getReasonCode() == MqttClientException.REASON_CODE_MAX_INFLIGHT) {
        // the permit stays taken: there was one too many
        putBack(next);
      } else {
        giveBack(next, over);
      }
    } finally {
      flights.board(null);
    }
  }

  private synchronized void putBack(Publication publication) {
    waiting.addFirst(publication);
  }

  /** Paho did not take it: the connection is going; the next one sends it first. */
  private void giveBack(Publication publication, Link over) {
    synchronized (this) {
      waiting.addFirst(publication);
      if (link == over) {
        link = null;
      }
    }
    boolean unused = over.kill();
  }

  private synchronized void release(Link over) {
    if (link == over) {
      permits++;
    }
  }

  /** Hears how publications of one link end. */
  private final class Ends implements MqttActionListener {
    private final Link over;

    Ends(Link over) {
      this.over = over;
    }

    @Override
    public void onSuccess(IMqttToken token) {
      if (token.getUserContext() instanceof Publication publication) {
        flights.land(publication.packetId);
        release(over);
        end(publication, Link.refusal(token));
        send();
      }
    }

    @Override
    public void onFailure(IMqttToken token, Throwable cause) {
      // with QoS 1 and 2 it is in flight still: the next link sends it again
      if (token.getUserContext() instanceof Publication publication
          && publication.message.getQos() == 0) {
        publication.end(new IOException("the connection was lost before it was sent", cause));
      }
    }
  }

  /** A publication ended that an earlier link sent first. */
  void landed(int packetId, @Nullable Exception refused) {
    Publication publication = flights.land(packetId);
    Link now;
    synchronized (this) {
      now = link;
    }
    if (publication != null) {
      if (now != null) {
        release(now);
      }
      end(publication, refused);
    }
    send();
  }

  private void end(Publication publication, @Nullable Exception refused) {
    if (refused == null) {
      published.increment();
    }
    publication.end(refused);
  }

  /** Ends what waited too long. Call now and then. */
  void expire(long now) {
    List<Publication> overdue = new ArrayList<>();
    boolean down;
    String why;
    synchronized (this) {
      waiting.removeIf(one -> now - one.deadline >= 0 && overdue.add(one));
      down = link == null;
      why = "the connection is down: " + downSince;
      for (Publication flight : flights.overdue(now)) {
        overdue.add(flight);
        if (down) {
          flights.land(flight.packetId);
        }
      }
    }
    overdue.forEach(
        one ->
            one.end(
                down
                    ? new IOException(why)
                    : new TimeoutException("the broker did not confirm it in time")));
  }

  /** Ends all of it. */
  void close(String why) {
    List<Publication> all;
    synchronized (this) {
      link = null;
      downSince = why;
      all = new ArrayList<>(flights.clearAll());
      all.addAll(waiting);
      waiting.clear();
    }
    all.forEach(one -> one.end(new IOException(why)));
  }

  synchronized boolean up() {
    return link != null;
  }

  /** Messages that wait or are not confirmed. */
  synchronized int pending() {
    return waiting.size() + flights.count();
  }
}
