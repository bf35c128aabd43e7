package io.patchbay.itests.prove;

import io.patchbay.itests.Mosquitto;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeoutException;

/**
 * The devices' broker is outside. It ends and comes back; the network to it is cut, and once it
 * swallows everything without a word. Nothing is lost, and nothing is journalled twice.
 */
final class BrokerAwayProof {
  private BrokerAwayProof() {}

  static Proof run(Path data, Terms terms)
      throws IOException, InterruptedException, TimeoutException {
    int rounds = terms.rounds(1, 5);
    int seconds = terms.seconds(2, 60);
    int perSecond = terms.perSecond(1_000, 1_000);
    try (Mosquitto broker = Mosquitto.start(data.resolve("broker-outside"));
        Relay network = new Relay(broker.port());
        Scene scene = Scene.outside(data, terms.things(50, 200), broker, network.port())) {
      scene.load(perSecond);
      scene.await(2L * perSecond);
      for (int round = 1; round <= rounds; round++) {
        broker.stop();
        Drain.seconds(seconds);
        broker.restart();
        goesOn(scene, "broker");

        network.refuse();
        Drain.seconds(seconds);
        network.heal();
        goesOn(scene, "cut");

        if (!terms.brief()) {
          cutTwice(scene, network);
        }

        network.swallow();
        Drain.seconds(seconds + 5); // longer than the keep-alive
        network.heal();
        goesOn(scene, "swallowed");
        System.err.printf(
            "round %d: %d acknowledged, %d delivered, %s%n",
            round,
            scene.sender.acknowledged(),
            scene.north().delivered(),
            scene.findings.figures());
      }
      return scene.verdict(
          rounds,
          Math.max(
              scene.findings.figure("backMs.broker"),
              Math.max(
                  scene.findings.figure("backMs.cut"), scene.findings.figure("backMs.swallowed"))));
    }
  }

  /** Again, before what the first cut left behind has come through. */
  private static void cutTwice(Scene scene, Relay network)
      throws IOException, InterruptedException {
    network.refuse();
    network.heal();
    scene.await(scene.north().delivered() + 1);
    network.refuse();
    network.heal();
    goesOn(scene, "cutTwice");
  }

  /** How long until messages flow again after what was broken is whole, and what came twice. */
  private static void goesOn(Scene scene, String fault) throws IOException, InterruptedException {
    long begin = System.nanoTime();
    long before = scene.north().repeated();
    scene.await(scene.north().delivered() + 1);
    scene.findings.atLeast("backMs." + fault, (System.nanoTime() - begin) / 1_000_000);
    scene.await(scene.sender.acknowledged());
    scene.findings.atLeast("twice." + fault, scene.north().repeated() - before);
  }
}
