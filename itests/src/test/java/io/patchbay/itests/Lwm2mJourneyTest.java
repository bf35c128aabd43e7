package io.patchbay.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A LwM2M device comes to a hub that nobody has told of it: it is a thing, says its temperature in
 * SenML, is commanded, and goes on when the hub was killed. The device is Leshan's client.
 */
final class Lwm2mJourneyTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final ObjectMapper json = new ObjectMapper();

  @Test
  void aDeviceThatRegistersIsAThingAndStaysOne(@TempDir Path data) throws Exception {
    Files.createDirectories(data.resolve("conf"));
    Files.writeString(
        data.resolve("conf/io.patchbay.binding.lwm2m.cfg"),
        "unsecured = journey-*\nawakeSeconds = 3\n");
    int offset = RunningHub.freeOffset();
    List<Lwm2mDevice> devices = new ArrayList<>();
    String waiting;
    try {
      try (RunningHub hub = RunningHub.start(data, offset)) {
        await("listening")
            .atMost(LIMIT)
            .until(() -> hub.get("/health").body().contains("127.0.0.1:" + port(hub)));
        Lwm2mDevice awake = new Lwm2mDevice("journey-1", port(hub), false);
        devices.add(awake);
        comesOutInSenml(hub, awake);
        isCommanded(hub, awake);
        isConfigured(hub);
        Lwm2mDevice sleepy = new Lwm2mDevice("journey-2", port(hub), true);
        devices.add(sleepy);
        waitsForASleeper(hub, sleepy);
        isSetAsDesired(hub, sleepy);
        isGivenAnAccount(hub, devices);
        waiting = waitsForTheNextHub(hub);
        hub.kill();
      }
      try (RunningHub hub = RunningHub.start(data, offset)) {
        goesOn(hub, devices.get(0));
        isToldWhatWaited(hub, devices.get(1), waiting);
        bearsGarbage(hub, devices.get(0));
      }
    } finally {
      devices.forEach(Lwm2mDevice::close);
    }
  }

  private static int port(RunningHub hub) {
    return 5683 + hub.offset();
  }

  private void comesOutInSenml(RunningHub hub, Lwm2mDevice device) throws Exception {
    await("a thing")
        .atMost(LIMIT)
        .until(() -> value(hub, "journey-1", "temperature").asDouble() == 20.5);
    try (Mosquitto.Listener north =
        Mosquitto.listen(hub.mqttPort(), hub.mqttLogin(), "patchbay/things/#")) {
      device.temperature(21.5);
      await("north")
          .atMost(LIMIT)
          .untilAsserted(
              () ->
                  assertThat(north.messages())
                      .anySatisfy(
                          message ->
                              assertThat(message)
                                  .startsWith(
                                      "patchbay/things/journey-1/properties/temperature"
                                          + " [{\"n\":\"journey-1/temperature\",\"u\":\"Cel\",\"v\":21.5,\"t\":")));
    }
    assertThat(value(hub, "journey-1", "manufacturer").asText()).isEqualTo("Acme");
    assertThat(value(hub, "journey-1", "batteryLevel").asInt()).isEqualTo(88);
    assertThat(stage(hub, "journey-1")).isEqualTo("online");
    assertThat(hub.get("/api/v1/things/journey-1").body()).contains("\"status\":\"online\"");
    assertThat(hub.get("/api/v1/rejected").body()).contains("\"rejected\":[]");
    assertThat(hub.get("/api/v1/things/journey-1/td").body()).contains("setPoint");
  }

  private void isCommanded(RunningHub hub, Lwm2mDevice device) throws Exception {
    HttpResponse<String> written = put(hub, "journey-1", "19.5");
    assertThat(written.statusCode()).as(written.body()).isEqualTo(200);
    assertThat(device.written()).containsExactly(19.5);
    HttpResponse<String> executed =
        hub.send(
            hub.request("/api/v1/things/journey-1/actions/temperatureResetMinAndMaxMeasuredValues")
                .POST(BodyPublishers.noBody()));
    assertThat(executed.statusCode()).as(executed.body()).isEqualTo(200);
    assertThat(device.executed()).isEqualTo(1);
  }

  /** Its lifetime is observed by nobody: the hub asks for it when it was written. */
  private void isConfigured(RunningHub hub) throws Exception {
    String desired = "/api/v1/things/journey-1/desired/serverLifetime";
    HttpResponse<String> order =
        hub.send(
            hub.request(desired)
                .header("Content-Type", "application/json")
                .PUT(BodyPublishers.ofString("240")));
    assertThat(order.statusCode()).as(order.body()).isEqualTo(200);
    await("reported")
        .atMost(LIMIT)
        .untilAsserted(
            () -> assertThat(hub.get(desired).body()).contains("\"state\":\"reported\""));
    assertThat(value(hub, "journey-1", "serverLifetime").asInt()).isEqualTo(240);
  }

  private void waitsForASleeper(RunningHub hub, Lwm2mDevice device) throws Exception {
    await("asleep").atMost(LIMIT).until(() -> stage(hub, "journey-2").equals("asleep"));
    HttpResponse<String> answer = put(hub, "journey-2", "18.5");
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
    assertThat(answer.body()).contains("waiting");
    assertThat(device.written()).isEmpty();
    device.update();
    await("woken").atMost(LIMIT).until(() -> device.written().contains(18.5));
  }

  /** A standing order says why it is not met yet, and is when the device has woken. */
  private void isSetAsDesired(RunningHub hub, Lwm2mDevice device) throws Exception {
    String desired = "/api/v1/things/journey-2/desired/setPoint";
    await("asleep").atMost(LIMIT).until(() -> stage(hub, "journey-2").equals("asleep"));
    HttpResponse<String> order =
        hub.send(
            hub.request(desired)
                .header("Content-Type", "application/json")
                .PUT(BodyPublishers.ofString("16.5")));
    assertThat(order.statusCode()).as(order.body()).isEqualTo(200);
    await("why not yet")
        .atMost(LIMIT)
        .untilAsserted(() -> assertThat(hub.get(desired).body()).contains("sleep"));
    assertThat(device.written()).doesNotContain(16.5);
    device.update();
    await("reported")
        .atMost(LIMIT)
        .untilAsserted(
            () -> assertThat(hub.get(desired).body()).contains("\"state\":\"reported\""));
    assertThat(device.written()).contains(16.5);
  }

  /** A device whose key is for its first contact only comes out with one of its own. */
  private void isGivenAnAccount(RunningHub hub, List<Lwm2mDevice> devices) throws Exception {
    HttpResponse<String> known =
        hub.send(
            hub.request("/api/v1/secrets/lwm2m-bs-psk.journey-3")
                .header("Content-Type", "application/json")
                .PUT(BodyPublishers.ofString("{\"secret\":\"made in the works\"}")));
    assertThat(known.statusCode()).as(known.body()).isLessThan(300);
    await("listening")
        .atMost(LIMIT)
        .until(() -> hub.get("/health").body().contains("127.0.0.1:" + (5784 + hub.offset())));
    Lwm2mDevice device =
        Lwm2mDevice.bootstrapping("journey-3", 5784 + hub.offset(), "made in the works");
    devices.add(device);
    await("a thing")
        .atMost(LIMIT)
        .until(() -> value(hub, "journey-3", "temperature").asDouble() == 20.5);
    await("its own key")
        .atMost(LIMIT)
        .until(() -> hub.get("/api/v1/secrets").body().contains("lwm2m-psk.journey-3"));
    assertThat(hub.get("/api/v1/audit").body()).contains("lwm2m.bootstrap");
  }

  /** Where the outcome of a command to a sleeping device will be. */
  private String waitsForTheNextHub(RunningHub hub) throws Exception {
    HttpResponse<String> free =
        hub.send(hub.request("/api/v1/things/journey-2/desired/setPoint").DELETE());
    assertThat(free.statusCode()).as(free.body()).isLessThan(300);
    await("asleep").atMost(LIMIT).until(() -> stage(hub, "journey-2").equals("asleep"));
    HttpResponse<String> answer =
        hub.send(
            hub.request("/api/v1/things/journey-2/properties/setPoint?timeout=600&wait=1")
                .header("Content-Type", "application/json")
                .PUT(BodyPublishers.ofString("15.5")));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
    assertThat(answer.body()).contains("waiting");
    return answer.headers().firstValue("Location").orElseThrow();
  }

  private void isToldWhatWaited(RunningHub hub, Lwm2mDevice device, String waiting)
      throws Exception {
    assertThat(hub.get(waiting).body()).contains("waiting");
    assertThat(device.written()).doesNotContain(15.5);
    device.update();
    await("done")
        .atMost(LIMIT)
        .untilAsserted(() -> assertThat(hub.get(waiting).body()).contains("\"state\":\"done\""));
    assertThat(device.written()).containsOnlyOnce(15.5);
    assertThat(device.registrations()).isEqualTo(1);
  }

  /** It need not register again, and what it notifies counts. */
  private void goesOn(RunningHub hub, Lwm2mDevice device) throws Exception {
    await("listening")
        .atMost(LIMIT)
        .until(() -> hub.get("/health").body().contains("127.0.0.1:" + port(hub)));
    device.temperature(22.5);
    await("observed still")
        .atMost(LIMIT)
        .until(() -> value(hub, "journey-1", "temperature").asDouble() == 22.5);
    HttpResponse<String> written = put(hub, "journey-1", "17.5");
    assertThat(written.statusCode()).as(written.body()).isEqualTo(200);
    assertThat(device.registrations()).isEqualTo(1);
  }

  private void bearsGarbage(RunningHub hub, Lwm2mDevice device) throws Exception {
    Random random = new Random(7);
    try (DatagramSocket socket = new DatagramSocket()) {
      for (int i = 0; i < 5_000; i++) {
        byte[] garbage = new byte[4 + random.nextInt(300)];
        random.nextBytes(garbage);
        if (i % 2 == 0) {
          garbage[0] = 0x40; // a confirmable POST, up to here
          garbage[1] = 0x02;
        }
        socket.send(
            new DatagramPacket(
                garbage, garbage.length, InetAddress.getLoopbackAddress(), port(hub)));
      }
    }
    device.temperature(23.5);
    await("served")
        .atMost(LIMIT)
        .until(() -> value(hub, "journey-1", "temperature").asDouble() == 23.5);
    assertThat(hub.get("/metrics").body()).containsPattern("patchbay_lwm2m_malformed_total [1-9]");
  }

  private HttpResponse<String> put(RunningHub hub, String thing, String value) throws Exception {
    return hub.send(
        hub.request("/api/v1/things/" + thing + "/properties/setPoint")
            .header("Content-Type", "application/json")
            .PUT(BodyPublishers.ofString(value)));
  }

  private String stage(RunningHub hub, String thing) throws Exception {
    return json.readTree(hub.get("/api/v1/things/" + thing).body()).path("stage").asText();
  }

  private JsonNode value(RunningHub hub, String thing, String property) throws Exception {
    return json.readTree(hub.get("/api/v1/things/" + thing + "/properties/" + property).body())
        .path("value");
  }
}
