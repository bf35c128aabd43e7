package io.patchbay.itests.prove;

import com.fasterxml.jackson.databind.JsonNode;
import io.patchbay.itests.bench.MqttPeer;
import io.patchbay.thing.Bytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Malformed payloads of all kinds among good ones. The good ones flow, each bad one is counted with
 * its reason, memory stays.
 */
final class GarbageProof {
  private static final int WINDOW = 200;
  private static final int LARGE_EVERY = 1_000;
  private static final int TOO_LARGE = 10 << 20;
  private static final long GROWN_HEAP_MB = 32;

  private GarbageProof() {}

  static Proof run(Path data, Terms terms)
      throws IOException, InterruptedException, TimeoutException {
    int bad = terms.rounds(5_000, 100_000);
    try (Scene scene = Scene.inside(data, terms.things(40, 100))) {
      Findings findings = scene.findings;
      Files.writeString(
          data.resolve("things/garbage.yaml"),
          """
          - { id: garbage-1, profile: bench-rename, base: "mqtt://local", terms: { device: garbage } }
          """);
      findings.expect(
          Drain.until(() -> scene.hub().get("/api/v1/things/garbage-1").statusCode() == 200),
          "the thing that sends garbage is not known");
      int perSecond = terms.perSecond(200, 500);
      scene.load(perSecond);
      scene.await(perSecond);
      eachKindHasItsReason(scene);
      Vitals before = Vitals.of(scene.hub());
      long rejected = rejected(scene);
      scene.north().beginGap();
      flood(scene, bad);
      tooLargeForTheBroker(scene);
      long gap = scene.north().longestGapMs();
      scene.silence();
      boolean all = Drain.until(() -> rejected(scene) - rejected >= bad);
      long counted = rejected(scene) - rejected;
      findings.figure("bad", bad);
      findings.figure("rejected", counted);
      findings.expect(
          all && counted == bad, bad + " bad messages, but " + counted + " were rejected");
      for (JsonNode frame : scene.api().get("/api/v1/rejected?limit=1000").get("rejected")) {
        findings.expect(!frame.get("reason").asText().isEmpty(), "rejected without a reason");
        findings.expect(
            !frame.get("reason").asText().equalsIgnoreCase("internal"),
            "a bug met " + frame.get("detail"));
      }
      Vitals after = Vitals.of(scene.hub());
      findings.figure("heapMb.before", before.heapMb());
      findings.figure("heapMb.after", after.heapMb());
      findings.expect(
          after.heapMb() - before.heapMb() <= GROWN_HEAP_MB, "the heap has grown: " + after);
      return scene.verdict(1, gap);
    }
  }

  private static long rejected(Scene scene) throws IOException, InterruptedException {
    return scene.api().get("/api/v1/ledger").get("rejected").asLong();
  }

  private static void eachKindHasItsReason(Scene scene) throws IOException, InterruptedException {
    for (List<Garbage> some : List.of(Garbage.SMALL, Garbage.LARGE)) {
      for (Garbage one : some) {
        long before = rejected(scene);
        try (Thrower thrower = new Thrower(scene)) {
          thrower.toss(one);
          thrower.settle();
        }
        scene.findings.expect(
            Drain.until(10, () -> rejected(scene) == before + 1),
            "'" + one.kind() + "' is not rejected once, but " + (rejected(scene) - before));
      }
    }
  }

  private static void flood(Scene scene, int bad) throws IOException, InterruptedException {
    try (Thrower thrower = new Thrower(scene)) {
      for (int i = 0; i < bad; i++) {
        List<Garbage> kinds = i % LARGE_EVERY == 0 ? Garbage.LARGE : Garbage.SMALL;
        thrower.toss(kinds.get(i / (i % LARGE_EVERY == 0 ? LARGE_EVERY : 1) % kinds.size()));
      }
      thrower.settle();
    }
  }

  /** The broker ends that connection, and no other. */
  private static void tooLargeForTheBroker(Scene scene) throws IOException, InterruptedException {
    try (Thrower thrower = new Thrower(scene)) {
      thrower.toss(new Garbage("10 MB", Garbage.NUMBER, Bytes.wrap(new byte[TOO_LARGE])));
      scene.findings.expect(
          Drain.until(10, thrower::ended), "a packet of 10 MB does not end its connection");
    } catch (IOException e) {
      // it ended while the packet was written
    }
  }

  /** Sends what is bad, with a window of its own. */
  private static final class Thrower implements AutoCloseable {
    private final Semaphore window = new Semaphore(WINDOW);
    private final MqttPeer peer;

    Thrower(Scene scene) throws IOException {
      peer =
          MqttPeer.connect(
              scene.hub().mqttPort(),
              "prove-garbage",
              List.of(scene.hub().mqttLogin()),
              0,
              (topic, payload) -> {},
              id -> window.release());
    }

    void toss(Garbage one) throws IOException, InterruptedException {
      if (!window.tryAcquire()) {
        peer.flush();
        if (!window.tryAcquire(30, TimeUnit.SECONDS)) {
          throw new IOException("nothing was acknowledged for 30 s after '" + one.kind() + "'");
        }
      }
      int unused = peer.publish(one.topic(), one.payload().shared());
    }

    void settle() throws IOException, InterruptedException {
      peer.flush();
      if (!window.tryAcquire(WINDOW, 60, TimeUnit.SECONDS)) {
        throw new IOException("not everything bad was acknowledged in a minute");
      }
    }

    boolean ended() throws IOException {
      peer.flush();
      return !peer.open();
    }

    @Override
    public void close() {
      peer.close();
    }
  }
}
