package io.patchbay.core;

import io.patchbay.thing.ThingId;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives things their turn to be written to, so many a second and so many under way at once in the
 * whole hub. A thing waits in the queue once at most: its length is bounded by the number of
 * things.
 */
final class Turns {
  private static final Logger LOG = LoggerFactory.getLogger(Turns.class);

  private final Function<ThingId, CompletionStage<?>> begin;
  private final Lane.Timer timer;
  private final Duration gap;
  private final int most;
  private final Set<ThingId> queue = new LinkedHashSet<>();
  private int underWay;
  private boolean alarmed;
  private boolean resting;
  private volatile @Nullable Future<?> next;
  private volatile @Nullable Future<?> rest;

  /**
   * @param begin a thing's turn; the place is free when its stage ends
   */
  Turns(Rhythm rhythm, Lane.Timer timer, Function<ThingId, CompletionStage<?>> begin) {
    this.begin = begin;
    this.timer = timer;
    gap = Duration.ofSeconds(1).dividedBy(rhythm.perSecond());
    most = rhythm.underWay();
  }

  /** Queues up, if it does not wait there already. */
  void add(ThingId thing) {
    synchronized (this) {
      queue.add(thing);
    }
    pump();
  }

  synchronized int waiting() {
    return queue.size();
  }

  /** Not on the thread that asks: it may hold locks, or be the journal's. */
  private void pump() {
    synchronized (this) {
      if (alarmed || resting || underWay >= most || queue.isEmpty()) {
        return;
      }
      alarmed = true;
    }
    next = timer.after(Duration.ZERO, this::next);
  }

  private void next() {
    ThingId thing;
    synchronized (this) {
      alarmed = false;
      Iterator<ThingId> first = queue.iterator();
      if (!first.hasNext() || underWay >= most) {
        return;
      }
      thing = first.next();
      first.remove();
      underWay++;
      resting = true;
    }
    rest = timer.after(gap, this::rested);
    try {
      begin.apply(thing).whenComplete((value, failure) -> ended());
    } catch (RuntimeException e) {
      LOG.error("The turn of thing '{}' failed", thing, e);
      ended();
    }
  }

  private void rested() {
    synchronized (this) {
      resting = false;
    }
    pump();
  }

  private void ended() {
    synchronized (this) {
      underWay--;
    }
    pump();
  }

  /** Nobody gets a turn any more. */
  void close() {
    synchronized (this) {
      queue.clear();
      resting = true;
    }
    Stream.of(Optional.ofNullable(next), Optional.ofNullable(rest))
        .flatMap(Optional::stream)
        .forEach(alarm -> alarm.cancel(false));
  }
}
