package io.patchbay.itests.prove;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeoutException;

/**
 * kill -9 at random moments under load, and when told so twice more while the hub starts. Every
 * message whose PUBACK came is afterwards in the journal or among the rejected, once, and reaches
 * the receiver.
 */
final class KillProof {
  private static final Random RANDOM = new Random();

  private KillProof() {}

  static Proof run(Path data, Terms terms)
      throws IOException, InterruptedException, TimeoutException {
    int rounds = terms.rounds(2, 50);
    int perSecond = terms.perSecond(1_000, 1_000);
    try (Scene scene = Scene.inside(data, terms.things(50, 50))) {
      for (int round = 1; round <= rounds; round++) {
        scene.load(perSecond);
        Drain.seconds(1 + 3 * RANDOM.nextDouble());
        scene.kill();
        for (int i = 0; terms.afterStart() && i < 2; i++) {
          scene.startAndKill(Duration.ofMillis(200 + RANDOM.nextInt(2_500)));
        }
        scene.startAgain();
        scene.findings.atLeast("slowestStartMs", scene.hub().startTook().toMillis());
        Stored stored = drained(scene);
        System.err.printf(
            "round %d: %d acknowledged, %d stored, %d missing, %d twice, ready again after %d ms%n",
            round,
            scene.sender.acknowledged(),
            stored.count(),
            stored.missing(scene.sender),
            stored.duplicates(),
            scene.hub().startTook().toMillis());
      }
      Stored end = drained(scene);
      boolean unused = Drain.until(() -> end.missingIn(scene.north()).count() == 0);
      return scene.verdict(rounds, scene.findings.figure("slowestStartMs"));
    }
  }

  /** Waits until all that was acknowledged is there and nothing more comes. */
  private static Stored drained(Scene scene) throws IOException, InterruptedException {
    Stored[] stored = {Stored.read(scene.api(), scene.fleet)};
    boolean quiet =
        Drain.until(
            () -> {
              Stored now = Stored.read(scene.api(), scene.fleet);
              boolean same = now.count() == stored[0].count();
              stored[0] = now;
              return same && now.missing(scene.sender) == 0;
            });
    scene.findings.expect(quiet, "a minute after a start acknowledged messages are still missing");
    return stored[0];
  }
}
