package io.patchbay.coap;

import java.net.DatagramPacket;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.Delayed;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.eclipse.californium.elements.UDPConnector;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.californium.elements.util.ExecutorsUtil;
import org.eclipse.californium.elements.util.ProtocolScheduledExecutorService;

/** The one thread on which an endpoint's messages and timers run, and what may wait for it. */
public final class CoapThread {
  /** As much may wait however long it takes. */
  static final int BACKLOG = 4_096;

  /** Beyond that, a datagram is dropped, and comes again, when the thread is so late. */
  private static final Duration LATE = Duration.ofMillis(100);

  private CoapThread() {}

  /**
   * The caller ends it.
   *
   * @param name of the thread
   */
  public static ProtocolScheduledExecutorService named(String name) {
    ProtocolScheduledExecutorService made =
        ExecutorsUtil.newSingleThreadedProtocolExecutor(
            task -> {
              Thread thread = new Thread(task, name);
              thread.setDaemon(true);
              return thread;
            });
    if (made instanceof ScheduledThreadPoolExecutor pool) {
      pool.setRemoveOnCancelPolicy(true); // each request has a timer, ended with its answer
    }
    return made;
  }

  /**
   * Whether more waits than it can do in time. Timers that are not due do not count: a request to a
   * device that does not answer has one for a minute and a half.
   */
  static boolean behind(ProtocolScheduledExecutorService thread) {
    if (!(thread instanceof ScheduledThreadPoolExecutor pool)) {
      return false;
    }
    Queue<Runnable> waiting = pool.getQueue();
    return waiting.size() >= BACKLOG
        && waiting.peek() instanceof Delayed first
        && first.getDelay(TimeUnit.NANOSECONDS) <= -LATE.toNanos();
  }

  /**
   * A socket of which datagrams are dropped while the thread is behind.
   *
   * @param dropped told of each
   */
  public static UDPConnector socket(
      InetSocketAddress address,
      Configuration configuration,
      ProtocolScheduledExecutorService thread,
      Runnable dropped) {
    return new UDPConnector(address, configuration) {
      @Override
      public void processDatagram(DatagramPacket datagram) {
        if (behind(thread)) {
          dropped.run();
        } else {
          super.processDatagram(datagram);
        }
      }
    };
  }
}
