package io.patchbay.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the README tells a newcomer, step by step, on one running hub. */
final class NewcomerJourneyTest {
  /** The README promises this for everything that is dropped into a folder. */
  private static final Duration HOT = Duration.ofSeconds(5);

  private static final ObjectMapper JSON = new ObjectMapper();

  private static Path data;
  private static RunningHub hub;
  private static String[] login;

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    data = folder;
    hub = RunningHub.start(data, RunningHub.freeOffset());
    login = hub.mqttLogin();
  }

  @AfterAll
  static void stop() throws Exception {
    hub.close();
  }

  @Test
  void refusesStrangers() throws Exception {
    HttpResponse<String> answer =
        hub.send(HttpRequest.newBuilder(hub.request("/api/v1/things").GET().build().uri()).GET());

    assertThat(answer.statusCode()).isEqualTo(401);
    assertThat(answer.headers().firstValue("content-type").orElse(""))
        .startsWith("application/problem+json");
  }

  @Test
  void keepsItsFirstSecretsToTheOwner() throws Exception {
    for (String file : new String[] {"admin-token", "mqtt-device"}) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(data.resolve(file))))
          .isEqualTo("rw-------");
    }
  }

  @Test
  void followsAValueFromThePlugToTheEnterprise() throws Exception {
    try (Mosquitto.Listener north = Mosquitto.listen(hub.mqttPort(), login, "patchbay/#")) {
      Mosquitto.publish(
          hub.mqttPort(),
          login,
          "tele/plug1/SENSOR",
          """
          {"Time":"2026-11-01T12:00:00","ENERGY":{"TotalStartTime":"2026-01-01T00:00:00",\
          "Total":3.185,"Yesterday":0.5,"Today":0.1,"Period":1,"Power":21.5,"ApparentPower":30,\
          "ReactivePower":20,"Factor":0.72,"Voltage":230,"Current":0.094}}\
          """);

      await()
          .atMost(HOT)
          .untilAsserted(
              () ->
                  assertThat(north.messages())
                      .anySatisfy(
                          message ->
                              assertThat(message)
                                  .startsWith(
                                      "patchbay/things/plug1/properties/power"
                                          + " [{\"n\":\"plug1/power\",\"u\":\"W\",\"v\":21.5,\"t\":")));
    }

    JsonNode latest = json(hub.get("/api/v1/things/plug1/properties/power"));
    assertThat(latest.path("value").asDouble()).isEqualTo(21.5);
    assertThat(latest.path("unit").asText()).isEqualTo("W");
    assertThat(latest.path("quality").asText()).isEqualToIgnoringCase("good");

    HttpResponse<String> history =
        hub.send(
            hub.request("/api/v1/things/plug1/readings?property=power")
                .header("Accept", "application/senml+json")
                .GET());
    assertThat(json(history)).hasSize(1);
    assertThat(json(history).get(0).path("v").asDouble()).isEqualTo(21.5);

    JsonNode td = json(hub.get("/api/v1/things/plug1/td"));
    assertThat(td.path("properties").has("power")).isTrue();
    assertThat(td.path("@context").toString()).contains("https://www.w3.org/2022/wot/td/v1.1");
  }

  @Test
  void switchesThePlug() throws Exception {
    publish("tele/plug2/SENSOR", "{\"ENERGY\":{\"Power\":1}}");
    try (Mosquitto.Listener plug = Mosquitto.listen(hub.mqttPort(), login, "cmnd/plug2/#")) {
      var write =
          hub.request("/api/v1/things/plug2/properties/switch")
              .header("Content-Type", "application/json")
              .PUT(HttpRequest.BodyPublishers.ofString("true"));
      await().atMost(HOT).until(() -> hub.get("/api/v1/things/plug2").statusCode() == 200);
      HttpResponse<String> accepted = hub.send(write);
      assertThat(accepted.statusCode()).as(accepted.body()).isIn(200, 202);

      await()
          .atMost(HOT)
          .untilAsserted(
              () ->
                  assertThat(plug.messages())
                      .anySatisfy(
                          message ->
                              assertThat(message).isEqualToIgnoringCase("cmnd/plug2/Power ON")));
    }
  }

  @Test
  void refusesAWriteToAReadingWithAReason() throws Exception {
    publish("tele/plug3/SENSOR", "{\"ENERGY\":{\"Power\":1}}");
    await().atMost(HOT).until(() -> hub.get("/api/v1/things/plug3").statusCode() == 200);

    HttpResponse<String> answer =
        hub.send(
            hub.request("/api/v1/things/plug3/properties/power")
                .header("Content-Type", "application/json")
                .PUT(HttpRequest.BodyPublishers.ofString("5")));

    assertThat(answer.statusCode()).isBetween(400, 499);
    assertThat(answer.body()).contains("power");
  }

  @Test
  void keepsGarbageForTheAdministrator() throws Exception {
    publish("tele/plug4/SENSOR", "{\"ENERGY\":{\"Power\":1}}");
    publish("tele/plug4/SENSOR", "{\"ENERGY\":{\"Power\":");
    publish("nobody/knows/this", "hello");

    await()
        .atMost(HOT)
        .untilAsserted(
            () ->
                assertThat(hub.get("/api/v1/rejected?limit=1000").body())
                    .contains("UNDECODABLE")
                    .contains("tele/plug4/SENSOR"));
    assertThat(hub.get("/health").statusCode()).isEqualTo(200);
  }

  @Test
  void dropsAProfileIntoTheRunningHub() throws Exception {
    Path folder = data.resolve("device-profiles");
    drop(folder, "boiler.yaml", profile("boiler", "degC"));
    await().atMost(HOT).until(() -> hub.get("/api/v1/profiles/boiler").statusCode() == 200);
    // in service first, subscribed a moment later
    await()
        .atMost(HOT)
        .untilAsserted(
            () -> {
              publish("boiler/b1/state", "{\"t\":61.5}");
              assertThat(value("/api/v1/things/b1/properties/temperature")).isEqualTo(61.5);
            });

    drop(folder, "boiler.yaml", profile("boiler", "degF"));
    await()
        .atMost(HOT)
        .untilAsserted(
            () -> {
              publish("boiler/b1/state", "{\"t\":70.7}");
              assertThat(value("/api/v1/things/b1/properties/temperature")).isEqualTo(21.5);
            });

    drop(folder, "boiler.yaml", "id: boiler\ntitle: [broken\n");
    await()
        .atMost(HOT)
        .untilAsserted(
            () -> assertThat(hub.get("/api/v1/profiles").body()).contains("boiler.yaml"));
    await()
        .atMost(HOT)
        .untilAsserted(
            () -> {
              publish("boiler/b1/state", "{\"t\":212}");
              assertThat(value("/api/v1/things/b1/properties/temperature")).isEqualTo(100);
            });
  }

  @Test
  void dropsARouteIntoTheRunningHub(@TempDir Path out) throws Exception {
    Path folder = data.resolve("routes");
    drop(folder, "to-file.camel.yaml", route(out, "one.txt"));
    publish("tele/plug5/SENSOR", "{\"ENERGY\":{\"Power\":1}}");
    await()
        .atMost(HOT)
        .untilAsserted(
            () -> {
              publish("tele/plug5/SENSOR", "{\"ENERGY\":{\"Power\":5}}");
              assertThat(out.resolve("one.txt")).content().contains("plug5/power");
            });

    drop(folder, "to-file.camel.yaml", "- route:\n    from:\n      uri: nonsense:x\n");
    await()
        .atMost(HOT)
        .untilAsserted(
            () -> assertThat(hub.get("/api/v1/routes").body()).contains("to-file.camel.yaml"));
    long before = Files.size(out.resolve("one.txt"));
    publish("tele/plug5/SENSOR", "{\"ENERGY\":{\"Power\":6}}");
    await().atMost(HOT).until(() -> Files.size(out.resolve("one.txt")) > before);

    Files.delete(folder.resolve("to-file.camel.yaml"));
    await().atMost(HOT).until(() -> !hub.get("/api/v1/routes").body().contains("to-file"));
  }

  @Test
  void dropsABundleIntoTheRunningHub() throws Exception {
    Path jar = RunningHub.dist().resolve("extras/binding-sim-0.1.0.jar");
    Path there = data.resolve("deploy/binding-sim.jar");
    Files.copy(jar, there);
    await()
        .atMost(HOT)
        .untilAsserted(
            () ->
                assertThat(value("/api/v1/things/sim-1/properties/temperature"))
                    .isBetween(18.0, 24.0));
    assertThat(hub.get("/api/v1/bundles").body()).contains("io.patchbay.binding.sim");

    Files.delete(there);
    await()
        .atMost(HOT)
        .until(() -> !hub.get("/api/v1/bundles").body().contains("io.patchbay.binding.sim"));
    assertThat(hub.get("/api/v1/things/sim-1").statusCode()).isEqualTo(200);
  }

  @Test
  void refusesAJarThatIsNone() throws Exception {
    drop(data.resolve("deploy"), "garbage.jar", "this is no jar");

    await()
        .atMost(HOT)
        .untilAsserted(
            () ->
                assertThat(Files.readString(data.resolve("log/patchbay.log")))
                    .contains("garbage.jar"));
    assertThat(hub.get("/health").statusCode()).isEqualTo(200);
  }

  @Test
  void namesThingsByFile() throws Exception {
    drop(
        data.resolve("things"),
        "kitchen.yaml",
        """
        - id: kitchen
          profile: tasmota-plug
          base: mqtt://local
          terms: { device: plug-77 }
          labels: { room: kitchen }
        """);
    await().atMost(HOT).until(() -> hub.get("/api/v1/things/kitchen").statusCode() == 200);

    publish("tele/plug-77/SENSOR", "{\"ENERGY\":{\"Power\":7}}");

    await()
        .atMost(HOT)
        .untilAsserted(
            () -> assertThat(value("/api/v1/things/kitchen/properties/power")).isEqualTo(7));
    assertThat(hub.get("/api/v1/things/plug-77").statusCode()).isEqualTo(404);
  }

  private static String profile(String id, String from) {
    return """
        id: %s
        title: A boiler
        thing: "{device}"
        match:
          - { protocol: mqtt, topic: "boiler/{device}/state" }
        properties:
          temperature:
            title: Temperature
            semantic: "3303/5700"
            type: number
            unit: Cel
            from: %s
            forms:
              - { protocol: mqtt, topic: "boiler/{device}/state", path: t }
        """
        .formatted(id, from);
  }

  private static String route(Path folder, String name) {
    return """
        - route:
            id: to-file
            from:
              uri: hub:readings
              steps:
                - convertBodyTo:
                    type: java.lang.String
                - to:
                    uri: file:%s
                    parameters:
                      fileName: %s
                      fileExist: Append
                      appendChars: "\\n"
        """
        .formatted(folder, name);
  }

  /** As a careful person does: written beside, then moved, so that nobody sees half a file. */
  private static void drop(Path folder, String name, String text) throws Exception {
    Path beside = Files.createTempFile(data, "drop", ".part");
    Files.writeString(beside, text);
    Files.move(beside, folder.resolve(name), StandardCopyOption.REPLACE_EXISTING);
  }

  private static void publish(String topic, String payload) throws Exception {
    Mosquitto.publish(hub.mqttPort(), login, topic, payload);
  }

  private static double value(String path) throws Exception {
    return json(hub.get(path)).path("value").asDouble(Double.NaN);
  }

  private static JsonNode json(HttpResponse<String> response) throws Exception {
    return JSON.readTree(response.body());
  }
}
