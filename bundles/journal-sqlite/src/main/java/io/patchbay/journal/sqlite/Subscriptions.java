package io.patchbay.journal.sqlite;

import io.patchbay.journal.sqlite.Subscription.Row;
import io.patchbay.store.Journal;
import io.patchbay.store.Selection;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** All durable subscriptions; created, changed and removed on the writer thread. */
final class Subscriptions {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");

  /** A longer stretch is not counted again at the start when it takes reading every block. */
  private static final long RECOUNT = 500_000;

  private static final String WRITE =
      "INSERT INTO subscription(name, selection, position, accepted, counted, delivered, dropped)"
          + " VALUES(?, ?, ?, ?, ?, ?, ?) ON CONFLICT(name) DO UPDATE SET"
          + " selection = excluded.selection, position = excluded.position,"
          + " accepted = excluded.accepted, counted = excluded.counted,"
          + " delivered = excluded.delivered, dropped = excluded.dropped";

  private final LogFile log;
  private final Map<String, Subscription> all = new ConcurrentHashMap<>();

  Subscriptions(LogFile log) {
    this.log = log;
  }

  /** The sequence up to which all that are being read were read. */
  long read() {
    long read = Long.MAX_VALUE;
    for (Subscription one : all.values()) {
      read = Math.min(read, one.read());
    }
    return read;
  }

  static void check(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "'" + name + "' cannot name a subscription; accepted: " + NAME.pattern());
    }
  }

  /** Reads them, and counts on what came after the account was last written. */
  void load(Connection connection, long last) throws SQLException {
    List<Row> rows = new ArrayList<>();
    try (PreparedStatement select =
            connection.prepareStatement(
                "SELECT name, selection, position, accepted, counted, delivered, dropped"
                    + " FROM subscription");
        ResultSet result = select.executeQuery()) {
      while (result.next()) {
        rows.add(
            new Row(
                result.getString(1),
                FrameFormat.selection(result.getBytes(2)),
                result.getLong(3),
                result.getLong(4),
                result.getLong(5),
                result.getLong(6),
                result.getLong(7)));
      }
    }
    for (Row row : rows) {
      long accepted = row.accepted() + log.count(row.counted(), last, row.selection());
      boolean recount = LogFile.kindsOnly(row.selection()) || last - row.position() <= RECOUNT;
      long pending =
          recount
              ? log.count(row.position(), last, row.selection())
              : accepted - row.delivered() - row.dropped();
      all.put(
          row.name(),
          new Subscription(
              new Row(
                  row.name(),
                  row.selection(),
                  row.position(),
                  accepted,
                  last,
                  row.delivered(),
                  row.dropped()),
              pending));
    }
  }

  Iterable<Subscription> all() {
    return all.values();
  }

  /** Whether something came for it since {@link #told}; true when there is none of that name. */
  boolean hasNews(String name) {
    Subscription one = all.get(name);
    return one == null || one.hasNews();
  }

  /** Writer only: everybody knows of what came. */
  void told() {
    all.values().forEach(Subscription::told);
  }

  @Nullable Subscription find(String name) {
    return all.get(name);
  }

  /**
   * Writer only, so that no commit falls between counting and beginning.
   *
   * @param counted what is selected up to {@code countedTo}, when it begins with the oldest
   */
  Subscription create(
      Session session,
      String name,
      Selection selection,
      Journal.Start start,
      long first,
      long last,
      long countedTo,
      long counted)
      throws SQLException {
    long position = start == Journal.Start.NOW ? last : Math.max(0, first - 1);
    long pending = start == Journal.Start.NOW ? 0 : counted + log.count(countedTo, last, selection);
    Row row = new Row(name, selection, position, pending, last, 0, 0);
    write(session, row);
    return new Subscription(row, pending);
  }

  /** Writer only: the creation is durable. */
  void created(Subscription made) {
    all.put(made.name(), made);
  }

  /** Writer only. */
  void forget(Session session, String name) throws SQLException {
    PreparedStatement delete = session.statement("DELETE FROM subscription WHERE name = ?");
    delete.setString(1, name);
    delete.executeUpdate();
  }

  void forgotten(String name) {
    all.remove(name);
  }

  /** Writer only: writes those that changed. */
  void save(Session session, List<Row> rows) throws SQLException {
    for (Row row : rows) {
      if (all.containsKey(row.name())) {
        write(session, row);
      }
    }
  }

  List<Row> dirty() {
    List<Row> rows = new ArrayList<>();
    for (Subscription subscription : all.values()) {
      if (subscription.dirty()) {
        rows.add(subscription.row());
      }
    }
    return rows;
  }

  void unsaved(List<Row> rows) {
    for (Row row : rows) {
      Subscription subscription = all.get(row.name());
      if (subscription != null) {
        subscription.unsaved();
      }
    }
  }

  private static void write(Session session, Row row) throws SQLException {
    PreparedStatement statement = session.statement(WRITE);
    statement.setString(1, row.name());
    statement.setBytes(2, FrameFormat.write(row.selection()));
    statement.setLong(3, row.position());
    statement.setLong(4, row.accepted());
    statement.setLong(5, row.counted());
    statement.setLong(6, row.delivered());
    statement.setLong(7, row.dropped());
    statement.executeUpdate();
  }
}
