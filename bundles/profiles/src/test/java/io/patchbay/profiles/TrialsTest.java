package io.patchbay.profiles;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.patchbay.operation.Finding;
import io.patchbay.profiles.media.StandardMediaTypes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrialsTest {
  @TempDir Path data = Path.of(".");
  private final List<String> said = new ArrayList<>();

  private boolean trial(int port, String profile, String... frames) {
    ProfileCheck check =
        new ProfileCheck(
            new StandardMediaTypes(),
            scheme -> scheme.equals("mqtt") ? Optional.of(new TopicProtocol()) : Optional.empty());
    List<String> words = new ArrayList<>(List.of(data.toString(), String.valueOf(port), profile));
    words.addAll(List.of(frames));
    said.clear();
    return new Trials(home -> new Alone(check, ShippedProfilesTest::text))
        .run(data, words, said::add);
  }

  private String all() {
    return String.join("\n", said);
  }

  @Test
  void everyStepOfAFrameIsShown() {
    assertThat(
            trial(
                0,
                "tasmota-plug",
                "tele/plug1/SENSOR={\"Time\":\"2026-11-01T12:00:00\",\"ENERGY\":{\"Power\":21.5}}"))
        .as(all())
        .isTrue();
    assertThat(all())
        .contains("tele/{device}/SENSOR: device=plug1")
        .contains("thing      plug1")
        .contains("taken for one of the profile")
        .contains("21.5 → 21.5 W, GOOD")
        .contains("voltage    not in it: nothing at 'ENERGY.Voltage'")
        .containsPattern("senml +\\[\\{\"n\":\"plug1/power\",\"u\":\"W\",\"v\":21.5,\"t\":");
  }

  @Test
  void octetsOfADeviceAreShownOnTheirWayThroughTheScript() {
    assertThat(trial(85, "milesight-em500-co2", "0x0175640367190104685a057d6704067368 27"))
        .as(all())
        .isTrue();
    assertThat(all())
        .contains("the octets stand in a message of their server")
        .doesNotContain("must be registered")
        .contains("octets at data: 0175640367190104685a057d670406736827 (18), port 85")
        .contains("unpacked: {\"battery\":100,\"temperature\":28.1")
        .contains("28.1 → 28.1 Cel, GOOD")
        .contains("1127 → 1127 ppm");
  }

  @Test
  void warningsOfTheScriptAreShownAndItsErrorsFail() {
    assertThat(trial(85, "milesight-em500-co2", "0x057d6704097d0000")).as(all()).isTrue();
    assertThat(all()).contains("warning of the codec: octet 4: block 97d");
    assertThat(trial(85, "milesight-em500-co2", "base64:CX0AAA==")).as(all()).isFalse();
    assertThat(all()).contains("em500-co2.js: no block is known", "→");
  }

  @Test
  void aSumOfScaleAndUnitIsShown() throws IOException {
    Path profile = Files.writeString(data.resolve("boiler.yaml"), boiler());
    Path frame = Files.writeString(data.resolve("frame.json"), "{\"t\":70.7}");
    assertThat(trial(0, profile.toString(), "boiler/b1/state", "@" + frame)).as(all()).isTrue();
    assertThat(all())
        .contains("70.7 × ")
        .contains(" → 21.5 Cel, GOOD")
        .contains("held back within 0.1");
  }

  @Test
  void theUnitOfASenmlRecordWinsOverWhereAPropertyComesFrom() throws IOException {
    String text =
        boiler()
            .replace("path: t }", "path: t, mediaType: application/senml+json }")
            .replace(", has: [t]", "");
    Path profile = Files.writeString(data.resolve("boiler.yaml"), text);
    for (String record :
        List.of(
            "{\"n\":\"t\",\"u\":\"Cel\",\"v\":3.1}",
            "{\"n\":\"t\",\"u\":\"degF\",\"v\":37.58}",
            "{\"n\":\"t\",\"v\":37.58}")) {
      assertThat(trial(0, profile.toString(), "boiler/b1/state=[" + record + "]"))
          .as(all())
          .isTrue();
      assertThat(all()).as(record).contains(" → 3.1 Cel, GOOD");
    }
    assertThat(Texts.check().check("boiler.yaml", text).findings())
        .extracting(Finding::toString)
        .anyMatch(said -> said.contains("a SenML record's own unit wins"));
    assertThat(Texts.check().check("boiler.yaml", boiler()).findings())
        .extracting(Finding::toString)
        .noneMatch(said -> said.contains("a SenML record's own unit wins"));
  }

  @Test
  void whatFailsNamesItsStepAndWhatToDo() throws IOException {
    Path folder = Files.createDirectories(data.resolve("device-profiles"));
    Files.writeString(folder.resolve("boiler.yaml"), boiler());
    assertThat(trial(0, "boiler", "kettle/b1={}")).isFalse();
    assertThat(all()).contains("no form of the profile hears it; it hears boiler/{device}/state");
    assertThat(trial(0, "boiler", "boiler/b1/state={\"t\":")).isFalse();
    assertThat(all()).contains("UNDECODABLE");
    assertThat(trial(0, "boiler", "boiler/b1/state={\"t\":\"warm\"}")).isFalse();
    assertThat(all()).contains("rejected: WRONG_TYPE");
    assertThat(trial(0, "boiler", "boiler/b1/state={\"t\":9999}")).isFalse();
    assertThat(all()).contains("rejected: OUT_OF_RANGE");
    assertThat(trial(0, "boiler", "boiler/b1/state={\"x\":1}")).isFalse();
    assertThat(all()).contains("nothing at 't'", "nothing in it belongs to the profile");
    assertThat(trial(0, "boiler", "boiler/b1/state={\"t\":70.7}", "boiler/b 1/state={\"t\":1}"))
        .isFalse();
    assertThat(all()).contains("frame 2", "names no thing");
    assertThat(trial(0, "nobody", "a=b")).isFalse();
    assertThat(all()).contains("there is no profile 'nobody'");
    assertThat(trial(0, "boiler", "boiler")).isFalse();
    assertThat(all()).contains("TOPIC=PAYLOAD");
    assertThat(trial(0, "boiler", "a", "@" + data.resolve("none"))).isFalse();
    assertThat(all()).contains("cannot be read");
    Files.writeString(folder.resolve("boiler.yaml"), "id: boiler\nproperties: 5\n");
    assertThat(trial(0, "boiler", "boiler/b1/state={}")).isFalse();
    assertThat(all()).contains("boiler:2: error");
  }

  @Test
  void framesAreReadAsTheyAreWritten() throws IOException {
    Path file = Files.write(data.resolve("f"), new byte[] {1, 2});
    List<TryFrame> frames =
        TryFrame.read(
            List.of("a/b=x=y", "c", "@" + file, "0x01 02", "base64:AQI", "d=0xff", "{\"a\":1}"));
    assertThat(frames)
        .extracting(frame -> frame.address().orElse("-") + " " + frame.payload())
        .containsExactly("a/b 783d79", "c 0102", "- 0102", "- 0102", "d ff", "- 7b2261223a317d");
    assertThatThrownBy(() -> TryFrame.read(List.of("0xzz"))).hasMessageContaining("0xzz");
    assertThatThrownBy(() -> TryFrame.read(List.of("topic"))).hasMessageContaining("TOPIC @FILE");
  }

  private static String boiler() {
    return """
        id: boiler
        title: A boiler
        thing: "{device}"
        match: [ { protocol: mqtt, topic: "boiler/{device}/state" } ]
        properties:
          temperature:
            { type: number, unit: Cel, from: degF, semantic: "3303/5700", minimum: -40, maximum: 200, deadband: 0.1, forms: [ { protocol: mqtt, topic: "boiler/{device}/state", path: t } ] }
        """;
  }
}
