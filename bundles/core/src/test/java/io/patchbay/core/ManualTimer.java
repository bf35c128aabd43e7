package io.patchbay.core;

import io.patchbay.testkit.ManualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;

/** A timer that goes with a clock that a test moves; everything runs on the test's thread. */
final class ManualTimer implements Lane.Timer {
  private record Alarm(Instant at, long number, Runnable task, CompletableFuture<Void> handle) {}

  private final ManualClock clock;
  private final PriorityQueue<Alarm> alarms =
      new PriorityQueue<>(Comparator.comparing(Alarm::at).thenComparing(Alarm::number));
  private long number;

  ManualTimer(ManualClock clock) {
    this.clock = clock;
  }

  @Override
  public synchronized Future<?> after(Duration delay, Runnable task) {
    Alarm alarm = new Alarm(clock.instant().plus(delay), number++, task, new CompletableFuture<>());
    alarms.add(alarm);
    return alarm.handle();
  }

  private synchronized Optional<Alarm> dueBy(Instant until) {
    Alarm first = alarms.peek();
    if (first == null || first.at().isAfter(until)) {
      return Optional.empty();
    }
    alarms.remove();
    return Optional.of(first);
  }

  /** Time passes; what becomes due meanwhile is done at its time. */
  void pass(Duration time) {
    Instant until = clock.instant().plus(time);
    for (Optional<Alarm> next = dueBy(until); next.isPresent(); next = dueBy(until)) {
      Alarm alarm = next.get();
      if (alarm.at().isAfter(clock.instant())) {
        clock.set(alarm.at());
      }
      if (!alarm.handle().isCancelled()) {
        alarm.task().run();
      }
    }
    clock.set(until);
  }
}
