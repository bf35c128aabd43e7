package io.patchbay.camel.mqtt;

import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One named thread with tasks now, later and again. After {@link #close()} it takes tasks and does
 * nothing. Its queue holds what its owner asks for: a handful of timers, and a task per event.
 */
final class OwnThread implements Executor, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(OwnThread.class);

  private final ScheduledThreadPoolExecutor executor;

  OwnThread(String name) {
    executor =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread made = new Thread(task, name);
              made.setDaemon(true);
              return made;
            },
            new ThreadPoolExecutor.DiscardPolicy());
    executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  @Override
  public void execute(Runnable task) {
    executor.execute(guarded(task));
  }

  void after(long millis, Runnable task) {
    Future<?> unused = executor.schedule(guarded(task), millis, TimeUnit.MILLISECONDS);
  }

  void every(long millis, Runnable task) {
    Future<?> unused =
        executor.scheduleWithFixedDelay(guarded(task), millis, millis, TimeUnit.MILLISECONDS);
  }

  private static Runnable guarded(Runnable task) {
    return () -> {
      try {
        task.run();
      } catch (RuntimeException e) {
        LOG.error("a task of the MQTT connections failed: this is a bug", e);
      }
    };
  }

  @Override
  public void close() {
    executor.shutdownNow();
  }
}
