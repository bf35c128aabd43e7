package io.patchbay.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An administrator uploads firmware and begins a campaign, and the hub is killed meanwhile. */
final class FirmwareJourneyTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final byte[] IMAGE = new byte[300_000];
  private final ObjectMapper json = new ObjectMapper();
  private final HttpClient device = HttpClient.newHttpClient();

  static {
    new Random(3).nextBytes(IMAGE);
  }

  @Test
  void aCampaignOutlivesTheHubAndItsAddressDoesNotOutliveIt(@TempDir Path data) throws Exception {
    int offset = RunningHub.freeOffset();
    String downloads = "io.patchbay.firmware:downloads=http://127.0.0.1:" + (8080 + offset);
    String address;
    try (RunningHub hub = RunningHub.start(data, offset, downloads)) {
      assertThat(data.resolve("firmware")).as("nothing is made before it is needed").doesNotExist();
      upload(hub);
      begin(hub);
      // nobody updates devices over MQTT, and that is what is said
      await("asked")
          .atMost(LIMIT)
          .untilAsserted(
              () ->
                  assertThat(hub.get("/api/v1/campaigns/may/devices").body())
                      .contains("\"checking\"", "over 'mqtt'"));
      JsonNode device = get(hub, "/api/v1/campaigns/may/devices/hall-1");
      assertThat(device.get("history").get(0).get("state").asText()).isEqualTo("checking");
      address = "http://127.0.0.1:" + (8080 + offset) + "/firmware/" + token(data);
      HttpResponse<byte[]> rest = pull(address, "bytes=100000-");
      assertThat(rest.statusCode()).isEqualTo(206);
      assertThat(rest.body()).isEqualTo(Arrays.copyOfRange(IMAGE, 100_000, IMAGE.length));
      hub.kill();
    }
    try (RunningHub hub = RunningHub.start(data, offset, downloads)) {
      assertThat(get(hub, "/api/v1/campaigns/may").get("state").asText()).isEqualTo("running");
      assertThat(pull(address, "bytes=0-").body()).isEqualTo(IMAGE);
      assertThat(hub.get("/api/v1/campaigns/may").body()).doesNotContain(token(data));
      HttpResponse<String> aborted = post(hub, "/api/v1/campaigns/may/abort", "");
      assertThat(json.readTree(aborted.body()).get("counts").get("stopped").asInt()).isEqualTo(1);
      assertThat(pull(address, "bytes=0-").statusCode()).isEqualTo(404);
      assertThat(hub.get("/api/v1/audit").body())
          .contains(
              "campaign.abort", "firmware.put", "/firmware/plug-2", "\"/api/v1/campaigns/may\"");
    }
    String token = address.substring(address.lastIndexOf('/') + 1);
    assertThat(told(data)).as("a secret").doesNotContain(token);
  }

  private void upload(RunningHub hub) throws Exception {
    HttpRequest.Builder request = hub.request("/api/v1/firmware/plug-2?version=2.0");
    HttpResponse<String> made =
        hub.send(
            request
                .header("Content-Type", "application/octet-stream")
                .PUT(BodyPublishers.ofByteArray(IMAGE)));
    assertThat(made.statusCode()).as(made.body()).isEqualTo(201);
  }

  private void begin(RunningHub hub) throws Exception {
    String plan = "{\"id\":\"may\",\"firmware\":\"plug-2\",\"devices\":{\"things\":\"hall-*\"}}";
    HttpResponse<String> none = post(hub, "/api/v1/campaigns", plan);
    assertThat(none.statusCode()).as("there is no such device").isEqualTo(422);
    Files.writeString(
        hub.data().resolve("things/hall-1.yaml"),
        "{ id: hall-1, profile: tasmota-plug, base: \"mqtt://local\", terms: { device: h1 } }\n");
    await("begun")
        .atMost(LIMIT)
        .until(() -> post(hub, "/api/v1/campaigns", plan).statusCode() == 201);
  }

  private static HttpResponse<String> post(RunningHub hub, String path, String body)
      throws IOException, InterruptedException {
    return hub.send(
        hub.request(path)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body)));
  }

  private JsonNode get(RunningHub hub, String path) throws Exception {
    return json.readTree(hub.get(path).body());
  }

  /** Without a token of the API, as a device does. */
  private HttpResponse<byte[]> pull(String address, String range) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(address)).header("Range", range).timeout(LIMIT).build();
    return device.send(request, BodyHandlers.ofByteArray());
  }

  private static String token(Path data) throws IOException {
    String log = Files.readString(data.resolve("firmware/campaigns/may.log"));
    Matcher token = Pattern.compile("\"token\":\"([^\"]{32})\"").matcher(log);
    assertThat(token.find()).isTrue();
    return token.group(1);
  }

  /** All that was logged. */
  private static String told(Path data) throws IOException {
    StringBuilder all = new StringBuilder();
    try (Stream<Path> files = Files.list(data.resolve("log"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        all.append(Files.readString(file, StandardCharsets.UTF_8));
      }
    }
    return all.toString();
  }
}
