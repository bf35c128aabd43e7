package io.patchbay.itests.prove;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.patchbay.itests.RunningHub;
import io.patchbay.itests.bench.Fleet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Bundles are replaced under load by dropping jars into {@code deploy/}: the MQTT binding again and
 * again, the simulated devices added, updated and removed. Nothing is lost, order per device stays.
 */
final class SwapProof {
  private static final int DEVICES = 50;
  private static final int PER_SECOND = 1_000;
  private static final String MQTT = "io.patchbay.binding.mqtt";
  private static final String SIM = "io.patchbay.binding.sim";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path data;
  private final int rounds;

  SwapProof(Path data, int rounds) {
    this.data = data;
    this.rounds = rounds;
  }

  Proof run() throws IOException, InterruptedException, TimeoutException {
    Fleet fleet = new Fleet(DEVICES);
    fleet.prepare(data, "local");
    Sender sender = new Sender(fleet);
    try (Hub hub = new Hub(RunningHub.start(data, RunningHub.freeOffset()));
        North north = new North(fleet, hub.port(), hub.login())) {
      AtomicBoolean goOn = new AtomicBoolean(true);
      AtomicReference<Exception> failed = new AtomicReference<>();
      Thread load =
          new Thread(
              () -> {
                try {
                  sender.run(hub.port(), hub.login(), PER_SECOND, goOn::get);
                } catch (IOException | InterruptedException e) {
                  failed.set(e);
                }
              },
              "prove-load");
      load.start();
      boolean begun = Drain.until(() -> north.delivered() > 2L * PER_SECOND);
      north.beginGap();
      try {
        for (int round = 1; begun && round <= rounds; round++) {
          swap(hub.running(), round);
          System.err.printf(
              "round %d: %d acknowledged, %d delivered, longest gap %d ms%n",
              round, sender.acknowledged(), north.delivered(), north.longestGapMs());
        }
      } finally {
        goOn.set(false);
        load.join();
      }
      Exception problem = failed.get();
      if (problem != null) {
        throw new IOException("the load could not be sent", problem);
      }
      return verdict(hub.running(), fleet, sender, north);
    }
  }

  private Proof verdict(RunningHub hub, Fleet fleet, Sender sender, North north)
      throws IOException, InterruptedException {
    long gap = north.longestGapMs();
    boolean all = Drain.until(() -> north.delivered() >= sender.acknowledged());
    Stored stored = Stored.read(hub, fleet);
    long undelivered = all ? 0 : sender.acknowledged() - north.delivered();
    return new Proof(
        rounds,
        sender.sent(),
        sender.acknowledged(),
        stored.count(),
        north.delivered(),
        stored.missing(fleet, sender) + undelivered,
        stored.duplicates() + north.repeated(),
        stored.outOfOrder() + north.outOfOrder(),
        gap,
        Leaks.count(hub));
  }

  private void swap(RunningHub hub, int round) throws IOException, InterruptedException {
    drop(hub, MQTT, "binding-mqtt", round * 10);
    drop(hub, SIM, "binding-sim", round * 10);
    drop(hub, SIM, "binding-sim", round * 10 + 1);
    Files.delete(data.resolve("deploy/binding-sim.jar"));
    await(SIM + " is removed", () -> !version(hub, SIM).contains("prove"));
  }

  /** Drops a jar of a new version and waits until it runs. */
  private void drop(RunningHub hub, String name, String folder, int number)
      throws IOException, InterruptedException {
    String version = "0.1.0.prove" + number;
    Path made = data.resolve(folder + ".jar.new");
    Versions.copy(shipped(folder), made, version);
    Files.createDirectories(data.resolve("deploy"));
    Files.move(
        made, data.resolve("deploy/" + folder + ".jar"), StandardCopyOption.REPLACE_EXISTING);
    await(name + " " + version + " runs", () -> version(hub, name).equals(version));
  }

  private static Path shipped(String folder) throws IOException {
    for (String place : List.of("bundles", "extras")) {
      Path jar = RunningHub.dist().resolve(place).resolve(folder + "-0.1.0.jar");
      if (Files.exists(jar)) {
        return jar;
      }
    }
    throw new IOException("the distribution has no " + folder + "-0.1.0.jar");
  }

  private static void await(String what, Drain.Look look) throws IOException, InterruptedException {
    if (!Drain.until(look)) {
      throw new IOException("after a minute it is still not so that " + what);
    }
  }

  /** Version of an active bundle, empty when there is none. */
  private static String version(RunningHub hub, String name)
      throws IOException, InterruptedException {
    JsonNode all = JSON.readTree(hub.get("/api/v1/bundles").body()).get("bundles");
    for (JsonNode bundle : all) {
      if (bundle.get("symbolicName").asText().equals(name)
          && bundle.get("state").asText().equals("active")) {
        return bundle.get("version").asText();
      }
    }
    return "";
  }

  /** Ends the hub however the proof ends. */
  private record Hub(RunningHub running, int port, List<String> login) implements AutoCloseable {
    Hub(RunningHub running) throws IOException {
      this(running, running.mqttPort(), List.of(running.mqttLogin()));
    }

    @Override
    public void close() {
      try {
        running.stop();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted while the hub stopped", e);
      }
    }
  }
}
