package io.patchbay.itests;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/**
 * Mosquitto's broker and clients (the Debian packages), as peers that share no code with the hub.
 */
public final class Mosquitto implements AutoCloseable {
  private static final int PATIENCE_SECONDS = 20;

  private final Path directory;
  private final int port;
  private Process process;

  private Mosquitto(Path directory, int port, Process process) {
    this.directory = directory;
    this.port = port;
    this.process = process;
  }

  /**
   * Starts a broker on a free loopback port, with persistence in the directory and anonymous
   * access.
   */
  public static Mosquitto start(Path directory) throws IOException, InterruptedException {
    int port;
    try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = probe.getLocalPort();
    }
    Files.createDirectories(directory);
    Files.writeString(
        directory.resolve("mosquitto.conf"),
        """
        listener %d 127.0.0.1
        allow_anonymous true
        persistence true
        persistence_location %s/
        autosave_interval 1
        max_queued_messages 0
        max_inflight_messages 1000
        user root
        """
            .formatted(port, directory));
    return new Mosquitto(directory, port, launch(directory, port));
  }

  private static Process launch(Path directory, int port) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                "/usr/sbin/mosquitto", "-c", directory.resolve("mosquitto.conf").toString())
            .redirectErrorStream(true)
            .redirectOutput(
                ProcessBuilder.Redirect.appendTo(directory.resolve("mosquitto.log").toFile()))
            .start();
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (!listening(port)) {
      if (!process.isAlive() || System.nanoTime() > deadline) {
        process.destroyForcibly();
        throw new IOException(
            "mosquitto did not start: " + Files.readString(directory.resolve("mosquitto.log")));
      }
      Thread.onSpinWait();
    }
    return process;
  }

  private static boolean listening(int port) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  public int port() {
    return port;
  }

  /** SIGTERM: the broker writes its sessions down and goes. */
  public void stop() throws InterruptedException {
    process.destroy();
    process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  /** Starts it again on the same port with what it wrote down. */
  public void restart() throws IOException, InterruptedException {
    process = launch(directory, port);
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  /** Publishes one message with mosquitto_pub and waits for its acknowledgement. */
  public static void publish(int port, String[] login, String topic, String payload, String... more)
      throws IOException, InterruptedException {
    List<String> command = command("mosquitto_pub", port, login);
    command.addAll(List.of("-q", "1", "-t", topic, "-m", payload));
    command.addAll(List.of(more));
    Process client = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!client.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS) || client.exitValue() != 0) {
      client.destroyForcibly();
      throw new IOException("mosquitto_pub failed: " + said);
    }
  }

  /** Subscribes with mosquitto_sub; returns once the broker has acknowledged the subscription. */
  public static Listener listen(int port, String[] login, String filter) throws IOException {
    // Without a terminal it would keep its lines to itself until there are 4 KiB of them.
    List<String> command = new ArrayList<>(List.of("stdbuf", "-oL"));
    command.addAll(command("mosquitto_sub", port, login));
    command.addAll(List.of("-q", "1", "-t", filter, "-F", "%t %p", "-d"));
    return new Listener(new ProcessBuilder(command).redirectErrorStream(true).start());
  }

  private static List<String> command(String program, int port, String[] login) {
    List<String> command =
        new ArrayList<>(
            List.of(program, "-V", "5", "-h", "127.0.0.1", "-p", Integer.toString(port)));
    if (login.length == 2) {
      command.addAll(List.of("-u", login[0], "-P", login[1]));
    }
    return command;
  }

  /** A running mosquitto_sub. */
  public static final class Listener implements AutoCloseable {
    private final Process client;
    private final List<String> lines = new CopyOnWriteArrayList<>();

    private Listener(Process client) throws IOException {
      this.client = client;
      BufferedReader reader =
          new BufferedReader(
              new InputStreamReader(client.getInputStream(), StandardCharsets.UTF_8));
      for (String line = reader.readLine(); ; line = reader.readLine()) {
        if (line == null) {
          throw new IOException("mosquitto_sub ended before it was subscribed: " + lines);
        }
        if (line.startsWith("Subscribed")) {
          break;
        }
        lines.add(line);
      }
      lines.clear();
      Thread thread = new Thread(() -> read(reader), "mosquitto-sub");
      thread.setDaemon(true);
      thread.start();
    }

    private void read(BufferedReader reader) {
      try (reader) {
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
          if (!line.startsWith("Client ")) {
            lines.add(line);
          }
        }
      } catch (IOException e) {
        if (client.isAlive()) {
          throw new UncheckedIOException(e);
        }
      }
    }

    /** {@code topic payload}, one per message, so far. */
    public List<String> messages() {
      return List.copyOf(lines);
    }

    @Override
    public void close() {
      client.destroyForcibly();
    }
  }
}
