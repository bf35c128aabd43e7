package io.patchbay.serial;

import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A serial line for one user. Its own thread opens the port, reads it, notices that it is gone, and
 * opens it again after a pause of 0.1 to 2 s; while it is gone reads and writes fail at once. What
 * came before it went is not read after it is back.
 */
public final class SerialLink implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SerialLink.class);

  /** Octets that nobody has read; when full the oldest go, since a frame that old has no reader. */
  private static final int ROOM = 16_384;

  private static final long FIRST_PAUSE_MILLIS = 100;
  private static final long LONGEST_PAUSE_MILLIS = 2_000;
  private static final long PATIENCE_MILLIS = 10_000;

  /** Told on the line's thread when it comes and goes; must not block. */
  @FunctionalInterface
  public interface Watch {
    /**
     * @param detail why it is gone, for a person; empty when it is there
     */
    void changed(boolean up, String detail);
  }

  private final LineAddress address;
  private final Watch watch;
  private final Thread thread;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  // guarded by lock
  private final byte[] room = new byte[ROOM];
  private int first;
  private int filled;
  private @Nullable Port port;
  private String gone = "it is not open yet";
  private boolean closed;

  private SerialLink(LineAddress address, Watch watch) {
    this.address = address;
    this.watch = watch;
    thread = new Thread(this::run, "patchbay-serial-" + address);
    thread.setDaemon(true);
  }

  /** Begins to open it, and goes on trying until it is closed. */
  public static SerialLink open(LineAddress address, Watch watch) {
    SerialLink link = new SerialLink(address, watch);
    link.thread.start();
    return link;
  }

  public LineAddress address() {
    return address;
  }

  public boolean up() {
    lock.lock();
    try {
      return port != null;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Writes all of it, and returns when the operating system has it.
   *
   * @throws IOException when the line is gone
   */
  public void write(byte[] octets) throws IOException {
    Port present;
    lock.lock();
    try {
      present = present();
    } finally {
      lock.unlock();
    }
    present.write(octets);
  }

  /**
   * Waits for octets.
   *
   * @return how many came, at least 1; 0 when none came in time
   * @throws IOException when the line is gone
   */
  public int read(byte[] into, Duration patience) throws IOException {
    lock.lock();
    try {
      long left = patience.toNanos();
      while (filled == 0) {
        Objects.requireNonNull(present());
        if (left <= 0) {
          return 0;
        }
        left = changed.awaitNanos(left);
      }
      present();
      int count = Math.min(filled, into.length);
      for (int i = 0; i < count; i++) {
        into[i] = room[(first + i) % ROOM];
      }
      first = (first + count) % ROOM;
      filled -= count;
      return count;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while reading " + address, e);
    } finally {
      lock.unlock();
    }
  }

  /** Forgets what came and was not read. */
  public void discard() {
    lock.lock();
    try {
      filled = 0;
    } finally {
      lock.unlock();
    }
  }

  private Port present() throws IOException {
    Port present = port;
    if (present == null) {
      throw new IOException("line " + address + " is down: " + gone);
    }
    return present;
  }

  private void run() {
    long pause = FIRST_PAUSE_MILLIS;
    while (!isClosed()) {
      try (Port opened = Port.open(address)) {
        if (!swap(opened, "")) {
          return;
        }
        pause = FIRST_PAUSE_MILLIS;
        receive(opened);
      } catch (IOException e) {
        swap(null, String.valueOf(e.getMessage()));
      } catch (RuntimeException | LinkageError e) {
        LOG.error("Line {} failed; it is opened again", address, e);
        swap(null, "a bug; the log has it: " + e);
      }
      rest(pause + ThreadLocalRandom.current().nextLong(pause / 2));
      pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS);
    }
  }

  private void receive(Port opened) throws IOException {
    byte[] buffer = new byte[1_024];
    while (!isClosed()) {
      int count = opened.read(buffer);
      if (count > 0) {
        lock.lock();
        try {
          for (int i = 0; i < count; i++) {
            if (filled == ROOM) {
              first = (first + 1) % ROOM;
              filled--;
            }
            room[(first + filled) % ROOM] = buffer[i];
            filled++;
          }
          changed.signalAll();
        } finally {
          lock.unlock();
        }
      }
    }
  }

  /** False when it is closed meanwhile. */
  private boolean swap(@Nullable Port opened, String why) {
    boolean tell;
    lock.lock();
    try {
      if (closed && opened != null) {
        return false;
      }
      tell = !closed && ((port == null) != (opened == null) || !gone.equals(why));
      port = opened;
      gone = why;
      filled = 0;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    if (tell) {
      if (opened == null) {
        LOG.warn("Line {} is down: {}", address, why);
      } else {
        LOG.info("Line {} is up", address);
      }
      watch.changed(opened != null, why);
    }
    return true;
  }

  private boolean isClosed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  private void rest(long millis) {
    lock.lock();
    try {
      long left = TimeUnit.MILLISECONDS.toNanos(millis);
      while (!closed && left > 0) {
        left = changed.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      closed = true;
    } finally {
      lock.unlock();
    }
  }

  /** Returns when the port is closed and the thread has ended. A second call does nothing. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      gone = "it is closed";
      port = null;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    try {
      if (Thread.currentThread() != thread) {
        thread.join(PATIENCE_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
