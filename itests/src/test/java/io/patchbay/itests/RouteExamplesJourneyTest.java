package io.patchbay.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The route files of routes/examples do what their first line says, copied as a person would. */
final class RouteExamplesJourneyTest {
  private static final Duration LIMIT = Duration.ofSeconds(15);

  private static Path data;
  private static RunningHub hub;
  private static String[] login;
  private static Examples examples;

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    data = folder;
    hub = RunningHub.start(data, RunningHub.freeOffset());
    login = hub.mqttLogin();
    examples = new Examples(hub);
  }

  @AfterAll
  static void stop() throws Exception {
    hub.close();
  }

  @Test
  void everyExampleHasATest() throws Exception {
    try (Stream<Path> files = Files.list(Examples.FOLDER)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder(
              // in the package enterprise
              "alarms-to-email.camel.yaml",
              "commands-from-http.camel.yaml",
              "commands-from-jms.camel.yaml",
              "readings-to-jms.camel.yaml",
              "readings-to-kafka.camel.yaml",
              "readings-to-postgresql.camel.yaml",
              "readings-to-sftp.camel.yaml",
              "sparkplug-edge-node.camel.yaml",
              // here
              "http-webhook.camel.yaml",
              "motion-light.camel.yaml",
              "night-mode.camel.yaml",
              "readings-to-csv.camel.yaml",
              "silent-sensor.camel.yaml",
              "status-to-log.camel.yaml",
              "warm-room-fan.camel.yaml");
    }
  }

  @Test
  void aWebhookThatFailsGetsInTheEndWhatItDoesNotRefuse() throws Exception {
    List<String> posted = new CopyOnWriteArrayList<>();
    AtomicBoolean failing = new AtomicBoolean(true);
    List<String> refused = new CopyOnWriteArrayList<>();
    HttpServer service =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    service.createContext(
        "/readings",
        exchange -> {
          String body =
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          boolean wrong = body.contains("\"v\":2,");
          boolean taken = !failing.get() && !wrong;
          (taken ? posted : refused)
              .add(exchange.getRequestHeaders().getFirst("Content-Type") + " " + body);
          exchange.sendResponseHeaders(taken ? 204 : wrong ? 422 : 503, -1);
          exchange.close();
        });
    service.start();
    try {
      examples.use("http-webhook", "127.0.0.1:9000", "127.0.0.1:" + service.getAddress().getPort());
      for (int power = 1; power <= 3; power++) {
        examples.publish("tele/webhook/SENSOR", "{\"ENERGY\":{\"Power\":" + power + "}}");
      }
      await().atMost(LIMIT).until(() -> !refused.isEmpty());
      failing.set(false);
      await().atMost(LIMIT).until(() -> posted.size() == 2);
    } finally {
      service.stop(0);
    }
    for (int i = 0; i < 2; i++) {
      assertThat(posted.get(i))
          .startsWith("application/senml+json [{\"n\":\"webhook/power\"")
          .contains("\"v\":" + (2 * i + 1) + ",");
    }
    try (Stream<Path> letters = Files.list(data.resolve("dead-letters/http-webhook"))) {
      assertThat(letters.toList())
          .singleElement()
          .satisfies(
              day ->
                  assertThat(Files.readString(day))
                      .startsWith("[{\"n\":\"webhook/power\"")
                      .contains("\"v\":2,"));
    }
  }

  @Test
  void motionSwitchesTheLampOn() throws Exception {
    examples.publish("tele/hall-lamp/SENSOR", "{\"ENERGY\":{\"Power\":0}}");
    examples.publish("senml/hall-motion", "[{\"n\":\"contact\",\"vb\":false}]");
    await().atMost(LIMIT).until(() -> examples.known("hall-lamp") && examples.known("hall-motion"));
    examples.use("motion-light");
    try (Mosquitto.Listener lamp = Mosquitto.listen(hub.mqttPort(), login, "cmnd/hall-lamp/#")) {
      examples.publish("senml/hall-motion", "[{\"n\":\"contact\",\"vb\":true}]");
      await()
          .atMost(LIMIT)
          .untilAsserted(
              () -> assertThat(lamp.messages()).containsExactly("cmnd/hall-lamp/Power ON"));
    }
  }

  @Test
  void theTimerSwitchesTheLampOff() throws Exception {
    examples.publish("tele/hall-lamp/SENSOR", "{\"ENERGY\":{\"Power\":0}}");
    await().atMost(LIMIT).until(() -> examples.known("hall-lamp"));
    try (Mosquitto.Listener lamp = Mosquitto.listen(hub.mqttPort(), login, "cmnd/hall-lamp/#")) {
      examples.use("night-mode", "delay: 60000", "delay: 100");
      await()
          .atMost(LIMIT)
          .untilAsserted(() -> assertThat(lamp.messages()).contains("cmnd/hall-lamp/Power OFF"));
    }
  }

  @Test
  void readingsStandInTheFileOfTheirDay() throws Exception {
    examples.use("readings-to-csv");
    examples.publish(
        "senml/csv", "[{\"bt\":1772359200,\"n\":\"temperature\",\"u\":\"Cel\",\"v\":21.5}]");
    Path day = data.resolve("export/2026-03-01.csv");
    await().atMost(LIMIT).until(() -> Files.exists(day) && Files.size(day) > 0);
    assertThat(day).content().isEqualTo("2026-03-01T10:00:00Z,csv,temperature,21.5,Cel,GOOD\n");
  }

  @Test
  void whoComesAndGoesStandsInTheLog() throws Exception {
    examples.use("status-to-log");
    examples.publish("tele/comes/SENSOR", "{\"ENERGY\":{\"Power\":0}}");
    examples.publish("tele/comes/LWT", "Offline");
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () ->
                assertThat(data.resolve("log/patchbay.log"))
                    .content()
                    .containsIgnoringCase("comes is offline"));
  }

  @Test
  void theFanRunsWhileItIsWarmAndNotForAMoment() throws Exception {
    examples.publish("tele/office-fan/SENSOR", "{\"ENERGY\":{\"Power\":0}}");
    await().atMost(LIMIT).until(() -> examples.known("office-fan"));
    examples.use("warm-room-fan", "hold: 30s", "hold: 500ms");
    try (Mosquitto.Listener fan = Mosquitto.listen(hub.mqttPort(), login, "cmnd/office-fan/#")) {
      temperature(29);
      temperature(20);
      await()
          .atMost(LIMIT)
          .untilAsserted(
              () -> assertThat(fan.messages()).containsExactly("cmnd/office-fan/Power OFF"));
      examples.publish("stat/office-fan/RESULT", "{\"POWER\":\"OFF\"}");
      temperature(28.5);
      await()
          .atMost(LIMIT)
          .untilAsserted(
              () ->
                  assertThat(fan.messages())
                      .containsExactly("cmnd/office-fan/Power OFF", "cmnd/office-fan/Power ON"));
    }
  }

  private static void temperature(double degrees) throws Exception {
    examples.publish(
        "senml/office-climate", "[{\"n\":\"temperature\",\"u\":\"Cel\",\"v\":" + degrees + "}]");
  }

  @Test
  void theLampLightsUpWhenTheSensorIsSilent() throws Exception {
    examples.publish("tele/warning-lamp/SENSOR", "{\"ENERGY\":{\"Power\":0}}");
    await().atMost(LIMIT).until(() -> examples.known("warning-lamp"));
    try (Mosquitto.Listener lamp = Mosquitto.listen(hub.mqttPort(), login, "cmnd/warning-lamp/#")) {
      examples.use("silent-sensor", "after: 10m", "after: 1s");
      await()
          .atMost(LIMIT)
          .untilAsserted(
              () -> assertThat(lamp.messages()).containsExactly("cmnd/warning-lamp/Power ON"));
      examples.publish("stat/warning-lamp/RESULT", "{\"POWER\":\"ON\"}");
      examples.publish("senml/cold-store", "[{\"n\":\"temperature\",\"u\":\"Cel\",\"v\":4}]");
      await()
          .atMost(LIMIT)
          .untilAsserted(() -> assertThat(lamp.messages()).contains("cmnd/warning-lamp/Power OFF"));
    }
  }
}
