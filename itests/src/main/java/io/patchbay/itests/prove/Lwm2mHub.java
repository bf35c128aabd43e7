package io.patchbay.itests.prove;

import com.fasterxml.jackson.databind.JsonNode;
import io.patchbay.itests.RunningHub;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A hub that a fleet of LwM2M devices comes to, and what of theirs it holds in the end. */
final class Lwm2mHub implements AutoCloseable {
  private static final String PROFILE =
      """
      id: proof
      title: A thermometer
      thing: "{endpoint}"
      match: [ { protocol: lwm2m, endpoint: "proof-*" } ]
      properties:
        temperature: { type: number, unit: Cel, forms: [ { protocol: lwm2m, mediaType: application/senml+json, path: /3303/0/5700 } ] }
      """;

  private final Path data;
  private final int offset = RunningHub.freeOffset();
  private final Random random = new Random();
  private RunningHub hub;
  long sent;
  long acknowledged;
  long journalled;
  long lost;
  long duplicates;
  long outOfOrder;

  Lwm2mHub(Path data) throws IOException, InterruptedException, TimeoutException {
    this.data = data;
    Files.createDirectories(data.resolve("routes"));
    Files.writeString(data.resolve("routes/readings-to-mqtt.camel.yaml"), "[]\n");
    Files.createDirectories(data.resolve("device-profiles"));
    Files.writeString(data.resolve("device-profiles/proof.yaml"), PROFILE);
    hub = started();
  }

  private RunningHub started() throws IOException, InterruptedException, TimeoutException {
    return RunningHub.start(data, offset, "io.patchbay.binding.lwm2m:unsecured=proof-*");
  }

  RunningHub running() {
    return hub;
  }

  Api api() {
    return new Api(hub);
  }

  int port() {
    return 5683 + offset;
  }

  int securePort() {
    return 5684 + offset;
  }

  /** kill -9, and a start on what is left. */
  void killAndStart() throws IOException, InterruptedException, TimeoutException {
    hub.kill();
    hub.close();
    hub = started();
  }

  /** A device of the fleet with a key of its own. */
  void secured(Lwm2mFleet fleet, String name) throws IOException, InterruptedException {
    byte[] key = new byte[16];
    random.nextBytes(key);
    String body = "{\"secret\":\"hex:" + HexFormat.of().formatHex(key) + "\"}";
    HttpResponse<String> answer =
        hub.send(
            hub.request("/api/v1/secrets/lwm2m-psk." + name)
                .header("Content-Type", "application/json")
                .PUT(BodyPublishers.ofString(body)));
    if (answer.statusCode() / 100 != 2) {
      throw new IOException("a key is answered with " + answer.statusCode());
    }
    fleet.secure(name, securePort(), key);
  }

  /** Everybody is registered and was heard once. */
  void settle(Lwm2mFleet fleet, Findings findings) throws IOException, InterruptedException {
    long begun = System.nanoTime();
    fleet.begin();
    List<String> missing = fleet.notHeard(180);
    findings.figure("registeredMs", TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun));
    findings.expect(missing.isEmpty(), "never heard: " + missing);
  }

  /** The numbers of a device that was acknowledged are there, once each and in their order. */
  void judge(Lwm2mFleet.Said said, Findings findings) throws IOException, InterruptedException {
    JsonNode page =
        api().get("/api/v1/things/" + said.thing() + "/readings?property=temperature&limit=100000");
    List<Integer> kept = new ArrayList<>();
    for (JsonNode reading : page.get("readings")) {
      int number = reading.get("value").asInt();
      if (number > 0) { // 0 is what it says when it is asked
        kept.add(number);
      }
    }
    Collections.reverse(kept); // the newest came first
    Set<Integer> different = new HashSet<>(kept);
    sent += said.sent();
    acknowledged += said.acknowledged().cardinality();
    journalled += different.size();
    duplicates += kept.size() - different.size();
    lost += said.acknowledged().stream().filter(number -> !different.contains(number)).count();
    for (int i = 1; i < kept.size(); i++) {
      outOfOrder += kept.get(i) < kept.get(i - 1) ? 1 : 0;
    }
    findings.expect(
        different.stream().allMatch(number -> number <= said.sent()),
        said.thing() + " never sent what is there");
  }

  Proof verdict(int rounds, long gapMs, Findings findings)
      throws IOException, InterruptedException {
    JsonNode rejected = api().get("/api/v1/rejected").get("rejected");
    for (JsonNode frame : rejected) {
      findings.expect(
          !frame.get("reason").asText().equalsIgnoreCase("internal"),
          "a bug met " + frame.get("detail"));
    }
    Vitals end = Vitals.of(hub);
    findings.figure("heapMb.after", end.heapMb());
    if (end.retained() > 0) {
      Vitals.dump(hub, data);
    }
    return new Proof(
        rounds,
        sent,
        acknowledged,
        journalled,
        journalled,
        lost,
        duplicates,
        outOfOrder,
        gapMs,
        end.retained(),
        findings.figures(),
        findings.problems());
  }

  @Override
  public void close() {
    hub.close();
  }
}
