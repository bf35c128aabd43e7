package io.patchbay.binding.coap;

import java.util.ConcurrentModificationException;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.eclipse.californium.elements.util.CheckedExecutor;
import org.eclipse.californium.elements.util.ProtocolScheduledExecutorService;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread of all endpoints, with a second that hands over what is due. Californium's own has
 * one queue for both, a heap, and passes each message through it three times; an exchange that asks
 * whose thread it is on needs one time up and one down.
 */
final class CoapThread extends ThreadPoolExecutor
    implements ProtocolScheduledExecutorService, CheckedExecutor {
  private static final Logger LOG = LoggerFactory.getLogger(CoapThread.class);

  private final ScheduledThreadPoolExecutor timers =
      new ScheduledThreadPoolExecutor(1, task -> made(task, "patchbay-coap-timers"));
  private volatile Thread thread = Thread.currentThread();

  CoapThread() {
    super(1, 1, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>());
    setThreadFactory(
        task -> {
          Thread made = made(task, "patchbay-coap");
          thread = made;
          return made;
        });
    timers.setRemoveOnCancelPolicy(true);
    prestartAllCoreThreads();
  }

  private static Thread made(Runnable task, String name) {
    Thread made = new Thread(task, name);
    made.setDaemon(true);
    made.setUncaughtExceptionHandler((at, bug) -> LOG.error("A task of {} failed", name, bug));
    return made;
  }

  /** Tasks that wait. */
  int waiting() {
    return getQueue().size();
  }

  @Override
  public boolean checkOwner() {
    return Thread.currentThread() == thread;
  }

  @Override
  public void assertOwner() {
    if (!checkOwner()) {
      throw new ConcurrentModificationException(
          "on " + Thread.currentThread().getName() + ", not on " + thread.getName());
    }
  }

  @Override
  public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
    return timers.schedule(() -> execute(task), delay, unit);
  }

  /** Nobody waits for a value that comes later: who did would hold up everybody. */
  @Override
  public <V> ScheduledFuture<V> schedule(Callable<V> task, long delay, TimeUnit unit) {
    throw new UnsupportedOperationException("schedule a Runnable");
  }

  @Override
  public ScheduledFuture<?> scheduleAtFixedRate(
      Runnable task, long initial, long period, TimeUnit unit) {
    return timers.scheduleAtFixedRate(() -> execute(task), initial, period, unit);
  }

  @Override
  public ScheduledFuture<?> scheduleWithFixedDelay(
      Runnable task, long initial, long delay, TimeUnit unit) {
    return timers.scheduleWithFixedDelay(() -> execute(task), initial, delay, unit);
  }

  @Override
  public ScheduledFuture<?> scheduleBackground(Runnable task, long delay, TimeUnit unit) {
    return schedule(task, delay, unit);
  }

  @Override
  public <V> ScheduledFuture<V> scheduleBackground(Callable<V> task, long delay, TimeUnit unit) {
    return schedule(task, delay, unit);
  }

  @Override
  public ScheduledFuture<?> scheduleBackgroundAtFixedRate(
      Runnable task, long initial, long period, TimeUnit unit) {
    return scheduleAtFixedRate(task, initial, period, unit);
  }

  @Override
  public ScheduledFuture<?> scheduleBackgroundWithFixedDelay(
      Runnable task, long initial, long delay, TimeUnit unit) {
    return scheduleWithFixedDelay(task, initial, delay, unit);
  }

  @Override
  public ScheduledExecutorService getBackgroundExecutor() {
    return this;
  }

  @Override
  public void shutdown() {
    timers.shutdownNow();
    super.shutdown();
  }

  @Override
  public List<Runnable> shutdownNow() {
    timers.shutdownNow();
    return super.shutdownNow();
  }
}
