package io.patchbay.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The life of LwM2M devices, and what is desired of them: one refuses, restarts, forgets its
 * settings, is retired and taken back; one sleeps past a deadline. The devices are Leshan's client.
 */
final class Lwm2mLifeJourneyTest {
  private static final Duration LIMIT = Duration.ofSeconds(40);
  private static final String ONE = "/api/v1/things/life-1";
  private static final String TWO = "/api/v1/things/life-2";

  private final ObjectMapper json = new ObjectMapper();

  @Test
  void theLifeOfADevice(@TempDir Path data) throws Exception {
    Files.createDirectories(data.resolve("conf"));
    Files.writeString(
        data.resolve("conf/io.patchbay.binding.lwm2m.cfg"),
        "unsecured = life-*\nawakeSeconds = 300\n");
    int offset = RunningHub.freeOffset();
    String[] settings = {
      "io.patchbay.core:desiredRetrySeconds=1",
      "io.patchbay.core:desiredAttempts=20",
      "io.patchbay.core:desiredDeadlineSeconds=4"
    };
    List<Lwm2mDevice> devices = new ArrayList<>();
    try {
      try (RunningHub hub = RunningHub.start(data, offset, settings)) {
        await("listening")
            .atMost(LIMIT)
            .until(() -> hub.get("/health").body().contains("127.0.0.1:" + port(hub)));
        devices.add(new Lwm2mDevice("life-1", port(hub), false));
        devices.add(new Lwm2mDevice("life-2", port(hub), true));
        comes(hub);
        refuses(hub, devices.get(0));
        forgets(hub, devices.get(0));
        restarts(hub, devices.get(0));
        isRetired(hub, devices.get(0));
        await("the other").atMost(LIMIT).until(() -> stage(hub, TWO).equals("online"));
        hub.kill();
      }
      try (RunningHub hub = RunningHub.start(data, offset, settings)) {
        staysRetired(hub, devices.get(0));
        sleepsPastTheDeadline(hub, devices.get(1));
      }
    } finally {
      devices.forEach(Lwm2mDevice::close);
    }
  }

  private static int port(RunningHub hub) {
    return 5683 + hub.offset();
  }

  private void comes(RunningHub hub) throws Exception {
    await("a thing").atMost(LIMIT).until(() -> stage(hub, ONE).equals("online"));
    assertThat(stages(hub, ONE)).containsExactly("registered", "admitted", "online");
    assertThat(life(hub, ONE).get("reason").asText()).contains("registered for 300 s");
    await("read")
        .atMost(LIMIT)
        .until(() -> hub.get(ONE + "/properties/radioSignalStrength").statusCode() == 200);
    assertThat(hub.get(ONE + "/properties/radioSignalStrength").body()).contains("-71");
  }

  /** 4.05: why not yet is that the device refuses; it is tried again, and then it does not. */
  private void refuses(RunningHub hub, Lwm2mDevice device) throws Exception {
    device.refuses(true);
    order(hub, ONE, "18");
    awaitDesired(hub, ONE, "rejected");
    assertThat(desired(hub, ONE).get("detail").asText()).contains("METHOD_NOT_ALLOWED");
    assertThat(desired(hub, ONE).get("delta").asDouble()).isEqualTo(-18);
    device.refuses(false);
    awaitDesired(hub, ONE, "reported");
    assertThat(device.written()).containsExactly(18d);
  }

  private void forgets(RunningHub hub, Lwm2mDevice device) throws Exception {
    post(hub, ONE + "/actions/factoryReset", "");
    await("registered anew").atMost(LIMIT).until(() -> device.registrations() == 2);
    await("written again").atMost(LIMIT).until(() -> device.written().size() == 2);
    awaitDesired(hub, ONE, "reported");
    assertThat(device.written()).containsExactly(18d, 18d);
    assertThat(stages(hub, ONE))
        .containsExactly("registered", "admitted", "online", "left", "online");
    assertThat(life(hub, ONE).toString())
        .contains("told to reset itself to factory settings (3/0/5)");
  }

  private void restarts(RunningHub hub, Lwm2mDevice device) throws Exception {
    post(hub, ONE + "/actions/reboot", "");
    await("registered anew").atMost(LIMIT).until(() -> device.registrations() == 3);
    await("online").atMost(LIMIT).until(() -> stage(hub, ONE).equals("online"));
    assertThat(stages(hub, ONE)).endsWith("online", "left", "online");
    assertThat(life(hub, ONE).toString()).contains("told to restart (3/0/4)");
  }

  private void isRetired(RunningHub hub, Lwm2mDevice device) throws Exception {
    JsonNode retired = post(hub, ONE + "/retire", "{\"reason\":\"sold\"}");
    assertThat(retired.get("stage").asText()).isEqualTo("retired");
    awaitRefused(device);
    assertThat(stages(hub, ONE)).endsWith("online", "retired");
    assertThat(life(hub, ONE).get("reason").asText()).isEqualTo("retired by admin: sold");
    assertThat(hub.get("/metrics").body()).contains("patchbay_things_stage{stage=\"retired\"} 1");
  }

  private static void awaitRefused(Lwm2mDevice device) {
    int before = device.refusals();
    await("refused")
        .atMost(LIMIT)
        .pollInterval(Duration.ofSeconds(1))
        .until(
            () -> {
              device.update();
              return device.refusals() > before;
            });
  }

  private void staysRetired(RunningHub hub, Lwm2mDevice device) throws Exception {
    assertThat(stage(hub, ONE)).isEqualTo("retired");
    awaitRefused(device);
    int before = device.registrations();
    post(hub, ONE + "/reinstate", "{\"reason\":\"came back\"}");
    await("taken back").atMost(LIMIT).until(() -> stage(hub, ONE).equals("online"));
    assertThat(device.registrations()).isGreaterThan(before);
    assertThat(stages(hub, ONE)).endsWith("retired", "admitted", "online");
  }

  /** It was there when the hub was killed; nobody knows whether it listens, so it is waited for. */
  private void sleepsPastTheDeadline(RunningHub hub, Lwm2mDevice device) throws Exception {
    order(hub, TWO, "21");
    awaitDesired(hub, TWO, "expired");
    assertThat(desired(hub, TWO).get("detail").asText()).contains("asleep").contains("EXPIRED");
    assertThat(stage(hub, TWO)).isEqualTo("asleep");
    assertThat(device.written()).isEmpty();
    device.update();
    awaitDesired(hub, TWO, "reported");
    assertThat(device.written()).containsExactly(21d);
  }

  private void order(RunningHub hub, String thing, String value) throws Exception {
    HttpResponse<String> answer =
        hub.send(
            hub.request(thing + "/desired/setPoint")
                .header("Content-Type", "application/json")
                .PUT(BodyPublishers.ofString(value)));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
  }

  private JsonNode desired(RunningHub hub, String thing) throws Exception {
    return json.readTree(hub.get(thing + "/desired/setPoint").body());
  }

  private void awaitDesired(RunningHub hub, String thing, String state) {
    await(state)
        .atMost(LIMIT)
        .untilAsserted(
            () -> assertThat(desired(hub, thing).path("state").asText()).isEqualTo(state));
  }

  private JsonNode post(RunningHub hub, String path, String body) throws Exception {
    HttpRequest.Builder request = hub.request(path).POST(BodyPublishers.ofString(body));
    HttpResponse<String> answer =
        hub.send(body.isEmpty() ? request : request.header("Content-Type", "application/json"));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return json.readTree(answer.body());
  }

  private JsonNode life(RunningHub hub, String thing) throws Exception {
    return json.readTree(hub.get(thing + "/lifecycle").body());
  }

  private String stage(RunningHub hub, String thing) throws Exception {
    return life(hub, thing).path("stage").asText();
  }

  /** Oldest first. */
  private List<String> stages(RunningHub hub, String thing) throws Exception {
    List<String> stages = new ArrayList<>();
    life(hub, thing).path("history").forEach(step -> stages.add(step.path("stage").asText()));
    Collections.reverse(stages);
    return stages;
  }
}
