package io.patchbay.camel.mqtt;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** A mosquitto of one's own: random port, persistent, can be killed and started again. */
public final class Mosquitto implements AutoCloseable {
  private final Path folder;
  private final int port;
  private Process process;

  private Mosquitto(Path folder, int port, Process process) {
    this.folder = folder;
    this.port = port;
    this.process = process;
  }

  /**
   * Starts one.
   *
   * @param settings lines of its configuration besides listener and persistence
   */
  public static Mosquitto start(String... settings) throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    Path folder = Files.createTempDirectory("mosquitto");
    List<String> lines = new ArrayList<>();
    lines.add("user root");
    lines.add("persistence true");
    lines.add("persistence_location " + folder + "/");
    lines.add("autosave_on_changes true");
    lines.add("autosave_interval 1");
    lines.add("max_queued_messages 0");
    lines.add("listener " + port + " 127.0.0.1");
    if (String.join("\n", settings).indexOf("allow_anonymous") < 0) {
      lines.add("allow_anonymous true");
    }
    for (String setting : settings) {
      lines.add(setting.replace("FOLDER", folder.toString()));
    }
    Files.write(folder.resolve("mosquitto.conf"), lines);
    Mosquitto made = new Mosquitto(folder, port, launch(folder));
    made.awaitListening();
    return made;
  }

  private static Process launch(Path folder) throws IOException {
    return new ProcessBuilder(
            "/usr/sbin/mosquitto", "-c", folder.resolve("mosquitto.conf").toString())
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve("mosquitto.log").toFile()))
        .start();
  }

  private void awaitListening() {
    Awaitility.await("mosquitto listens; see " + folder)
        .atMost(Duration.ofSeconds(10))
        .pollInterval(Duration.ofMillis(10))
        .until(this::listening);
  }

  private boolean listening() {
    try (Socket probe = new Socket()) {
      probe.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 200);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  public int port() {
    return port;
  }

  public URI uri() {
    return URI.create("tcp://127.0.0.1:" + port);
  }

  public Path folder() {
    return folder;
  }

  /** Ends it at once; what it had not written is lost. */
  public void kill() {
    end(process.destroyForcibly());
  }

  /** Lets it write what it holds and ends it. */
  public void stop() {
    process.destroy();
    end(process);
  }

  private static void end(Process ending) {
    try {
      if (!ending.waitFor(10, TimeUnit.SECONDS)) {
        ending.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Starts it again, on the same port with the same state. */
  public void startAgain() {
    try {
      process = launch(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    awaitListening();
  }

  /** Runs mosquitto_pub against it. */
  public void publish(String... arguments) {
    run("mosquitto_pub", arguments);
  }

  private void run(String program, String... arguments) {
    List<String> command = new ArrayList<>(List.of(program, "-h", "127.0.0.1", "-p", "" + port));
    command.addAll(List.of(arguments));
    try {
      Process once = new ProcessBuilder(command).inheritIO().start();
      if (!once.waitFor(10, TimeUnit.SECONDS) || once.exitValue() != 0) {
        throw new IllegalStateException(command + " failed");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    kill();
    File[] left = folder.toFile().listFiles();
    for (File file : left == null ? new File[0] : left) {
      boolean unused = file.delete();
    }
    boolean unused = folder.toFile().delete();
  }
}
