package io.patchbay.journal.sqlite;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Semaphore;

/** At most four connections for reading, made when needed; a fifth reader waits for its turn. */
final class Readers implements AutoCloseable {
  private static final int MOST = 4;

  private final Database database;
  private final Semaphore places = new Semaphore(MOST, true);
  private final Deque<Connection> idle = new ArrayDeque<>();
  private boolean closed;

  Readers(Database database) {
    this.database = database;
  }

  /** Something that is read. */
  @FunctionalInterface
  interface Query<T> {
    T run(Connection connection) throws SQLException;
  }

  /**
   * @throws IllegalStateException in words when it cannot be read
   */
  <T> T read(Query<T> query) {
    places.acquireUninterruptibly();
    try {
      Connection connection = take();
      boolean sound = false;
      try {
        T result = query.run(connection);
        sound = true;
        return result;
      } finally {
        giveBack(connection, sound);
      }
    } catch (SQLException e) {
      throw new IllegalStateException("the journal cannot be read: " + Database.words(e), e);
    } finally {
      places.release();
    }
  }

  private Connection take() throws SQLException {
    synchronized (idle) {
      if (closed) {
        throw new IllegalStateException("the journal is closed");
      }
      Connection connection = idle.poll();
      if (connection != null) {
        return connection;
      }
    }
    return database.connect();
  }

  private void giveBack(Connection connection, boolean sound) throws SQLException {
    synchronized (idle) {
      if (sound && !closed) {
        idle.push(connection);
        return;
      }
    }
    connection.close();
  }

  /** Those that still read close theirs when they are done. */
  @Override
  public void close() throws SQLException {
    synchronized (idle) {
      closed = true;
      for (Connection connection : idle) {
        connection.close();
      }
      idle.clear();
    }
  }
}
