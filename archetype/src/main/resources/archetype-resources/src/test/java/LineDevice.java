package ${package};

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A device as the protocol wants it: it dials in, sends one line at a time, and sends it again
 * until it is acknowledged.
 */
final class LineDevice {
  private static final long PAUSE_MILLIS = 20;

  private final int port;
  private final String name;
  private final Deque<String> unacknowledged = new ArrayDeque<>();
  private final Map<String, String> values = new TreeMap<>();
  private final List<String> written = new ArrayList<>();
  private final Thread thread = new Thread(this::run, "patchbay-test-device");
  private @Nullable Socket socket;
  private @Nullable PrintWriter out;
  private long counter;
  private boolean away;
  private boolean greeted;
  private boolean closed;

  LineDevice(int port, String name) {
    this.port = port;
    this.name = name;
    thread.start();
  }

  /** Says a value, after what was said before. */
  synchronized void say(String property, String value) {
    unacknowledged.add(name + " " + ++counter + " " + property + " " + value);
    if (unacknowledged.size() == 1) {
      sendNext();
    }
  }

  /** What it answers when it is asked for the property. */
  synchronized void holds(String property, String value) {
    values.put(property, value);
  }

  /** What it was told to take, in order. */
  synchronized List<String> written() {
    return List.copyOf(written);
  }

  /** Whether the hub has heard it. */
  synchronized boolean greeted() {
    return greeted;
  }

  /** Leaves, or comes back. */
  synchronized void away(boolean now) throws IOException {
    away = now;
    hangUp();
    notifyAll();
  }

  private void run() {
    while (dial()) {
      try {
        listen();
      } catch (IOException e) {
        // the hub went: dial again
      }
    }
  }

  /** False when it is closed. */
  private synchronized boolean dial() {
    greeted = false;
    while (!closed) {
      try {
        if (!away) {
          Socket fresh = new Socket(InetAddress.getLoopbackAddress(), port);
          socket = fresh;
          out = new PrintWriter(fresh.getOutputStream(), true, StandardCharsets.UTF_8);
          out.println(name);
          return true;
        }
        wait();
      } catch (IOException e) {
        pause();
      } catch (InterruptedException e) {
        return false;
      }
    }
    return false;
  }

  private synchronized void pause() {
    long until = System.nanoTime() + PAUSE_MILLIS * 1_000_000;
    try {
      for (long left = PAUSE_MILLIS; left > 0 && !closed; ) {
        wait(left);
        left = (until - System.nanoTime()) / 1_000_000;
      }
    } catch (InterruptedException e) {
      closed = true;
    }
  }

  private void listen() throws IOException {
    Socket dialled;
    synchronized (this) {
      dialled = socket;
    }
    if (dialled == null) {
      return;
    }
    try (BufferedReader in =
        new BufferedReader(
            new InputStreamReader(dialled.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        heard(line.split(" ", 3));
      }
    }
  }

  private synchronized void heard(String[] words) {
    switch (words[0]) {
      case "ok", "no" -> {
        if (words.length == 1) {
          greeted = true;
        } else {
          unacknowledged.poll();
        }
        sendNext();
      }
      case "busy" -> sendNext();
      case "get" -> {
        String value = values.get(words[1]);
        if (value != null) {
          say(words[1], value);
        }
      }
      case "set" -> {
        if (words[1].equals("locked")) {
          say(words[1], "!it is locked");
        } else {
          written.add(words[2]);
          say(words[1], words[2]);
        }
      }
      default -> throw new IllegalStateException(String.join(" ", words));
    }
  }

  private void sendNext() {
    String next = unacknowledged.peek();
    if (next != null && out != null) {
      out.println(next);
    }
  }

  private void hangUp() throws IOException {
    out = null;
    if (socket != null) {
      socket.close();
      socket = null;
    }
  }

  void close() throws IOException, InterruptedException {
    synchronized (this) {
      closed = true;
      hangUp();
      notifyAll();
    }
    thread.join(10_000);
  }
}
