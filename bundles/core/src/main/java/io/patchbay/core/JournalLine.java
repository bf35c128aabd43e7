package io.patchbay.core;

import io.patchbay.store.Appended;
import io.patchbay.store.Entry;
import io.patchbay.store.Journal;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The line before the journal: entries are made and appended one at a time, and what follows each
 * is done in the same order, also when the journal answers before anybody listens. An entry that
 * brings nothing (a repetition, a profile that is not kept) does not go to the journal; it waits
 * for those before it alone.
 *
 * <p>At most {@link #PLACES} are in line: more than the journal's own queue holds. Who finds the
 * line or the journal full waits as long as told, and is refused. Everybody waits for his turn.
 */
final class JournalLine {
  private static final Logger LOG = LoggerFactory.getLogger(JournalLine.class);
  private static final int PLACES = 1 << 17;

  /** Making an entry takes less: whoever is ahead for longer waits for room in the journal. */
  private static final Duration TURN = Duration.ofMillis(200);

  private static final Appended NOTHING = new Appended.Stored(0);
  private static final Appended BUSY =
      new Appended.Refused("others wait for the journal", Duration.ofMillis(100));

  private static final class Place<T> {
    private final Function<Appended, T> then;
    private final CompletableFuture<T> stage = new CompletableFuture<>();
    private volatile @Nullable Appended appended;

    private Place(Function<Appended, T> then) {
      this.then = then;
    }

    private void step(Appended how) {
      try {
        stage.complete(then.apply(how));
      } catch (RuntimeException e) {
        LOG.error("What follows a commit failed", e);
        stage.completeExceptionally(e);
      }
    }
  }

  private final Journal journal;
  private final Duration turn;
  private final ReentrantLock head = new ReentrantLock();
  private final Queue<Place<?>> places = new ConcurrentLinkedQueue<>();
  private final Semaphore room = new Semaphore(PLACES);
  private final AtomicInteger calls = new AtomicInteger();
  private volatile boolean waiting; // whoever is ahead, for room
  private volatile String trouble = "";

  JournalLine(Journal journal) {
    this(journal, TURN);
  }

  /**
   * @param turn how long somebody waits at least for those who make an entry
   */
  JournalLine(Journal journal, Duration turn) {
    this.journal = journal;
    this.turn = turn;
  }

  /**
   * Appends.
   *
   * @param entry made when it is its turn; must not block
   * @param then what follows, in order, one at a time; must not block
   */
  <T> CompletionStage<T> append(
      Supplier<Entry> entry, Duration patience, Function<Appended, T> then) {
    Place<T> place = new Place<>(then);
    long until = System.nanoTime() + patience.toNanos();
    if (!free(patience)) {
      place.step(BUSY);
      return place.stage;
    }
    if (!enter(Duration.ofNanos(Math.max(0, until - System.nanoTime())))) {
      places.add(place);
      answered(place, BUSY);
      return place.stage;
    }
    boolean brings = false;
    boolean placed = false;
    try {
      Entry made = entry.get();
      placed = places.add(place);
      brings = brings(made);
      if (brings) {
        hand(made, Duration.ofNanos(Math.max(0, until - System.nanoTime())), place);
      }
    } finally {
      head.unlock();
      if (!placed) {
        room.release();
      }
    }
    if (!brings) {
      answered(place, NOTHING);
    }
    return place.stage;
  }

  private static boolean brings(Entry entry) {
    return !entry.uplinks().isEmpty() || entry.kept().isPresent() || !entry.released().isEmpty();
  }

  private boolean free(Duration patience) {
    try {
      return room.tryAcquire() || room.tryAcquire(patience.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** A place that never got its answer would hold up all behind it. */
  private void hand(Entry entry, Duration patience, Place<?> place) {
    try {
      journal
          .append(entry, patience)
          .whenComplete((appended, failure) -> answered(place, verdict(appended, failure)));
    } catch (RuntimeException e) {
      LOG.error("The journal failed to take an entry", e);
      answered(place, verdict(null, e));
    }
  }

  private static Appended verdict(@Nullable Appended appended, @Nullable Throwable failure) {
    return appended != null
        ? appended
        : new Appended.Refused("the journal failed: " + failure, Duration.ofSeconds(1));
  }

  private boolean enter(Duration patience) {
    try {
      Duration most = waiting || patience.compareTo(turn) > 0 ? patience : turn;
      boolean entered = head.tryLock() || head.tryLock(most.toNanos(), TimeUnit.NANOSECONDS);
      waiting = !entered;
      return entered;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void answered(Place<?> place, Appended how) {
    place.appended = how;
    if (how != BUSY && how != NOTHING) {
      trouble = how instanceof Appended.Refused refused ? refused.why() : "";
    }
    if (calls.getAndIncrement() > 0) {
      return;
    }
    int done = 1;
    while (done != 0) {
      drain();
      done = calls.addAndGet(-done);
    }
  }

  private void drain() {
    while (true) {
      Place<?> first = places.peek();
      @Nullable Appended how = first == null ? null : first.appended;
      if (first == null || how == null) {
        return;
      }
      places.remove();
      room.release();
      first.step(how);
    }
  }

  /** Runs while nobody else can append. */
  <T> T alone(Supplier<T> action) {
    head.lock();
    try {
      return action.get();
    } finally {
      head.unlock();
    }
  }

  /** Why the journal takes nothing; empty when it does. */
  String trouble() {
    return trouble;
  }
}
