package io.patchbay.northbound.rest;

import static io.patchbay.northbound.rest.RestHub.problem;
import static io.patchbay.northbound.rest.RestHub.tree;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.patchbay.northbound.Campaigns.Limits;
import io.patchbay.northbound.Campaigns.Pace;
import io.patchbay.northbound.Campaigns.Plan;
import io.patchbay.northbound.DeviceFilter;
import io.patchbay.northbound.FirmwarePackages.Draft;
import io.patchbay.thing.Bytes;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Firmware packages, campaigns and downloads over HTTP. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class FirmwareApiTest {
  private static final String IMAGE = "/firmware/" + FakeFirmware.TOKEN;
  private final RestHub hub;

  FirmwareApiTest(@TempDir Path home) throws Exception {
    hub = new RestHub(home, Map.of("maxDownloads", 1));
  }

  @AfterAll
  void stop() throws Exception {
    hub.rooms.firmware.mayCome.countDown();
    hub.stop();
  }

  private HttpRequest.Builder upload(String path, String token, int octets) {
    return hub.request("/api/v1/firmware/" + path, token)
        .header("Content-Type", "application/octet-stream")
        .PUT(BodyPublishers.ofByteArray(new byte[octets]));
  }

  @Test
  void takesPackagesFromIntegratorsWithinTheirBound() throws Exception {
    problem(hub.send(upload("one?version=1.1", "operator", 100)), 403, "integrator");
    problem(hub.send(upload("one", "integrator", 100)), 400, "'version' is missing");
    problem(hub.send(upload("one?version=1&size=3", "integrator", 100)), 400, "'size'");
    problem(hub.send(upload("one?version=1&signature=%25", "integrator", 100)), 400, "base64");
    problem(hub.send(upload("one?version=1", "integrator", 3)), 422, "checksum");
    problem(hub.send(upload("one?version=1", "integrator", 60_001)), 413, "60000");
    problem(hub.json("PUT", "/api/v1/firmware/one?version=1", "integrator", "{}"), 415, "octet");
    String query = "?version=1.1&signature=-_8&profile=plug&things=hall-*&from=1.*&sha256=00";
    HttpResponse<String> made = hub.send(upload("one" + query, "integrator", 100));
    assertThat(made.statusCode()).as(made.body()).isEqualTo(201);
    assertThat(tree(made).get("signedBy").textValue()).isEqualTo("maker");
    assertThat(tree(made).get("by").textValue()).isEqualTo("integrator");
    assertThat(hub.rooms.firmware.drafts.get("one"))
        .isEqualTo(
            new Draft(
                "one",
                "1.1",
                Optional.of("00"),
                Optional.of(Bytes.wrap(new byte[] {-5, -1})),
                new DeviceFilter(Optional.of("plug"), "hall-*", Map.of(), "1.*")));
    JsonNode listed = tree(hub.get("/api/v1/firmware", "viewer"));
    assertThat(listed.get("firmware").get(0).get("target").get("version").textValue())
        .isEqualTo("1.*");
    assertThat(listed.get("largest").longValue()).isEqualTo(60_000);
    assertThat(hub.rooms.acts)
        .anyMatch(act -> act.act().equals("firmware.put") && act.result().equals("done"))
        .anyMatch(act -> act.act().equals("firmware.put") && act.result().contains("role"));
    hub.send(upload("needed?version=1", "integrator", 100));
    problem(hub.json("DELETE", "/api/v1/firmware/needed", "integrator", ""), 422, "campaign");
    assertThat(hub.json("DELETE", "/api/v1/firmware/one", "integrator", "").statusCode())
        .isEqualTo(204);
    problem(hub.get("/api/v1/firmware/one", "viewer"), 404, "no package");
  }

  @Test
  void beginsCampaignsForIntegratorsAndStopsThemForOperators() throws Exception {
    String campaigns = "/api/v1/campaigns";
    String body =
        "{\"id\":\"may\",\"firmware\":\"v11\",\"devices\":{\"things\":\"hall-*\",\"labels\":"
            + "{\"floor\":\"2\"}},\"pace\":{\"canary\":3,\"growth\":2.5,\"abortPercent\":5,"
            + "\"window\":{\"from\":\"22:00\",\"to\":\"04:00\",\"zone\":\"Europe/Berlin\"}},"
            + "\"limits\":{\"deliveryMinutes\":90}}";
    problem(hub.json("POST", campaigns, "operator", body), 403, "integrator");
    HttpResponse<String> begun = hub.json("POST", campaigns, "integrator", body);
    assertThat(begun.statusCode()).as(begun.body()).isEqualTo(201);
    Plan plan = Objects.requireNonNull(hub.rooms.campaigns.campaigns.get("may")).plan();
    assertThat(plan.devices())
        .isEqualTo(new DeviceFilter(Optional.empty(), "hall-*", Map.of("floor", "2"), ""));
    assertThat(plan.pace().canary()).isEqualTo(3);
    assertThat(plan.pace().growth()).isEqualTo(2.5);
    assertThat(plan.pace().perMinute()).isEqualTo(Pace.USUAL.perMinute());
    assertThat(plan.pace().window().orElseThrow().zone()).isEqualTo(ZoneId.of("Europe/Berlin"));
    assertThat(plan.pace().window().orElseThrow().from()).isEqualTo(LocalTime.of(22, 0));
    assertThat(plan.limits().delivery()).isEqualTo(Duration.ofMinutes(90));
    assertThat(plan.limits().contact()).isEqualTo(Limits.USUAL.contact());
    JsonNode shown = tree(hub.get(campaigns + "/may", "viewer"));
    assertThat(shown.get("counts").get("waiting").intValue()).isEqualTo(18);
    assertThat(shown.get("reasons").get("old-image").intValue()).isEqualTo(2);
    JsonNode devices =
        tree(hub.get(campaigns + "/may/devices?state=failed&skip=3&limit=7", "viewer"));
    assertThat(devices.get("devices").get(0).get("state").textValue()).isEqualTo("failed");
    assertThat(devices.get("devices").get(0).get("detail").textValue()).isEqualTo("skipped 3 of 7");
    JsonNode device = tree(hub.get(campaigns + "/may/devices/plug1", "viewer"));
    assertThat(device.get("history").get(0).get("state").textValue()).isEqualTo("delivering");
    assertThat(device.get("history").get(0).get("at").textValue()).isNotEmpty();
    problem(hub.get(campaigns + "/may/devices/plug2", "viewer"), 404, "'plug2' is not in");
    problem(hub.get(campaigns + "/none/devices/plug1", "viewer"), 404, "no campaign");
    assertThat(hub.rooms.acts)
        .anyMatch(act -> act.act().equals("campaign.start") && act.on().endsWith("/may"));
    for (String act : new String[] {"pause", "resume", "abort"}) {
      problem(hub.json("POST", campaigns + "/may/" + act, "viewer", ""), 403, "operator");
      assertThat(hub.json("POST", campaigns + "/may/" + act, "operator", "").statusCode())
          .isEqualTo(200);
    }
    problem(hub.json("POST", campaigns + "/may/pause", "operator", ""), 422, "has ended");
    assertThat(tree(hub.get(campaigns, "viewer")).get("campaigns").get(0).get("state").textValue())
        .isEqualTo("aborted");
    String back = "{\"id\":\"back\",\"firmware\":\"v10\"}";
    problem(hub.json("POST", campaigns + "/may/rollback", "operator", back), 403, "integrator");
    HttpResponse<String> rolled = hub.json("POST", campaigns + "/may/rollback", "integrator", back);
    assertThat(tree(rolled).get("rollbackOf").textValue()).isEqualTo("may");
    for (String id : new String[] {"may", "back"}) {
      assertThat(hub.json("DELETE", campaigns + "/" + id, "integrator", "").statusCode())
          .isEqualTo(204);
    }
    assertThat(hub.rooms.acts)
        .extracting(act -> act.act())
        .contains("campaign.start", "campaign.abort", "campaign.rollback", "campaign.remove");
    assertThat(hub.rooms.acts)
        .anyMatch(
            act ->
                act.act().equals("campaign.rollback") && act.on().endsWith("/may/rollback/back"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"id\":\"x\"}|400|'firmware'",
        "{\"id\":\"x\",\"firmware\":\"none\"}|422|no package",
        "{\"id\":\"x\",\"firmware\":\"v\",\"pace\":{\"speed\":1}}|400|perMinute",
        "{\"id\":\"x\",\"firmware\":\"v\",\"pace\":{\"growth\":\"2\"}}|400|a number",
        "{\"id\":\"x\",\"firmware\":\"v\",\"pace\":{\"window\":{\"from\":\"9\",\"to\":\"8\"}}}|400|04:00",
        "{\"id\":\"x\",\"firmware\":\"v\",\"devices\":[]}|400|no JSON object",
        "{\"id\":\"x\",\"firmware\":\"v\",\"limits\":{\"attempts\":1.5}}|400|integer"
      })
  void refusesPlansThatAreNone(String body, int status, String words) throws Exception {
    problem(hub.json("POST", "/api/v1/campaigns", "integrator", body), status, words);
  }

  @Test
  void knowsNoCampaignThatIsNotThere() throws Exception {
    problem(hub.get("/api/v1/campaigns/none", "viewer"), 404, "no campaign");
    problem(hub.get("/api/v1/campaigns/none/devices", "viewer"), 404, "no campaign");
    problem(hub.json("POST", "/api/v1/campaigns/none/abort", "operator", ""), 404, "no campaign");
    problem(hub.get("/api/v1/campaigns/none/devices?state=ill", "viewer"), 400, "updated");
  }

  private HttpResponse<byte[]> download(String... headers) throws Exception {
    HttpRequest.Builder request = hub.request(IMAGE, "");
    if (headers.length > 0) {
      request.headers(headers);
    }
    return hub.client.send(request.build(), BodyHandlers.ofByteArray());
  }

  @Test
  void givesAnImageToWhoKnowsItsAddress() throws Exception {
    HttpResponse<byte[]> whole = download();
    assertThat(whole.statusCode()).isEqualTo(200);
    assertThat(whole.body()).isEqualTo(FakeFirmware.IMAGE);
    assertThat(whole.headers().firstValue("ETag")).hasValue('"' + FakeFirmware.SHA + '"');
    assertThat(whole.headers().firstValue("Accept-Ranges")).hasValue("bytes");
    HttpResponse<byte[]> head =
        hub.client.send(
            hub.request(IMAGE, "").method("HEAD", BodyPublishers.noBody()).build(),
            BodyHandlers.ofByteArray());
    assertThat(head.body()).isEmpty();
    assertThat(head.headers().firstValue("Content-Length")).hasValue("50000");
    problem(hub.get(IMAGE + "x", ""), 404, "no such image");
    problem(hub.get("/firmware/", ""), 404, "no such image");
    assertThat(DownloadRoutes.loggable(IMAGE)).doesNotContain(FakeFirmware.TOKEN);
    assertThat(hub.rooms.acts).noneMatch(act -> act.on().contains(FakeFirmware.TOKEN));
  }

  @Test
  void tellsADeviceToComeAgainBeforeCampaignsAreRead() throws Exception {
    hub.rooms.firmware.go();
    try {
      HttpResponse<byte[]> early = download();
      assertThat(early.statusCode()).isEqualTo(503);
      assertThat(early.headers().firstValue("Retry-After")).hasValue("5");
    } finally {
      hub.rooms.firmware.come();
    }
    assertThat(download().statusCode()).isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource({
    "bytes=0-9, 0, 9",
    "bytes=49990-, 49990, 49999",
    "bytes=-10, 49990, 49999",
    "bytes=40000-99999, 40000, 49999",
    "bytes=-99999, 0, 49999"
  })
  void goesOnWhereADeviceBrokeOff(String range, int first, int last) throws Exception {
    HttpResponse<byte[]> part = download("Range", range, "If-Range", '"' + FakeFirmware.SHA + '"');
    assertThat(part.statusCode()).isEqualTo(206);
    assertThat(part.headers().firstValue("Content-Range"))
        .hasValue("bytes " + first + "-" + last + "/50000");
    assertThat(part.body()).isEqualTo(Arrays.copyOfRange(FakeFirmware.IMAGE, first, last + 1));
  }

  @ParameterizedTest
  @CsvSource({"bytes=9-3, ''", "'bytes=0-1,5-6', ''", "lines=1-2, ''", "bytes=0-9, other"})
  void givesAllWhenTheRangeIsNone(String range, String tag) throws Exception {
    HttpResponse<byte[]> whole =
        tag.isEmpty() ? download("Range", range) : download("Range", range, "If-Range", tag);
    assertThat(whole.statusCode()).isEqualTo(200);
    assertThat(whole.body()).hasSize(50_000);
  }

  @Test
  void saysHowLongAnImageIsWhenTheRangeIsBehindIt() throws Exception {
    HttpResponse<byte[]> none = download("Range", "bytes=50000-");
    assertThat(none.statusCode()).isEqualTo(416);
    assertThat(none.headers().firstValue("Content-Range")).hasValue("bytes */50000");
  }

  @Test
  void letsSlowDevicesNotTakeAllThreads() throws Exception {
    CompletableFuture<HttpResponse<byte[]>> slow =
        hub.client.sendAsync(
            hub.request("/firmware/" + FakeFirmware.SLOW, "").build(), BodyHandlers.ofByteArray());
    assertThat(hub.rooms.firmware.opened.await(20, TimeUnit.SECONDS)).isTrue();
    HttpResponse<byte[]> refused = download();
    assertThat(refused.statusCode()).isEqualTo(503);
    assertThat(refused.headers().firstValue("Retry-After")).hasValue("30");
    assertThat(hub.get("/api/v1/things", "viewer").statusCode()).isEqualTo(200);
    hub.rooms.firmware.mayCome.countDown();
    assertThat(slow.get(20, TimeUnit.SECONDS).body()).hasSize(50_000);
    assertThat(download().statusCode()).as("its place is free again").isEqualTo(200);
  }
}
