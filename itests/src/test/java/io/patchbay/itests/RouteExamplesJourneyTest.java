package io.patchbay.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
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
  private static final Path EXAMPLES = RunningHub.dist().resolve("routes/examples");

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
  void everyExampleHasATest() throws Exception {
    try (Stream<Path> files = Files.list(EXAMPLES)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder(
              "http-webhook.camel.yaml",
              "motion-light.camel.yaml",
              "night-mode.camel.yaml",
              "readings-to-csv.camel.yaml",
              "status-to-log.camel.yaml");
    }
  }

  @Test
  void aWebhookThatFailsGetsEveryReadingInTheEnd() throws Exception {
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
          boolean taken = !failing.get();
          (taken ? posted : refused)
              .add(exchange.getRequestHeaders().getFirst("Content-Type") + " " + body);
          exchange.sendResponseHeaders(taken ? 204 : 503, -1);
          exchange.close();
        });
    service.start();
    try {
      use("http-webhook", "127.0.0.1:9000", "127.0.0.1:" + service.getAddress().getPort());
      for (int power = 1; power <= 3; power++) {
        publish("tele/webhook/SENSOR", "{\"ENERGY\":{\"Power\":" + power + "}}");
      }
      await().atMost(LIMIT).until(() -> !refused.isEmpty());
      failing.set(false);
      await().atMost(LIMIT).until(() -> posted.size() == 3);
    } finally {
      service.stop(0);
    }
    for (int power = 1; power <= 3; power++) {
      assertThat(posted.get(power - 1))
          .startsWith("application/senml+json [{\"n\":\"webhook/power\"")
          .contains("\"v\":" + power + ",");
    }
  }

  @Test
  void motionSwitchesTheLampOn() throws Exception {
    publish("tele/hall-lamp/SENSOR", "{\"ENERGY\":{\"Power\":0}}");
    publish("senml/hall-motion", "[{\"n\":\"contact\",\"vb\":false}]");
    await().atMost(LIMIT).until(() -> known("hall-lamp") && known("hall-motion"));
    use("motion-light", "", "");
    try (Mosquitto.Listener lamp = Mosquitto.listen(hub.mqttPort(), login, "cmnd/hall-lamp/#")) {
      publish("senml/hall-motion", "[{\"n\":\"contact\",\"vb\":true}]");
      await()
          .atMost(LIMIT)
          .untilAsserted(
              () -> assertThat(lamp.messages()).containsExactly("cmnd/hall-lamp/Power ON"));
    }
  }

  @Test
  void theTimerSwitchesTheLampOff() throws Exception {
    publish("tele/hall-lamp/SENSOR", "{\"ENERGY\":{\"Power\":0}}");
    await().atMost(LIMIT).until(() -> known("hall-lamp"));
    try (Mosquitto.Listener lamp = Mosquitto.listen(hub.mqttPort(), login, "cmnd/hall-lamp/#")) {
      use("night-mode", "delay: 60000", "delay: 100");
      await()
          .atMost(LIMIT)
          .untilAsserted(() -> assertThat(lamp.messages()).contains("cmnd/hall-lamp/Power OFF"));
    }
  }

  @Test
  void readingsStandInTheFileOfTheirDay() throws Exception {
    use("readings-to-csv", "", "");
    publish("senml/csv", "[{\"bt\":1772359200,\"n\":\"temperature\",\"u\":\"Cel\",\"v\":21.5}]");
    Path day = data.resolve("export/2026-03-01.csv");
    await().atMost(LIMIT).until(() -> Files.exists(day) && Files.size(day) > 0);
    assertThat(day).content().isEqualTo("2026-03-01T10:00:00Z,csv,temperature,21.5,Cel,GOOD\n");
  }

  @Test
  void whoComesAndGoesStandsInTheLog() throws Exception {
    use("status-to-log", "", "");
    publish("tele/comes/SENSOR", "{\"ENERGY\":{\"Power\":0}}");
    publish("tele/comes/LWT", "Offline");
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () ->
                assertThat(data.resolve("log/patchbay.log"))
                    .content()
                    .containsIgnoringCase("comes is offline"));
  }

  /** Copies an example into the hot folder, changed in one place, and waits until it runs. */
  private static void use(String id, String from, String to) throws Exception {
    String text = Files.readString(EXAMPLES.resolve(id + ".camel.yaml"));
    assertThat(text).contains(from);
    Path beside = Files.createTempFile(data, "drop", ".part");
    Files.writeString(beside, from.isEmpty() ? text : text.replace(from, to));
    Files.move(
        beside,
        data.resolve("routes").resolve(id + ".camel.yaml"),
        StandardCopyOption.REPLACE_EXISTING);
    await().atMost(LIMIT).until(() -> active(id));
  }

  private static boolean active(String id) throws Exception {
    for (JsonNode route : JSON.readTree(hub.get("/api/v1/routes").body()).path("routes")) {
      if (route.path("id").asText().equals(id)) {
        return route.path("state").asText().equals("active");
      }
    }
    return false;
  }

  private static boolean known(String thing) throws Exception {
    return hub.get("/api/v1/things/" + thing).statusCode() == 200;
  }

  private static void publish(String topic, String payload) throws Exception {
    Mosquitto.publish(hub.mqttPort(), login, topic, payload);
  }
}
