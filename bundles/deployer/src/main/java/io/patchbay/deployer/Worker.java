package io.patchbay.deployer;

import io.patchbay.northbound.RefusedException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The one thread on which bundles are touched. At most {@value #BOUND} calls wait; further ones are
 * refused.
 */
final class Worker {
  private static final int BOUND = 16;
  private static final Duration STOP = Duration.ofSeconds(15);

  private final Duration patience;
  private final AtomicReference<@Nullable Thread> thread = new AtomicReference<>();
  private final ThreadPoolExecutor executor;

  /**
   * @param patience how long a caller waits for its turn and its end
   */
  Worker(Duration patience) {
    this.patience = patience;
    this.executor =
        new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(BOUND),
            task -> {
              Thread fresh = new Thread(task, "patchbay-deployer");
              fresh.setDaemon(true);
              thread.set(fresh);
              return fresh;
            });
  }

  /** Runs later; false when too much waits. */
  boolean later(Runnable task) {
    try {
      executor.execute(task);
      return true;
    } catch (RejectedExecutionException e) {
      return false;
    }
  }

  /** Runs and waits for the end. */
  <T> T call(Callable<T> task) throws RefusedException, IOException {
    if (Thread.currentThread() == thread.get()) {
      throw new RefusedException(
          "a bundle that is being started or stopped cannot deploy others; do it afterwards");
    }
    Future<T> future;
    try {
      future = executor.submit(task);
    } catch (RejectedExecutionException e) {
      throw new RefusedException(
          executor.isShutdown()
              ? "the hub is stopping"
              : "already " + BOUND + " deployments wait; try again later");
    }
    try {
      return future.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      future.cancel(false);
      throw new RefusedException(
          "not finished within " + patience.toSeconds() + " s; look at the bundle's state");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RefusedException("interrupted while waiting; look at the bundle's state");
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RefusedException refused) {
        throw refused;
      } else if (e.getCause() instanceof IOException io) {
        throw io;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  void stop() {
    executor.shutdownNow();
    if (Thread.currentThread() == thread.get()) {
      return;
    }
    try {
      executor.awaitTermination(STOP.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
