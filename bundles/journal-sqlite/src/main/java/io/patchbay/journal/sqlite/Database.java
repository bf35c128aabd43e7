package io.patchbay.journal.sqlite;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** The file {@code journal.db}: its schema, its connections, and what its errors mean in words. */
final class Database {
  private static final int SCHEMA = 3;

  /** "PtBy", so that {@code file} and people can tell. */
  private static final int APPLICATION = 0x50744279;

  /** Since schema 2; key: thing/property. */
  private static final String DESIRED =
      "CREATE TABLE desired(id TEXT PRIMARY KEY, data BLOB NOT NULL) WITHOUT ROWID";

  /** Since schema 3; key: id of the command. */
  private static final String WAITING =
      "CREATE TABLE waiting(id TEXT PRIMARY KEY, data BLOB NOT NULL) WITHOUT ROWID";

  private static final List<String> TABLES =
      List.of(
          "CREATE TABLE name(id INTEGER PRIMARY KEY, text TEXT NOT NULL)",
          // key: sequence of the first uplink in it; see Block
          "CREATE TABLE log(first INTEGER PRIMARY KEY, data BLOB NOT NULL)",
          // the time index, one run per stretch of the log; see Runs
          "CREATE TABLE run(id INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL,"
              + " oldest INTEGER NOT NULL, newest INTEGER NOT NULL)",
          "CREATE TABLE series(run INTEGER NOT NULL, thing INTEGER NOT NULL, name INTEGER NOT NULL,"
              + " oldest INTEGER NOT NULL, newest INTEGER NOT NULL, data BLOB NOT NULL,"
              + " PRIMARY KEY(run, thing, name)) WITHOUT ROWID",
          "CREATE TABLE latest(thing INTEGER NOT NULL, name INTEGER NOT NULL, time INTEGER NOT"
              + " NULL, sequence INTEGER NOT NULL, data BLOB NOT NULL,"
              + " PRIMARY KEY(thing, name)) WITHOUT ROWID",
          "CREATE TABLE subscription(name TEXT PRIMARY KEY, selection BLOB NOT NULL,"
              + " position INTEGER NOT NULL, accepted INTEGER NOT NULL, counted INTEGER NOT NULL,"
              + " delivered INTEGER NOT NULL, dropped INTEGER NOT NULL)",
          "CREATE TABLE kept(id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, at INTEGER NOT NULL,"
              + " size INTEGER NOT NULL, data BLOB NOT NULL)",
          "CREATE INDEX kept_by_kind ON kept(kind, id, at, size)",
          "CREATE TABLE thing(id TEXT PRIMARY KEY, data BLOB NOT NULL) WITHOUT ROWID",
          DESIRED,
          WAITING);

  private final Path file;
  private final boolean full;

  private Database(Path file, boolean full) {
    this.file = file;
    this.full = full;
  }

  /**
   * Opens the file, creating it when there is none.
   *
   * @throws IllegalStateException saying what is wrong and what to do
   */
  static Database open(Path folder, boolean full) {
    Path file = folder.resolve("journal.db");
    try {
      Files.createDirectories(folder);
      NativeLibrary.prepare(folder);
      Database database = new Database(file, full);
      try (Connection connection = database.connect()) {
        database.prepare(connection);
      }
      return database;
    } catch (SQLException e) {
      throw new IllegalStateException(
          "the journal " + file + " cannot be opened: " + words(e) + "; " + advice(e), e);
    } catch (IOException e) {
      throw new IllegalStateException(
          "the folder " + folder + " of the journal cannot be used: " + e, e);
    }
  }

  private void prepare(Connection connection) throws SQLException {
    long version = number(connection, "PRAGMA user_version");
    if (version > SCHEMA) {
      throw new IllegalStateException(
          "the journal "
              + file
              + " was written by a newer hub (schema "
              + version
              + ", this one reads "
              + SCHEMA
              + "): start that newer hub, or another data directory");
    }
    if (version == SCHEMA) {
      return;
    }
    if (version > 0) {
      change(connection, version == 1 ? List.of(DESIRED, WAITING) : List.of(WAITING));
      return;
    }
    if (number(connection, "SELECT count(*) FROM sqlite_schema") > 0) {
      throw new IllegalStateException(
          file + " is an SQLite file, but no journal of a hub: move it away");
    }
    change(connection, TABLES);
  }

  /** All or nothing: a hub that is killed meanwhile finds the file as it was. */
  private static void change(Connection connection, List<String> tables) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("BEGIN IMMEDIATE");
      for (String table : tables) {
        statement.execute(table);
      }
      statement.execute("PRAGMA application_id = " + APPLICATION);
      statement.execute("PRAGMA user_version = " + SCHEMA);
      statement.execute("COMMIT");
    }
  }

  /** A connection ready for use. It must be closed. */
  Connection connect() throws SQLException {
    SQLiteConfig config = new SQLiteConfig();
    config.setJournalMode(SQLiteConfig.JournalMode.WAL);
    config.setSynchronous(
        full ? SQLiteConfig.SynchronousMode.FULL : SQLiteConfig.SynchronousMode.NORMAL);
    config.setBusyTimeout(5_000);
    config.setTempStore(SQLiteConfig.TempStore.MEMORY);
    config.setGetGeneratedKeys(false); // asked for after each statement otherwise
    SQLiteDataSource source = new SQLiteDataSource(config);
    source.setUrl("jdbc:sqlite:" + file);
    Connection connection = source.getConnection();
    try (Statement statement = connection.createStatement()) {
      // Checkpoints are made on purpose, never within an append.
      statement.execute("PRAGMA wal_autocheckpoint = 0");
      // A long read may let the log grow; what it grew by goes back to the disk afterwards.
      statement.execute("PRAGMA journal_size_limit = 67108864");
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
    return connection;
  }

  Path file() {
    return file;
  }

  boolean full() {
    return full;
  }

  static long number(Connection connection, String query) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(query)) {
      return rows.next() ? rows.getLong(1) : 0;
    }
  }

  /** Whether the same entries may well be taken later, or never: not the fault of one of them. */
  static boolean environmental(SQLException e) {
    return switch (code(e) & 0xFF) {
      // FULL, IOERR, BUSY, LOCKED, NOMEM, READONLY, CANTOPEN, CORRUPT, NOTADB, PERM, AUTH
      case 13, 10, 5, 6, 7, 8, 14, 11, 26, 3, 23 -> true;
      default -> false;
    };
  }

  static boolean diskFull(SQLException e) {
    return (code(e) & 0xFF) == SQLiteErrorCode.SQLITE_FULL.code;
  }

  static String words(SQLException e) {
    return switch (code(e) & 0xFF) {
      case 13 -> "disk full";
      case 10 -> "the disk reports an error (" + name(e) + ")";
      case 11, 26 -> "the file is damaged or no SQLite file (" + name(e) + ")";
      case 5, 6 -> "another process holds it";
      case 8, 14, 3 -> "it cannot be written (" + name(e) + ")";
      default -> String.valueOf(e.getMessage());
    };
  }

  private static String advice(SQLException e) {
    return switch (code(e) & 0xFF) {
      case 13 -> "free some space and start again";
      case 11, 26 ->
          "restore it from a backup, save what can be saved with the command sqlite3 journal.db"
              + " .recover, or move it away to begin with an empty one";
      case 5, 6 -> "stop the other hub, or give this one another data directory";
      case 8, 14, 3 -> "check who owns the folder and whether the disk is mounted read-only";
      default -> "the log has more";
    };
  }

  private static String name(SQLException e) {
    return e instanceof SQLiteException exact ? exact.getResultCode().name() : "SQLITE";
  }

  private static int code(SQLException e) {
    return e instanceof SQLiteException exact ? exact.getResultCode().code : e.getErrorCode();
  }
}
