package io.patchbay.itests.prove;

import com.fasterxml.jackson.databind.JsonNode;
import io.patchbay.itests.CoapDevice;
import io.patchbay.itests.RunningHub;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Devices post over a path that loses a fifth of all datagrams, brings a fifth twice and some late,
 * while the hub is killed and started again: each number that was acknowledged is in the journal
 * once, one that was not at most once, and none that was not sent.
 */
final class CoapProof {
  private static final int FIRST_TIMEOUT_MILLIS = 80;
  private static final String PROFILE =
      """
      id: proof-coap
      title: Numbers
      match: [ { protocol: coap, resource: "proof/{device}", mediaType: application/json } ]
      properties:
        n: { type: integer, forms: [ { protocol: coap, resource: "proof/{device}", mediaType: application/json, path: n } ] }
      """;

  private final Path data;
  private final Findings findings = new Findings();
  private long sent;
  private long acknowledged;
  private long journalled;
  private long lost;
  private long duplicates;
  private long outOfOrder;

  private CoapProof(Path data) {
    this.data = data;
  }

  static Proof run(Path data, Terms terms)
      throws IOException, InterruptedException, TimeoutException {
    CoapProof proof = new CoapProof(data);
    int rounds = terms.rounds(1, 5);
    proof.play(terms.things(8, 16), rounds, terms.seconds(6, 20));
    return new Proof(
        rounds,
        proof.sent,
        proof.acknowledged,
        proof.journalled,
        proof.journalled,
        proof.lost,
        proof.duplicates,
        proof.outOfOrder,
        0,
        0,
        proof.findings.figures(),
        proof.findings.problems());
  }

  private record Said(String thing, int sent, Set<Integer> acknowledged) {}

  private void play(int devices, int rounds, int seconds)
      throws IOException, InterruptedException, TimeoutException {
    Files.createDirectories(data.resolve("device-profiles"));
    Files.createDirectories(data.resolve("routes"));
    Files.writeString(data.resolve("routes/readings-to-mqtt.camel.yaml"), "[]\n");
    Files.writeString(data.resolve("device-profiles/proof-coap.yaml"), PROFILE);
    int offset = RunningHub.freeOffset();
    ExecutorService fleet = Executors.newFixedThreadPool(devices);
    RunningHub hub = RunningHub.start(data, offset);
    try (LossyPath path = new LossyPath(hub.coapPort())) {
      long nanos = TimeUnit.SECONDS.toNanos(seconds);
      long end = System.nanoTime() + nanos * (rounds + 1);
      List<Future<Said>> all = new ArrayList<>();
      for (int i = 0; i < devices; i++) {
        String thing = "d" + i;
        all.add(fleet.submit(() -> post(path.port(), thing, end)));
      }
      for (int round = 0; round < rounds; round++) {
        TimeUnit.SECONDS.sleep(seconds);
        hub.kill();
        hub.close();
        hub = RunningHub.start(data, offset);
      }
      for (Future<Said> one : all) {
        judge(hub, one.get(seconds * (rounds + 2L) + 60, TimeUnit.SECONDS));
      }
      findings.figure("datagramsLost", path.lost.sum());
      findings.figure("datagramsDoubled", path.doubled.sum());
      JsonNode rejected = new Api(hub).get("/api/v1/rejected").get("rejected");
      findings.expect(rejected.isEmpty(), "rejected: " + rejected);
    } catch (ExecutionException e) {
      throw new IOException("a device failed", e);
    } finally {
      fleet.shutdownNow();
      hub.close();
    }
  }

  /** One number after the other; one that no answer came to is given up. */
  private static Said post(int port, String thing, long end) throws IOException {
    Set<Integer> acknowledged = new HashSet<>();
    int number = 0;
    try (CoapDevice device = new CoapDevice(port, "proof/" + thing, 50, FIRST_TIMEOUT_MILLIS)) {
      while (System.nanoTime() < end) {
        number++;
        OptionalInt code = device.post("{\"n\":" + number + "}");
        if (code.isPresent() && code.getAsInt() == CoapDevice.CHANGED) {
          acknowledged.add(number);
        }
      }
    }
    return new Said(thing, number, acknowledged);
  }

  private void judge(RunningHub hub, Said said) throws IOException, InterruptedException {
    JsonNode page =
        new Api(hub).get("/api/v1/things/" + said.thing() + "/readings?property=n&limit=100000");
    List<Integer> kept = new ArrayList<>();
    page.get("readings").forEach(reading -> kept.add(reading.get("value").intValue()));
    Collections.reverse(kept); // the newest came first
    Set<Integer> different = new HashSet<>(kept);
    sent += said.sent();
    acknowledged += said.acknowledged().size();
    journalled += different.size();
    duplicates += kept.size() - different.size();
    lost += said.acknowledged().stream().filter(number -> !different.contains(number)).count();
    for (int i = 1; i < kept.size(); i++) {
      outOfOrder += kept.get(i) < kept.get(i - 1) ? 1 : 0;
    }
    long invented = different.stream().filter(n -> n < 1 || n > said.sent()).count();
    findings.expect(invented == 0, invented + " numbers of " + said.thing() + " were never sent");
  }
}
