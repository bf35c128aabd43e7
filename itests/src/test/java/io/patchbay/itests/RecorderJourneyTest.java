package io.patchbay.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What devices have sent becomes examples, and says the same again without a hub. */
final class RecorderJourneyTest {
  private static final String PROFILE =
"""
id: vat
title: A vat
thing: "{device}"
match: [ { protocol: mqtt, topic: "vat/{device}/state", has: [T] } ]
forms:
  state: { protocol: mqtt, topic: "vat/{device}/state" }
  history: { protocol: mqtt, topic: "vat/{device}/history", mediaType: application/senml+json }
properties:
  temperature:
    type: number
    unit: Cel
    deadband: 0.5
    minimum: -40
    maximum: 120
    forms: [ { use: state, path: T }, { use: history, path: temperature } ]
  level: { type: number, unit: "%", minimum: 0, maximum: 100, forms: [ { use: state, path: L } ] }
  kelvin: { type: number, unit: K, compute: "{temperature} + 273.15" }
events:
  alarm: { data: { code: { type: integer } }, forms: [ { use: state, path: A } ] }
""";

  private static final String THING = "/api/v1/things/v1";
  private final ObjectMapper json = new ObjectMapper();

  @Test
  void isReplayedOctetForOctetAndMakesExamples(@TempDir Path data) throws Exception {
    Path profile = data.resolve("device-profiles/vat.yaml");
    Files.createDirectories(profile.getParent());
    Files.writeString(profile, PROFILE);
    Path recording = data.resolve("v1.ndjson");
    Path plug = data.resolve("plug1.ndjson");
    String examples;
    try (RunningHub hub = RunningHub.start(data, RunningHub.freeOffset())) {
      says(hub, "vat/v1/state", "{\"T\":21.5}");
      says(hub, "tele/plug1/SENSOR", "{\"ENERGY\":{\"Power\":1}}");
      record(hub, THING);
      record(hub, "/api/v1/things/plug1");
      says(hub, "vat/v1/state", "{\"T\":21.6,\"L\":55.5,\"A\":{\"code\":7}}"); // T is held back
      says(hub, "vat/v1/state", "{\"T\":26.8,\"L\":155}"); // half of it is wrong
      says(hub, "vat/v1/state", "{\"T\":");
      says(
          hub,
          "vat/v1/history",
          "[{\"bn\":\"x/\",\"bt\":1780000000.125,\"n\":\"temperature\",\"u\":\"Cel\",\"v\":3.1},"
              + "{\"n\":\"temperature\",\"u\":\"K\",\"t\":60,\"v\":280.15}]");
      says(
          hub,
          "tele/plug1/SENSOR",
          "{\"Time\":\"2026-11-01T12:00:00\",\"ENERGY\":{\"Total\":3.185,\"Power\":21.5,"
              + "\"Factor\":0.72,\"Voltage\":230,\"Current\":0.094}}");
      recorded(hub, THING, 4);
      recorded(hub, "/api/v1/things/plug1", 1);
      Files.writeString(recording, hub.get(THING + "/recording").body());
      Files.writeString(plug, hub.get("/api/v1/things/plug1/recording").body());
      examples =
          hub.send(hub.request(THING + "/recording").header("Accept", "application/yaml").GET())
              .body();
    }

    List<String> lines = Files.readAllLines(recording);
    assertThat(lines).hasSize(5);
    assertThat(lines.get(1)).contains("heldBack").contains("v1/level");
    assertThat(lines.get(2)).contains("OUT_OF_RANGE").contains("v1/temperature");
    assertThat(lines.get(3)).contains("UNDECODABLE").contains("\"senml\":\"[]\"");
    assertThat(lines.get(4)).contains("1780000060.125");

    Said same = patchbay("replay", "--data", data.toString(), recording.toString());
    assertThat(same.code()).as(same.text()).isZero();
    assertThat(same.text()).contains("4 frames, identical, read with vat@");
    for (String line : lines.subList(1, 5)) {
      assertThat(same.text().lines()).contains(json.readTree(line).get("senml").textValue());
    }
    Said shipped = patchbay("replay", plug.toString());
    assertThat(shipped.code()).as(shipped.text()).isZero();

    Files.writeString(recording, String.join("\n", changed(lines, 2)));
    Said other = patchbay("replay", "--data", data.toString(), recording.toString(), "vat");
    assertThat(other.code()).as(other.text()).isEqualTo(1);
    assertThat(other.text())
        .contains("v1.ndjson:3: not what the hub kept")
        .contains("expected ")
        .contains("1 of 4 frames differ");

    Files.writeString(profile, PROFILE + examples);
    Said checked = patchbay("check", profile.toString());
    assertThat(checked.code()).as(checked.text() + examples).isZero();
    Files.writeString(profile, PROFILE.replace("path: L", "path: M") + examples);
    assertThat(patchbay("check", profile.toString()).code())
        .as("the examples are run")
        .isEqualTo(1);
  }

  private static void says(RunningHub hub, String topic, String payload) throws Exception {
    Mosquitto.publish(hub.mqttPort(), hub.mqttLogin(), topic, payload);
  }

  private static void record(RunningHub hub, String thing) {
    await(thing)
        .atMost(Duration.ofSeconds(10))
        .until(
            () ->
                hub.send(hub.request(thing + "/recorder").PUT(BodyPublishers.noBody())).statusCode()
                    == 200);
  }

  private void recorded(RunningHub hub, String thing, int frames) {
    await(thing)
        .atMost(Duration.ofSeconds(10))
        .until(
            () ->
                json.readTree(hub.get(thing + "/recorder").body()).get("frames").intValue()
                    == frames);
  }

  /** With 26.9 in the place of 26.8: one octet of one payload. */
  private List<String> changed(List<String> lines, int at) throws Exception {
    JsonNode frame = json.readTree(lines.get(at));
    String payload = frame.get("payload").textValue();
    byte[] octets = Base64.getDecoder().decode(payload);
    octets[new String(octets, StandardCharsets.UTF_8).indexOf("26.8") + 3] = '9';
    List<String> changed = new ArrayList<>(lines);
    changed.set(at, lines.get(at).replace(payload, Base64.getEncoder().encodeToString(octets)));
    return changed;
  }

  private record Said(int code, String text) {}

  private static Said patchbay(String... words) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(RunningHub.dist().resolve("bin/patchbay").toString());
    command.addAll(List.of(words));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return new Said(process.exitValue(), said);
  }
}
