package io.patchbay.journal.sqlite;

import io.patchbay.journal.sqlite.Subscription.Row;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The journal's second thread: checkpoints, runs of the time index, retention, places of readers.
 * What it writes goes through the writer in small pieces. Nothing queues up: each of its tasks
 * waits at most once.
 */
final class Keeper implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Keeper.class);

  /** How long an acknowledgement may wait to be written. */
  private static final Duration FLUSH = Duration.ofMillis(150);

  private static final Duration RETRY = Duration.ofSeconds(5);
  private static final Duration TIDY = Duration.ofSeconds(30);

  /** Blocks that retention takes at once. */
  private static final int CHUNK = 256;

  private static final int KEPT_CHUNK = 500;

  private final Settings settings;
  private final Clock clock;
  private final Database database;
  private final LogFile log;
  private final Writer writer;
  private final Runs runs;
  private final Subscriptions subscriptions;
  private final KeptStore kept;
  private final Connection connection;
  private final ScheduledThreadPoolExecutor thread;
  private final AtomicBoolean flushing = new AtomicBoolean();
  private final AtomicBoolean working = new AtomicBoolean();
  private final AtomicLong pages = new AtomicLong();
  private final AtomicLong checkpoints = new AtomicLong();
  private final AtomicLong deleted = new AtomicLong();
  private volatile long used;
  private volatile long notBefore = System.nanoTime();

  Keeper(
      Settings settings,
      Clock clock,
      Database database,
      LogFile log,
      Writer writer,
      Runs runs,
      Subscriptions subscriptions,
      KeptStore kept)
      throws SQLException {
    this.settings = settings;
    this.clock = clock;
    this.database = database;
    this.log = log;
    this.writer = writer;
    this.runs = runs;
    this.subscriptions = subscriptions;
    this.kept = kept;
    connection = database.connect();
    thread =
        new ScheduledThreadPoolExecutor(1, task -> new Thread(task, "patchbay-journal-keeper"));
    thread.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  void start() {
    var unused =
        thread.scheduleWithFixedDelay(
            guarded(this::tidy), TIDY.toMillis(), TIDY.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Told by the writer after each commit. */
  void written(long octets) {
    long inLog = pages.addAndGet(2 + octets / 4096);
    boolean due =
        inLog >= settings.checkpointPages()
            || writer.head().last() - runs.sealed() >= settings.runUplinks();
    if (due && System.nanoTime() - notBefore >= 0 && working.compareAndSet(false, true)) {
      submit(
          () -> {
            working.set(false);
            guarded(this::advance).run();
          },
          Duration.ZERO);
    }
  }

  /** A reader's place moved. */
  void moved() {
    if (flushing.compareAndSet(false, true)) {
      submit(guarded(this::flush), FLUSH);
    }
  }

  private void submit(Runnable task, Duration delay) {
    try {
      var unused = thread.schedule(task, delay.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      LOG.debug("the journal is closing; its last places are written then");
    }
  }

  /** Something that is done on this thread. */
  @FunctionalInterface
  private interface Task {
    void run() throws SQLException;
  }

  private static Runnable guarded(Task task) {
    return () -> {
      try {
        task.run();
      } catch (SQLException e) {
        LOG.warn("the journal could not be kept in order: {}; tried again", Database.words(e));
      } catch (RuntimeException e) {
        LOG.error("keeping the journal in order failed; tried again", e);
      }
    };
  }

  private void advance() throws SQLException {
    // Should it fail, it waits: the next commit would only bring the same failure.
    notBefore = System.nanoTime() + RETRY.toNanos();
    runs.seal();
    if (pages.get() >= settings.checkpointPages()) {
      checkpoint();
      size();
      if (used > settings.maxBytes()) {
        retain();
      }
    }
    notBefore = System.nanoTime();
  }

  /** Copies the write-ahead log into the file beside the writer; the writer only begins it anew. */
  void checkpoint() throws SQLException {
    pages.set(0);
    boolean complete;
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("PRAGMA wal_checkpoint(PASSIVE)")) {
      complete = rows.next() && rows.getInt(1) == 0;
    }
    checkpoints.incrementAndGet();
    if (complete) {
      writer.callOutside(Session::restartLog);
    }
  }

  void flush() throws SQLException {
    flushing.set(false);
    save(false);
  }

  /** Writes the places that moved. */
  void save(boolean durable) throws SQLException {
    List<Row> rows = subscriptions.dirty();
    if (rows.isEmpty()) {
      return;
    }
    try {
      writer.call(
          durable,
          session -> {
            subscriptions.save(session, rows);
            return true;
          },
          done -> {});
    } catch (SQLException e) {
      subscriptions.unsaved(rows);
      moved();
      throw e;
    }
  }

  /** What is done now and then. */
  void tidy() throws SQLException {
    size();
    retain();
    expire();
    if (pages.get() > 0) {
      checkpoint();
    }
  }

  private void size() throws SQLException {
    long all = Database.number(connection, "PRAGMA page_count");
    long free = Database.number(connection, "PRAGMA freelist_count");
    used = (all - free) * Database.number(connection, "PRAGMA page_size");
  }

  /** Removes the oldest, chunk by chunk, until age and size are as configured. */
  private void retain() throws SQLException {
    long cutoff = clock.instant().minus(settings.retention()).toEpochMilli();
    while (true) {
      List<LogFile.Row> rows = LogFile.rows(connection, 0, CHUNK + 1);
      boolean tooLarge = used > settings.maxBytes();
      int leaving = 0;
      // The last block stays: it carries the sums.
      while (leaving < rows.size() - 1
          && (tooLarge || Block.head(rows.get(leaving).data()).base() < cutoff)) {
        leaving++;
      }
      if (leaving == 0) {
        return;
      }
      remove(rows.get(leaving).first());
      deleted.addAndGet(leaving);
      size();
    }
  }

  private void remove(long before) throws SQLException {
    for (Subscription subscription : subscriptions.all()) {
      subscription.overtake(before - 1, log);
    }
    save(false);
    writer.call(
        false, session -> session.update("DELETE FROM log WHERE first < ?", before), done -> {});
    for (long run : obsolete(before)) {
      writer.call(
          false, session -> session.update("DELETE FROM series WHERE run = ?", run), done -> {});
      writer.call(
          false, session -> session.update("DELETE FROM run WHERE id = ?", run), done -> {});
    }
  }

  private List<Long> obsolete(long before) throws SQLException {
    return writer.callOutside(
        session ->
            // The last run stays: it says how far the index reaches.
            session
                .rows(
                    "SELECT id FROM run WHERE last < ? AND id < (SELECT max(id) FROM run)"
                        + " ORDER BY id",
                    before)
                .stream()
                .map(row -> row[0])
                .toList());
  }

  private void expire() throws SQLException {
    long cutoff = clock.instant().minus(settings.keptRetention()).toEpochMilli();
    int gone;
    do {
      gone = writer.call(false, session -> kept.expire(session, cutoff, KEPT_CHUNK), count -> {});
    } while (gone == KEPT_CHUNK);
  }

  /** Octets of the file in use, as of the last look. */
  long used() {
    return used;
  }

  long checkpoints() {
    return checkpoints.get();
  }

  /** Blocks removed by retention. */
  long deleted() {
    return deleted.get();
  }

  Database database() {
    return database;
  }

  /** Stops; the writer must still run. */
  @Override
  public void close() throws SQLException {
    runs.stop();
    thread.shutdown();
    boolean interrupted = false;
    while (!thread.isTerminated()) {
      try {
        if (thread.awaitTermination(1, TimeUnit.MINUTES)) {
          break;
        }
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    try {
      save(true);
    } finally {
      connection.close();
    }
  }
}
