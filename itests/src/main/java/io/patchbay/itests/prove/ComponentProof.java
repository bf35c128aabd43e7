package io.patchbay.itests.prove;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeoutException;

/**
 * While a fleet talks, a route that names Kafka comes and goes: its component is installed and
 * started, its client begins, and all of it stops again. Nothing of the flow is lost or reordered.
 */
final class ComponentProof {
  private static final String BUNDLE = "io.patchbay.wrap.camel.kafka";

  /** The broker it looks for is not there; that is for the client to bear. */
  private static final String ROUTE =
      """
      - from:
          uri: direct:nobody
          steps:
            - to: kafka:readings?brokers=127.0.0.1:1&maxBlockMs=100
      """;

  private static final String ANOTHER =
      """
      - from:
          uri: direct:nobody
          steps:
            - setBody: { simple: "${header.a}" }
      """;

  private ComponentProof() {}

  static Proof run(Path data, Terms terms)
      throws IOException, InterruptedException, TimeoutException {
    int rounds = terms.rounds(3, 20);
    try (Scene scene = Scene.of(data, terms.things(50, 200), terms)) {
      Findings findings = scene.findings;
      findings.expect(scene.api().bundle(BUNDLE).isEmpty(), "Kafka is there before it is named");
      int perSecond = terms.perSecond(1_000, 5_000);
      scene.load(perSecond);
      scene.await(3L * perSecond);
      long longest = 0;
      for (int round = 0; round < rounds; round++) {
        scene.north().beginGap();
        long began = System.nanoTime();
        scene.api().put("/api/v1/routes/kafka", ROUTE);
        findings.expect(
            Drain.until(20, () -> active(scene)), "the route to Kafka does not start: " + round);
        findings.atLeast("routeStartMs", (System.nanoTime() - began) / 1_000_000);
        scene.api().remove("/api/v1/routes/kafka");
        findings.expect(
            Drain.until(20, () -> state(scene).equals("installed")),
            "Kafka does not stop: " + round);
        scene.await(scene.north().delivered() + perSecond / 2);
        longest = Math.max(longest, scene.north().longestGapMs());
        findings.figure(round == 0 ? "gapMs.first" : "gapMs.last", scene.north().longestGapMs());
      }
      // Camel's simple language keeps the context that came last, and by it the classes of Kafka
      scene.api().put("/api/v1/routes/another", ANOTHER);
      return scene.verdict(rounds, longest);
    }
  }

  private static boolean active(Scene scene) throws IOException, InterruptedException {
    for (JsonNode route : scene.api().get("/api/v1/routes").get("routes")) {
      if (route.get("id").asText().equals("kafka")) {
        return route.get("state").asText().equals("active");
      }
    }
    return false;
  }

  private static String state(Scene scene) throws IOException, InterruptedException {
    return scene.api().bundle(BUNDLE).map(bundle -> bundle.get("state").asText()).orElse("");
  }
}
