package io.patchbay.broker;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.AttributeKey;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Stands before Artemis and reads only where packets begin and how long they are (MQTT 5.0, clause
 * 2.1): what does not begin with CONNECT, takes too long to, or is too large is closed before
 * anything is kept of it. Artemis alone would collect such octets without bound.
 */
final class PacketFrames extends ChannelInboundHandlerAdapter {
  private static final int CONNECT = 0x10;
  private static final int CONNECT_SECONDS = 10;

  /** Logins wait for each other when many devices come at once. */
  private static final int LOGIN_SECONDS = 60;

  private static final AttributeKey<Boolean> ACCEPTED =
      AttributeKey.valueOf(PacketFrames.class, "accepted");

  /** DISCONNECT, two octets follow: reason 0x95, packet too large (clause 3.14.2.1). */
  private static final byte[] TOO_LARGE = {(byte) 0xE0, 0x02, (byte) 0x95, 0x00};

  private final int maxBytes;
  private final Counters counters;

  private enum State {
    TYPE,
    LENGTH,
    BODY
  }

  private State state = State.TYPE;
  private boolean connected;
  private boolean closed;
  private int length;
  private int lengthOctets;
  private @Nullable ScheduledFuture<?> deadline;

  PacketFrames(int maxBytes, Counters counters) {
    this.maxBytes = maxBytes;
    this.counters = counters;
  }

  /** The login was right: there is no hurry any more. */
  static void accepted(Channel channel) {
    channel.attr(ACCEPTED).set(true);
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    deadline = ctx.executor().schedule(() -> late(ctx), CONNECT_SECONDS, TimeUnit.SECONDS);
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    cancelDeadline();
    ctx.fireChannelInactive();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (!(message instanceof ByteBuf octets) || closed) {
      ReferenceCountUtil.release(message);
      return;
    }
    if (follow(ctx, octets)) {
      ctx.fireChannelRead(octets);
    } else {
      octets.release();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    refuse(ctx); // TLS that is none, or a connection reset
  }

  /** False when the connection was closed. */
  private boolean follow(ChannelHandlerContext ctx, ByteBuf octets) {
    int at = octets.readerIndex();
    while (at < octets.writerIndex()) {
      switch (state) {
        case TYPE -> {
          int first = octets.getUnsignedByte(at++);
          if (!connected && first != CONNECT) {
            refuse(ctx);
            return false;
          }
          length = 0;
          lengthOctets = 0;
          state = State.LENGTH;
        }
        case LENGTH -> {
          int octet = octets.getUnsignedByte(at++);
          length |= (octet & 0x7F) << (7 * lengthOctets++);
          boolean last = (octet & 0x80) == 0;
          if ((!last && lengthOctets == 4) || length > maxBytes) {
            tooLarge(ctx);
            return false;
          }
          if (last) {
            state = State.BODY;
            endOfBody();
          }
        }
        case BODY -> {
          int here = Math.min(length, octets.writerIndex() - at);
          at += here;
          length -= here;
          endOfBody();
        }
      }
    }
    return true;
  }

  private void endOfBody() {
    if (length == 0) {
      state = State.TYPE;
      connected = true;
    }
  }

  private void tooLarge(ChannelHandlerContext ctx) {
    counters.refusedPackets.increment();
    Backpressure.Flow flow = Backpressure.flow(ctx.channel());
    if (connected && flow != null && flow.isMqtt5()) {
      closed = true;
      ctx.writeAndFlush(Unpooled.wrappedBuffer(TOO_LARGE)).addListener(ChannelFutureListener.CLOSE);
    } else {
      refuse(ctx);
    }
  }

  private void refuse(ChannelHandlerContext ctx) {
    if (!closed) {
      closed = true;
      if (!connected) {
        counters.refusedConnections.increment();
      }
      ChannelFuture unused = ctx.close();
    }
  }

  private void late(ChannelHandlerContext ctx) {
    if (!connected) {
      refuse(ctx);
    } else if (!isAccepted(ctx.channel())) {
      deadline =
          ctx.executor()
              .schedule(
                  () -> {
                    if (!isAccepted(ctx.channel())) {
                      refuse(ctx);
                    }
                  },
                  LOGIN_SECONDS,
                  TimeUnit.SECONDS);
    }
  }

  private static boolean isAccepted(Channel channel) {
    return Boolean.TRUE.equals(channel.attr(ACCEPTED).get());
  }

  private void cancelDeadline() {
    if (deadline != null) {
      deadline.cancel(false);
      deadline = null;
    }
  }
}
