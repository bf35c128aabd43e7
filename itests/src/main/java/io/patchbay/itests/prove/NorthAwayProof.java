package io.patchbay.itests.prove;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeoutException;

/**
 * The receiver of a durable route is off, then slow, then fails every third request. Everything
 * arrives, in order per thing; memory stays, and the other route is not touched by it.
 */
final class NorthAwayProof {
  private static final long GROWN_HEAP_MB = 24;

  /** A moment of silence on the other route that is still no effect, on a shared machine. */
  private static final long UNTOUCHED_MS = 1_000;

  private NorthAwayProof() {}

  static Proof run(Path data, Terms terms)
      throws IOException, InterruptedException, TimeoutException {
    int perSecond = terms.perSecond(200, 200);
    try (Scene scene = Scene.inside(data, terms.things(40, 100));
        Receiver receiver = new Receiver(scene.fleet)) {
      Findings findings = scene.findings;
      scene.api().put("/api/v1/routes/prove-http", receiver.route(""));
      scene.load(perSecond);
      findings.expect(
          Drain.until(() -> receiver.taken() > perSecond), "the receiver gets nothing at all");
      Vitals before = Vitals.of(scene.hub());
      scene.north().beginGap();

      receiver.goAway();
      Drain.seconds(terms.seconds(5, 600));
      scene.api().checkLedger("while the receiver is off", findings);
      receiver.comeBack();
      receiver.behave(50, 0);
      Drain.seconds(terms.seconds(5, 60));
      receiver.behave(0, 3);
      Drain.seconds(terms.seconds(5, 60));
      long gap = scene.north().longestGapMs();
      scene.silence();
      findings.expect(
          Drain.until(10, () -> scene.north().delivered() >= scene.sender.acknowledged()),
          "the other route lags behind");
      findings.expect(gap < UNTOUCHED_MS, "the other route was silent for " + gap + " ms");
      boolean all =
          Drain.until(
              terms.seconds(60, 900), () -> receiver.taken() >= scene.sender.acknowledged());
      findings.expect(
          all, (scene.sender.acknowledged() - receiver.taken()) + " messages did not reach it");
      findings.expect(receiver.outOfOrder() == 0, receiver.outOfOrder() + " came out of order");
      Vitals after = Vitals.of(scene.hub());
      findings.figure("heapMb.before", before.heapMb());
      findings.figure("heapMb.after", after.heapMb());
      findings.expect(
          after.heapMb() - before.heapMb() <= GROWN_HEAP_MB, "the heap has grown: " + after);
      findings.figure("received", receiver.taken());
      findings.figure("receivedTwice", receiver.repeated());
      return scene.verdict(1, gap);
    }
  }
}
