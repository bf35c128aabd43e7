package io.patchbay.journal.sqlite;

import io.patchbay.store.Recorded;
import io.patchbay.thing.Uplink;
import io.patchbay.thing.Uplink.Reading;
import io.patchbay.thing.Uplink.StatusChange;
import java.sql.Connection;
import java.sql.PreparedStatement;
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
 * searched in the log's tail. With each run the newest of each series goes to {@code latest}.
 */
final class Runs {
  /** Series written by one transaction: about a millisecond. */
  private static final int STEP = 250;

  /** The same when the index has fallen behind by some runs. */
  private static final int LARGE_STEP = 4_000;

  private static final String SERIES =
      "INSERT OR REPLACE INTO series(run, thing, name, oldest, newest, data) VALUES(?, ?, ?, ?, ?, ?)";
  private static final String LATEST =
      "INSERT INTO latest(thing, name, time, sequence, data) VALUES(?, ?, ?, ?, ?)"
          + " ON CONFLICT(thing, name) DO UPDATE SET time = excluded.time,"
          + " sequence = excluded.sequence, data = excluded.data WHERE excluded.time > time"
          + " OR (excluded.time = time AND excluded.sequence > sequence)";

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

  /** The newest of one series. */
  private record Newest(long sequence, String profile, Uplink uplink) {
    boolean before(long otherSequence, Uplink other) {
      int order = uplink.time().compareTo(other.time());
      return order < 0 || (order == 0 && sequence < otherSequence);
    }
  }

  /** Times and sequences of one series in one run. */
  static final class Series {
    private final int thing;
    private final int name;
    private long[] times = new long[8];
    private long[] sequences = new long[8];
    private int count;
    private @Nullable Newest newest;

    Series(int thing, int name) {
      this.thing = thing;
      this.name = name;
    }

    private void add(long sequence, String profile, Uplink uplink) {
      if (count == times.length) {
        times = Arrays.copyOf(times, count * 2);
        sequences = Arrays.copyOf(sequences, count * 2);
      }
      times[count] = uplink.time().toEpochMilli();
      sequences[count++] = sequence;
      if ((uplink instanceof Reading || uplink instanceof StatusChange)
          && (newest == null || newest.before(sequence, uplink))) {
        newest = new Newest(sequence, profile, uplink);
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
    long from = sealed + 1;
    Map<Long, Series> all = new HashMap<>();
    long reached = sealed;
    int taken = 0;
    while (taken < size && reached < writer.head().last()) {
      long before = reached;
      for (LogFile.Row row : log.rows(reached + 1, 64)) {
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
                                  (long) thing << 32 | name, key -> new Series(thing, name))
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
    if (reached < from) {
      return;
    }
    // In the order of the key, so that rows of a run lie side by side.
    write(from, reached, all.keySet().stream().sorted().map(all::get).toList());
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
      Newest newest = one.newest;
      if (newest != null) {
        latest.setInt(1, one.thing);
        latest.setInt(2, one.name);
        latest.setLong(3, newest.uplink().time().toEpochMilli());
        latest.setLong(4, newest.sequence());
        latest.setBytes(5, latest(newest));
        latest.executeUpdate();
      }
    }
  }

  private byte[] latest(Newest newest) {
    Packer out = new Packer(64);
    long base = newest.uplink().received().toEpochMilli();
    out.varint(log.names().find(newest.profile())).zigzag(base);
    UplinkFormat.write(out, newest.uplink(), base, log.names());
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
