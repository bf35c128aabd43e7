package io.patchbay.itests.bench;

import io.patchbay.itests.RunningHub;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeoutException;

/** A process that takes a fleet's messages and gives readings, on one broker. */
interface Subject extends AutoCloseable {
  String name();

  long pid();

  /** Port of the broker that the load goes through. */
  int port();

  /** User and password for it, or nothing. */
  List<String> login() throws IOException;

  @Override
  void close();

  /** One of the floors, in a Java virtual machine of its own. */
  static Subject java(String name, Class<?> main, int port) throws IOException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Xmx512m",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName(),
                Integer.toString(port))
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
      public String name() {
        return name;
      }

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

  /** The packed hub on a broker outside. */
  static Subject external(Path data, Fleet fleet, int port)
      throws IOException, InterruptedException, TimeoutException {
    fleet.prepare(data, "bench");
    Files.createDirectories(data.resolve("routes"));
    // What ships goes to the hub's own broker; here it goes where the load comes from.
    Files.writeString(data.resolve("routes/readings-to-mqtt.camel.yaml"), "[]\n");
    Files.writeString(data.resolve("routes/bench.camel.yaml"), Hub.ROUTE);
    RunningHub hub =
        RunningHub.start(
            data,
            RunningHub.freeOffset(),
            "io.patchbay.camel.mqtt.connection~bench:url=tcp://127.0.0.1:" + port);
    return new Hub("hub, broker outside", hub, port, List.of());
  }

  /** The packed hub with its own broker, as it ships. */
  static Subject embedded(Path data, Fleet fleet)
      throws IOException, InterruptedException, TimeoutException {
    fleet.prepare(data, "local");
    RunningHub hub = RunningHub.start(data, RunningHub.freeOffset());
    return new Hub("hub, own broker", hub, hub.mqttPort(), List.of(hub.mqttLogin()));
  }

  /** The packed hub. */
  record Hub(String name, RunningHub hub, int port, List<String> login) implements Subject {
    /** As {@code readings-to-mqtt}, which ships, but to the broker outside. */
    private static final String ROUTE =
        """
        - route:
            id: bench-readings
            from:
              uri: hub:readings
              parameters:
                subscription: bench-readings
                start: oldest
                inFlight: 256
                inFlightPerThing: 256
              steps:
                - setHeader:
                    name: CamelPahoMqtt5OverrideTopic
                    simple: "patchbay/things/${header.HubThing}/properties/${header.HubProperty}"
                - convertBodyTo:
                    type: byte[]
                - to:
                    uri: paho-mqtt5:patchbay/things
                    parameters:
                      connection: bench
                      qos: 1
                      retained: false
        """;

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
