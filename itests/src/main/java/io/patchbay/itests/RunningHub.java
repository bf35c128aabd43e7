package io.patchbay.itests;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A hub started from the packed distribution, in a process of its own; closing stops it with
 * SIGTERM.
 */
public final class RunningHub implements AutoCloseable {
  private static final Duration START = Duration.ofSeconds(60);
  private static final Duration STOP = Duration.ofSeconds(20);

  private final Path data;
  private final int offset;
  private final Process process;
  private final String ready;
  private final Duration startTook;
  private final HttpClient http = HttpClient.newHttpClient();

  private RunningHub(Path data, int offset, Process process, String ready, Duration startTook) {
    this.data = data;
    this.offset = offset;
    this.process = process;
    this.ready = ready;
    this.startTook = startTook;
  }

  /** The unpacked distribution: the system property {@code patchbay.dist}. */
  public static Path dist() {
    return Path.of(System.getProperty("patchbay.dist", "dist/target/patchbay"));
  }

  /**
   * An offset (a multiple of 100) whose ports are free now, looked for from the system property
   * {@code patchbay.offset} on.
   */
  public static int freeOffset() {
    for (int offset = Integer.getInteger("patchbay.offset", 10_000);
        offset < 50_000;
        offset += 100) {
      if (free(8080 + offset) && free(1883 + offset) && free(8883 + offset)) {
        return offset;
      }
    }
    throw new IllegalStateException("no free ports between 10000 and 60000");
  }

  private static boolean free(int port) {
    try (ServerSocket probe = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      return probe.isBound();
    } catch (IOException e) {
      return false;
    }
  }

  private static ProcessBuilder command(
      Path home, Path data, int offset, Map<String, String> environment, String... settings)
      throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                home.resolve("bin/patchbay").toString(),
                "run",
                "--data",
                data.toString(),
                "--offset",
                Integer.toString(offset)));
    for (String setting : settings) {
      command.add("--set");
      command.add(setting);
    }
    if (home.equals(dist())) {
      prepare();
    }
    Files.createDirectories(data);
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectError(ProcessBuilder.Redirect.appendTo(data.resolve("stderr.txt").toFile()));
    builder.environment().putAll(environment);
    return builder;
  }

  /** Starts a hub and kills it with kill -9 after a while, ready or not. */
  public static void startAndKill(
      Path data, int offset, Map<String, String> environment, Duration after, String... settings)
      throws IOException, InterruptedException {
    Process process =
        command(dist(), data, offset, environment, settings)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    boolean ended = process.waitFor(after.toMillis(), TimeUnit.MILLISECONDS);
    kill(process);
    if (ended) {
      throw new IOException(
          "the hub ended by itself:\n" + Files.readString(data.resolve("stderr.txt")));
    }
  }

  /** Starts a hub and waits for its ready line. */
  public static RunningHub start(Path data, int offset, String... settings)
      throws IOException, InterruptedException, TimeoutException {
    return start(data, offset, Map.of(), settings);
  }

  /** Starts a hub of another unpacked distribution, as it is. */
  public static RunningHub startAt(Path home, Path data, int offset)
      throws IOException, InterruptedException, TimeoutException {
    return await(data, offset, command(home, data, offset, Map.of()));
  }

  /**
   * Starts a hub and waits for its ready line.
   *
   * @param environment variables besides those of this process
   */
  public static RunningHub start(
      Path data, int offset, Map<String, String> environment, String... settings)
      throws IOException, InterruptedException, TimeoutException {
    return await(data, offset, command(dist(), data, offset, environment, settings));
  }

  private static RunningHub await(Path data, int offset, ProcessBuilder command)
      throws IOException, InterruptedException, TimeoutException {
    long began = System.nanoTime();
    Process process = command.start();
    BlockingQueue<String> lines = new ArrayBlockingQueue<>(100);
    Thread reader = new Thread(() -> read(process, lines), "hub-stdout");
    reader.setDaemon(true);
    reader.start();
    String line = lines.poll(START.toSeconds(), TimeUnit.SECONDS);
    Duration took = Duration.ofNanos(System.nanoTime() - began);
    if (line == null || !line.startsWith("ready")) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
      throw new TimeoutException(
          "the hub did not get ready: "
              + line
              + "\n"
              + Files.readString(data.resolve("stderr.txt")));
    }
    return new RunningHub(data, offset, process, line, took);
  }

  /** As in a checkout, once for each build: many hubs are started, each faster. */
  private static synchronized void prepare() throws IOException, InterruptedException {
    Path lock = dist().resolveSibling(dist().getFileName() + ".preparing");
    try (FileChannel channel = FileChannel.open(lock, CREATE, WRITE);
        FileLock held = channel.lock()) {
      if (!held.isValid() || Files.exists(dist().resolve("lib/patchbay.jsa"))) {
        return;
      }
      Process preparing =
          new ProcessBuilder(dist().resolve("bin/patchbay").toString(), "prepare")
              .redirectErrorStream(true)
              .start();
      String said =
          new String(preparing.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      if (preparing.waitFor() != 0) {
        throw new IOException("bin/patchbay prepare failed: " + said);
      }
    }
  }

  private static void read(Process process, BlockingQueue<String> lines) {
    try (BufferedReader reader =
        new BufferedReader(
            new java.io.InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        if (!lines.offer(line)) {
          throw new IllegalStateException("the hub prints more than its ready line: " + line);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      if (!lines.offer("(end of output)")) {
        process.destroyForcibly();
      }
    }
  }

  public Path data() {
    return data;
  }

  public int offset() {
    return offset;
  }

  public int mqttPort() {
    return 1883 + offset;
  }

  /** Of CoAP, over UDP. */
  public int coapPort() {
    return 5693 + offset;
  }

  public long pid() {
    return process.pid();
  }

  /** The one line it printed. */
  public String ready() {
    return ready;
  }

  public Duration startTook() {
    return startTook;
  }

  /** User and password of the device credential that the first start made. */
  public String[] mqttLogin() throws IOException {
    String login = Files.readString(data.resolve("mqtt-device")).strip();
    int colon = login.indexOf(':');
    return new String[] {login.substring(0, colon), login.substring(colon + 1)};
  }

  /** A request with the administrator's token; the path begins with {@code /}. */
  public HttpRequest.Builder request(String path) throws IOException {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + (8080 + offset) + path))
        .timeout(Duration.ofSeconds(30))
        .header("Authorization", "Bearer " + Files.readString(data.resolve("admin-token")).strip());
  }

  public HttpResponse<String> send(HttpRequest.Builder request)
      throws IOException, InterruptedException {
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  public HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return send(request(path).GET());
  }

  /** kill -9. */
  public void kill() throws InterruptedException {
    kill(process);
  }

  private static void kill(Process process) throws InterruptedException {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    if (!process.waitFor(STOP.toSeconds(), TimeUnit.SECONDS)) {
      throw new IllegalStateException("the hub outlived kill -9");
    }
  }

  /** SIGTERM; the exit code. */
  public int stop() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(STOP.toSeconds(), TimeUnit.SECONDS)) {
      kill();
      throw new IllegalStateException("the hub did not stop within " + STOP);
    }
    return process.exitValue();
  }

  @Override
  public void close() {
    process.destroy();
    try {
      process.onExit().orTimeout(STOP.toSeconds(), TimeUnit.SECONDS).join();
    } finally {
      process.destroyForcibly();
    }
  }
}
