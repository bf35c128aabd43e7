package io.patchbay.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.patchbay.itests.prove.Versions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A room's climate and its switch, of a device that speaks MQTT, one of Modbus TCP and one on a
 * serial line: north they are the same. The Modbus devices are pymodbus's, and mbpoll says what
 * they hold.
 */
final class ModbusJourneyTest {
  private static final String PROPERTIES =
      """
      properties:
        temperature: { type: number, unit: Cel, %s }
        switch: { type: boolean, %s }
      """;

  private static final String MQTT =
      """
      id: climate-mqtt
      title: Room climate over MQTT
      thing: "{device}"
      match: [ { protocol: mqtt, topic: "climate/{device}/state", has: [t] } ]
      """
          + PROPERTIES.formatted(
              "forms: [ { protocol: mqtt, topic: \"climate/{device}/state\", path: t } ]",
              """
              forms: [ { protocol: mqtt, topic: "climate/{device}/state", path: on },
                { protocol: mqtt, op: writeproperty, topic: "climate/{device}/set", mediaType: text/plain, payload: "{value}" } ]""");

  private static final String MODBUS =
      """
      id: climate-modbus
      title: Room climate over Modbus
      thing: "{device}"
      """
          + PROPERTIES.formatted(
              "scale: 0.1, poll: 200ms, forms: [ { protocol: modbus, table: input, address: 1, type: int16 } ]",
              "poll: 200ms, forms: [ { protocol: modbus, table: coil, address: 3,"
                  + " op: [readproperty, writeproperty], readBack: true } ]")
          + "  reads: { type: integer, poll: 50ms, forms: [ { protocol: modbus, type: uint32,"
          + " address: 0 } ] }\n";

  private final ObjectMapper json = new ObjectMapper();

  @Test
  void northNobodySeesWhichProtocolADeviceSpeaks(@TempDir Path data) throws Exception {
    Files.createDirectories(data.resolve("device-profiles"));
    Files.writeString(data.resolve("device-profiles/climate-mqtt.yaml"), MQTT);
    Files.writeString(data.resolve("device-profiles/climate-modbus.yaml"), MODBUS);
    int port = freePort();
    int offset = RunningHub.freeOffset();
    Path ends = Files.createDirectories(data.resolve("line"));
    Process cable = cable(ends);
    Process tcp = units(data, "tcp", Integer.toString(port));
    Process rtu = units(data, "rtu", ends.resolve("device").toString());
    try {
      long before;
      try (RunningHub hub = RunningHub.start(data, offset)) {
        costsNothingYet(hub);
        things(data, port, ends);
        await("polled").until(() -> latest(hub, "tcp1", "reads") > 5);
        before = latest(hub, "tcp1", "reads");
        hub.kill();
      }
      try (RunningHub hub = RunningHub.start(data, offset)) {
        await("after kill -9").until(() -> latest(hub, "tcp1", "reads") > before);
        isTheSameNorth(hub);
        isCommandedTheSame(hub, port);
        isReplacedUnderWay(hub, data);
        goneAndBack(hub, data, port, tcp);
        assertThat(json.readTree(hub.get("/api/v1/rejected").body()).get("rejected")).isEmpty();
      }
    } finally {
      for (Process peer : List.of(tcp, rtu, cable)) {
        peer.destroyForcibly();
      }
    }
  }

  /** No thread, no class of its libraries, no native code, while no thing wants it. */
  private static void costsNothingYet(RunningHub hub) throws Exception {
    assertThat(jcmd(hub, "Thread.print"))
        .contains("patchbay-core")
        .doesNotContain("patchbay-modbus", "patchbay-serial");
    assertThat(jcmd(hub, "GC.class_histogram", "-all"))
        .contains("io.patchbay.binding.modbus.ModbusProtocol")
        .doesNotContain("com.digitalpetri", "com.fazecast");
  }

  private static void things(Path data, int port, Path ends) throws IOException {
    Files.createDirectories(data.resolve("conf"));
    Files.writeString(
        data.resolve("conf/io.patchbay.binding.modbus.connection~line.cfg"),
        "url = serial:" + ends.resolve("hub") + "?baud=115200\n");
    Files.createDirectories(data.resolve("things"));
    Files.writeString(
        data.resolve("things/climate.yaml"),
        """
        - { id: tcp1, profile: climate-modbus, base: "modbus+tcp://127.0.0.1:%d", terms: { unit: 1 } }
        - { id: rtu1, profile: climate-modbus, base: "modbus://line", terms: { unit: 1 } }
        """
            .formatted(port));
  }

  private void isTheSameNorth(RunningHub hub) throws Exception {
    try (Mosquitto.Listener north =
        Mosquitto.listen(hub.mqttPort(), hub.mqttLogin(), "patchbay/things/#")) {
      Mosquitto.publish(
          hub.mqttPort(), hub.mqttLogin(), "climate/mqtt1/state", "{\"t\":21.5,\"on\":false}");
      for (String property : List.of("temperature", "switch")) {
        await(property)
            .atMost(Duration.ofSeconds(15))
            .untilAsserted(
                () -> {
                  String expected = record(north, "mqtt1", property).orElseThrow();
                  assertThat(record(north, "tcp1", property)).contains(expected);
                  assertThat(record(north, "rtu1", property)).contains(expected);
                });
      }
      assertThat(record(north, "rtu1", "temperature"))
          .contains("[{\"n\":\"THING/temperature\",\"u\":\"Cel\",\"v\":21.5,\"t\":TIME}]");
    }
  }

  /** What came north of it, octet for octet but for its name and the time. */
  private static Optional<String> record(Mosquitto.Listener north, String thing, String property) {
    String topic = "patchbay/things/" + thing + "/properties/" + property + " ";
    return north.messages().stream()
        .filter(message -> message.startsWith(topic))
        .map(message -> message.substring(topic.length()))
        .map(senml -> senml.replace("\"n\":\"" + thing + "/", "\"n\":\"THING/"))
        .map(senml -> senml.replaceAll("\"t\":[0-9.]+", "\"t\":TIME"))
        .findFirst();
  }

  private void isCommandedTheSame(RunningHub hub, int port) throws Exception {
    try (Mosquitto.Listener device =
        Mosquitto.listen(hub.mqttPort(), hub.mqttLogin(), "climate/mqtt1/set")) {
      for (String thing : List.of("mqtt1", "tcp1", "rtu1")) {
        assertThat(put(hub, thing, "true").statusCode()).as(thing).isBetween(200, 202);
      }
      await("mqtt1").until(() -> device.messages().stream().anyMatch(m -> m.endsWith(" true")));
    }
    assertThat(mbpoll("-a", "1", "-0", "-r", "3", "-t", "0", "-p", "" + port, "127.0.0.1"))
        .contains("[3]: \t1");
    for (String thing : List.of("tcp1", "rtu1")) {
      await(thing).until(() -> value(hub, thing, "switch").booleanValue());
    }
  }

  /** Each register read counts one: what came twice, late or from elsewhere would not rise. */
  private void isReplacedUnderWay(RunningHub hub, Path data) throws Exception {
    try (Mosquitto.Listener north =
        Mosquitto.listen(hub.mqttPort(), hub.mqttLogin(), "patchbay/things/+/properties/reads")) {
      for (int round = 1; round <= 2; round++) {
        Path jar = data.resolve("binding-modbus.jar.new");
        String version = "0.1.0.journey" + round;
        Versions.copy(
            RunningHub.dist().resolve("bundles/binding-modbus-0.1.0.jar"), jar, version, Map.of());
        HttpResponse<String> answer =
            hub.send(
                hub.request("/api/v1/bundles")
                    .header("Content-Type", "application/java-archive")
                    .POST(BodyPublishers.ofFile(jar)));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        for (String thing : List.of("tcp1", "rtu1")) {
          long before = latest(hub, thing, "reads");
          await(thing + " after replacement " + round)
              .until(() -> latest(hub, thing, "reads") > before + 5);
        }
      }
      for (String thing : List.of("tcp1", "rtu1")) {
        List<Long> counts = counts(north, thing);
        assertThat(counts).hasSizeGreaterThan(20).isSorted().doesNotHaveDuplicates();
      }
    }
  }

  private List<Long> counts(Mosquitto.Listener north, String thing) throws IOException {
    List<Long> counts = new ArrayList<>();
    for (String message : north.messages()) {
      if (message.startsWith("patchbay/things/" + thing + "/")) {
        JsonNode senml = json.readTree(message.substring(message.indexOf(' ') + 1));
        counts.add(senml.get(0).get("v").longValue());
      }
    }
    return counts;
  }

  /** Without the device the value keeps its time and the thing is offline; then it goes on. */
  private void goneAndBack(RunningHub hub, Path data, int port, Process tcp) throws Exception {
    tcp.destroyForcibly();
    await("offline")
        .atMost(Duration.ofSeconds(15))
        .until(() -> thing(hub, "tcp1").get("status").textValue().equalsIgnoreCase("offline"));
    JsonNode held = property(hub, "tcp1", "temperature");
    await("stale")
        .until(
            () -> property(hub, "tcp1", "temperature").get("quality").textValue().equals("stale"));
    assertThat(property(hub, "tcp1", "temperature").get("time")).isEqualTo(held.get("time"));
    assertThat(put(hub, "tcp1", "false").body()).containsIgnoringCase("unreachable");
    assertThat(put(hub, "rtu1", "false").statusCode()).isEqualTo(200);
    Process again = units(data, "tcp", Integer.toString(port));
    try {
      await("online again")
          .atMost(Duration.ofSeconds(15))
          .until(
              () -> property(hub, "tcp1", "temperature").get("quality").textValue().equals("good"));
    } finally {
      again.destroyForcibly();
    }
  }

  private JsonNode thing(RunningHub hub, String thing) throws Exception {
    return json.readTree(hub.get("/api/v1/things/" + thing).body());
  }

  private JsonNode property(RunningHub hub, String thing, String property) throws Exception {
    return json.readTree(hub.get("/api/v1/things/" + thing + "/properties/" + property).body());
  }

  private JsonNode value(RunningHub hub, String thing, String property) throws Exception {
    return property(hub, thing, property).path("value");
  }

  private long latest(RunningHub hub, String thing, String property) throws Exception {
    return value(hub, thing, property).asLong(-1);
  }

  private static HttpResponse<String> put(RunningHub hub, String thing, String body)
      throws Exception {
    return hub.send(
        hub.request("/api/v1/things/" + thing + "/properties/switch")
            .header("Content-Type", "application/json")
            .PUT(BodyPublishers.ofString(body)));
  }

  private static int freePort() throws IOException {
    try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return probe.getLocalPort();
    }
  }

  /** Two pseudo terminals that are one line. */
  private static Process cable(Path ends) throws IOException {
    Process socat =
        new ProcessBuilder(
                "socat",
                "pty,rawer,link=" + ends.resolve("hub"),
                "pty,rawer,link=" + ends.resolve("device"))
            .inheritIO()
            .start();
    await("socat")
        .until(() -> Files.exists(ends.resolve("hub")) && Files.exists(ends.resolve("device")));
    return socat;
  }

  private static Process units(Path data, String kind, String where) throws IOException {
    Path script = data.resolve("climate-units.py");
    try (var text = ModbusJourneyTest.class.getResourceAsStream("/climate-units.py")) {
      Files.write(script, java.util.Objects.requireNonNull(text).readAllBytes());
    }
    return new ProcessBuilder("/usr/bin/python3", script.toString(), kind, where)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(data.resolve("units.log").toFile()))
        .start();
  }

  private static String mbpoll(String... words) throws Exception {
    List<String> command = new ArrayList<>(List.of("mbpoll", "-m", "tcp", "-1"));
    command.addAll(List.of(words));
    return said(command);
  }

  private static String jcmd(RunningHub hub, String... words) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString());
    command.add(Long.toString(hub.pid()));
    command.addAll(List.of(words));
    return said(command);
  }

  private static String said(List<String> command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(said).isZero();
    return said;
  }
}
