package io.patchbay.itests.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * A mosquitto that is in nobody's way: nothing written to disk, no bound on what is under way, and
 * no waiting for more to send (Nagle's algorithm costs up to 40 ms with delayed TCP
 * acknowledgements).
 */
final class PlainBroker implements AutoCloseable {
  private final Process process;
  private final int port;

  private PlainBroker(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  static PlainBroker start(Path folder) throws IOException {
    int port;
    try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = probe.getLocalPort();
    }
    Files.createDirectories(folder);
    Path configuration = folder.resolve("mosquitto.conf");
    Files.writeString(
        configuration,
        """
        listener %d 127.0.0.1
        allow_anonymous true
        persistence false
        set_tcp_nodelay true
        max_inflight_messages 0
        max_queued_messages 0
        log_type error
        """
            .formatted(port));
    Process process =
        new ProcessBuilder("/usr/sbin/mosquitto", "-c", configuration.toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("mosquitto.log").toFile())
            .start();
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!listening(port)) {
      if (!process.isAlive() || System.nanoTime() > deadline) {
        process.destroyForcibly();
        throw new IOException(
            "mosquitto did not start: " + Files.readString(folder.resolve("mosquitto.log")));
      }
      Thread.onSpinWait();
    }
    return new PlainBroker(process, port);
  }

  private static boolean listening(int port) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  int port() {
    return port;
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}
