package io.patchbay.testkit;

import io.patchbay.store.Appended;
import io.patchbay.store.CommandStore;
import io.patchbay.store.Cursor;
import io.patchbay.store.Entry;
import io.patchbay.store.Journal;
import io.patchbay.store.KeptFrame;
import io.patchbay.store.Ledger;
import io.patchbay.store.OrderStore;
import io.patchbay.store.Recorded;
import io.patchbay.store.Registered;
import io.patchbay.store.Selection;
import io.patchbay.store.ThingStore;
import io.patchbay.thing.CommandId;
import io.patchbay.thing.ThingId;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A journal and thing store that keep their promises as long as the process lives: one writer
 * thread, a bounded queue, stages completed in call order. It outlives what uses it, so a test
 * restarts a hub by building a new one on the same journal.
 */
public final class InMemoryJournal
    implements Journal, ThingStore, OrderStore, CommandStore, AutoCloseable {
  /** Told to a caller whose entry was not taken. */
  private static final Duration RETRY_AFTER = Duration.ofMillis(50);

  private final InMemoryLog log;
  private final Semaphore room;
  private final Queue<Runnable> queue = new ConcurrentLinkedQueue<>();
  private final List<CommitListener> listeners = new CopyOnWriteArrayList<>();
  private final Thread writer;
  private volatile boolean paused;
  private volatile boolean closed;
  private volatile Optional<String> refusal = Optional.empty();

  /**
   * @param queueBound entries waiting for the writer; one more waits for its patience and is then
   *     refused, in its turn
   * @param keptBound rejected and held frames; one more is refused
   */
  public InMemoryJournal(int queueBound, int keptBound) {
    log = new InMemoryLog(keptBound);
    room = new Semaphore(queueBound, true);
    writer = new Thread(this::write, "patchbay-testkit-journal");
    writer.setDaemon(true);
    writer.start();
  }

  /** A queue of 1,024 and room for 10,000 kept frames. */
  public InMemoryJournal() {
    this(1_024, 10_000);
  }

  /** The writer stops after what it is doing: the queue fills. */
  public void pause() {
    paused = true;
  }

  public void resume() {
    paused = false;
    LockSupport.unpark(writer);
  }

  /** From now on nothing is kept, as with a full disk. */
  public void refuse(String why) {
    refusal = Optional.of(why);
  }

  /** Ends {@link #refuse}. */
  public void accept() {
    refusal = Optional.empty();
  }

  /** Retention: forgets everything up to and with this sequence. */
  public void dropTo(long sequence) {
    log.dropTo(sequence);
  }

  /** As the whiteboard does in a running hub. */
  public void listen(CommitListener listener) {
    listeners.add(listener);
  }

  /** Every uplink in the log, in order. */
  public List<Recorded> all() {
    return log.after(0, Selection.all(), Integer.MAX_VALUE);
  }

  @Override
  public CompletionStage<Appended> append(Entry entry, Duration patience) {
    boolean taken = acquire(patience);
    return enqueue(taken, () -> taken ? commit(entry) : full());
  }

  private Appended commit(Entry entry) {
    Appended appended =
        refusal
            .<Appended>map(why -> new Appended.Refused(why, RETRY_AFTER))
            .orElseGet(() -> log.commit(entry, RETRY_AFTER));
    if (appended instanceof Appended.Stored && !entry.uplinks().isEmpty()) {
      long last = log.last();
      listeners.forEach(listener -> listener.committed(last));
    }
    return appended;
  }

  private static Appended full() {
    return new Appended.Refused("the journal's queue is full", RETRY_AFTER);
  }

  private boolean acquire(Duration patience) {
    try {
      return room.tryAcquire(patience.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private <T> CompletionStage<T> enqueue(boolean permit, Work<T> work) {
    CompletableFuture<T> done = new CompletableFuture<>();
    queue.add(
        () -> {
          if (permit) {
            room.release();
          }
          try {
            done.complete(work.run());
          } catch (IOException e) {
            done.completeExceptionally(e);
          }
        });
    LockSupport.unpark(writer);
    return done;
  }

  @FunctionalInterface
  private interface Work<T> {
    T run() throws IOException;
  }

  private void write() {
    while (!closed) {
      Runnable next = paused ? null : queue.poll();
      if (next == null) {
        LockSupport.park(this);
      } else {
        next.run();
      }
    }
  }

  @Override
  public List<Recorded> history(
      ThingId thing, String property, Instant from, Instant to, int limit) {
    return log.history(thing, property, from, to, limit);
  }

  @Override
  public List<Recorded> after(long sequence, Selection selection, int max) {
    return log.after(sequence, selection, max);
  }

  @Override
  public List<Recorded> latest() {
    return log.latest();
  }

  @Override
  public List<String> deliveries(String connection, int max) {
    return log.deliveries(connection, max);
  }

  @Override
  public Cursor open(String name, Selection selection, Start start) {
    return log.open(name, selection, start);
  }

  @Override
  public void forget(String name) {
    log.forget(name);
  }

  @Override
  public List<KeptFrame> kept(KeptFrame.Kind kind, long afterId, int max) {
    return log.kept(kind, afterId, max);
  }

  @Override
  public CompletionStage<Appended> discard(List<Long> ids) {
    return enqueue(false, () -> log.discard(ids));
  }

  @Override
  public Ledger ledger() {
    return log.ledger();
  }

  @Override
  public List<Registered> load() {
    return log.things();
  }

  @Override
  public CompletionStage<Void> save(Registered registered) {
    return enqueue(false, () -> keep(() -> log.save(registered)));
  }

  @Override
  public CompletionStage<Void> remove(ThingId id) {
    return enqueue(false, () -> keep(() -> log.remove(id)));
  }

  @Override
  public List<Order> orders() {
    return log.orders();
  }

  @Override
  public CompletionStage<Void> save(Order order) {
    return enqueue(false, () -> keep(() -> log.save(order)));
  }

  @Override
  public CompletionStage<Void> cancel(ThingId thing, String property) {
    return enqueue(false, () -> keep(() -> log.cancel(thing, property)));
  }

  @Override
  public List<Waiting> waiting() {
    return log.waiting();
  }

  @Override
  public CompletionStage<Void> save(Waiting waiting) {
    return enqueue(false, () -> keep(() -> log.save(waiting)));
  }

  @Override
  public CompletionStage<Void> ended(CommandId id) {
    return enqueue(false, () -> keep(() -> log.ended(id)));
  }

  @SuppressWarnings("NullAway") // the only value of Void is null
  private Void keep(Runnable change) throws IOException {
    @Nullable String why = refusal.orElse(null);
    if (why != null) {
      throw new IOException(why);
    }
    change.run();
    return null;
  }

  /** Stops the writer; what waits is never answered, as after kill -9. */
  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(writer);
  }
}
