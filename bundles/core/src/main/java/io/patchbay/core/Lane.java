package io.patchbay.core;

import io.patchbay.southbound.LaneSpec;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A queue of requests that share a line. Its bound is the spec's; when it is full a command takes
 * the place of the youngest poll, and everything else is refused as BUSY.
 */
final class Lane {
  private static final Logger LOG = LoggerFactory.getLogger(Lane.class);

  /**
   * Something that takes a place on the wire.
   *
   * @param run begins it; its place is free when the stage ends, however that is
   * @param refused told when it loses its place in the queue to something more urgent
   */
  record Task(Tracked tracked, Supplier<CompletionStage<?>> run, Runnable refused) {}

  /** Runs something after a while. */
  @FunctionalInterface
  interface Timer {
    Future<?> after(Duration delay, Runnable task);
  }

  private final Executor pool;
  private final Timer timer;
  private final Deque<Task> commands = new ArrayDeque<>();
  private final Deque<Task> polls = new ArrayDeque<>();
  private LaneSpec spec;
  private int inFlight;
  private long restUntil = System.nanoTime();
  private @Nullable Future<?> alarm;

  Lane(LaneSpec spec, Executor pool, Timer timer) {
    this.spec = spec;
    this.pool = pool;
    this.timer = timer;
  }

  /** False when it is full. */
  boolean add(Task task, LaneSpec present) {
    Optional<Task> loser = Optional.empty();
    synchronized (this) {
      spec = present;
      if (waiting() >= spec.bound()) {
        if (task.tracked().poll() || polls.isEmpty()) {
          return false;
        }
        loser = Optional.of(polls.removeLast());
      }
      (task.tracked().poll() ? polls : commands).addLast(task);
    }
    loser.ifPresent(poll -> poll.refused().run());
    pump();
    return true;
  }

  /** Gives up the place in the queue of what has ended by itself. */
  synchronized void remove(Tracked tracked) {
    commands.removeIf(task -> task.tracked() == tracked);
    polls.removeIf(task -> task.tracked() == tracked);
  }

  synchronized int waiting() {
    return commands.size() + polls.size();
  }

  synchronized boolean idle() {
    return inFlight == 0 && waiting() == 0 && restUntil - System.nanoTime() <= 0;
  }

  private void pump() {
    while (true) {
      Task next;
      synchronized (this) {
        if (inFlight >= spec.inFlight() || waiting() == 0) {
          return;
        }
        long rest = restUntil - System.nanoTime();
        if (rest > 0) {
          if (alarm == null) {
            alarm = timer.after(Duration.ofNanos(rest), this::wake);
          }
          return;
        }
        next = commands.isEmpty() ? polls.removeFirst() : commands.removeFirst();
        inFlight++;
      }
      begin(next);
    }
  }

  private void wake() {
    synchronized (this) {
      alarm = null;
    }
    pump();
  }

  private void begin(Task task) {
    try {
      pool.execute(
          () -> {
            try {
              task.run().get().whenComplete((value, failure) -> free());
            } catch (RuntimeException e) {
              LOG.error("A request could not be begun", e);
              free();
            }
          });
    } catch (RejectedExecutionException e) {
      free();
      task.refused().run();
    }
  }

  private void free() {
    synchronized (this) {
      inFlight--;
      if (!spec.gap().isZero()) {
        restUntil = System.nanoTime() + spec.gap().toNanos();
      }
    }
    pump();
  }
}
