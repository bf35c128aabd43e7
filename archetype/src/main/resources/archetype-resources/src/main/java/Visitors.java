package ${package};

import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.timeout.ReadTimeoutHandler;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.component.netty.DefaultChannelHandlerFactory;

/** Who may stay connected: so many and no more, and nobody who has been silent for too long. */
final class Visitors extends DefaultChannelHandlerFactory {
  private final int most;
  private final Duration silence;
  private final AtomicInteger present = new AtomicInteger();

  /**
   * @param most connections at once; one more is closed
   * @param silence after which a connection is closed
   */
  Visitors(int most, Duration silence) {
    this.most = most;
    this.silence = silence;
  }

  @Override
  public ChannelHandler newChannelHandler() {
    return new ReadTimeoutHandler(silence.toMillis(), TimeUnit.MILLISECONDS) {
      @Override
      public void channelActive(ChannelHandlerContext channel) throws Exception {
        if (present.incrementAndGet() > most) {
          ChannelFuture unused = channel.close();
        } else {
          super.channelActive(channel);
        }
      }

      @Override
      public void channelInactive(ChannelHandlerContext channel) throws Exception {
        present.decrementAndGet();
        super.channelInactive(channel);
      }

      @Override
      protected void readTimedOut(ChannelHandlerContext channel) {
        ChannelFuture unused = channel.close();
      }
    };
  }
}
