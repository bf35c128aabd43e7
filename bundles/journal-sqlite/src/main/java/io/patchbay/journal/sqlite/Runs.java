package io.patchbay.journal.sqlite;

import io.patchbay.store.Recorded;
import io.patchbay.thing.Uplink;
import io.patchbay.thing.Uplink.Reading;
import io.patchbay.thing.Uplink.StatusChange;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The time index. It is not written with the uplinks, which would cost a page for every series a
 * transaction touches, but afterwards, one run for some ten thousand uplinks: per series (thing and
 * name) one row with times and sequences, all rows of a run side by side. What no run covers yet is
 * searched in the log's tail. With each run what is in force of each series goes to {@code latest}.
 */
final class Runs {
  /** Series written by one transaction: about a millisecond. */
  private static final int STEP = 250;

  /** The same when the index has fallen behind by some runs. */
  private static final int LARGE_STEP = 4_000;

  private static final String SERIES =
      "INSERT OR REPLACE INTO series(run, thing, name, oldest, newest, data) VALUES(?, ?, ?, ?, ?,"
          + " ?)";
  private static final String LATEST =
      "INSERT INTO latest(thing, name, time, sequence, data) VALUES(?, ?, ?, ?, ?)"
          + " ON CONFLICT(thing, name) DO UPDATE SET time = excluded.time,"
          + " sequence = excluded.sequence, data = excluded.data";
  private static final String IN_FORCE =
      "SELECT sequence, data FROM latest WHERE thing = ? AND name = ?";

  private final LogFile log;
  private final Writer writer;
  private final int size;
  private volatile long sealed;
  private volatile boolean stopped;
  private long nextRun;

  Runs(LogFile log, Writer writer, int size, long sealed, long nextRun) {
    this.log = log;
    this.writer = writer;
    this.size = size;
    this.sealed = sealed;
    this.nextRun = nextRun;
  }

  /** The largest sequence that a run covers. */
  long sealed() {
    return sealed;
  }

  /** No further run is begun. */
  void stop() {
    stopped = true;
  }

  /** Times and sequences of one series in one run. */
  static final class Series {
    private final int thing;
    private final int name;
    private long[] times = new long[8];
    private long[] sequences = new long[8];
    private int count;
    private @Nullable Recorded inForce;

    /**
     * @param inForce what was before the run; when the hub was killed in the middle of it, perhaps
     *     already what is after it
     */
    Series(int thing, int name, @Nullable Recorded inForce) {
      this.thing = thing;
      this.name = name;
      this.inForce = inForce;
    }

    private void add(long sequence, String profile, Uplink uplink) {
      if (count == times.length) {
        times = Arrays.copyOf(times, count * 2);
        sequences = Arrays.copyOf(sequences, count * 2);
      }
      times[count] = uplink.time().toEpochMilli();
      sequences[count++] = sequence;
      if ((uplink instanceof Reading || uplink instanceof StatusChange)
          && (inForce == null
              || (inForce.sequence() < sequence && uplink.supersedes(inForce.uplink())))) {
        inForce = new Recorded(sequence, profile, uplink);
      }
    }

    long oldest() {
      return Arrays.stream(times, 0, count).min().orElse(0);
    }

    long latest() {
      return Arrays.stream(times, 0, count).max().orElse(0);
    }

    private byte[] pack() {
      Packer out = new Packer(16 + 4 * count).varint(count);
      long time = 0;
      long sequence = 0;
      for (int i = 0; i < count; i++) {
        out.zigzag(times[i] - time).zigzag(sequences[i] - sequence);
        time = times[i];
        sequence = sequences[i];
      }
      return out.toArray();
    }
  }

  /** Takes a time and its sequence. */
  @FunctionalInterface
  interface Place {
    void at(long time, long sequence);
  }

  static void unpack(byte[] data, Place place) {
    Unpacker in = new Unpacker(data);
    int count = in.small();
    long time = 0;
    long sequence = 0;
    for (int i = 0; i < count; i++) {
      time += in.zigzag();
      sequence += in.zigzag();
      place.at(time, sequence);
    }
  }

  /** Keeper only: makes runs as long as there is enough for one. */
  void seal() throws SQLException {
    while (!stopped && writer.head().last() - sealed >= size) {
      sealOne();
    }
  }

  private void sealOne() throws SQLException {
    Map<Long, Series> all = new HashMap<>();
    long from = sealed + 1;
    long reached = log.reading(connection -> gather(connection, from, all));
    if (reached >= from) {
      // In the order of the key, so that rows of a run lie side by side.
      write(from, reached, all.keySet().stream().sorted().map(all::get).toList());
    }
  }

  private long gather(Connection connection, long from, Map<Long, Series> all) throws SQLException {
    try (PreparedStatement inForce = connection.prepareStatement(IN_FORCE)) {
      return gather(connection, from, all, inForce);
    }
  }

  private long gather(
      Connection connection, long from, Map<Long, Series> all, PreparedStatement inForce)
      throws SQLException {
    long reached = from - 1;
    int taken = 0;
    while (taken < size && reached < writer.head().last()) {
      long before = reached;
      for (LogFile.Row row : LogFile.rows(connection, reached + 1, 64)) {
        if (taken >= size) {
          break;
        }
        int[] uplinks = {0};
        reached =
            Block.read(
                    row.first(),
                    row.data(),
                    log.names(),
                    new Block.Visitor() {
                      @Override
                      public void uplink(
                          long sequence, int profile, int thing, int name, Uplink uplink) {
                        if (sequence >= from) {
                          all.computeIfAbsent(
                                  (long) thing << 32 | name,
                                  key -> new Series(thing, name, inForce(inForce, thing, name)))
                              .add(sequence, log.names().text(profile), uplink);
                          uplinks[0]++;
                        }
                      }
                    })
                .last();
        taken += uplinks[0];
      }
      if (reached == before) {
        break;
      }
    }
    return reached;
  }

  private @Nullable Recorded inForce(PreparedStatement select, int thing, int name) {
    try {
      select.setInt(1, thing);
      select.setInt(2, name);
      try (ResultSet rows = select.executeQuery()) {
        return rows.next() ? latest(rows.getLong(1), rows.getBytes(2), log.names()) : null;
      }
    } catch (SQLException e) {
      throw new IllegalStateException("the journal cannot be read: " + Database.words(e), e);
    }
  }

  private void write(long from, long to, List<Series> all) throws SQLException {
    long run = nextRun;
    long oldest = Long.MAX_VALUE;
    long newest = Long.MIN_VALUE;
    int step = writer.head().last() - sealed > 4L * size ? LARGE_STEP : STEP;
    for (int i = 0; i < all.size(); i += step) {
      List<Series> some = all.subList(i, Math.min(all.size(), i + step));
      for (Series series : some) {
        oldest = Math.min(oldest, series.oldest());
        newest = Math.max(newest, series.latest());
      }
      writer.call(
          false,
          session -> {
            insert(session, run, some);
            return true;
          },
          done -> {});
    }
    long first = oldest;
    long last = newest;
    writer.call(
        false,
        session ->
            session.update(
                "INSERT INTO run(id, first, last, oldest, newest) VALUES(?, ?, ?, ?, ?)",
                run,
                from,
                to,
                first,
                last),
        done -> {
          sealed = to;
          nextRun = run + 1;
        });
  }

  private void insert(Session session, long run, List<Series> some) throws SQLException {
    PreparedStatement series = session.statement(SERIES);
    PreparedStatement latest = session.statement(LATEST);
    for (Series one : some) {
      series.setLong(1, run);
      series.setInt(2, one.thing);
      series.setInt(3, one.name);
      series.setLong(4, one.oldest());
      series.setLong(5, one.latest());
      series.setBytes(6, one.pack());
      series.executeUpdate();
      Recorded inForce = one.inForce;
      if (inForce != null) {
        latest.setInt(1, one.thing);
        latest.setInt(2, one.name);
        latest.setLong(3, inForce.uplink().time().toEpochMilli());
        latest.setLong(4, inForce.sequence());
        latest.setBytes(5, latest(inForce));
        latest.executeUpdate();
      }
    }
  }

  private byte[] latest(Recorded inForce) {
    Packer out = new Packer(64);
    long base = inForce.uplink().received().toEpochMilli();
    out.varint(log.names().find(inForce.profile())).zigzag(base);
    UplinkFormat.write(out, inForce.uplink(), base, log.names());
    return out.toArray();
  }

  static Recorded latest(long sequence, byte[] data, Names names) {
    Unpacker in = new Unpacker(data);
    String profile = names.text(in.small());
    List<Recorded> found = new ArrayList<>(1);
    UplinkFormat.read(
        in,
        in.zigzag(),
        names,
        UplinkFormat.Wanted.ALL,
        (thing, name, uplink) -> found.add(new Recorded(sequence, profile, uplink)));
    return found.get(0);
  }

  /** Removes series of a run that was not finished when the hub was killed. */
  static void tidy(Connection connection) throws SQLException {
    try (PreparedStatement delete =
        connection.prepareStatement(
            "DELETE FROM series WHERE run > (SELECT coalesce(max(id), 0) FROM run)")) {
      delete.executeUpdate();
    }
  }
}
