package io.patchbay.broker;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.util.AttributeKey;
import io.netty.util.ReferenceCountUtil;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Writes the messages and acknowledgements of one connection in the order they are given, and
 * flushes once for all that have come meanwhile. What is sent here waits for no store: a message is
 * in its queue after it was stored, and an acknowledgement is given when it may be sent. The queue
 * is bounded by what the client lets be under way, of QoS 0 by the channel's watermark, at which
 * Artemis stops delivering; it is emptied as soon as the event loop turns.
 */
final class Outbound implements Runnable {
  private static final AttributeKey<Outbound> OUTBOUND =
      AttributeKey.valueOf(Outbound.class, "packets");

  private final Channel channel;
  private final Queue<MqttMessage> packets = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean scheduled = new AtomicBoolean();

  private Outbound(Channel channel) {
    this.channel = channel;
  }

  static Outbound of(Channel channel) {
    Outbound outbound = channel.attr(OUTBOUND).get();
    if (outbound == null) {
      Outbound fresh = new Outbound(channel);
      Outbound earlier = channel.attr(OUTBOUND).setIfAbsent(fresh);
      outbound = earlier == null ? fresh : earlier;
    }
    return outbound;
  }

  /** On any thread. */
  void send(MqttMessage packet) {
    packets.add(packet);
    if (scheduled.compareAndSet(false, true)) {
      try {
        channel.eventLoop().execute(this);
      } catch (RejectedExecutionException stopped) {
        packets.forEach(ReferenceCountUtil::release);
        packets.clear();
      }
    }
  }

  @Override
  public void run() {
    scheduled.set(false);
    for (MqttMessage packet = packets.poll(); packet != null; packet = packets.poll()) {
      ChannelFuture unused = channel.write(packet, channel.voidPromise());
    }
    channel.flush();
  }
}
