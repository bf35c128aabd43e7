package io.patchbay.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An external broker goes away and comes back: what it kept for the hub arrives, once. */
final class LostBrokerJourneyTest {
  private static final String[] ANONYMOUS = {};

  @Test
  void losesNothingWhenAnExternalBrokerRestarts(@TempDir Path data, @TempDir Path broker)
      throws Exception {
    try (Mosquitto mosquitto = Mosquitto.start(broker);
        RunningHub hub =
            RunningHub.start(
                data,
                RunningHub.freeOffset(),
                "io.patchbay.camel.mqtt.connection~plant:url=tcp://127.0.0.1:"
                    + mosquitto.port())) {
      Mosquitto.publish(
          mosquitto.port(), ANONYMOUS, "tele/ext1/SENSOR", "{\"ENERGY\":{\"Power\":1}}");
      await()
          .atMost(Duration.ofSeconds(10))
          .untilAsserted(() -> assertThat(readings(hub)).isEqualTo(1));

      mosquitto.stop();
      await()
          .atMost(Duration.ofSeconds(10))
          .untilAsserted(
              () ->
                  assertThat(hub.get("/api/v1/things/ext1").body())
                      .doesNotContainIgnoringCase("\"online\""));
      mosquitto.restart();
      Mosquitto.publish(
          mosquitto.port(), ANONYMOUS, "tele/ext1/SENSOR", "{\"ENERGY\":{\"Power\":2}}");
      Mosquitto.publish(
          mosquitto.port(), ANONYMOUS, "tele/ext1/SENSOR", "{\"ENERGY\":{\"Power\":3}}");

      await()
          .atMost(Duration.ofSeconds(40))
          .untilAsserted(() -> assertThat(readings(hub)).isEqualTo(3));
      assertThat(hub.get("/api/v1/things/ext1/properties/power").body()).contains("3");
    }
  }

  private static long readings(RunningHub hub) throws Exception {
    String csv =
        hub.send(
                hub.request("/api/v1/things/ext1/readings?property=power")
                    .header("Accept", "text/csv")
                    .GET())
            .body();
    return csv.lines()
        .filter(line -> line.contains("ext1") || line.contains("power"))
        .filter(line -> !line.startsWith("thing") && !line.startsWith("time"))
        .count();
  }
}
