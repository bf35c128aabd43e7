package io.patchbay.firmware;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.patchbay.northbound.Campaigns.Limits;
import io.patchbay.northbound.Campaigns.Pace;
import io.patchbay.northbound.Campaigns.Plan;
import io.patchbay.northbound.Campaigns.Window;
import io.patchbay.northbound.DeviceFilter;
import io.patchbay.northbound.FirmwarePackages.FirmwarePackage;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** What is kept on disk, as JSON. */
final class Records {
  private static final ObjectMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNestingDepth(16).build())
                  .build())
          .build();

  private Records() {}

  /** Reads a record. */
  interface Reading<T> {
    T read();
  }

  static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  static byte[] octets(JsonNode node) throws IOException {
    return MAPPER.writeValueAsBytes(node);
  }

  /**
   * @throws IOException when it is no JSON object
   */
  static JsonNode parse(byte[] octets) throws IOException {
    JsonNode node = MAPPER.readTree(octets);
    if (node == null || !node.isObject()) {
      throw new IOException("not a JSON object");
    }
    return node;
  }

  /** What a record lacks, or has in another form, is damage of the disk. */
  static <T> T read(Reading<T> reading) throws IOException {
    try {
      return reading.read();
    } catch (IllegalArgumentException | DateTimeException e) {
      throw new IOException("not a record of the hub: " + e.getMessage(), e);
    }
  }

  static String text(JsonNode node, String key) {
    return need(node, key).asText();
  }

  static Instant time(JsonNode node, String key) {
    return Instant.parse(text(node, key));
  }

  static JsonNode need(JsonNode node, String key) {
    JsonNode value = node.get(key);
    if (value == null) {
      throw new IllegalArgumentException("'" + key + "' is missing");
    }
    return value;
  }

  static ObjectNode json(FirmwarePackage one) {
    ObjectNode node = object();
    node.put("id", one.id());
    node.put("version", one.version());
    node.put("octets", one.octets());
    node.put("sha256", one.sha256());
    one.signedBy().ifPresent(key -> node.put("signedBy", key));
    node.set("target", json(one.target()));
    node.put("uploaded", one.uploaded().toString());
    node.put("by", one.by());
    return node;
  }

  static FirmwarePackage firmware(JsonNode node) throws IOException {
    return read(
        () ->
            new FirmwarePackage(
                text(node, "id"),
                text(node, "version"),
                need(node, "octets").asLong(),
                text(node, "sha256"),
                Optional.ofNullable(node.get("signedBy")).map(JsonNode::asText),
                filter(need(node, "target")),
                time(node, "uploaded"),
                text(node, "by")));
  }

  private static ObjectNode json(DeviceFilter filter) {
    ObjectNode node = object();
    filter.profile().ifPresent(profile -> node.put("profile", profile));
    node.put("things", filter.things());
    ObjectNode labels = node.putObject("labels");
    filter.labels().forEach(labels::put);
    node.put("version", filter.version());
    return node;
  }

  private static DeviceFilter filter(JsonNode node) {
    Map<String, String> labels = new HashMap<>();
    need(node, "labels").properties().forEach(e -> labels.put(e.getKey(), e.getValue().asText()));
    return new DeviceFilter(
        Optional.ofNullable(node.get("profile")).map(JsonNode::asText),
        text(node, "things"),
        labels,
        text(node, "version"));
  }

  static ObjectNode json(Plan plan) {
    ObjectNode node = object();
    node.put("id", plan.id());
    node.put("firmware", plan.firmware());
    node.set("devices", json(plan.devices()));
    Pace pace = plan.pace();
    node.put("canary", pace.canary());
    node.put("growth", pace.growth());
    node.put("perMinute", pace.perMinute());
    node.put("atOnce", pace.atOnce());
    node.put("abortPercent", pace.abortPercent());
    node.put("abortAfter", pace.abortAfter());
    pace.window()
        .ifPresent(
            window ->
                node.putObject("window")
                    .put("from", window.from().toString())
                    .put("to", window.to().toString())
                    .put("zone", window.zone().getId()));
    Limits limits = plan.limits();
    node.put("contact", limits.contact().toString());
    node.put("delivery", limits.delivery().toString());
    node.put("installation", limits.installation().toString());
    node.put("campaign", limits.campaign().toString());
    node.put("attempts", limits.attempts());
    return node;
  }

  static Plan plan(JsonNode node) throws IOException {
    return read(
        () ->
            new Plan(
                text(node, "id"),
                text(node, "firmware"),
                filter(need(node, "devices")),
                new Pace(
                    need(node, "canary").asInt(),
                    need(node, "growth").asDouble(),
                    need(node, "perMinute").asInt(),
                    need(node, "atOnce").asInt(),
                    Optional.ofNullable(node.get("window")).map(Records::window),
                    need(node, "abortPercent").asInt(),
                    need(node, "abortAfter").asInt()),
                new Limits(
                    Duration.parse(text(node, "contact")),
                    Duration.parse(text(node, "delivery")),
                    Duration.parse(text(node, "installation")),
                    Duration.parse(text(node, "campaign")),
                    need(node, "attempts").asInt())));
  }

  private static Window window(JsonNode node) {
    return new Window(
        LocalTime.parse(text(node, "from")),
        LocalTime.parse(text(node, "to")),
        ZoneId.of(text(node, "zone")));
  }
}
