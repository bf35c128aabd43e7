package io.patchbay.journal.sqlite;

import io.patchbay.journal.sqlite.Batch.Head;
import io.patchbay.journal.sqlite.Listeners.Listener;
import io.patchbay.store.Appended;
import io.patchbay.store.Appended.Refused;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that writes. It takes what has come, writes it in one transaction, commits, and
 * only then answers, in call order. Between two transactions it does at most one chore. When a
 * transaction fails nothing of it is kept and all of it is refused.
 */
final class Writer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Writer.class);

  /** One transaction takes at most this much. */
  private static final int MOST_WORKS = 8_192;

  private static final long MOST_OCTETS = 16L << 20;
  private static final Duration RETRY = Duration.ofSeconds(1);
  private static final Duration CHORE_PATIENCE = Duration.ofSeconds(30);

  private final Database database;
  private final Intake intake;
  private final Names names;
  private final KeptStore kept;
  private final Tail tail;
  private final Subscriptions subscriptions;
  private final Supplier<? extends Iterable<Listener>> listeners;
  private final Consumer<Long> written;

  /** One for each thread that waits for its own; who gives up takes it away. */
  private final Queue<Chore<?>> chores = new ConcurrentLinkedQueue<>();

  private final Thread thread;
  private final Figures figures = new Figures();
  private volatile Head head;
  private volatile boolean ended;
  private volatile Optional<String> trouble = Optional.empty();
  private @Nullable Session session;

  /** What the writer counts; read by anybody. */
  static final class Figures {
    final LongAdder commits = new LongAdder();
    final LongAdder entries = new LongAdder();
    final LongAdder failures = new LongAdder();
    final LongAdder nanos = new LongAdder();
  }

  /** Something else that is written. */
  @FunctionalInterface
  interface Action<T> {
    T run(Session session) throws SQLException;
  }

  private record Chore<T>(
      boolean transaction,
      boolean durable,
      Action<T> action,
      Consumer<T> committed,
      CompletableFuture<T> stage) {}

  /**
   * @param written told after each commit how many octets it brought, roughly
   */
  Writer(
      Database database,
      Session session,
      Intake intake,
      Names names,
      KeptStore kept,
      Tail tail,
      Subscriptions subscriptions,
      Head head,
      Supplier<? extends Iterable<Listener>> listeners,
      Consumer<Long> written) {
    this.database = database;
    this.session = session;
    this.intake = intake;
    this.names = names;
    this.kept = kept;
    this.tail = tail;
    this.subscriptions = subscriptions;
    this.head = head;
    this.listeners = listeners;
    this.written = written;
    this.thread = new Thread(this::run, "patchbay-journal-writer");
  }

  void start() {
    thread.start();
  }

  Head head() {
    return head;
  }

  Figures figures() {
    return figures;
  }

  /** Why the last transaction failed; empty when it did not. */
  Optional<String> trouble() {
    return trouble;
  }

  /**
   * Runs something on the writer thread, in a transaction of its own, and waits for it.
   *
   * @param committed called on the writer thread when it is durable
   * @throws SQLException when it could not be written; nothing of it is kept
   */
  <T> T call(boolean durable, Action<T> action, Consumer<T> committed) throws SQLException {
    return hand(new Chore<>(true, durable, action, committed, new CompletableFuture<>()));
  }

  /** Runs something on the writer thread outside of a transaction, and waits for it. */
  <T> T callOutside(Action<T> action) throws SQLException {
    return hand(new Chore<>(false, false, action, done -> {}, new CompletableFuture<>()));
  }

  private <T> T hand(Chore<T> chore) throws SQLException {
    chores.add(chore);
    if (ended && chores.remove(chore)) {
      throw new SQLException("the journal is closed");
    }
    intake.nudge();
    try {
      return chore.stage().get(CHORE_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      chores.remove(chore);
      Thread.currentThread().interrupt();
      throw new SQLException("interrupted while the journal was busy", e);
    } catch (TimeoutException e) {
      chores.remove(chore);
      throw new SQLException("the journal has been busy for " + CHORE_PATIENCE.toSeconds() + " s");
    } catch (ExecutionException e) {
      if (e.getCause() instanceof SQLException failed) {
        throw failed;
      }
      throw new IllegalStateException("a bug in the journal", e.getCause());
    }
  }

  private void run() {
    List<Work> batch = new ArrayList<>();
    while (intake.take(batch, MOST_WORKS, MOST_OCTETS)) {
      if (!batch.isEmpty()) {
        write(batch);
        batch.clear();
      }
      Chore<?> chore = chores.poll();
      if (chore != null) {
        perform(chore);
        if (!chores.isEmpty()) {
          intake.nudge();
        }
      }
    }
    ended = true;
    for (Chore<?> chore = chores.poll(); chore != null; chore = chores.poll()) {
      perform(chore);
    }
    disconnect();
  }

  private void write(List<Work> works) {
    if (works.stream().noneMatch(Work::brings)) {
      answer(works, nothing(works.size()));
      return;
    }
    long begun = System.nanoTime();
    List<@Nullable Appended> answers = new ArrayList<>(works.size());
    try {
      Session connected = connected();
      Head before = head;
      Batch batch = new Batch(connected, names, kept, before);
      connected.begin(true);
      for (Work work : works) {
        if (work instanceof Work.Append append) {
          answers.add(batch.append(append));
        } else {
          answers.add(null);
          if (work instanceof Work.Remember remember) {
            batch.remember(remember);
          }
        }
      }
      batch.finish();
      connected.commit();
      publish(batch, before);
      figures.commits.increment();
      figures.entries.add(works.size());
      figures.nanos.add(System.nanoTime() - begun);
    } catch (SQLException e) {
      undo(e);
      if (!Database.environmental(e) && works.size() > 1) {
        // One of them is at fault: the others must not suffer for it.
        for (Work work : works) {
          write(List.of(work));
        }
      } else {
        refuse(works, e);
      }
      return;
    }
    answer(works, answers);
    tell();
  }

  private static List<@Nullable Appended> nothing(int count) {
    List<@Nullable Appended> answers = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      answers.add(null);
    }
    return answers;
  }

  private void publish(Batch batch, Head before) {
    names.commit();
    kept.commit();
    Head after = batch.head();
    tail.add(batch.items(), subscriptions.read());
    for (Subscription subscription : subscriptions.all()) {
      subscription.committed(before.totals(), after.totals(), batch.items(), after.last());
    }
    head = after;
    recovered();
    written.accept(batch.octets());
  }

  private void recovered() {
    if (trouble.isPresent()) {
      LOG.info("the journal writes again");
      trouble = Optional.empty();
    }
  }

  /** Leaves everything as it was before the transaction. */
  private void undo(SQLException cause) {
    names.rollback();
    kept.rollback();
    figures.failures.increment();
    if (trouble.isEmpty()) {
      LOG.error(
          "the journal cannot write: {}; what comes is refused", Database.words(cause), cause);
    }
    trouble = Optional.of(Database.words(cause));
    Session connected = session;
    if (connected == null) {
      return;
    }
    try {
      connected.rollback();
      if (Database.diskFull(cause)) {
        return;
      }
    } catch (SQLException e) {
      LOG.warn("rolling back failed too: {}", Database.words(e));
    }
    // After an error of the disk a fresh connection knows best what is there.
    disconnect();
  }

  private Session connected() throws SQLException {
    Session connected = session;
    if (connected == null) {
      connected = new Session(database);
      session = connected;
    }
    return connected;
  }

  private void disconnect() {
    Session connected = session;
    session = null;
    if (connected != null) {
      try {
        connected.close();
      } catch (SQLException e) {
        LOG.warn("the journal's file could not be closed: {}", Database.words(e));
      }
    }
  }

  private void refuse(List<Work> works, SQLException cause) {
    Refused refused = new Refused(Database.words(cause), RETRY);
    for (Work work : works) {
      if (work instanceof Work.Append append) {
        append.stage().complete(refused);
      } else if (work instanceof Work.Refusal refusal) {
        refusal.stage().complete(refusal.answer());
      } else if (work instanceof Work.Remember remember) {
        remember
            .stage()
            .completeExceptionally(
                new IOException(
                    "'" + remember.name() + "' could not be kept: " + refused.why(), cause));
      }
    }
  }

  private void answer(List<Work> works, List<@Nullable Appended> answers) {
    for (int i = 0; i < works.size(); i++) {
      Work work = works.get(i);
      if (work instanceof Work.Append append) {
        Appended answer = answers.get(i);
        append.stage().complete(answer == null ? new Appended.Stored(head.last() + 1) : answer);
      } else if (work instanceof Work.Refusal refusal) {
        refusal.stage().complete(refusal.answer());
      } else if (work instanceof Work.Remember remember) {
        remember.stage().complete(null);
      }
    }
  }

  private void tell() {
    long last = head.last();
    for (Listener listener : listeners.get()) {
      if (subscriptions.hasNews(listener.subscription())) {
        try {
          listener.told().committed(last);
        } catch (RuntimeException e) {
          LOG.error("a listener to commits failed", e);
        }
      }
    }
    subscriptions.told();
  }

  private <T> void perform(Chore<T> chore) {
    try {
      Session connected = connected();
      if (!chore.transaction()) {
        chore.stage().complete(chore.action().run(connected));
        return;
      }
      connected.begin(chore.durable());
      T result = chore.action().run(connected);
      connected.commit();
      kept.commit();
      recovered();
      chore.committed().accept(result);
      chore.stage().complete(result);
    } catch (SQLException e) {
      undo(e);
      chore.stage().completeExceptionally(e);
    } catch (RuntimeException e) {
      undo(new SQLException(e));
      chore.stage().completeExceptionally(e);
    }
  }

  /** Writes what is queued, then ends. */
  @Override
  public void close() {
    intake.close();
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
