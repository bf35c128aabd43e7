package io.patchbay.runtime;

import io.patchbay.runtime.configuration.Configuration;
import io.patchbay.runtime.configuration.Pid;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Properties;

/** The sockets the hub is about to open, known from its configuration. */
final class Listeners {
  /** Transport of a listener. */
  enum Transport {
    TCP,
    UDP
  }

  /**
   * One socket.
   *
   * @param name for people
   * @param port with the offset added
   */
  record Listener(String name, Transport transport, String host, int port, Pid pid, String key) {}

  private static final String LOOPBACK = "127.0.0.1";

  private Listeners() {}

  /** What listens under this configuration; a port of 0 or less is left out, it never collides. */
  static List<Listener> of(Configuration configuration, int offset) throws Refusal {
    List<Listener> listeners = new ArrayList<>();
    Properties file = FrameworkSettings.load("listeners.properties");
    for (String name : file.stringPropertyNames().stream().sorted().toList()) {
      String[] words = file.getProperty(name, "").strip().split("\\s+");
      for (Pid pid : configuration.configured(words[0])) {
        String host = configuration.effective(pid, words[1]).orElse(LOOPBACK);
        Optional<String> configured = configuration.effective(pid, words[2]);
        int port = configured.map(Integer::parseInt).orElse(0);
        if (port <= 0 || !enabled(configuration, pid, words)) {
          continue;
        }
        if (port + offset > 65_535) {
          throw Refusal.because(
              String.format(
                  "Port %d of %s and the offset %d make %d, above 65535; choose a smaller --offset.",
                  port, pid, offset, port + offset));
        }
        listeners.add(
            new Listener(
                name.replace('-', ' '),
                Transport.valueOf(words[3]),
                host,
                port + offset,
                pid,
                words[2]));
      }
    }
    return listeners;
  }

  /** Some listen only when another key says so: true, or anything that is not empty. */
  private static boolean enabled(Configuration configuration, Pid pid, String[] words) {
    if (words.length < 5) {
      return true;
    }
    String value = configuration.effective(pid, words[4]).orElse("");
    return !value.isEmpty() && !"false".equals(value);
  }

  /**
   * Opens and closes each of them.
   *
   * @throws Refusal naming the first that cannot be opened
   */
  static void check(List<Listener> listeners) throws Refusal {
    for (Listener listener : listeners) {
      InetSocketAddress address = address(listener);
      try {
        if (listener.transport() == Transport.TCP) {
          open(address);
        } else {
          new DatagramSocket(address).close();
        }
      } catch (IOException taken) {
        throw refused(listener, String.valueOf(taken.getMessage()));
      }
    }
  }

  private static void open(InetSocketAddress address) throws IOException {
    try (ServerSocket socket = new ServerSocket()) {
      // as servers do: connections that linger from a run before are no reason to refuse
      socket.setReuseAddress(true);
      socket.bind(address, 1);
    }
  }

  private static InetSocketAddress address(Listener listener) throws Refusal {
    try {
      return new InetSocketAddress(InetAddress.getByName(listener.host()), listener.port());
    } catch (UnknownHostException unknown) {
      throw Refusal.because(
          String.format(
              "%s is no address of this machine; %s listens there, so correct its host.",
              listener.host(), listener.pid()));
    }
  }

  private static Refusal refused(Listener listener, String detail) {
    String what =
        String.format(
            "%s port %d on %s (%s)",
            listener.transport(), listener.port(), listener.host(), listener.name());
    if (detail.contains("in use")) {
      return Refusal.because(
          String.format(
              "%s is in use; stop what listens there, or move this hub's ports with --offset 100"
                  + " or --set %s:%s=PORT.",
              what, listener.pid(), listener.key()));
    }
    if (detail.contains("Permission denied")) {
      return Refusal.because(
          String.format(
              "%s may not be opened by this user; choose a port above 1023 with --set %s:%s=PORT.",
              what, listener.pid(), listener.key()));
    }
    return Refusal.because(
        String.format(
            "%s cannot be opened (%s); correct host and port of %s.",
            what, detail, listener.pid()));
  }
}
