package io.patchbay.itests.prove;

import com.fasterxml.jackson.databind.JsonNode;
import io.patchbay.itests.bench.Fleet;
import io.patchbay.itests.bench.MqttPeer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/**
 * The clock of the hub's process steps an hour back and forth under load, and the hub is killed and
 * starts again within a wrong hour. No reading is stamped again, none comes twice, retention takes
 * nothing, and the latest values after a start are those before it.
 */
final class ClockProof {
  private static final String THING = "clock-own";
  private static final Duration HOUR = Duration.ofHours(1);
  private static final Duration DOUBT = Duration.ofMinutes(5);

  /** Times of the device with a clock of its own: this and a second more with each message. */
  private static final Instant EPOCH = Instant.parse("2026-01-01T00:00:00Z");

  private static final String PROFILE =
      """
      id: clock
      title: A device with a clock of its own
      thing: "clock-{device}"
      match: [ { protocol: mqtt, topic: "clock/{device}" } ]
      properties:
        count: { type: integer, forms: [ { protocol: mqtt, topic: "clock/{device}", path: v, time: t, timeFormat: s } ] }
      """;

  private final Scene scene;
  private final Path skew;
  private int own;

  private ClockProof(Scene scene, Path skew) {
    this.scene = scene;
    this.skew = skew;
  }

  private static Optional<Path> library() {
    return Stream.of("x86_64-linux-gnu", "aarch64-linux-gnu", "arm-linux-gnueabihf", "")
        .map(machine -> Path.of("/usr/lib", machine, "faketime", "libfaketimeMT.so.1"))
        .filter(Files::exists)
        .findFirst();
  }

  /** Whether the clock of a process can be moved here. */
  static boolean possible() {
    return library().isPresent();
  }

  static Proof run(Path data, Terms terms)
      throws IOException, InterruptedException, TimeoutException {
    Path library =
        library()
            .orElseThrow(
                () -> new IOException("libfaketime is missing: install it (apt-get install)"));
    Path skew = data.resolve("skew");
    Files.createDirectories(data.resolve("device-profiles"));
    Files.writeString(data.resolve("device-profiles/clock.yaml"), PROFILE);
    write(skew, Duration.ZERO);
    Map<String, String> environment =
        Map.of(
            "LD_PRELOAD",
            library.toString(),
            "FAKETIME_TIMESTAMP_FILE",
            skew.toString(),
            "FAKETIME_CACHE_DURATION",
            "1",
            // timeouts run by the other clock
            "FAKETIME_DONT_FAKE_MONOTONIC",
            "1",
            "FAKETIME_FORCE_MONOTONIC_FIX",
            "0");
    try (Scene scene =
        Scene.inside(
            data,
            terms.things(20, 50),
            environment,
            "io.patchbay.journal.sqlite:retentionDays=1")) {
      int rounds = terms.rounds(1, 5);
      new ClockProof(scene, skew).play(rounds, terms.perSecond(500, 1_000), terms.seconds(3, 30));
      return scene.verdict(rounds, scene.findings.figure("longestGapMs"));
    }
  }

  private static void write(Path skew, Duration by) throws IOException {
    Path fresh = skew.resolveSibling("skew.new");
    Files.writeString(fresh, "%+d\n".formatted(by.toSeconds()));
    Files.move(fresh, skew, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
  }

  private void play(int rounds, int perSecond, int seconds)
      throws IOException, InterruptedException, TimeoutException {
    for (int round = 1; round <= rounds; round++) {
      for (Duration by : List.of(Duration.ZERO, HOUR, HOUR.negated(), Duration.ZERO)) {
        step(by, perSecond, seconds);
      }
      startAgain(HOUR.negated(), perSecond, seconds);
      step(Duration.ZERO, perSecond, seconds);
      System.err.printf(
          "round %d: %d acknowledged, %d delivered, %s%n",
          round, scene.sender.acknowledged(), scene.north().delivered(), scene.findings.figures());
    }
    checkOwnTimes();
  }

  /** The clock steps, the fleet goes on, and the latest values are what came last. */
  private void step(Duration by, int perSecond, int seconds)
      throws IOException, InterruptedException {
    scene.load(perSecond);
    scene.await(scene.north().delivered() + 1);
    scene.north().beginGap();
    write(skew, by);
    awaitClock(by);
    sayOwn(perSecond);
    Drain.seconds(seconds);
    scene.silence();
    scene.findings.atLeast("longestGapMs", scene.north().longestGapMs());
    scene.await(scene.sender.acknowledged());
    checkLatest(by);
  }

  private void awaitClock(Duration by) throws IOException, InterruptedException {
    boolean stepped =
        Drain.until(
            20,
            () -> {
              Instant received =
                  Instant.parse(
                      latest(Fleet.thing(0)).path("received").asText("1970-01-01T00:00:00Z"));
              Duration off = Duration.between(Instant.now().plus(by), received).abs();
              return off.compareTo(DOUBT) < 0;
            });
    scene.findings.expect(stepped, "the hub's clock did not step by " + by);
  }

  private void sayOwn(int count) throws IOException {
    try (MqttPeer peer =
        MqttPeer.connect(
            scene.hub().mqttPort(),
            "prove-clock",
            List.of(scene.hub().mqttLogin()),
            0,
            (topic, payload) -> {},
            acknowledged -> {})) {
      for (int i = 0; i < count; i++) {
        own++;
        String payload =
            "{\"v\":" + own + ",\"t\":" + EPOCH.plusSeconds(own).getEpochSecond() + "}";
        int unused = peer.publish("clock/own", payload.getBytes(StandardCharsets.US_ASCII));
      }
      peer.flush();
      boolean arrived =
          Drain.until(
              () ->
                  scene.hub().get("/api/v1/things/" + THING).statusCode() == 200
                      && latest(THING).path("value").asInt() == own);
      scene.findings.expect(arrived, "the device with a clock of its own was not heard");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private JsonNode latest(String thing) throws IOException, InterruptedException {
    JsonNode latest = scene.api().get("/api/v1/things/" + thing).get("latest");
    return latest.elements().hasNext()
        ? latest.elements().next()
        : scene.api().get("/api/v1/things/" + thing);
  }

  private Map<String, JsonNode> allLatest() throws IOException, InterruptedException {
    Map<String, JsonNode> all = new TreeMap<>();
    for (int i = 0; i < scene.fleet.size(); i++) {
      all.put(Fleet.thing(i), latest(Fleet.thing(i)));
    }
    all.put(THING, latest(THING));
    return all;
  }

  private void checkLatest(Duration by) throws IOException, InterruptedException {
    long old = 0;
    for (int i = 0; i < scene.fleet.size(); i++) {
      long counter = Fleet.counter(i, latest(Fleet.thing(i)).path("value").asDouble());
      old += counter < scene.sender.acknowledged(i).length() - 1 ? 1 : 0;
    }
    scene.findings.expect(old == 0, old + " things show an old value after a step to " + by);
  }

  private void startAgain(Duration by, int perSecond, int seconds)
      throws IOException, InterruptedException, TimeoutException {
    step(by, perSecond, seconds);
    Map<String, JsonNode> before = allLatest();
    scene.kill();
    scene.startAgain();
    Map<String, JsonNode> after = allLatest();
    long other =
        before.keySet().stream()
            .filter(thing -> !fact(before, thing).equals(fact(after, thing)))
            .peek(thing -> System.err.println(before.get(thing) + " became " + after.get(thing)))
            .count();
    scene.findings.expect(other == 0, other + " things show another value after a start");
  }

  /** Whether it is stale depends on when one looks. */
  private static String fact(Map<String, JsonNode> all, String thing) {
    JsonNode one = all.get(thing);
    return one == null
        ? ""
        : one.path("value") + " " + one.path("time") + " " + one.path("received");
  }

  /** Every message of the device with a clock of its own is there once, with the time it gave. */
  private void checkOwnTimes() throws IOException, InterruptedException {
    JsonNode readings =
        scene
            .api()
            .get("/api/v1/things/" + THING + "/readings?property=count&limit=100000")
            .get("readings");
    long stamped = 0;
    for (JsonNode reading : readings) {
      Instant expected = EPOCH.plusSeconds(reading.get("value").asLong());
      stamped += Instant.parse(reading.get("time").asText()).equals(expected) ? 0 : 1;
    }
    scene.findings.figure("ownTimes", readings.size());
    scene.findings.expect(stamped == 0, stamped + " readings were stamped again");
    scene.findings.expect(
        readings.size() == own, "of " + own + " readings with a time " + readings.size() + " stay");
  }
}
