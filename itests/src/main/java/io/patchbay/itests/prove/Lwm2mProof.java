package io.patchbay.itests.prove;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Registered LwM2M devices notify, some over DTLS, while the binding's jar is replaced and the hub
 * is killed: none registers again, each is observed as before, and each notification that was
 * acknowledged is in the journal once.
 */
final class Lwm2mProof {
  private static final String FOLDER = "binding-lwm2m";
  private static final long PATIENCE_SECONDS = 120;

  private final Path data;
  private final Findings findings = new Findings();

  private Lwm2mProof(Path data) {
    this.data = data;
  }

  static Proof run(Path data, Terms terms)
      throws IOException, InterruptedException, TimeoutException {
    return new Lwm2mProof(data)
        .play(
            terms.things(200, 1_000),
            terms.brief() ? 4 : 20,
            terms.perSecond(100, 500),
            terms.rounds(2, 5),
            terms.brief() ? 1 : 2);
  }

  private Proof play(int devices, int secured, int perSecond, int rounds, int kills)
      throws IOException, InterruptedException, TimeoutException {
    long interval = TimeUnit.SECONDS.toNanos(1) * devices / perSecond;
    try (Lwm2mHub hub = new Lwm2mHub(data);
        Lwm2mFleet fleet = new Lwm2mFleet(interval)) {
      for (int i = 0; i < devices; i++) {
        if (i < secured) {
          hub.secured(fleet, "proof-" + i);
        } else {
          fleet.plain("proof-" + i, hub.port());
        }
      }
      hub.settle(fleet, findings);
      long observed = fleet.observed(); // some twice: DTLS opened while they were greeted
      findings.figure("heapMb.before", Vitals.of(hub.running()).heapMb());
      for (int round = 0; round < rounds; round++) {
        fleet.beginGap();
        replace(hub, round);
        goesOn(fleet, "replacement");
      }
      for (int kill = 0; kill < kills; kill++) {
        fleet.beginGap();
        hub.killAndStart();
        goesOn(fleet, "kill");
      }
      findings.figure("devices", fleet.size());
      findings.figure("registrations", fleet.registrations());
      findings.figure("observed", fleet.observed());
      findings.expect(
          fleet.registrations() == fleet.size(),
          fleet.size() + " devices registered " + fleet.registrations() + " times");
      findings.expect(
          fleet.observed() == observed,
          fleet.observed() - observed + " devices were observed again");
      findings.expect(
          fleet.resets() == 0, "the hub did not know " + fleet.resets() + " notifications");
      findings.expect(
          (long) hub.api().metric("patchbay_lwm2m_devices", "") == fleet.size(),
          "the hub does not know all of them");
      for (Lwm2mFleet.Said said : fleet.silence()) {
        hub.judge(said, findings);
      }
      return hub.verdict(rounds + kills, findings.figure("gapMs.replacement"), findings);
    }
  }

  private void replace(Lwm2mHub hub, int round) throws IOException, InterruptedException {
    Path made = data.resolve(FOLDER + ".jar.new");
    Versions.copy(
        SwapProof.shipped(FOLDER), made, "0.1.0.prove%05d".formatted(round + 1), Map.of());
    HttpResponse<String> answer = hub.api().deploy(made);
    if (answer.statusCode() != 200) {
      throw new IOException(FOLDER + " could not be replaced: " + answer.body());
    }
  }

  /** Each device is heard again. */
  private void goesOn(Lwm2mFleet fleet, String after) throws IOException, InterruptedException {
    long begun = System.nanoTime();
    List<String> missing = fleet.notHeard(PATIENCE_SECONDS);
    findings.expect(missing.isEmpty(), "not heard after a " + after + ": " + missing);
    findings.atLeast(
        "allHeardMs." + after, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun));
    findings.atLeast("gapMs." + after, fleet.longestGapMs());
  }
}
