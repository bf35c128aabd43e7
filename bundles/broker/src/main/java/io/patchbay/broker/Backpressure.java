package io.patchbay.broker;

import io.netty.channel.Channel;
import io.netty.util.AttributeKey;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes publishers wait: Artemis' own full-address policies know nothing of MQTT. While the hub's
 * queue is full no more is read from devices that publish, so that their next PUBACK does not come.
 * The same for one connection that sends faster than its packets are handled. What was read before
 * (of one connection {@link #MOST_WAITING} packets and what one more look at the socket brings) is
 * still taken, kept and acknowledged.
 */
final class Backpressure {
  private static final AttributeKey<Flow> FLOW =
      AttributeKey.valueOf(Backpressure.class, "patchbay");

  /** Packets of one connection between the socket and the journal. */
  static final int MOST_WAITING = 256;

  private static final int RESUME_BELOW = 64;

  /** One packet of this size or more waits for those before it. */
  private static final int LARGE = 32_768;

  private static final int LOOK_EVERY = 32;

  private final BooleanSupplier full;
  private final Counters counters;
  private final Set<Flow> stopped = ConcurrentHashMap.newKeySet();
  private final AtomicInteger packets = new AtomicInteger();
  private volatile boolean closed;

  /**
   * @param full whether there is room for no more
   */
  Backpressure(BooleanSupplier full, Counters counters) {
    this.full = full;
    this.counters = counters;
  }

  /** What one device connection has on its way. */
  final class Flow {
    private final Channel channel;
    private final Acknowledgements acknowledgements;
    private final AtomicInteger waiting = new AtomicInteger();
    private volatile boolean mqtt5;

    /** Of the one thread that handles the connection's packets at a time. */
    private Acknowledgements.@Nullable Waiting begun;

    Flow(Channel channel) {
      this.channel = channel;
      acknowledgements = new Acknowledgements(channel);
    }

    /** Artemis begins with the next QoS 1 message of this connection, one at a time. */
    void begin() {
      begun = acknowledgements.begin();
    }

    /** The message that Artemis began with. */
    Acknowledgements.@Nullable Waiting begun() {
      return begun;
    }

    Acknowledgements acknowledgements() {
      return acknowledgements;
    }

    boolean isMqtt5() {
      return mqtt5;
    }

    void speaksMqtt5() {
      mqtt5 = true;
    }

    /** On the connection's event loop, before the packet is handled. */
    void received(int octets) {
      int now = waiting.incrementAndGet();
      if (packets.incrementAndGet() % LOOK_EVERY == 0) {
        look();
      }
      if (closed || now >= MOST_WAITING || (octets >= LARGE && now > 1)) {
        stop();
      }
    }

    /** On any thread, when the packet was handled. */
    void handled() {
      int now = waiting.decrementAndGet();
      if (now <= RESUME_BELOW && !closed) {
        resume();
      }
    }

    private synchronized void stop() {
      if (stopped.add(this)) {
        counters.pauses.increment();
      }
      channel.config().setAutoRead(false);
      if (!closed && waiting.get() <= RESUME_BELOW) {
        resume(); // the last one was handled meanwhile
      }
    }

    private synchronized void resume() {
      if (stopped.remove(this)) {
        channel.config().setAutoRead(true);
      }
    }
  }

  /** Every device connection gets one, the hub's none. */
  void attach(Channel channel) {
    Flow flow = new Flow(channel);
    channel.attr(FLOW).set(flow);
    channel.closeFuture().addListener(done -> stopped.remove(flow));
  }

  static @Nullable Flow flow(Channel channel) {
    return channel.attr(FLOW).get();
  }

  /**
   * Looks whether there is room, and lets devices go on when there is again. One after the other:
   * who looked before does not say after somebody else that there is room.
   */
  synchronized void look() {
    boolean now = full.getAsBoolean();
    if (closed != now) {
      closed = now;
      if (!now) {
        stopped.forEach(Flow::resume);
      }
    }
  }

  boolean isClosed() {
    return closed;
  }

  int stoppedConnections() {
    return stopped.size();
  }
}
