package io.patchbay.journal.sqlite;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The one connection that writes, with its prepared statements; used by the writer thread only. */
final class Session implements AutoCloseable {
  private final Connection connection;
  private Statement plain;
  private final Map<String, PreparedStatement> prepared = new HashMap<>();
  private final boolean full;
  private boolean toDisk;

  Session(Database database) throws SQLException {
    connection = database.connect();
    plain = connection.createStatement();
    full = database.full();
    toDisk = full;
  }

  Connection connection() {
    return connection;
  }

  PreparedStatement statement(String sql) throws SQLException {
    PreparedStatement known = prepared.get(sql);
    if (known == null) {
      known = connection.prepareStatement(sql);
      prepared.put(sql, known);
    }
    return known;
  }

  /**
   * Begins a transaction.
   *
   * @param durable whether its commit reaches the disk; without, a later durable one takes it along
   */
  void begin(boolean durable) throws SQLException {
    boolean wanted = durable && full;
    if (wanted != toDisk) {
      plain.execute(wanted ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
      toDisk = wanted;
    }
    plain.execute("BEGIN IMMEDIATE");
  }

  void commit() throws SQLException {
    plain.execute("COMMIT");
  }

  /** Runs one statement with numbers for its parameters. */
  int update(String sql, long... parameters) throws SQLException {
    PreparedStatement statement = statement(sql);
    for (int i = 0; i < parameters.length; i++) {
      statement.setLong(i + 1, parameters[i]);
    }
    return statement.executeUpdate();
  }

  /** All rows of a query of numbers. */
  List<long[]> rows(String sql, long... parameters) throws SQLException {
    PreparedStatement statement = statement(sql);
    for (int i = 0; i < parameters.length; i++) {
      statement.setLong(i + 1, parameters[i]);
    }
    List<long[]> all = new ArrayList<>();
    try (ResultSet rows = statement.executeQuery()) {
      int columns = rows.getMetaData().getColumnCount();
      while (rows.next()) {
        long[] row = new long[columns];
        for (int i = 0; i < columns; i++) {
          row[i] = rows.getLong(i + 1);
        }
        all.add(row);
      }
    }
    return all;
  }

  /** Undoes the transaction when there still is one. */
  void rollback() throws SQLException {
    // After some errors (disk full among them) SQLite may have rolled back by itself.
    try {
      plain.execute("ROLLBACK");
    } catch (SQLException e) {
      if (!String.valueOf(e.getMessage()).contains("no transaction is active")) {
        throw e;
      }
    }
    // A statement that failed may not be used again ("statement is not executing").
    for (PreparedStatement statement : prepared.values()) {
      statement.close();
    }
    prepared.clear();
    plain.close();
    plain = connection.createStatement();
  }

  /** Begins the write-ahead log anew when nobody reads it; never waits. */
  boolean restartLog() throws SQLException {
    plain.execute("PRAGMA busy_timeout = 0");
    try (ResultSet rows = plain.executeQuery("PRAGMA wal_checkpoint(RESTART)")) {
      return rows.next() && rows.getInt(1) == 0;
    } finally {
      plain.execute("PRAGMA busy_timeout = 5000");
    }
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
