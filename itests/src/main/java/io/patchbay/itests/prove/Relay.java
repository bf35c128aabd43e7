package io.patchbay.itests.prove;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The network between two: it carries, resets what it carried, or swallows everything. */
final class Relay implements AutoCloseable {
  private enum State {
    CARRIES,
    REFUSES,
    SWALLOWS
  }

  private final int target;
  private final ServerSocket server;
  private final Set<Closeable> open = ConcurrentHashMap.newKeySet();
  private volatile State state = State.CARRIES;

  Relay(int target) throws IOException {
    this.target = target;
    server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    start(this::accept, "relay-accept");
  }

  int port() {
    return server.getLocalPort();
  }

  /** Resets connections, and new ones at once. */
  void refuse() {
    state = State.REFUSES;
    drop();
  }

  /** Nothing comes through any more, and nobody is told. */
  void swallow() {
    state = State.SWALLOWS;
  }

  /** What was open before is gone; new connections are carried. */
  void heal() {
    // no connection may go on that has lost something in its middle
    state = State.REFUSES;
    drop();
    state = State.CARRIES;
  }

  private void drop() {
    open.forEach(Relay::close);
    open.clear();
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket here = server.accept();
        open.add(here);
        if (state == State.REFUSES) {
          close(here);
          continue;
        }
        if (state == State.SWALLOWS) {
          continue;
        }
        Socket there = new Socket(InetAddress.getLoopbackAddress(), target);
        open.add(there);
        here.setTcpNoDelay(true);
        there.setTcpNoDelay(true);
        start(() -> carry(here, there), "relay-up");
        start(() -> carry(there, here), "relay-down");
      } catch (IOException e) {
        // closed, or the target is not there: whoever connected finds out by itself
        if (state != State.SWALLOWS) {
          drop();
        }
      }
    }
  }

  private void carry(Socket from, Socket to) {
    byte[] buffer = new byte[1 << 16];
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        if (state == State.CARRIES) {
          out.write(buffer, 0, read);
          out.flush();
        }
      }
    } catch (IOException e) {
      // the other side, or the cut: both ends are closed now
    } finally {
      open.remove(from);
      open.remove(to);
    }
  }

  private static void start(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
  }

  private static void close(Closeable one) {
    try {
      one.close();
    } catch (IOException e) {
      // it was broken already
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    drop();
  }
}
