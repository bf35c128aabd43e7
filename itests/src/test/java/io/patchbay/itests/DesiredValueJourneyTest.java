package io.patchbay.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A ventilator shall run at a speed: through silence, kill -9 and somebody at its knob. */
final class DesiredValueJourneyTest {
  private static final String PROFILE =
      """
      id: vent
      title: Ventilator
      match:
        - { protocol: mqtt, topic: "vent/{device}/state", has: [speed] }
      properties:
        speed:
          type: number
          minimum: 0
          maximum: 10
          desired: 3
          forms:
            - { protocol: mqtt, topic: "vent/{device}/state", path: speed }
            - { protocol: mqtt, op: writeproperty, topic: "vent/{device}/set", mediaType: text/plain, payload: "{value}" }
      """;

  private static final String DESIRED = "/api/v1/things/v1/desired/speed";
  private final ObjectMapper json = new ObjectMapper();

  @Test
  void isWrittenUntilItIsReportedAndAgainWhenItIsNot(@TempDir Path data) throws Exception {
    Files.createDirectories(data.resolve("device-profiles"));
    Files.writeString(data.resolve("device-profiles/vent.yaml"), PROFILE);
    int offset = RunningHub.freeOffset();
    String[] settings = {
      "io.patchbay.core:desiredRetrySeconds=1", "io.patchbay.core:desiredAttempts=3"
    };
    try (RunningHub hub = RunningHub.start(data, offset, settings)) {
      try (Mosquitto.Listener knob = listen(hub)) {
        says(hub, 1);
        heard(knob, 2, "3"); // the profile's, and again because nothing was reported
        assertThat(state(hub).get("source").textValue()).isEqualTo("profile");
        assertThat(state(hub).get("delta").doubleValue()).isEqualTo(-2);
        says(hub, 3);
        await("reported").until(() -> state(hub).get("state").textValue().equals("reported"));
      }
      assertThat(put(hub, DESIRED, "11").statusCode()).isEqualTo(422);
      assertThat(put(hub, DESIRED, "5").body()).contains("administrator");
      assertThat(put(hub, "/api/v1/things/v1/properties/speed", "7").statusCode()).isEqualTo(409);
      hub.kill();
    }
    try (RunningHub hub = RunningHub.start(data, offset, settings);
        Mosquitto.Listener knob = listen(hub)) {
      assertThat(state(hub).get("desired").doubleValue()).isEqualTo(5);
      assertThat(state(hub).get("source").textValue()).isEqualTo("administrator");
      says(hub, 3);
      heard(knob, 1, "5");
      says(hub, 5);
      await("reported").until(() -> state(hub).get("state").textValue().equals("reported"));
      int before = knob.messages().size();
      says(hub, 2);
      heard(knob, before + 1, "5");
      says(hub, 5);
      await("reported").until(() -> state(hub).get("state").textValue().equals("reported"));
      assertThat(hub.get("/metrics").body())
          .contains("patchbay_desired{state=\"reported\"} 1")
          .contains("patchbay_desired_drifts_total");
      assertThat(hub.get("/api/v1/audit").body()).contains("desired.order");
    }
  }

  private static Mosquitto.Listener listen(RunningHub hub) throws Exception {
    return Mosquitto.listen(hub.mqttPort(), hub.mqttLogin(), "vent/v1/set");
  }

  private static void says(RunningHub hub, int speed) throws Exception {
    Mosquitto.publish(
        hub.mqttPort(), hub.mqttLogin(), "vent/v1/state", "{\"speed\":" + speed + "}");
  }

  private static void heard(Mosquitto.Listener knob, int times, String payload) {
    await("written")
        .atMost(Duration.ofSeconds(15))
        .until(() -> knob.messages().stream().filter(m -> m.endsWith(payload)).count() >= times);
  }

  private JsonNode state(RunningHub hub) throws Exception {
    return json.readTree(hub.get(DESIRED).body());
  }

  private static HttpResponse<String> put(RunningHub hub, String path, String body)
      throws Exception {
    return hub.send(
        hub.request(path)
            .header("Content-Type", "application/json")
            .PUT(BodyPublishers.ofString(body)));
  }
}
