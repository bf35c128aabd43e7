package io.patchbay.itests.bench;

import io.patchbay.itests.RunningHub;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;

/** A process that takes a fleet's messages and gives readings, on one broker. */
interface Subject extends AutoCloseable {
  long pid();

  /** Port of the broker that the load goes through. */
  int port();

  /** User and password for it, or nothing. */
  List<String> login() throws IOException;

  @Override
  void close();

  /** One of the floors, in a Java virtual machine of its own. */
  static Subject java(String name, Class<?> main, int port, int qos) throws IOException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Xmx512m",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName(),
                Integer.toString(port),
                Integer.toString(qos))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    BufferedReader lines = process.inputReader();
    String line = lines.readLine();
    if (!"ready".equals(line)) {
      process.destroyForcibly();
      throw new IOException(name + " did not start: " + line);
    }
    return new Subject() {
      @Override
      public long pid() {
        return process.pid();
      }

      @Override
      public int port() {
        return port;
      }

      @Override
      public List<String> login() {
        return List.of();
      }

      @Override
      public void close() {
        process.destroyForcibly().onExit().join();
      }
    };
  }

  /**
   * The packed hub on a broker outside.
   *
   * @param qos of what it publishes; 0 from a live stream, which nothing is kept for
   * @param routes how many routes it has; those beyond the first each follow one thing
   * @param settings of the hub besides
   */
  static Subject external(Path data, Fleet fleet, int port, int qos, int routes, String... settings)
      throws IOException, InterruptedException, TimeoutException {
    fleet.prepare(data, "bench");
    Path folder = Files.createDirectories(data.resolve("routes"));
    // What ships goes to the hub's own broker; here it goes where the load comes from.
    Files.writeString(folder.resolve("readings-to-mqtt.camel.yaml"), "[]\n");
    String shipped =
        Files.readString(RunningHub.dist().resolve("routes/readings-to-mqtt.camel.yaml"));
    String route = shipped.replace("connection: local", "connection: bench");
    if (qos == 0) {
      route = route.replaceAll(" *(subscription|start): .*\n", "").replace("qos: 1", "qos: 0");
    }
    Files.writeString(folder.resolve("bench.camel.yaml"), route);
    for (int i = 1; i < routes; i++) {
      Files.writeString(
          folder.resolve("bench-" + i + ".camel.yaml"), ONE_THING.formatted(i, Fleet.thing(i)));
    }
    List<String> all = new ArrayList<>(List.of(settings));
    all.add("io.patchbay.camel.mqtt.connection~bench:url=tcp://127.0.0.1:" + port);
    RunningHub hub = RunningHub.start(data, RunningHub.freeOffset(), all.toArray(String[]::new));
    return new Hub(hub, port, List.of());
  }

  /** The packed hub with its own broker, as it ships. */
  static Subject embedded(Path data, Fleet fleet)
      throws IOException, InterruptedException, TimeoutException {
    fleet.prepare(data, "local");
    RunningHub hub = RunningHub.start(data, RunningHub.freeOffset());
    return new Hub(hub, hub.mqttPort(), List.of(hub.mqttLogin()));
  }

  /** Follows one thing live. */
  String ONE_THING =
      """
      - route:
          id: bench-%d
          from:
            uri: hub:readings
            parameters:
              thing: %s
            steps:
              - setHeader:
                  name: Seen
                  simple: "${header.HubValue}"
      """;

  /** The packed hub. */
  record Hub(RunningHub hub, int port, List<String> login) implements Subject {
    @Override
    public long pid() {
      return hub.pid();
    }

    @Override
    public void close() {
      try {
        hub.stop();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted while the hub stopped", e);
      }
    }
  }
}
