package io.patchbay.core;

import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Core's threads: one that knows the time, and a pool that does the work. */
final class Schedule implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Schedule.class);
  private static final int THREADS = Math.max(4, Runtime.getRuntime().availableProcessors());

  /** Tasks waiting for the pool; one more is done by whoever hands it in. */
  private static final int WAITING = 10_000;

  private final ScheduledThreadPoolExecutor clockwork;
  private final ThreadPoolExecutor pool;

  Schedule() {
    clockwork = new ScheduledThreadPoolExecutor(1, task -> thread(task, "patchbay-core-schedule"));
    clockwork.setRemoveOnCancelPolicy(true);
    clockwork.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    clockwork.setContinueExistingPeriodicTasksAfterShutdownPolicy(false);
    AtomicInteger number = new AtomicInteger();
    pool =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            30,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(WAITING),
            task -> thread(task, "patchbay-core-" + number.incrementAndGet()),
            new ThreadPoolExecutor.CallerRunsPolicy());
    pool.allowCoreThreadTimeOut(true);
  }

  private static Thread thread(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  Executor pool() {
    return pool;
  }

  ScheduledFuture<?> after(Duration delay, Runnable task) {
    return clockwork.schedule(guarded(task), Math.max(0, delay.toNanos()), TimeUnit.NANOSECONDS);
  }

  ScheduledFuture<?> every(Duration interval, Duration first, Runnable task) {
    return clockwork.scheduleAtFixedRate(
        guarded(task), first.toNanos(), interval.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** A periodic task that throws would never run again. */
  private static Runnable guarded(Runnable task) {
    return () -> {
      try {
        task.run();
      } catch (RuntimeException e) {
        LOG.error("A scheduled task failed", e);
      }
    };
  }

  @Override
  public void close() {
    clockwork.shutdownNow();
    pool.shutdown();
    try {
      if (!pool.awaitTermination(2, TimeUnit.SECONDS)) {
        pool.shutdownNow();
      }
    } catch (InterruptedException e) {
      pool.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }
}
