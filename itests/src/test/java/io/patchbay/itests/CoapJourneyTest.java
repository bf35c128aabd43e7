package io.patchbay.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.DatagramSocket;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
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
        assertThat(Climate.value(hub, "c1", "temperature").doubleValue()).isEqualTo(20.5);
        serve(data, port);
        isTheSameNorth(hub, port);
        isCommanded(hub, port);
        isKnownByWhatItHas(hub, port);
        tellsTheTruth(hub);
        isReplacedUnderLoad(hub, data);
      }
    } finally {
      server.destroyForcibly();
    }
  }

  private static void serve(Path data, int port) throws Exception {
    for (String resource : List.of("t", "on", "n")) {
      assertThat(Climate.coap("-m", "put", "-e", "0", "coap://127.0.0.1:" + port + "/" + resource))
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
        .until(() -> Climate.value(hub, "served", "count").asInt(-1) == 0);
    try (Mosquitto.Listener north =
        Mosquitto.listen(hub.mqttPort(), hub.mqttLogin(), "patchbay/things/#")) {
      Mosquitto.publish(hub.mqttPort(), hub.mqttLogin(), "climate/m1", "{\"t\":21.5,\"on\":false}");
      assertThat(post(hub, "climate/c1", "{\"t\":21.5,\"on\":false}")).isEmpty();
      Climate.coap("-m", "put", "-e", "21.5", "coap://127.0.0.1:" + port + "/t");
      Climate.coap("-m", "put", "-e", "false", "coap://127.0.0.1:" + port + "/on");
      await("the same")
          .atMost(Duration.ofSeconds(15))
          .untilAsserted(() -> Climate.areTheSame(north, List.of("m1", "c1", "served")));
    }
  }

  private void isCommanded(RunningHub hub, int port) throws Exception {
    HttpResponse<String> answer = Climate.putSwitch(hub, "served", true);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(Climate.coap("coap://127.0.0.1:" + port + "/on")).isEqualTo("true");
    await("reported").until(() -> Climate.value(hub, "served", "switch").booleanValue());
    assertThat(Climate.putSwitch(hub, "c1", true).body()).containsIgnoringCase("read-only");
  }

  /** RFC 9176: a device that registers its links is a thing of the profile that asks for them. */
  private void isKnownByWhatItHas(RunningHub hub, int port) throws Exception {
    String device = "coap://127.0.0.1:" + port;
    String registration = uri(hub, "rd?ep=c3&lt=600&base=" + device);
    assertThat(Climate.coap("-m", "post", "-t", "40", "-e", "</t>,</on>,</n>", registration))
        .isEmpty();
    await("read at the device")
        .atMost(Duration.ofSeconds(20))
        .until(() -> Climate.value(hub, "c3", "temperature").asDouble() == 21.5);
    assertThat(Climate.coap(uri(hub, "rd-lookup/res?ep=c3"))).contains("<" + device + "/on>");
  }

  private void tellsTheTruth(RunningHub hub) throws Exception {
    assertThat(post(hub, "climate/c1", "{\"t\":")).startsWith("4.00");
    JsonNode rejected = json.readTree(hub.get("/api/v1/rejected").body()).get("rejected");
    assertThat(rejected).hasSize(1);
    assertThat(post(hub, "elsewhere", "{}")).startsWith("4.04");
    assertThat(Climate.coap("-m", "post", "-t", "60", "-e", "x", uri(hub, "climate/c1")))
        .startsWith("4.15");
  }

  /** Each number that was acknowledged is in the journal, once, in order. */
  private void isReplacedUnderLoad(RunningHub hub, Path data) throws Exception {
    AtomicBoolean enough = new AtomicBoolean();
    ExecutorService device = Executors.newSingleThreadExecutor();
    try {
      Future<Integer> sent = device.submit(() -> load(hub.coapPort(), enough));
      for (int round = 1; round <= 2; round++) {
        Climate.replace(hub, data, "binding-coap", round);
        int before = Climate.value(hub, "load", "count").asInt(0);
        await("after replacement " + round)
            .atMost(Duration.ofSeconds(15))
            .until(() -> Climate.value(hub, "load", "count").asInt(0) > before + 100);
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
    return Climate.coap("-m", "post", "-t", "50", "-e", payload, uri(hub, path));
  }

  private static int freePort() throws Exception {
    try (DatagramSocket probe = new DatagramSocket(0)) {
      return probe.getLocalPort();
    }
  }
}
