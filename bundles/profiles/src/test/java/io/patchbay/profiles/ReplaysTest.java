package io.patchbay.profiles;

import static org.assertj.core.api.Assertions.assertThat;

import io.patchbay.northbound.Recorder.Problem;
import io.patchbay.northbound.Recorder.Recorded;
import io.patchbay.northbound.Recorder.Recording;
import io.patchbay.profiles.media.StandardMediaTypes;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Origin;
import io.patchbay.southbound.Rejection;
import io.patchbay.southbound.Target;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Quality;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.TimeSource;
import io.patchbay.thing.Uplink;
import io.patchbay.thing.Value;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ReplaysTest {
  private static final Instant AT = Instant.parse("2026-11-22T12:00:00.250Z");
  private static final ThingId P1 = new ThingId("p1");
  private static final String PROFILE =
"""
id: plug
title: Plug
thing: "{device}"
match: [ { protocol: mqtt, topic: "tele/{device}/SENSOR" } ]
properties:
  power: { type: number, unit: W, minimum: 0, maximum: 100, forms: [ { protocol: mqtt, topic: "tele/{device}/SENSOR", path: P } ] }
  double: { type: number, unit: W, compute: "{power} * 2" }
events:
  alarm: { data: { code: { type: integer } }, forms: [ { protocol: mqtt, topic: "tele/{device}/SENSOR", path: A } ] }
""";

  @TempDir Path data = Path.of(".");
  private final List<String> said = new ArrayList<>();

  @BeforeEach
  void profile() throws IOException {
    Path folder = Files.createDirectories(data.resolve("device-profiles"));
    Files.writeString(folder.resolve("plug.yaml"), PROFILE);
  }

  private boolean replay(String text, String profile) throws IOException {
    Path file = Files.writeString(data.resolve("p1.ndjson"), text);
    ProfileCheck check =
        new ProfileCheck(
            new StandardMediaTypes(),
            scheme -> scheme.equals("mqtt") ? Optional.of(new TopicProtocol()) : Optional.empty());
    said.clear();
    return new Replays(home -> new Alone(check, ShippedProfilesTest::text))
        .run(data, List.of(data.toString(), file.toString(), profile), said::add);
  }

  private String all() {
    return String.join("\n", said);
  }

  private static Frame frame(String payload) {
    Origin origin = new Origin("mqtt", "local", "tele/p1/SENSOR", Map.of("gateway", "g1"));
    return Frame.of(origin, Bytes.utf8(payload), AT);
  }

  private static Uplink reading(String property, double value) {
    return new Uplink.Reading(
        P1, property, new Value.Num(value), "W", AT, TimeSource.HUB, AT, Quality.GOOD);
  }

  private static List<Uplink> both(double power) {
    return List.of(reading("power", power), reading("double", 2 * power));
  }

  private static String recording() {
    Thing thing =
        new Thing(P1, URI.create("mqtt://local"), "plug", Map.of("device", "p1"), Map.of());
    Problem problem =
        new Problem(Rejection.OUT_OF_RANGE, "power: 900 is out of range; accepted: 0 to 100");
    Frame asked =
        new Frame(
            new Origin("mqtt", "local", "tele/p1/SENSOR"),
            Optional.of(new Target(P1, "power")),
            Bytes.utf8("{\"P\":7}"),
            "application/json",
            AT,
            Optional.of(Instant.parse("2026-11-22T11:00:00.123456789Z")),
            Optional.empty(),
            false);
    Instant then = Instant.parse("2026-11-22T11:00:00.123Z");
    Uplink.Reading seven =
        new Uplink.Reading(
            P1, "power", new Value.Num(7), "W", then, TimeSource.DEVICE, AT, Quality.GOOD);
    Uplink.Reading fourteen =
        new Uplink.Reading(
            P1, "double", new Value.Num(14), "W", then, TimeSource.DEVICE, AT, Quality.GOOD);
    return new RecordingFiles()
        .text(
            new Recording(
                thing,
                List.of(
                    new Recorded(frame("{\"P\":5.25}"), "plug@1", both(5.25), Set.of(), List.of()),
                    new Recorded(frame("{\"P\":5.5}"), "plug@1", both(5.5), Set.of(0), List.of()),
                    new Recorded(
                        frame("{\"P\":900}"), "plug@1", List.of(), Set.of(), List.of(problem)),
                    new Recorded(
                        frame("{\"P\":1,\"A\":{\"code\":3}}"),
                        "plug@1",
                        alarm(),
                        Set.of(),
                        List.of()),
                    new Recorded(asked, "plug@1", List.of(seven, fourteen), Set.of(), List.of()))));
  }

  private static List<Uplink> alarm() {
    return List.of(
        reading("power", 1),
        new Uplink.Occurrence(
            P1, "alarm", Map.of("code", new Value.Int(3)), AT, TimeSource.HUB, AT),
        reading("double", 2));
  }

  @Test
  void whatTheHubKeptComesOutAgain() throws IOException {
    assertThat(replay(recording(), "")).as(all()).isTrue();
    assertThat(said.get(0))
        .isEqualTo(
            "[{\"n\":\"p1/power\",\"u\":\"W\",\"v\":5.25,\"t\":1795348800.25},"
                + "{\"n\":\"p1/double\",\"u\":\"W\",\"v\":10.5,\"t\":1795348800.25}]");
    assertThat(said.get(1)).as("power is held back").doesNotContain("p1/power").contains("11");
    assertThat(all()).contains("5 frames, identical, read with plug@");
  }

  @Test
  void aPayloadThatIsAnotherOneIsShownWithItsLine() throws IOException {
    String changed =
        recording().replace("eyJQIjo1LjI1fQ==", "eyJQIjo1LjI2fQ=="); // {"P":5.25}, {"P":5.26}
    assertThat(replay(changed, "")).isFalse();
    assertThat(all())
        .contains("p1.ndjson:2: not what the hub kept with plug@1, from character 33")
        .containsPattern("expected .*5\\.25")
        .containsPattern("actual .*5\\.26")
        .contains("1 of 5 frames differ");
  }

  @Test
  void anotherProblemIsADifference() throws IOException {
    String changed = recording().replace("OUT_OF_RANGE", "WRONG_TYPE");
    assertThat(replay(changed, "")).isFalse();
    assertThat(all()).contains("p1.ndjson:4: other problems", "1 of 5 frames differ");
  }

  @Test
  void anotherProfileShowsWhatItWouldChange() throws IOException {
    Path other =
        Files.writeString(data.resolve("other.yaml"), PROFILE.replace("path: P", "path: Q"));
    assertThat(replay(recording(), other.toString())).isFalse();
    assertThat(all()).contains("p1.ndjson:2: not what the hub kept", "actual   []");
    assertThat(replay(recording(), "plug")).as(all()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "hello | 1: error: no JSON",
        "[] | 1: error: no JSON object",
        "{} | 1: error: no recording",
        "HEAD 2 | 1: error: version 2; accepted: 1",
        "HEAD 1x | 1: error: 'thing': 'a b' names no thing",
        "CUT | 2: error: no JSON (cut off?)",
        "received | 2: error: 'received' is '1'; accepted: a time",
        "payload | 2: error: 'payload' is no Base64",
        "scheme | 2: error: no bundle for protocol 'loop' is installed",
        "profile | 2: error: there is no profile 'nobody'",
        "heldBack | 2: error: 'heldBack' has -1; accepted: places",
        "terms | 2: error: 'terms' is []; accepted: an object",
        "retained | 2: error: 'retained' is 1; accepted: true or false",
        "more | 2: error: unknown key 'more'; accepted: received, scheme",
        "missing | 2: error: 'senml' is missing",
        "twice | 2: error: no JSON",
        "long | 2: error: longer than 8388608 octets",
      })
  void garbageIsOneErrorWithItsLine(String kind, String message) throws IOException {
    List<String> lines = recording().lines().toList();
    String head = lines.get(0);
    String one = lines.get(1);
    String line =
        switch (kind) {
          case "CUT" -> one.substring(0, one.length() / 2);
          case "received" -> one.replaceFirst("\"received\":\"[^\"]*\"", "\"received\":\"1\"");
          case "payload" -> one.replaceFirst("\"payload\":\"", "\"payload\":\"?");
          case "scheme" -> one.replace("\"scheme\":\"mqtt\"", "\"scheme\":\"loop\"");
          case "profile" -> one.replace("plug@1", "nobody@1");
          case "heldBack" -> one.replace("\"senml\"", "\"heldBack\":[-1],\"senml\"");
          case "terms" -> one.replace("{\"gateway\":\"g1\"}", "[]");
          case "retained" -> one.replace("\"senml\"", "\"retained\":1,\"senml\"");
          case "more" -> one.replace("\"senml\"", "\"more\":1,\"senml\"");
          case "missing" -> one.replaceFirst(",\"senml\":.*", "}");
          case "twice" -> one.replace("\"senml\"", "\"payload\":\"\",\"senml\"");
          case "long" -> "x".repeat(RecordingLines.LONGEST + 1);
          default -> "";
        };
    String text =
        switch (kind) {
          case "HEAD 2" -> head.replace("\"version\":1", "\"version\":2");
          case "HEAD 1x" -> head.replace("\"thing\":\"p1\"", "\"thing\":\"a b\"");
          default -> line.isEmpty() ? kind : head + "\n" + line;
        };
    assertThat(replay(text, "")).isFalse();
    assertThat(said).singleElement().asString().contains("p1.ndjson:" + message);
  }

  @Test
  void aFileThatIsNotThereIsSaid() {
    assertThat(
            new Replays(home -> new Alone(Texts.check(), ShippedProfilesTest::text))
                .run(
                    data, List.of(data.toString(), data.resolve("none").toString(), ""), said::add))
        .isFalse();
    assertThat(said).singleElement().asString().contains("none: error: there is no file");
  }
}
