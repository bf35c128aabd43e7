package io.patchbay.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A room's climate and its switch, of a device that speaks MQTT, one of Modbus TCP, one on a serial
 * line and one of CoAP: north they are the same, and one call commands them. The Modbus devices are
 * pymodbus's, and mbpoll says what they hold; the CoAP device is libcoap's. Masters of mbpoll and
 * pymodbus see the same once more.
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

  private static final String COAP_FORM =
      "{ protocol: coap, op: [observeproperty, readproperty], observe: true, resource: %s,"
          + " mediaType: text/plain }";
  private static final String COAP =
      """
      id: climate-coap
      title: Room climate over CoAP
      thing: "{device}"
      """
          + PROPERTIES.formatted(
              "forms: [ " + COAP_FORM.formatted("t") + " ]",
              "forms: [ "
                  + COAP_FORM.formatted("on")
                  + ", { protocol: coap, op: writeproperty, resource: on, mediaType: text/plain } ]");

  private static final String LOOPBACK = "127.0.0.1";

  private final ObjectMapper json = new ObjectMapper();

  @Test
  void northNobodySeesWhichProtocolADeviceSpeaks(@TempDir Path data) throws Exception {
    Files.createDirectories(data.resolve("device-profiles"));
    Files.writeString(data.resolve("device-profiles/climate-mqtt.yaml"), MQTT);
    Files.writeString(data.resolve("device-profiles/climate-modbus.yaml"), MODBUS);
    Files.writeString(data.resolve("device-profiles/climate-coap.yaml"), COAP);
    int port = freePort();
    int udp = freeUdpPort();
    String device = "coap://127.0.0.1:" + udp + "/";
    Process served =
        new ProcessBuilder("coap-server-notls", "-A", "127.0.0.1", "-p", "" + udp, "-d", "10")
            .redirectErrorStream(true)
            .redirectOutput(data.resolve("device.log").toFile())
            .start();
    int offset = RunningHub.freeOffset();
    Path ends = Files.createDirectories(data.resolve("line"));
    Process cable = cable(ends);
    Process tcp = units(data, "tcp", Integer.toString(port));
    Process rtu = units(data, "rtu", ends.resolve("device").toString());
    try {
      long before;
      try (RunningHub hub = RunningHub.start(data, offset)) {
        costsNothingYet(hub);
        Climate.coap("-m", "put", "-e", "20", device + "t");
        Climate.coap("-m", "put", "-e", "true", device + "on");
        things(data, port, ends, udp);
        await("polled").until(() -> latest(hub, "tcp1", "reads") > 5);
        before = latest(hub, "tcp1", "reads");
        hub.kill();
      }
      try (RunningHub hub = RunningHub.start(data, offset)) {
        await("after kill -9").until(() -> latest(hub, "tcp1", "reads") > before);
        isTheSameNorth(hub, device);
        isCommandedTheSame(hub, port, device);
        isServedToMasters(hub, data, device);
        isReplacedUnderWay(hub, data);
        goneAndBack(hub, data, port, tcp);
        assertThat(json.readTree(hub.get("/api/v1/rejected").body()).get("rejected")).isEmpty();
      }
    } finally {
      for (Process peer : List.of(tcp, rtu, cable, served)) {
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

  private static void things(Path data, int port, Path ends, int udp) throws IOException {
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
        - { id: coap1, profile: climate-coap, base: "coap://127.0.0.1:%d" }
        """
            .formatted(port, udp));
  }

  private static void isTheSameNorth(RunningHub hub, String device) throws Exception {
    try (Mosquitto.Listener north =
        Mosquitto.listen(hub.mqttPort(), hub.mqttLogin(), "patchbay/things/#")) {
      Mosquitto.publish(
          hub.mqttPort(), hub.mqttLogin(), "climate/mqtt1/state", "{\"t\":21.5,\"on\":false}");
      Climate.coap("-m", "put", "-e", "21.5", device + "t");
      Climate.coap("-m", "put", "-e", "false", device + "on");
      await("the same")
          .atMost(Duration.ofSeconds(15))
          .untilAsserted(
              () -> Climate.areTheSame(north, List.of("mqtt1", "tcp1", "rtu1", "coap1")));
    }
  }

  private static void isCommandedTheSame(RunningHub hub, int port, String coap) throws Exception {
    try (Mosquitto.Listener device =
        Mosquitto.listen(hub.mqttPort(), hub.mqttLogin(), "climate/mqtt1/set")) {
      for (String thing : List.of("mqtt1", "tcp1", "rtu1", "coap1")) {
        assertThat(Climate.putSwitch(hub, thing, true).statusCode()).as(thing).isBetween(200, 202);
      }
      await("mqtt1").until(() -> device.messages().stream().anyMatch(m -> m.endsWith(" true")));
    }
    assertThat(mbpoll("-a", "1", "-0", "-r", "3", "-t", "0", "-p", "" + port, "127.0.0.1"))
        .contains("[3]: \t1");
    assertThat(Climate.coap(coap + "on")).isEqualTo("true");
    for (String thing : List.of("tcp1", "rtu1", "coap1")) {
      await(thing).until(() -> Climate.value(hub, thing, "switch").booleanValue());
    }
  }

  /** Masters read what any device said, and command it, by every function that there is for it. */
  private static void isServedToMasters(RunningHub hub, Path data, String coap) throws Exception {
    Files.createDirectories(data.resolve("modbus"));
    Files.writeString(
        data.resolve("modbus/scada.yaml"),
        """
        points:
          - { address: 0, thing: mqtt1, property: temperature, type: int16, scale: 0.1 }
          - { address: 1, thing: coap1, property: switch, access: rw }
          - { table: coil, address: 3, thing: tcp1, property: switch, access: rw }
        """);
    String port = Integer.toString(1502 + hub.offset());
    List<String> master = List.of("mbpoll", "-m", "tcp", "-1", "-0", "-a", "1", "-p", port);
    await("listening")
        .ignoreExceptions()
        .until(
            () ->
                Climate.said(true, Climate.with(master, "-t", "4", "-r", "0", LOOPBACK))
                    .contains("[0]: \t215"));
    assertThat(Climate.said(true, Climate.with(master, "-t", "0", "-r", "3", LOOPBACK, "0")))
        .contains("Written 1 references");
    await("tcp1").until(() -> !Climate.value(hub, "tcp1", "switch").booleanValue());
    assertThat(Climate.value(hub, "coap1", "switch").booleanValue()).isTrue();
    List<String> python = List.of("/usr/bin/python3", script(data, "master.py").toString(), port);
    // bit 0 goes; then it comes, and the temperature is read in the same request
    assertThat(Climate.said(true, Climate.with(python, "mask", "1", "fffe", "0"))).contains("ok");
    assertThat(Climate.coap(coap + "on")).isEqualTo("false");
    assertThat(Climate.said(true, Climate.with(python, "exchange", "0", "1", "1")))
        .contains("[215]");
    assertThat(Climate.coap(coap + "on")).isEqualTo("true");
  }

  /** Each register read counts one: what came twice, late or from elsewhere would not rise. */
  private void isReplacedUnderWay(RunningHub hub, Path data) throws Exception {
    try (Mosquitto.Listener north =
        Mosquitto.listen(hub.mqttPort(), hub.mqttLogin(), "patchbay/things/+/properties/reads")) {
      for (int round = 1; round <= 2; round++) {
        Climate.replace(hub, data, "binding-modbus", round);
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
    JsonNode held = Climate.property(hub, "tcp1", "temperature");
    await("stale")
        .until(
            () ->
                Climate.property(hub, "tcp1", "temperature")
                    .get("quality")
                    .textValue()
                    .equals("stale"));
    assertThat(Climate.property(hub, "tcp1", "temperature").get("time"))
        .isEqualTo(held.get("time"));
    assertThat(Climate.putSwitch(hub, "tcp1", false).body()).containsIgnoringCase("unreachable");
    assertThat(Climate.putSwitch(hub, "rtu1", false).statusCode()).isEqualTo(200);
    Process again = units(data, "tcp", Integer.toString(port));
    try {
      await("online again")
          .atMost(Duration.ofSeconds(15))
          .until(
              () ->
                  Climate.property(hub, "tcp1", "temperature")
                      .get("quality")
                      .textValue()
                      .equals("good"));
    } finally {
      again.destroyForcibly();
    }
  }

  private JsonNode thing(RunningHub hub, String thing) throws Exception {
    return json.readTree(hub.get("/api/v1/things/" + thing).body());
  }

  private long latest(RunningHub hub, String thing, String property) throws Exception {
    return Climate.value(hub, thing, property).asLong(-1);
  }

  private static int freePort() throws IOException {
    try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return probe.getLocalPort();
    }
  }

  private static int freeUdpPort() throws IOException {
    try (DatagramSocket probe = new DatagramSocket(0)) {
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
    String script = script(data, "climate-units.py").toString();
    return new ProcessBuilder("/usr/bin/python3", script, kind, where)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(data.resolve("units.log").toFile()))
        .start();
  }

  private static Path script(Path data, String name) throws IOException {
    try (var text = ModbusJourneyTest.class.getResourceAsStream("/" + name)) {
      return Files.write(data.resolve(name), java.util.Objects.requireNonNull(text).readAllBytes());
    }
  }

  private static String mbpoll(String... words) throws Exception {
    return Climate.said(true, Climate.with(List.of("mbpoll", "-m", "tcp", "-1"), words));
  }

  private static String jcmd(RunningHub hub, String... words) throws Exception {
    String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
    return Climate.said(true, Climate.with(List.of(jcmd, Long.toString(hub.pid())), words));
  }
}
