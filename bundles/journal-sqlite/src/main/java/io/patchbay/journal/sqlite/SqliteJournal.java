package io.patchbay.journal.sqlite;

import io.patchbay.journal.sqlite.Batch.Head;
import io.patchbay.journal.sqlite.Listeners.Listener;
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
import io.patchbay.thing.Bytes;
import io.patchbay.thing.CommandId;
import io.patchbay.thing.ThingId;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The journal and the things' memory in one SQLite file, put together. */
final class SqliteJournal implements Journal, ThingStore, OrderStore, CommandStore, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SqliteJournal.class);

  private static final Duration THING_PATIENCE = Duration.ofSeconds(5);

  /** Kept frames that one transaction discards. */
  private static final int DISCARD = 1_000;

  /** Octets of the tail in memory. */
  private static final long TAIL_OCTETS = 16L << 20;

  private final Readers readers;
  private final LogFile file;
  private final Log log;
  private final History history;
  private final KeptStore kept;
  private final Subscriptions subscriptions;
  private final Intake intake;
  private final Writer writer;
  private final Keeper keeper;
  private final List<Keeper> told = new ArrayList<>(1);

  /**
   * Opens or creates {@code folder/journal.db}.
   *
   * @throws IllegalStateException saying what is wrong and what to do
   */
  SqliteJournal(
      Path folder,
      Settings settings,
      Clock clock,
      Supplier<? extends Iterable<Listener>> listeners) {
    Database database = Database.open(folder, settings.full());
    Names names = new Names();
    readers = new Readers(database);
    file = new LogFile(readers, names);
    kept = new KeptStore(settings.keptFrames(), settings.keptBytes(), settings.keptDropsOldest());
    subscriptions = new Subscriptions(file);
    intake = new Intake(settings.queueEntries(), settings.queueBytes());
    @Nullable Session session = null;
    boolean ready = false;
    try {
      session = new Session(database);
      Connection connection = session.connection();
      names.load(connection);
      Runs.tidy(connection);
      Head head = head(connection, names);
      kept.load(connection);
      subscriptions.load(connection, head.last());
      Tail tail = new Tail(settings.tailUplinks(), TAIL_OCTETS, head.last());
      log = new Log(file, tail);
      history = new History(readers, names, log);
      writer =
          new Writer(
              database,
              session,
              intake,
              names,
              kept,
              tail,
              subscriptions,
              head,
              listeners,
              octets -> told.forEach(keeperTold -> keeperTold.written(octets)));
      Runs runs =
          new Runs(
              file,
              writer,
              settings.runUplinks(),
              Database.number(connection, "SELECT coalesce(max(last), 0) FROM run"),
              Database.number(connection, "SELECT coalesce(max(id), 0) FROM run") + 1);
      keeper = new Keeper(settings, clock, database, file, writer, runs, subscriptions, kept);
      ready = true;
    } catch (SQLException e) {
      throw new IllegalStateException(
          "the journal "
              + database.file()
              + " cannot be read: "
              + Database.words(e)
              + "; restore it from a backup, or move it away to begin anew",
          e);
    } finally {
      if (!ready) {
        abandon(session);
      }
    }
    told.add(keeper);
    writer.start();
    keeper.start();
  }

  private void abandon(@Nullable Session session) {
    try (readers;
        session) {
      LOG.debug("the journal is not opened");
    } catch (SQLException e) {
      LOG.warn("the journal's file could not be closed: {}", Database.words(e));
    }
  }

  private static Head head(Connection connection, Names names) throws SQLException {
    Optional<LogFile.Row> last = LogFile.last(connection);
    if (last.isEmpty()) {
      return new Head(0, Totals.NONE);
    }
    Block.End end =
        Block.read(last.get().first(), last.get().data(), names, new Block.Visitor() {});
    return new Head(end.last(), end.totals());
  }

  @Override
  public CompletionStage<Appended> append(Entry entry, Duration patience) {
    return intake.append(
        new Work.Append(entry, Work.weight(entry), new CompletableFuture<>()), patience);
  }

  @Override
  public List<Recorded> history(
      ThingId thing, String property, Instant from, Instant to, int limit) {
    if (limit < 1 || limit > 100_000) {
      throw new IllegalArgumentException("limit must be 1 to 100000, not " + limit);
    }
    return history.find(thing, property, from, to, limit);
  }

  @Override
  public List<Recorded> standings(ThingId thing, int limit) {
    if (limit < 1 || limit > 100_000) {
      throw new IllegalArgumentException("limit must be 1 to 100000, not " + limit);
    }
    return history.standings(thing, limit);
  }

  @Override
  public List<Recorded> after(long sequence, Selection selection, int max) {
    return log.read(Math.max(0, sequence), selection, max).found();
  }

  @Override
  public List<Recorded> latest() {
    return history.latest();
  }

  @Override
  public List<String> deliveries(String connection, int max) {
    long span = Math.max(65_536L, 4L * max);
    return file.deliveries(connection, max, writer.head().last(), span);
  }

  @Override
  public Cursor open(String name, Selection selection, Start start) {
    Subscriptions.check(name);
    Subscription subscription = subscriptions.find(name);
    if (subscription == null) {
      subscription = create(name, selection, start);
    }
    if (!subscription.take()) {
      throw new IllegalStateException(
          "the subscription '" + name + "' has a reader already; close that first");
    }
    try {
      if (!subscription.selection().equals(selection)) {
        select(subscription, selection);
      }
    } catch (RuntimeException e) {
      subscription.release();
      throw e;
    }
    return new LogCursor(subscription, log, keeper);
  }

  private Subscription create(String name, Selection selection, Start start) {
    // The long count happens here; the writer only adds what came meanwhile.
    long countedTo = writer.head().last();
    long counted = start == Start.OLDEST ? file.count(0, countedTo, selection) : 0;
    try {
      return writer.call(
          true,
          session -> {
            Subscription other = subscriptions.find(name);
            return other != null
                ? other
                : subscriptions.create(
                    session, name, selection, start, 0, writer.head().last(), countedTo, counted);
          },
          subscriptions::created);
    } catch (SQLException e) {
      throw new IllegalStateException(
          "the subscription '" + name + "' cannot be kept: " + Database.words(e), e);
    }
  }

  private void select(Subscription subscription, Selection selection) {
    long countedTo = writer.head().last();
    long position = subscription.position();
    long counted = file.count(position, countedTo, selection);
    try {
      writer.call(
          true,
          session -> {
            long last = writer.head().last();
            // Retention may have moved the place meanwhile.
            long pending =
                subscription.position() == position
                    ? counted + file.count(countedTo, last, selection)
                    : file.count(subscription.position(), last, selection);
            subscription.select(selection, pending, last);
            subscriptions.save(session, List.of(subscription.row()));
            return true;
          },
          done -> {});
    } catch (SQLException e) {
      subscription.unsaved();
      throw new IllegalStateException(
          "the subscription '" + subscription.name() + "' cannot be changed: " + Database.words(e),
          e);
    }
  }

  @Override
  public void forget(String name) {
    try {
      writer.call(
          true,
          session -> {
            subscriptions.forget(session, name);
            return name;
          },
          subscriptions::forgotten);
    } catch (SQLException e) {
      throw new IllegalStateException(
          "the subscription '" + name + "' cannot be removed: " + Database.words(e), e);
    }
  }

  @Override
  public List<KeptFrame> kept(KeptFrame.Kind kind, long afterId, int max) {
    return readers.read(connection -> KeptStore.list(connection, kind, afterId, max));
  }

  @Override
  public CompletionStage<Appended> discard(List<Long> ids) {
    CompletionStage<Appended> all = discardSome(ids.subList(0, Math.min(DISCARD, ids.size())));
    for (int i = DISCARD; i < ids.size(); i += DISCARD) {
      CompletionStage<Appended> next =
          discardSome(ids.subList(i, Math.min(ids.size(), i + DISCARD)));
      all = all.thenCombine(next, (one, two) -> one instanceof Appended.Refused ? one : two);
    }
    return all;
  }

  private CompletionStage<Appended> discardSome(List<Long> ids) {
    return append(
        new Entry("", "", "", List.of(), Optional.empty(), Set.copyOf(ids)), THING_PATIENCE);
  }

  @Override
  public Ledger ledger() {
    List<Ledger.Account> accounts = new ArrayList<>();
    for (Subscription subscription : subscriptions.all()) {
      accounts.add(subscription.account());
    }
    long first =
        readers.read(
            connection -> Database.number(connection, "SELECT coalesce(min(first), 0) FROM log"));
    Head head = writer.head();
    return new Ledger(
        head.totals().uplinks(),
        head.totals().rejected(),
        kept.sums().held(),
        first,
        head.last(),
        List.copyOf(accounts));
  }

  @Override
  public List<Registered> load() {
    return remembered("SELECT data FROM thing ORDER BY id", FrameFormat::registered);
  }

  @Override
  public List<Order> orders() {
    return remembered("SELECT data FROM desired ORDER BY id", FrameFormat::order);
  }

  @Override
  public List<Waiting> waiting() {
    List<Waiting> all = remembered("SELECT data FROM waiting", FrameFormat::waiting);
    all.sort(Comparator.comparing(Waiting::since));
    return all;
  }

  @Override
  public CompletionStage<Void> save(Waiting waiting) {
    return remember(
        new Work.Remember(
            Work.Memory.COMMAND,
            waiting.id().value(),
            Optional.of(Bytes.wrap(FrameFormat.write(waiting))),
            new CompletableFuture<>()));
  }

  @Override
  public CompletionStage<Void> ended(CommandId id) {
    return remember(
        new Work.Remember(
            Work.Memory.COMMAND, id.value(), Optional.empty(), new CompletableFuture<>()));
  }

  private <T> List<T> remembered(String query, Function<byte[], T> read) {
    return readers.read(
        connection -> {
          List<T> all = new ArrayList<>();
          try (PreparedStatement select = connection.prepareStatement(query);
              ResultSet rows = select.executeQuery()) {
            while (rows.next()) {
              all.add(read.apply(rows.getBytes(1)));
            }
          }
          return all;
        });
  }

  @Override
  public CompletionStage<Void> save(Registered registered) {
    return remember(
        new Work.Remember(
            Work.Memory.THING,
            registered.thing().id().value(),
            Optional.of(Bytes.wrap(FrameFormat.write(registered))),
            new CompletableFuture<>()));
  }

  @Override
  public CompletionStage<Void> save(Order order) {
    return remember(
        new Work.Remember(
            Work.Memory.ORDER,
            order.thing() + "/" + order.property(),
            Optional.of(Bytes.wrap(FrameFormat.write(order))),
            new CompletableFuture<>()));
  }

  @Override
  public CompletionStage<Void> cancel(ThingId thing, String property) {
    return remember(
        new Work.Remember(
            Work.Memory.ORDER,
            thing + "/" + property,
            Optional.empty(),
            new CompletableFuture<>()));
  }

  @Override
  public CompletionStage<Void> remove(ThingId id) {
    return remember(
        new Work.Remember(
            Work.Memory.THING, id.value(), Optional.empty(), new CompletableFuture<>()));
  }

  private CompletionStage<Void> remember(Work.Remember remember) {
    if (intake.remember(remember, THING_PATIENCE)) {
      return remember.stage();
    }
    return CompletableFuture.failedFuture(
        new IOException(
            "'" + remember.name() + "' could not be kept: the journal is busy or stopping"));
  }

  Writer writer() {
    return writer;
  }

  Keeper keeper() {
    return keeper;
  }

  Intake intake() {
    return intake;
  }

  KeptStore keptStore() {
    return kept;
  }

  /** Writes what is queued and the places of all readers, then closes the file. */
  @Override
  public void close() throws SQLException {
    try (readers;
        writer) {
      keeper.close();
    }
  }
}
