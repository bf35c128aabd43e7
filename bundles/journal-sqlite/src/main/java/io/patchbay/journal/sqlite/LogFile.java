package io.patchbay.journal.sqlite;

import io.patchbay.store.Recorded;
import io.patchbay.store.Selection;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Uplink;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/** Reads the log's blocks from the file, in pieces, so that no reader holds it long. */
final class LogFile {
  /** Blocks read by one statement: at most 4,096 uplinks, usually. */
  private static final int STEP = 64;

  private final Readers readers;
  private final Names names;

  LogFile(Readers readers, Names names) {
    this.readers = readers;
    this.names = names;
  }

  /** A row of the log. */
  record Row(long first, Bytes octets) {
    byte[] data() {
      return octets.shared();
    }
  }

  /**
   * What was found.
   *
   * @param reached everything up to here was looked at
   */
  record Slice(List<Recorded> found, long reached) {}

  Names names() {
    return names;
  }

  /** Reads over one connection, in as many statements as it takes. */
  <T> T reading(Readers.Query<T> query) {
    return readers.read(query);
  }

  /** The block in which the sequence lies and those behind it, at most {@code max}. */
  List<Row> rows(long sequence, int max) {
    return readers.read(connection -> rows(connection, sequence, max));
  }

  static List<Row> rows(Connection connection, long sequence, int max) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT first, data FROM log WHERE first >="
                + " coalesce((SELECT max(first) FROM log WHERE first <= ?), 0)"
                + " ORDER BY first LIMIT ?")) {
      select.setLong(1, sequence);
      select.setInt(2, max);
      return collect(select);
    }
  }

  private static List<Row> collect(PreparedStatement select) throws SQLException {
    List<Row> all = new ArrayList<>();
    try (ResultSet rows = select.executeQuery()) {
      while (rows.next()) {
        all.add(new Row(rows.getLong(1), Bytes.wrap(rows.getBytes(2))));
      }
    }
    return all;
  }

  static Optional<Row> last(Connection connection) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement("SELECT first, data FROM log ORDER BY first DESC LIMIT 1")) {
      return collect(select).stream().findFirst();
    }
  }

  /** What the selection selects after a sequence, at most {@code max}, from a few blocks. */
  Slice read(long after, Selection selection, int max) {
    Filter filter = new Filter(names, selection, after, Long.MAX_VALUE);
    List<Recorded> found = new ArrayList<>();
    long reached = after;
    for (Row row : rows(after + 1, STEP)) {
      Block.End end =
          Block.read(
              row.first(),
              row.data(),
              names,
              new Block.Visitor() {
                @Override
                public boolean wants(int thing, int name) {
                  return filter.wants(thing, name);
                }

                @Override
                public void uplink(long sequence, int profile, int thing, int name, Uplink uplink) {
                  Recorded recorded = new Recorded(sequence, names.text(profile), uplink);
                  if (found.size() < max && filter.takes(recorded)) {
                    found.add(recorded);
                  }
                }
              });
      if (found.size() >= max) {
        return new Slice(found, found.get(found.size() - 1).sequence());
      }
      reached = Math.max(reached, end.last());
    }
    return new Slice(found, reached);
  }

  /** How many uplinks after one sequence and up to another are selected. */
  long count(long after, long to, Selection selection) {
    if (after >= to) {
      return 0;
    }
    if (kindsOnly(selection)) {
      return totals(to).of(selection.kinds()) - totals(after).of(selection.kinds());
    }
    Filter filter = new Filter(names, selection, after, to);
    long[] count = {0};
    long reached = after;
    while (reached < to) {
      long before = reached;
      for (Row row : rows(reached + 1, STEP)) {
        Block.End end =
            Block.read(
                row.first(),
                row.data(),
                names,
                new Block.Visitor() {
                  @Override
                  public boolean wants(int thing, int name) {
                    return filter.wants(thing, name);
                  }

                  @Override
                  public void uplink(
                      long sequence, int profile, int thing, int name, Uplink uplink) {
                    if (filter.takes(new Recorded(sequence, names.text(profile), uplink))) {
                      count[0]++;
                    }
                  }
                });
        reached = Math.max(reached, end.last());
      }
      if (reached == before) {
        break;
      }
    }
    return count[0];
  }

  /** The totals of everything up to and with a sequence. */
  Totals totals(long sequence) {
    List<Row> rows = rows(sequence, 1);
    if (rows.isEmpty()) {
      return Totals.NONE;
    }
    Row row = rows.get(0);
    if (row.first() > sequence) {
      return Block.head(row.data()).before();
    }
    return Block.read(
            row.first(),
            row.data(),
            names,
            sequence,
            new Block.Visitor() {
              @Override
              public boolean wants(int thing, int name) {
                return false;
              }
            })
        .totals();
  }

  /** Ids of the last deliveries of a connection among the last {@code span} sequences. */
  List<String> deliveries(String connection, int max, long last, long span) {
    int wanted = names.find(connection);
    if (wanted < 0 || max <= 0) {
      return List.of();
    }
    Deque<String> newest = new ArrayDeque<>();
    long reached = Math.max(0, last - span);
    while (reached < last) {
      long before = reached;
      for (Row row : rows(reached + 1, STEP)) {
        Block.End end =
            Block.read(
                row.first(),
                row.data(),
                names,
                new Block.Visitor() {
                  @Override
                  public boolean wants(int thing, int name) {
                    return false;
                  }

                  @Override
                  public void entry(int from, String delivery) {
                    if (from == wanted && !delivery.isEmpty()) {
                      if (newest.size() == max) {
                        newest.removeFirst();
                      }
                      newest.addLast(delivery);
                    }
                  }
                });
        reached = Math.max(reached, end.last());
      }
      if (reached == before) {
        break;
      }
    }
    return List.copyOf(newest);
  }

  static boolean kindsOnly(Selection selection) {
    return selection.thing().isEmpty()
        && selection.profile().isEmpty()
        && selection.property().isEmpty();
  }

  /** A selection on a stretch of the log, tested by word numbers first. */
  private static final class Filter {
    private final Selection selection;
    private final Optional<Integer> thing;
    private final Optional<Integer> name;
    private final long after;
    private final long to;

    Filter(Names names, Selection selection, long after, long to) {
      this.selection = selection;
      this.thing = selection.thing().map(ThingId::value).map(names::find);
      this.name = selection.property().map(names::find);
      this.after = after;
      this.to = to;
    }

    boolean wants(int thingWord, int nameWord) {
      return (thing.isEmpty() || thing.get() == thingWord)
          && (name.isEmpty() || name.get() == nameWord);
    }

    boolean takes(Recorded recorded) {
      return recorded.sequence() > after
          && recorded.sequence() <= to
          && selection.matches(recorded);
    }
  }
}
