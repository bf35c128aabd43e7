package io.patchbay.broker;

import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Starts a broker again that has ended by itself: as soon as there is room for it, and ever more
 * slowly while it does not start or does not last.
 */
final class Revival {
  static final Duration FIRST = Duration.ofSeconds(1);
  static final Duration LAST = Duration.ofSeconds(60);

  @FunctionalInterface
  interface Pause {
    /** Waits; true when told to stop meanwhile. */
    boolean stopped(Duration length) throws InterruptedException;
  }

  private final Pause pause;
  private Duration next = FIRST;

  Revival(Pause pause) {
    this.pause = pause;
  }

  /**
   * Waits, and tries until there is one.
   *
   * @param lasted how long the one before ran
   * @param room whether there is room; asked every second
   * @param start gives nothing when it failed
   * @return nothing when it was told to stop
   */
  <B> Optional<B> begin(Duration lasted, BooleanSupplier room, Supplier<Optional<B>> start)
      throws InterruptedException {
    if (lasted.compareTo(LAST) >= 0) {
      next = FIRST;
    }
    Duration wait = next;
    while (!pause.stopped(wait)) {
      wait = FIRST;
      if (room.getAsBoolean()) {
        next = next.multipliedBy(2).compareTo(LAST) < 0 ? next.multipliedBy(2) : LAST;
        Optional<B> begun = start.get();
        if (begun.isPresent()) {
          return begun;
        }
        wait = next;
      }
    }
    return Optional.empty();
  }
}
