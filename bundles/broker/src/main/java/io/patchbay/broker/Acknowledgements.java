package io.patchbay.broker;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.handler.codec.mqtt.MqttMessage;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/**
 * The QoS 1 messages of one device connection that have no PUBACK yet, in the order they came,
 * which is the order of their PUBACKs (MQTT 5.0, clause 4.6). One goes out when Artemis has given
 * it, and, for a message that was handed over to the hub, when the hub has it. As many as the hub's
 * queue has room for: when that is full, no more is read from the connection.
 */
final class Acknowledgements {
  private final Channel channel;

  /** All, until their PUBACK is sent. */
  private final Deque<Waiting> open = new ArrayDeque<>();

  /** Those that Artemis has not begun with. */
  private final Deque<Waiting> arrived = new ArrayDeque<>();

  /** Those whose PUBACK Artemis has not given. */
  private final Deque<Waiting> begun = new ArrayDeque<>();

  Acknowledgements(Channel channel) {
    this.channel = channel;
  }

  /** One message and its PUBACK. */
  final class Waiting {
    private final int packetId;
    private @Nullable MqttMessage puback;
    private boolean held;

    private Waiting(int packetId) {
      this.packetId = packetId;
    }

    /** Its PUBACK waits for {@link #release}. */
    void hold() {
      synchronized (Acknowledgements.this) {
        held = true;
      }
    }

    /** It is safe. */
    void release() {
      synchronized (Acknowledgements.this) {
        held = false;
        send();
      }
    }

    /** It is not kept: the connection ends without a PUBACK, so that it comes again. */
    void refuse() {
      ChannelFuture unused = channel.close();
    }
  }

  /** In the order of the packets, on the event loop. */
  synchronized void arrived(int packetId) {
    Waiting waiting = new Waiting(packetId);
    open.add(waiting);
    arrived.add(waiting);
  }

  /** In the same order, when Artemis begins with the next one. */
  synchronized @Nullable Waiting begin() {
    Waiting waiting = arrived.poll();
    if (waiting != null) {
      begun.add(waiting);
    }
    return waiting;
  }

  /** Artemis gives the PUBACK, on any thread, mostly in order. */
  synchronized void acknowledge(int packetId, MqttMessage puback) {
    for (Iterator<Waiting> each = begun.iterator(); each.hasNext(); ) {
      Waiting waiting = each.next();
      if (waiting.packetId == packetId) {
        each.remove();
        waiting.puback = puback;
        send();
        return;
      }
    }
  }

  private void send() {
    for (Waiting first = open.peek(); first != null; first = open.peek()) {
      MqttMessage puback = first.puback;
      if (puback == null || first.held) {
        return;
      }
      open.remove();
      Outbound.of(channel).send(puback);
    }
  }
}
