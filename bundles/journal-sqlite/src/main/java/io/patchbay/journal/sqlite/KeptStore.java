package io.patchbay.journal.sqlite;

import io.patchbay.store.KeptFrame;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * Rejected and held frames, bounded by number and octets. Sums are kept in memory; the writer
 * changes them when its transaction is durable.
 */
final class KeptStore {
  /** For one statement of a transaction: how many of the oldest go at once. */
  private static final int STEP = 64;

  /** In the file. */
  private static final int REJECTED = 0;

  private static final int HELD = 1;

  private final int mostFrames;
  private final long mostOctets;
  private final boolean dropsOldest;
  private volatile Sums sums = new Sums(0, 0, 0);
  private Sums next = sums;

  /**
   * What is kept now.
   *
   * @param octets of both kinds
   */
  record Sums(long rejected, long held, long octets) {
    long frames() {
      return rejected + held;
    }

    Sums plus(int kind, long frames, long more) {
      return kind == REJECTED
          ? new Sums(rejected + frames, held, octets + more)
          : new Sums(rejected, held + frames, octets + more);
    }
  }

  KeptStore(int mostFrames, long mostOctets, boolean dropsOldest) {
    this.mostFrames = mostFrames;
    this.mostOctets = mostOctets;
    this.dropsOldest = dropsOldest;
  }

  private static int code(KeptFrame.Kind kind) {
    return kind == KeptFrame.Kind.REJECTED ? REJECTED : HELD;
  }

  void load(Connection connection) throws SQLException {
    Sums loaded = new Sums(0, 0, 0);
    try (PreparedStatement select =
            connection.prepareStatement(
                "SELECT kind, count(*), sum(size) FROM kept INDEXED BY kept_by_kind GROUP BY kind");
        ResultSet rows = select.executeQuery()) {
      while (rows.next()) {
        loaded = loaded.plus(rows.getInt(1), rows.getLong(2), rows.getLong(3));
      }
    }
    sums = loaded;
    next = loaded;
  }

  Sums sums() {
    return sums;
  }

  boolean full() {
    return sums.frames() >= mostFrames || sums.octets() >= mostOctets;
  }

  /** Writer only: makes room for a frame when it may; false when there is none. */
  boolean room(Session session, int size) throws SQLException {
    while (next.frames() >= mostFrames || next.octets() + size > mostOctets) {
      if (!dropsOldest || !dropOldest(session)) {
        return false;
      }
    }
    return true;
  }

  private boolean dropOldest(Session session) throws SQLException {
    List<long[]> oldest =
        session.rows(
            "SELECT id FROM kept WHERE kind = 0 ORDER BY id LIMIT ?",
            Math.min(STEP, Math.max(1, next.frames() / 16)));
    for (long[] row : oldest) {
      remove(session, row[0]);
    }
    return !oldest.isEmpty();
  }

  /** Writer only. */
  void add(Session session, long id, KeptFrame frame, byte[] data) throws SQLException {
    PreparedStatement insert =
        session.statement("INSERT INTO kept(id, kind, at, size, data) VALUES(?, ?, ?, ?, ?)");
    insert.setLong(1, id);
    insert.setInt(2, code(frame.kind()));
    insert.setLong(3, frame.frame().received().toEpochMilli());
    insert.setInt(4, data.length);
    insert.setBytes(5, data);
    insert.executeUpdate();
    next = next.plus(code(frame.kind()), 1, data.length);
  }

  /** Writer only; nothing when there is none. */
  void remove(Session session, long id) throws SQLException {
    for (long[] row : session.rows("SELECT kind, size FROM kept WHERE id = ?", id)) {
      session.update("DELETE FROM kept WHERE id = ?", id);
      next = next.plus((int) row[0], -1, -row[1]);
    }
  }

  /** Writer only: removes rejected frames that came before a time, at most some; how many. */
  int expire(Session session, long before, int most) throws SQLException {
    List<long[]> old =
        session.rows(
            "SELECT id FROM kept INDEXED BY kept_by_kind WHERE kind = 0 AND at < ? ORDER BY id"
                + " LIMIT ?",
            before,
            most);
    for (long[] row : old) {
      remove(session, row[0]);
    }
    return old.size();
  }

  /** Writer only: the transaction is durable. */
  void commit() {
    sums = next;
  }

  /** Writer only. */
  void rollback() {
    next = sums;
  }

  static List<KeptFrame> list(Connection connection, KeptFrame.Kind kind, long afterId, int max)
      throws SQLException {
    List<KeptFrame> all = new ArrayList<>();
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT id, data FROM kept WHERE kind = ? AND id > ? ORDER BY id LIMIT ?")) {
      select.setInt(1, code(kind));
      select.setLong(2, afterId);
      select.setInt(3, max);
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          all.add(FrameFormat.kept(rows.getLong(1), kind, rows.getBytes(2)));
        }
      }
    }
    return all;
  }
}
