package io.patchbay.binding.modbus;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The thread that waits for all connections at once, and tells each of them what it can do. */
final class TcpWire implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TcpWire.class);
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /** One connection; called on the wire's thread, where nothing may block. */
  interface Line {
    void connected();

    void readable() throws IOException;

    /** What could not be written at once can be now. */
    void writable() throws IOException;

    void failed(String why);
  }

  private final Selector selector;
  private final Thread thread;

  /** What other threads want of the selector; at most one thing a connection at a time. */
  private final Queue<Runnable> wishes = new ConcurrentLinkedQueue<>();

  TcpWire(ThreadFactory threads) {
    try {
      selector = Selector.open();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    thread = threads.newThread(this::run);
    thread.start();
  }

  /** Connects; the line is told how that ended. */
  void connect(SocketChannel channel, InetSocketAddress address, Line line) {
    wish(
        () -> {
          try {
            boolean there = channel.connect(address);
            channel.register(
                selector, there ? SelectionKey.OP_READ : SelectionKey.OP_CONNECT, line);
            if (there) {
              line.connected();
            }
          } catch (IOException | RuntimeException e) {
            line.failed(String.valueOf(e.getMessage()));
          }
        });
  }

  /** The line is told when more can be written. */
  void wantWritable(SocketChannel channel) {
    wish(
        () -> {
          SelectionKey key = channel.keyFor(selector);
          if (key != null && key.isValid()) {
            key.interestOps(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
          }
        });
  }

  private void wish(Runnable wish) {
    wishes.add(wish);
    wake();
  }

  /** A channel that was closed is let go. */
  void wake() {
    selector.wakeup();
  }

  private void run() {
    try {
      while (selector.isOpen()) {
        selector.select(this::serve);
        for (Runnable wish = wishes.poll(); wish != null; wish = wishes.poll()) {
          wish.run();
        }
      }
    } catch (ClosedSelectorException e) {
      // that is how it ends
    } catch (IOException e) {
      LOG.error("The connections cannot be waited for any more", e);
    }
  }

  private void serve(SelectionKey key) {
    Line line = (Line) key.attachment();
    try {
      if (key.isConnectable()) {
        ((SocketChannel) key.channel()).finishConnect();
        key.interestOps(SelectionKey.OP_READ);
        line.connected();
      }
      if (key.isValid() && key.isWritable()) {
        key.interestOps(SelectionKey.OP_READ);
        line.writable();
      }
      if (key.isValid() && key.isReadable()) {
        line.readable();
      }
    } catch (ClosedChannelException | CancelledKeyException e) {
      line.failed("the connection is closed");
    } catch (IOException e) {
      line.failed(String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      LOG.error("A connection could not be served", e);
      line.failed("a bug; the log has it: " + e);
    }
  }

  @Override
  public void close() throws IOException {
    selector.close();
    try {
      thread.join(PATIENCE.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
