package io.patchbay.profiles;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.patchbay.northbound.Recorder.Problem;
import io.patchbay.northbound.Recorder.Recorded;
import io.patchbay.northbound.Recorder.Recording;
import io.patchbay.operation.Finding;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Origin;
import io.patchbay.southbound.Rejection;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Quality;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.TimeSource;
import io.patchbay.thing.Uplink;
import io.patchbay.thing.Value;
import java.net.URI;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class RecordingFilesTest {
  private static final Instant AT = Instant.parse("2026-11-22T12:00:00.250Z");
  private static final ThingId P1 = new ThingId("p1");
  private static final String BARE = Texts.PLUG.substring(0, Texts.PLUG.indexOf("examples:"));
  private final RecordingFiles files = new RecordingFiles();

  private static Recorded recorded(
      Bytes payload, List<Uplink> meaning, Set<Integer> heldBack, Problem... problems) {
    Frame frame = Frame.of(new Origin("mqtt", "local", "tele/p1/SENSOR"), payload, AT);
    return new Recorded(frame, "plug@1", meaning, heldBack, Arrays.asList(problems));
  }

  private static Uplink power(double value) {
    return new Uplink.Reading(
        P1, "power", new Value.Num(value), "W", AT, TimeSource.HUB, AT, Quality.GOOD);
  }

  private List<String> errors(Recorded... frames) {
    String text = BARE + files.examples(List.of(frames));
    return Texts.check().check("plug.yaml", text).findings().stream()
        .filter(finding -> finding.severity() == Finding.Severity.ERROR)
        .map(Finding::toString)
        .toList();
  }

  @Test
  void theExamplesAreRunByCheckAndFailWhenTheyAreNotTrue() {
    assertThat(errors(recorded(Bytes.utf8("{\"P\":5.25}"), List.of(power(5.25)), Set.of())))
        .isEmpty();
    assertThat(errors(recorded(Bytes.utf8("{\"P\":5.25}"), List.of(power(5)), Set.of())))
        .singleElement()
        .asString()
        .contains("power: expected 5, got 5.25");
  }

  @Test
  void numbersAreWrittenAsTheyCame() {
    Recorded whole = recorded(Bytes.utf8("{\"P\":22}"), List.of(power(22)), Set.of());
    Recorded half = recorded(Bytes.utf8("{\"P\":-0.5}"), List.of(power(-0.5)), Set.of());
    assertThat(files.examples(List.of(whole, half)))
        .contains("{\"power\":22}", "{\"power\":-0.5}")
        .doesNotContain("22.0");
  }

  @Test
  void whatIsHeldBackIsStillWhatTheFrameSays() {
    assertThat(errors(recorded(Bytes.utf8("{\"P\":5}"), List.of(power(5)), Set.of(0)))).isEmpty();
  }

  @Test
  void hostilePayloadsAreExamplesToo() {
    assertThat(
            errors(
                recorded(
                    Bytes.utf8("{\"P\":5,\n \"s\":\"' # : \\\\ \\\" ü\"}"),
                    List.of(power(5)),
                    Set.of()),
                recorded(
                    Bytes.wrap(new byte[] {0, -1, 7}),
                    List.of(),
                    Set.of(),
                    new Problem(Rejection.UNDECODABLE, "no JSON")),
                recorded(
                    Bytes.utf8("{\"P\":\"warm\"}"),
                    List.of(),
                    Set.of(),
                    new Problem(Rejection.WRONG_TYPE, "power: 'warm' is Text"))))
        .isEmpty();
  }

  @Test
  void whatExamplesCannotShowIsLeftOutAndSaidSo() {
    Recorded unknown =
        recorded(
            Bytes.utf8("{}"), List.of(), Set.of(), new Problem(Rejection.NOTHING_KNOWN, "nothing"));
    assertThat(files.examples(List.of(unknown))).contains("# a frame of", "NOTHING_KNOWN");
    assertThat(errors(unknown, recorded(Bytes.utf8("{\"P\":5}"), List.of(power(5)), Set.of())))
        .isEmpty();
  }

  @Test
  void aFileHasALineForTheThingAndOneForEachFrame() throws Exception {
    Thing thing =
        new Thing(P1, URI.create("mqtt://local"), "plug", Map.of("device", "p1"), Map.of());
    Recorded frame = recorded(Bytes.utf8("{\"P\":5}"), List.of(power(5), power(6)), Set.of(1));
    List<String> lines = files.text(new Recording(thing, List.of(frame))).lines().toList();
    assertThat(lines).hasSize(2);
    JsonNode head = new JsonMapper().readTree(lines.get(0));
    assertThat(head.get("thing").textValue()).isEqualTo("p1");
    assertThat(head.get("terms").get("device").textValue()).isEqualTo("p1");
    JsonNode one = new JsonMapper().readTree(lines.get(1));
    assertThat(one.get("received").textValue()).isEqualTo(AT.toString());
    assertThat(one.get("senml").textValue())
        .isEqualTo("[{\"n\":\"p1/power\",\"u\":\"W\",\"v\":5,\"t\":1795348800.25}]");
  }
}
