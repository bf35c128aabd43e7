package io.patchbay.broker;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.netty.util.concurrent.ImmediateEventExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import org.apache.activemq.artemis.core.remoting.impl.netty.NettyAcceptor;
import org.jspecify.annotations.Nullable;

/**
 * Listens in place of Artemis and hands connections over to it behind {@link PacketFrames}.
 * Connections beyond the limit are closed at once.
 */
final class FrontDoor implements AutoCloseable {
  private static final AtomicInteger threads = new AtomicInteger();

  private final Counters counters;
  private final int maxPacketBytes;
  private final EventLoopGroup loops;
  private final ChannelGroup channels =
      new DefaultChannelGroup("patchbay-broker", GlobalEventExecutor.INSTANCE);

  FrontDoor(int maxPacketBytes, Counters counters) {
    this.maxPacketBytes = maxPacketBytes;
    this.counters = counters;
    loops =
        new NioEventLoopGroup(
            Math.max(2, Runtime.getRuntime().availableProcessors()),
            task -> {
              Thread thread = new Thread(task, "patchbay-broker-io-" + threads.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
    forget(GlobalEventExecutor.INSTANCE.terminationFuture().cause());
    forget(ImmediateEventExecutor.INSTANCE.terminationFuture().cause());
  }

  /**
   * Netty, which stays when this bundle is replaced, keeps exceptions for ever with the stack of
   * whoever came first: it leads to this class, and to all that it leads to. Taken again on a
   * thread that has none of our frames, it leads nowhere.
   */
  private static void forget(Throwable kept) {
    Thread thread = new Thread(kept::fillInStackTrace, "patchbay-broker-forget");
    thread.start();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Opens the hub's door: loopback, any free port, no limits of devices. */
  int openForHub(NettyAcceptor acceptor) throws IOException {
    return bind("127.0.0.1", 0, acceptor, null, null, Integer.MAX_VALUE);
  }

  /**
   * Opens a door for devices.
   *
   * @param tls null for plain
   * @return the port
   * @throws IOException naming host and port, when it is taken or not of this machine
   */
  int openForDevices(
      String host,
      int port,
      NettyAcceptor acceptor,
      @Nullable SSLContext tls,
      Backpressure backpressure,
      int maxConnections)
      throws IOException {
    return bind(host, port, acceptor, tls, backpressure, maxConnections);
  }

  private int bind(
      String host,
      int port,
      NettyAcceptor acceptor,
      @Nullable SSLContext tls,
      @Nullable Backpressure backpressure,
      int maxConnections)
      throws IOException {
    ServerBootstrap bootstrap =
        new ServerBootstrap()
            .group(loops)
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.SO_REUSEADDR, true)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.SO_KEEPALIVE, true)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    accept(channel, acceptor, tls, backpressure, maxConnections);
                  }
                });
    ChannelFuture bound = bootstrap.bind(host, port).awaitUninterruptibly();
    if (!bound.isSuccess()) {
      throw new IOException(
          "cannot listen on "
              + host
              + ":"
              + port
              + " ("
              + bound.cause().getMessage()
              + "). Stop what uses the port, or choose another with io.patchbay.broker: port, host"
              + " or with --offset",
          bound.cause());
    }
    channels.add(bound.channel());
    return ((InetSocketAddress) bound.channel().localAddress()).getPort();
  }

  private void accept(
      Channel channel,
      NettyAcceptor acceptor,
      @Nullable SSLContext tls,
      @Nullable Backpressure backpressure,
      int maxConnections) {
    if (backpressure != null) {
      int now = counters.connections.incrementAndGet();
      channel.closeFuture().addListener(done -> counters.connections.decrementAndGet());
      if (now > maxConnections) {
        counters.refusedConnections.increment();
        ChannelFuture unused = channel.close();
        return;
      }
      backpressure.attach(channel);
    }
    channels.add(channel);
    if (tls != null) {
      SSLEngine engine = tls.createSSLEngine();
      engine.setUseClientMode(false);
      SslHandler handler = new SslHandler(engine);
      handler.setHandshakeTimeout(10, TimeUnit.SECONDS);
      channel.pipeline().addLast(handler);
    }
    channel.pipeline().addLast(new PacketFrames(maxPacketBytes, counters));
    try {
      acceptor.transfer(channel);
    } catch (RuntimeException stopping) {
      ChannelFuture unused = channel.close();
    }
  }

  @Override
  public void close() {
    channels.close().awaitUninterruptibly(2, TimeUnit.SECONDS);
    loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(3, TimeUnit.SECONDS);
  }
}
