package io.patchbay.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.patchbay.itests.prove.Versions;
import java.net.DatagramSocket;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A room's climate and its switch, of a device that speaks MQTT, one that posts over CoAP and one
 * with CoAP resources of its own: north they are the same. The CoAP peers are libcoap's.
 */
final class CoapJourneyTest {
  private static final String PROFILE =
      """
      id: %s
      title: Room climate
      thing: "{device}"
      %s
      properties:
        temperature: { type: number, unit: Cel, forms: [ %s ] }
        switch: { type: boolean, forms: [ %s ] }
        count: { type: integer, forms: [ %s ] }
      """;

  private static final String MQTT_FORM =
      "{ protocol: mqtt, topic: \"climate/{device}\", path: %s }";
  private static final String MQTT =
      PROFILE.formatted(
          "climate-mqtt",
          "match: [ { protocol: mqtt, topic: \"climate/{device}\", has: [t] } ]",
          MQTT_FORM.formatted("t"),
          MQTT_FORM.formatted("on")
              + ", { protocol: mqtt, op: writeproperty, topic: \"climate/{device}/set\","
              + " mediaType: text/plain, payload: \"{value}\" }",
          MQTT_FORM.formatted("n"));

  private static final String POSTING_FORM =
      "{ protocol: coap, resource: \"climate/{device}\", mediaType: application/json, path: %s }";
  private static final String POSTING =
      PROFILE.formatted(
          "climate-posting",
          "match: [ { protocol: coap, resource: \"climate/{device}\", mediaType: application/json } ]",
          POSTING_FORM.formatted("t"),
          POSTING_FORM.formatted("on"),
          POSTING_FORM.formatted("n"));

  private static final String SERVING_FORM =
      "{ protocol: coap, op: [observeproperty, readproperty], observe: true, resource: %s,"
          + " mediaType: text/plain }";
  private static final String SERVING =
      PROFILE.formatted(
          "climate-serving",
          "",
          SERVING_FORM.formatted("t"),
          SERVING_FORM.formatted("on")
              + ", { protocol: coap, op: writeproperty, resource: on, mediaType: text/plain }",
          SERVING_FORM.formatted("n"));

  private final ObjectMapper json = new ObjectMapper();

  @Test
  void northNobodySeesWhichProtocolADeviceSpeaks(@TempDir Path data) throws Exception {
    Files.createDirectories(data.resolve("device-profiles"));
    Files.writeString(data.resolve("device-profiles/climate-mqtt.yaml"), MQTT);
    Files.writeString(data.resolve("device-profiles/climate-posting.yaml"), POSTING);
    Files.writeString(data.resolve("device-profiles/climate-serving.yaml"), SERVING);
    int port = freePort();
    Process server =
        new ProcessBuilder("coap-server-notls", "-A", "127.0.0.1", "-p", "" + port, "-d", "10")
            .redirectErrorStream(true)
            .redirectOutput(data.resolve("device.log").toFile())
            .start();
    int offset = RunningHub.freeOffset();
    try {
      try (RunningHub hub = RunningHub.start(data, offset)) {
        assertThat(post(hub, "climate/c1", "{\"t\":20.5}")).isEmpty();
        hub.kill();
      }
      try (RunningHub hub = RunningHub.start(data, offset)) {
        assertThat(value(hub, "c1", "temperature").doubleValue()).isEqualTo(20.5);
        serve(data, port);
        isTheSameNorth(hub, port);
        isCommanded(hub, port);
        tellsTheTruth(hub);
        isReplacedUnderLoad(hub, data);
      }
    } finally {
      server.destroyForcibly();
    }
  }

  private static void serve(Path data, int port) throws Exception {
    for (String resource : List.of("t", "on", "n")) {
      assertThat(client("-m", "put", "-e", "0", "coap://127.0.0.1:" + port + "/" + resource))
          .isEmpty();
    }
    Files.createDirectories(data.resolve("things"));
    Files.writeString(
        data.resolve("things/served.yaml"),
        "{ id: served, profile: climate-serving, base: \"coap://127.0.0.1:%d\" }%n"
            .formatted(port));
  }

  private void isTheSameNorth(RunningHub hub, int port) throws Exception {
    await("observed")
        .atMost(Duration.ofSeconds(20))
        .until(() -> value(hub, "served", "count").asInt(-1) == 0);
    try (Mosquitto.Listener north =
        Mosquitto.listen(hub.mqttPort(), hub.mqttLogin(), "patchbay/things/#")) {
      Mosquitto.publish(hub.mqttPort(), hub.mqttLogin(), "climate/m1", "{\"t\":21.5,\"on\":false}");
      assertThat(post(hub, "climate/c1", "{\"t\":21.5,\"on\":false}")).isEmpty();
      client("-m", "put", "-e", "21.5", "coap://127.0.0.1:" + port + "/t");
      client("-m", "put", "-e", "false", "coap://127.0.0.1:" + port + "/on");
      for (String property : List.of("temperature", "switch")) {
        await(property)
            .atMost(Duration.ofSeconds(15))
            .untilAsserted(
                () -> {
                  String expected = record(north, "m1", property).orElseThrow();
                  assertThat(record(north, "c1", property)).contains(expected);
                  assertThat(record(north, "served", property)).contains(expected);
                });
      }
      assertThat(record(north, "c1", "temperature"))
          .contains("[{\"n\":\"THING/temperature\",\"u\":\"Cel\",\"v\":21.5,\"t\":TIME}]");
    }
  }

  /** What came north of it last, octet for octet but for its name and the time. */
  private static Optional<String> record(Mosquitto.Listener north, String thing, String property) {
    String topic = "patchbay/things/" + thing + "/properties/" + property + " ";
    return north.messages().stream()
        .filter(message -> message.startsWith(topic))
        .map(message -> message.substring(topic.length()))
        .map(senml -> senml.replace("\"n\":\"" + thing + "/", "\"n\":\"THING/"))
        .map(senml -> senml.replaceAll("\"t\":[0-9.]+", "\"t\":TIME"))
        .reduce((first, last) -> last);
  }

  private void isCommanded(RunningHub hub, int port) throws Exception {
    HttpResponse<String> answer = put(hub, "served");
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(client("coap://127.0.0.1:" + port + "/on")).isEqualTo("true");
    await("reported").until(() -> value(hub, "served", "switch").booleanValue());
    assertThat(put(hub, "c1").body()).containsIgnoringCase("read-only");
  }

  private void tellsTheTruth(RunningHub hub) throws Exception {
    assertThat(post(hub, "climate/c1", "{\"t\":")).startsWith("4.00");
    JsonNode rejected = json.readTree(hub.get("/api/v1/rejected").body()).get("rejected");
    assertThat(rejected).hasSize(1);
    assertThat(post(hub, "elsewhere", "{}")).startsWith("4.04");
    assertThat(client("-m", "post", "-t", "60", "-e", "x", uri(hub, "climate/c1")))
        .startsWith("4.15");
  }

  /** Each number that was acknowledged is in the journal, once, in order. */
  private void isReplacedUnderLoad(RunningHub hub, Path data) throws Exception {
    AtomicBoolean enough = new AtomicBoolean();
    ExecutorService device = Executors.newSingleThreadExecutor();
    try {
      Future<Integer> sent = device.submit(() -> load(hub.coapPort(), enough));
      for (int round = 1; round <= 2; round++) {
        Path jar = data.resolve("binding-coap.jar.new");
        String version = "0.1.0.journey" + round;
        Versions.copy(
            RunningHub.dist().resolve("bundles/binding-coap-0.1.0.jar"), jar, version, Map.of());
        HttpResponse<String> answer =
            hub.send(
                hub.request("/api/v1/bundles")
                    .header("Content-Type", "application/java-archive")
                    .POST(BodyPublishers.ofFile(jar)));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        int before = value(hub, "load", "count").asInt(0);
        await("after replacement " + round)
            .atMost(Duration.ofSeconds(15))
            .until(() -> value(hub, "load", "count").asInt(0) > before + 100);
      }
      enough.set(true);
      int last = sent.get(20, TimeUnit.SECONDS);
      List<Integer> kept = new ArrayList<>();
      String from = "";
      JsonNode page;
      do {
        page =
            json.readTree(
                hub.get("/api/v1/things/load/readings?property=count&limit=100000" + from).body());
        page.get("readings").forEach(reading -> kept.add(reading.get("value").intValue()));
        from = page.path("next").asText("").isEmpty() ? "" : "&after=" + page.get("next").asText();
      } while (!from.isEmpty());
      Collections.reverse(kept); // the newest came first
      assertThat(kept).containsExactlyElementsOf(IntStream.rangeClosed(1, last).boxed().toList());
    } finally {
      enough.set(true);
      device.shutdownNow();
    }
  }

  private static int load(int port, AtomicBoolean enough) throws Exception {
    try (CoapDevice device = new CoapDevice(port, "climate/load", 50, 100)) {
      int number = 0;
      while (!enough.get()) {
        number++;
        OptionalInt code = OptionalInt.empty();
        while (code.isEmpty() || code.getAsInt() == CoapDevice.SERVICE_UNAVAILABLE) {
          code = device.post("{\"n\":" + number + "}");
        }
        assertThat(code.getAsInt()).isEqualTo(CoapDevice.CHANGED);
      }
      return number;
    }
  }

  private static String uri(RunningHub hub, String path) {
    return "coap://127.0.0.1:" + hub.coapPort() + "/" + path;
  }

  private static String post(RunningHub hub, String path, String payload) throws Exception {
    return client("-m", "post", "-t", "50", "-e", payload, uri(hub, path));
  }

  private static String client(String... words) throws Exception {
    List<String> command = new ArrayList<>(List.of("coap-client-notls", "-B", "10"));
    command.addAll(List.of(words));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    return said.strip();
  }

  private JsonNode value(RunningHub hub, String thing, String property) throws Exception {
    return json.readTree(hub.get("/api/v1/things/" + thing + "/properties/" + property).body())
        .path("value");
  }

  private static HttpResponse<String> put(RunningHub hub, String thing) throws Exception {
    return hub.send(
        hub.request("/api/v1/things/" + thing + "/properties/switch")
            .header("Content-Type", "application/json")
            .PUT(BodyPublishers.ofString("true")));
  }

  private static int freePort() throws Exception {
    try (DatagramSocket probe = new DatagramSocket(0)) {
      return probe.getLocalPort();
    }
  }
}
