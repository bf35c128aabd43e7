package io.patchbay.journal.sqlite;

import io.patchbay.store.Recorded;
import io.patchbay.store.Selection;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Uplink;
import io.patchbay.thing.Uplink.Reading;
import io.patchbay.thing.Uplink.StatusChange;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;

/** Answers for a thing and a stretch of time: from the runs, and from what no run covers yet. */
final class History {
  private static final Comparator<Hit> BY_AGE =
      Comparator.comparingLong(Hit::time).thenComparingLong(Hit::sequence);

  private final Readers readers;
  private final Names names;
  private final Log log;

  History(Readers readers, Names names, Log log) {
    this.readers = readers;
    this.names = names;
    this.log = log;
  }

  private record Hit(long time, long sequence, Optional<Recorded> recorded) {}

  private record SeriesKey(long run, int name, long oldest, long newest) {}

  /** The newest so many. */
  private static final class Newest {
    private final PriorityQueue<Hit> hits = new PriorityQueue<>(BY_AGE);
    private final int limit;

    Newest(int limit) {
      this.limit = limit;
    }

    void add(Hit hit) {
      if (hits.size() < limit) {
        hits.add(hit);
      } else if (BY_AGE.compare(hit, hits.element()) > 0) {
        hits.remove();
        hits.add(hit);
      }
    }

    /** Whether nothing of this time can be among them. */
    boolean beats(long time) {
      return hits.size() >= limit && time < hits.element().time();
    }

    List<Hit> newestFirst() {
      List<Hit> all = new ArrayList<>(hits);
      all.sort(BY_AGE.reversed());
      return all;
    }
  }

  List<Recorded> find(ThingId thing, String property, Instant from, Instant to, int limit) {
    return find(
        thing, property.isEmpty() ? Optional.empty() : Optional.of(property), from, to, limit);
  }

  /** What has no name: discoveries and changes of status. */
  List<Recorded> standings(ThingId thing, int limit) {
    return find(thing, Optional.of(""), Instant.EPOCH, Instant.MAX, limit);
  }

  private List<Recorded> find(
      ThingId thing, Optional<String> property, Instant from, Instant to, int limit) {
    int thingWord = names.find(thing.value());
    int nameWord = property.map(names::find).orElse(-1);
    if (thingWord < 0 || (nameWord < 0 && property.isPresent())) {
      return List.of();
    }
    long fromMillis = millis(from);
    long toMillis = millis(to);
    Newest newest = new Newest(limit);
    long sealed = readers.read(connection -> Database.number(connection, Sql.SEALED));
    recent(sealed, thing, property, fromMillis, toMillis, newest);
    List<SeriesKey> series =
        readers.read(
            connection -> series(connection, sealed, thingWord, nameWord, fromMillis, toMillis));
    series.sort(Comparator.comparingLong(SeriesKey::newest).reversed());
    for (SeriesKey key : series) {
      if (newest.beats(key.newest())) {
        break;
      }
      byte[] data = readers.read(connection -> data(connection, key, thingWord));
      Runs.unpack(
          data,
          (time, sequence) -> {
            if (time >= fromMillis && time < toMillis) {
              newest.add(new Hit(time, sequence, Optional.empty()));
            }
          });
    }
    return resolve(newest.newestFirst(), thingWord);
  }

  private void recent(
      long sealed, ThingId thing, Optional<String> property, long from, long to, Newest newest) {
    Selection selection =
        new Selection(
            EnumSet.allOf(Selection.Kind.class), Optional.of(thing), Optional.empty(), property);
    for (Recorded recorded : log.read(sealed, selection, Integer.MAX_VALUE).found()) {
      long time = recorded.uplink().time().toEpochMilli();
      if (time >= from && time < to) {
        newest.add(new Hit(time, recorded.sequence(), Optional.of(recorded)));
      }
    }
  }

  private static List<SeriesKey> series(
      Connection connection, long sealed, int thing, int name, long from, long to)
      throws SQLException {
    List<SeriesKey> all = new ArrayList<>();
    try (PreparedStatement select =
        connection.prepareStatement(name < 0 ? Sql.ALL_SERIES : Sql.ONE_SERIES)) {
      select.setLong(1, sealed);
      select.setLong(2, from);
      select.setLong(3, to);
      select.setInt(4, thing);
      if (name >= 0) {
        select.setInt(5, name);
      }
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          SeriesKey key =
              new SeriesKey(rows.getLong(1), rows.getInt(2), rows.getLong(3), rows.getLong(4));
          if (key.newest() >= from && key.oldest() < to) {
            all.add(key);
          }
        }
      }
    }
    return all;
  }

  private static byte[] data(Connection connection, SeriesKey key, int thing) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(Sql.DATA)) {
      select.setLong(1, key.run());
      select.setInt(2, thing);
      select.setInt(3, key.name());
      try (ResultSet rows = select.executeQuery()) {
        // Retention may have removed it meanwhile.
        return rows.next() ? rows.getBytes(1) : new byte[] {0};
      }
    }
  }

  /** Reads what the hits stand for, in the log's order, so that each block is read once. */
  private List<Recorded> resolve(List<Hit> hits, int thing) {
    Map<Long, Recorded> found = new HashMap<>();
    List<Long> wanted = new ArrayList<>();
    for (Hit hit : hits) {
      hit.recorded()
          .ifPresentOrElse(
              recorded -> found.put(hit.sequence(), recorded), () -> wanted.add(hit.sequence()));
    }
    wanted.sort(Comparator.naturalOrder());
    if (!wanted.isEmpty()) {
      Set<Long> all = Set.copyOf(wanted);
      readers.read(connection -> read(connection, wanted, all, thing, found));
    }
    List<Recorded> result = new ArrayList<>(hits.size());
    for (Hit hit : hits) {
      Recorded recorded = found.get(hit.sequence());
      if (recorded != null) {
        result.add(recorded);
      }
    }
    return result;
  }

  private boolean read(
      Connection connection, List<Long> wanted, Set<Long> all, int thing, Map<Long, Recorded> found)
      throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(Sql.BLOCK)) {
      long done = 0;
      for (long sequence : wanted) {
        if (sequence <= done) {
          continue;
        }
        select.setLong(1, sequence);
        try (ResultSet rows = select.executeQuery()) {
          if (!rows.next()) {
            continue;
          }
          done = read(rows.getLong(1), rows.getBytes(2), all, thing, found);
        }
      }
    }
    return true;
  }

  private long read(long first, byte[] data, Set<Long> all, int thing, Map<Long, Recorded> found) {
    return Block.read(
            first,
            data,
            names,
            new Block.Visitor() {
              @Override
              public boolean wants(int thingWord, int name) {
                return thingWord == thing;
              }

              @Override
              public void uplink(
                  long sequence, int profile, int thingWord, int name, Uplink uplink) {
                if (all.contains(sequence)) {
                  found.put(sequence, new Recorded(sequence, names.text(profile), uplink));
                }
              }
            })
        .last();
  }

  /** What is in force of every property and every thing's status. */
  List<Recorded> latest() {
    long sealed = readers.read(connection -> Database.number(connection, Sql.SEALED));
    Map<List<String>, Recorded> newest = new HashMap<>();
    for (Recorded recorded : readers.read(this::latest)) {
      merge(newest, recorded);
    }
    Selection selection =
        new Selection(
            EnumSet.of(Selection.Kind.READING, Selection.Kind.STATUS),
            Optional.empty(),
            Optional.empty(),
            Optional.empty());
    for (Recorded recorded : log.read(sealed, selection, Integer.MAX_VALUE).found()) {
      merge(newest, recorded);
    }
    List<Recorded> all = new ArrayList<>(newest.values());
    all.sort(Comparator.comparingLong(Recorded::sequence));
    return all;
  }

  private static void merge(Map<List<String>, Recorded> newest, Recorded recorded) {
    Uplink uplink = recorded.uplink();
    if (uplink instanceof Reading || uplink instanceof StatusChange) {
      newest.merge(
          List.of(uplink.thing().value(), Selection.name(uplink)),
          recorded,
          (old, fresh) -> uplink.supersedes(old.uplink()) ? fresh : old);
    }
  }

  private List<Recorded> latest(Connection connection) throws SQLException {
    List<Recorded> all = new ArrayList<>();
    try (PreparedStatement select =
            connection.prepareStatement("SELECT sequence, data FROM latest");
        ResultSet rows = select.executeQuery()) {
      while (rows.next()) {
        all.add(Runs.latest(rows.getLong(1), rows.getBytes(2), names));
      }
    }
    return all;
  }

  private static long millis(Instant instant) {
    if (instant.isBefore(Instant.ofEpochMilli(Long.MIN_VALUE))) {
      return Long.MIN_VALUE;
    }
    return instant.isAfter(Instant.ofEpochMilli(Long.MAX_VALUE))
        ? Long.MAX_VALUE
        : instant.toEpochMilli();
  }

  /** The queries. */
  private static final class Sql {
    static final String SEALED = "SELECT coalesce(max(last), 0) FROM run";
    // CROSS JOIN: runs first, one probe each.
    static final String ALL_SERIES =
        "SELECT s.run, s.name, s.oldest, s.newest FROM run r CROSS JOIN series s ON s.run = r.id"
            + " WHERE r.last <= ? AND r.newest >= ? AND r.oldest < ? AND s.thing = ?";
    static final String ONE_SERIES = ALL_SERIES + " AND s.name = ?";
    static final String DATA = "SELECT data FROM series WHERE run = ? AND thing = ? AND name = ?";
    static final String BLOCK =
        "SELECT first, data FROM log WHERE first <= ? ORDER BY first DESC LIMIT 1";

    private Sql() {}
  }
}
