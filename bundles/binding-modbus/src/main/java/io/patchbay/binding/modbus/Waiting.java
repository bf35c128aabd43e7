package io.patchbay.binding.modbus;

import io.patchbay.thing.Outcome.Reason;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Requests that wait for their turn, writes before reads. Not for several threads. */
final class Waiting {
  /** A request and who waits for its answer. */
  static final class Entry {
    private final Bus.Job job;
    private final CompletableFuture<Reply> reply;

    Entry(Bus.Job job, CompletableFuture<Reply> reply) {
      this.job = job;
      this.reply = reply;
    }

    Bus.Job job() {
      return job;
    }

    CompletableFuture<Reply> reply() {
      return reply;
    }
  }

  private final Deque<Entry> writes = new ArrayDeque<>();
  private final Deque<Entry> reads = new ArrayDeque<>();

  /** False when it is full. */
  boolean add(Entry entry) {
    if (writes.size() + reads.size() >= Bus.BOUND) {
      return false;
    }
    (entry.job().ask().writes() ? writes : reads).addLast(entry);
    return true;
  }

  @Nullable Entry first() {
    return writes.isEmpty() ? reads.peekFirst() : writes.peekFirst();
  }

  void removeFirst() {
    (writes.isEmpty() ? reads : writes).removeFirst();
  }

  List<Entry> removeAll() {
    List<Entry> all = new ArrayList<>(writes);
    all.addAll(reads);
    writes.clear();
    reads.clear();
    return all;
  }

  /** Why it does not go out although it is its turn. */
  static Optional<Reply> barred(Bus.Job job) {
    if (!Instant.now().isBefore(job.deadline())) {
      return Optional.of(
          new Reply.Lost(Reason.TIMEOUT, "its time was over before it was its turn", false));
    }
    return job.barred().get();
  }

  static Reply full() {
    return new Reply.Lost(Reason.BUSY, Bus.BOUND + " requests wait already", false);
  }
}
