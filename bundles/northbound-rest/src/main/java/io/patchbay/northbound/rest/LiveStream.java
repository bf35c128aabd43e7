package io.patchbay.northbound.rest;

import io.patchbay.northbound.Feed;
import io.patchbay.store.Journal;
import io.patchbay.store.Ledger;
import io.patchbay.store.Recorded;
import io.patchbay.store.Selection;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One client's server-sent events (HTML Living Standard, clause 9.2): first what the journal holds
 * after the last event it saw, then live, without a gap and without a duplicate.
 *
 * <p>Its queue is bounded. When it is full the client is slow, not yet lost: the queue is emptied
 * and what the client has not seen is read from the journal again. Only what no journal keeps
 * (sequence 0) is dropped, and counted by the feed. A client that takes nothing at all ends with
 * the connection's idle time.
 */
final class LiveStream implements Feed.Receiver {
  private static final int BATCH = 500;

  private final Journal journal;
  private final Selection selection;
  private final Duration heartbeat;
  private final OutputStream out;
  private final ArrayBlockingQueue<Recorded> queue;
  private long last;
  private volatile long lost;
  private volatile long firstOffered = Long.MAX_VALUE;
  private volatile boolean behind;
  private volatile boolean ended;

  LiveStream(
      Journal journal, Selection selection, int bound, Duration heartbeat, OutputStream out) {
    this.journal = journal;
    this.selection = selection;
    this.queue = new ArrayBlockingQueue<>(bound);
    this.heartbeat = heartbeat;
    this.out = out;
  }

  @Override
  public boolean offer(Recorded recorded) {
    long sequence = recorded.sequence();
    if (sequence > 0 && firstOffered == Long.MAX_VALUE) {
      firstOffered = sequence;
    }
    if (behind || !queue.offer(recorded)) {
      behind = true;
      return sequence > 0; // then it comes from the journal
    }
    return true;
  }

  /** Ends it from outside. */
  void end() {
    ended = true;
    queue.clear();
  }

  /**
   * Runs until the client goes or the stream is ended.
   *
   * @param feed opens the live feed; called once the stream is ready to take
   * @param after the last sequence that the client saw; negative for none
   */
  void run(java.util.function.Function<Feed.Receiver, Feed.Registration> feed, long after)
      throws IOException, InterruptedException {
    write(": connected\n\n");
    out.flush();
    Feed.Registration registration = feed.apply(this);
    try {
      if (after >= 0) {
        resume(after);
      }
      while (!ended) {
        if (behind) {
          catchUpAfterOverflow();
        }
        @Nullable Recorded next = queue.poll(heartbeat.toMillis(), TimeUnit.MILLISECONDS);
        if (next == null) {
          write(": heartbeat\n\n");
        } else {
          emit(next);
          for (next = queue.poll(); next != null; next = queue.poll()) {
            emit(next);
          }
        }
        out.flush();
      }
    } finally {
      registration.close();
      lost = registration.dropped();
    }
  }

  /** Uplinks that it could not be given, known at its end. */
  long lost() {
    return lost;
  }

  private void resume(long after) throws IOException {
    Ledger ledger = journal.ledger();
    last = after;
    if (after > ledger.last()) {
      gap("the journal ends at " + ledger.last() + ": it is another one than before");
      last = ledger.last();
    } else if (after + 1 < ledger.first()) {
      gap("the journal begins at " + ledger.first() + ": older uplinks have been removed");
    }
    catchUp();
  }

  private void catchUpAfterOverflow() throws IOException {
    if (last == 0 && firstOffered != Long.MAX_VALUE) {
      last = firstOffered - 1;
    }
    // In this order: what comes from here on is queued again, what came before is in the journal.
    behind = false;
    queue.clear();
    catchUp();
  }

  private void catchUp() throws IOException {
    List<Recorded> batch;
    do {
      batch = journal.after(last, selection, BATCH);
      for (Recorded recorded : batch) {
        emit(recorded);
      }
      out.flush();
    } while (!batch.isEmpty() && !ended);
  }

  private void gap(String why) throws IOException {
    write("event: gap\ndata: " + text(Json.octets(Json.object().put("detail", why))) + "\n\n");
  }

  private void emit(Recorded recorded) throws IOException {
    long sequence = recorded.sequence();
    if (sequence > 0) {
      if (sequence <= last) {
        return; // seen already, from the journal
      }
      last = sequence;
      write("id: " + sequence + "\n");
    }
    write("event: " + Words.of(Selection.Kind.of(recorded.uplink())) + "\n");
    // JSON has no line breaks of its own.
    write("data: " + text(Json.octets(Json.recorded(recorded))) + "\n\n");
  }

  private static String text(byte[] octets) {
    return new String(octets, StandardCharsets.UTF_8);
  }

  private void write(String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.UTF_8));
  }
}
