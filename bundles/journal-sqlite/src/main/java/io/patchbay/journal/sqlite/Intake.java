package io.patchbay.journal.sqlite;

import io.patchbay.store.Appended;
import io.patchbay.store.Appended.Refused;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What waits for the writer: bounded by entries and by octets; who finds it full waits as long as
 * told, and is then refused, in order.
 */
final class Intake {
  private static final Refused FULL =
      new Refused("the journal's queue is full: the disk is too slow", Duration.ofMillis(100));
  private static final Refused STOPPING =
      new Refused("the journal is stopping", Duration.ofSeconds(1));

  private final int mostEntries;
  private final long mostOctets;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition something = lock.newCondition();
  private final Condition room = lock.newCondition();
  private final Deque<Work> works = new ArrayDeque<>();
  private int entries;
  private long octets;
  private boolean nudged;
  private boolean waiting;
  private boolean closed;
  private long refused;

  Intake(int mostEntries, long mostOctets) {
    this.mostEntries = mostEntries;
    this.mostOctets = mostOctets;
  }

  /** Takes an entry in, or answers that there was no room. */
  CompletionStage<Appended> append(Work.Append append, Duration patience) {
    lock.lock();
    try {
      if (await(append.weight(), patience)) {
        add(append);
        return append.stage();
      }
      return refuse();
    } finally {
      lock.unlock();
    }
  }

  /** Takes a change of what is remembered by name in; false when there was no room. */
  boolean remember(Work.Remember remember, Duration patience) {
    lock.lock();
    try {
      boolean taken = await(remember.weight(), patience);
      if (taken) {
        add(remember);
      }
      return taken;
    } finally {
      lock.unlock();
    }
  }

  private boolean await(int weight, Duration patience) {
    long nanos = patience.compareTo(Duration.ofDays(1)) > 0 ? 86_400_000_000_000L : nanos(patience);
    try {
      while (!closed && full(weight)) {
        if (nanos <= 0) {
          return false;
        }
        nanos = room.awaitNanos(nanos);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
    return !closed;
  }

  private static long nanos(Duration patience) {
    return Math.max(0, patience.toNanos());
  }

  /** One entry always fits into an empty queue, however large it is. */
  private boolean full(int weight) {
    return entries > 0 && (entries >= mostEntries || octets + weight > mostOctets);
  }

  private void add(Work work) {
    works.addLast(work);
    entries++;
    octets += work.weight();
    if (waiting) {
      something.signal();
    }
  }

  private CompletionStage<Appended> refuse() {
    refused++;
    if (closed) {
      return CompletableFuture.completedFuture(STOPPING);
    }
    if (works.peekLast() instanceof Work.Refusal last) {
      return last.stage();
    }
    Work.Refusal refusal = new Work.Refusal(FULL, new CompletableFuture<>());
    works.addLast(refusal);
    if (waiting) {
      something.signal();
    }
    return refusal.stage();
  }

  /**
   * Writer only: waits for something and moves it into {@code batch}, which stays empty after a
   * nudge. False when closed and all is taken.
   */
  boolean take(List<Work> batch, int most, long mostWeight) {
    lock.lock();
    try {
      waiting = true;
      while (works.isEmpty() && !nudged && !closed) {
        something.awaitUninterruptibly();
      }
      waiting = false;
      nudged = false;
      long weight = 0;
      while (!works.isEmpty() && batch.size() < most && weight < mostWeight) {
        Work work = works.removeFirst();
        batch.add(work);
        weight += work.weight();
        if (!(work instanceof Work.Refusal)) {
          entries--;
          octets -= work.weight();
        }
      }
      if (!batch.isEmpty()) {
        room.signalAll();
      }
      return !batch.isEmpty() || !closed;
    } finally {
      lock.unlock();
    }
  }

  /** Wakes the writer for a chore. */
  void nudge() {
    lock.lock();
    try {
      nudged = true;
      something.signal();
    } finally {
      lock.unlock();
    }
  }

  /** What is in here is still written; nothing more is taken in. */
  void close() {
    lock.lock();
    try {
      closed = true;
      something.signal();
      room.signalAll();
    } finally {
      lock.unlock();
    }
  }

  int entries() {
    lock.lock();
    try {
      return entries;
    } finally {
      lock.unlock();
    }
  }

  long octets() {
    lock.lock();
    try {
      return octets;
    } finally {
      lock.unlock();
    }
  }

  long refused() {
    lock.lock();
    try {
      return refused;
    } finally {
      lock.unlock();
    }
  }
}
