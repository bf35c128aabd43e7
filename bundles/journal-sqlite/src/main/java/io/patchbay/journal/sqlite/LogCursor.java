package io.patchbay.journal.sqlite;

import io.patchbay.journal.sqlite.LogFile.Slice;
import io.patchbay.store.Cursor;
import io.patchbay.store.Recorded;
import java.sql.SQLException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one reader of a subscription. */
final class LogCursor implements Cursor {
  private static final Logger LOG = LoggerFactory.getLogger(LogCursor.class);

  private final Subscription subscription;
  private final Log log;
  private final Keeper keeper;
  private volatile boolean closed;

  LogCursor(Subscription subscription, Log log, Keeper keeper) {
    this.subscription = subscription;
    this.log = log;
    this.keeper = keeper;
  }

  @Override
  public String name() {
    return subscription.name();
  }

  @Override
  public synchronized List<Recorded> next(int max) {
    check();
    while (!subscription.full()) {
      long from = subscription.reading();
      Slice slice = log.read(from, subscription.selection(), max);
      if (subscription.handOut(from, slice.found(), slice.reached())) {
        if (slice.found().isEmpty() && slice.reached() > from) {
          keeper.moved();
        }
        return slice.found();
      }
    }
    return List.of();
  }

  @Override
  public void acknowledge(long sequence) {
    check();
    subscription.acknowledge(sequence);
    keeper.moved();
  }

  @Override
  public void rewind() {
    check();
    subscription.rewind();
  }

  private void check() {
    if (closed) {
      throw new IllegalStateException("the cursor of '" + name() + "' is closed");
    }
  }

  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    subscription.release();
    try {
      keeper.save(true);
    } catch (SQLException e) {
      LOG.warn(
          "the place of subscription '{}' could not be written ({}): after a restart it begins"
              + " a little earlier",
          name(),
          e.getMessage());
    }
  }
}
