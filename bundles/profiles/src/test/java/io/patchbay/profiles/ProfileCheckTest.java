package io.patchbay.profiles;

import static org.assertj.core.api.Assertions.assertThat;

import io.patchbay.operation.Finding;
import io.patchbay.profile.DataSchema;
import io.patchbay.profile.Op;
import io.patchbay.profile.Profile;
import io.patchbay.profiles.media.StandardMediaTypes;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProfileCheckTest {
  /** Replaces one piece of the right profile and expects one finding at the line. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      ignoreLeadingAndTrailingWhitespace = true,
      value = {
        "id: plug | id: -plug | 1 | another form",
        "title: Plug | titel: Plug | 2 | 'titel' is not known here",
        "title: Plug | title: [Plug] | 2 | must be a text",
        "thing: \"{device}\" | thing: \"{name}\" | 3 | {name} in thing",
        "thing: \"{device}\" | thing: plug | 3 | same name",
        "has: [P] | has: [P..x] | 5 | expected a name",
        "tele/{device}/SENSOR\", has | tele/{device/SENSOR\", has | 5 | not understood",
        "type: number | type: float | 8 | accepted: boolean, integer",
        "unit: W | unit: Watt | 9 | nearest accepted:",
        "unit: W | unit: degF | 9 | on the wire say from: degF",
        "unit: W | minimum: 5, maximum: 4 | 9 | not YAML",
        "unit: W | scale: 0 | 9 | scale must not be 0",
        "unit: W | staleAfter: soon | 9 | no duration",
        "unit: W | semantic: temperature | 9 | accepted: 3303/5700",
        "unit: W | unit: W\\n    from: V | 10 | cannot be converted",
        "unit: W | minimum: 5\\n    maximum: 4 | 9 | greater than maximum",
        "unit: W | readOnly: false | 9 | no form with op: writeproperty",
        "unit: W | poll: 10s\\n    readOnly: true\\n    colour: red | 11 | 'colour' is not known here",
        "unit: W | enum: [a] | 9 | for type string",
        "path: P | path: \"P[\" | 11 | power: path 'P['",
        "path: P | mediaType: application/pdf | 11 | application/pdf",
        "path: P | codec: none | 11 | there is no codec 'none'",
        "path: P | use: none | 11 | there is no form 'none'",
        "path: P | each: \"a[\" | 11 | path 'a['",
        "unit: W | deadband: -1 | 9 | deadband is a number above 0",
        "unit: W | minimumInterval: often | 9 | no duration",
        "unit: W | outOfRange: ignore | 9 | accepted: reject, uncertain, bad",
        "unit: W | outOfRange: bad | 9 | needs a range",
        "unit: W | compute: \"{power} * 2\" | 10 | do not go together",
        "unit: W | desired: 5 | 9 | cannot be written",
        "type: boolean | type: boolean\\n    desired: warm | 14 | desired: ",
        "type: boolean | type: string\\n    enum: [a]\\n    desired: b | 15 | 'b' is not accepted",
        "title: Plug | record: often | 2 | must be true or false",
        "unit: W | codecs: 1 | 9 | 'codecs' is not known here",
        "title: Plug | extends: other | 2 | there is no profile 'other'",
        "title: Plug | extends: plug | 2 | in a circle: plug → plug",
        "path: P | retries: 5 | 11 | retries",
        "path: P | path: P, qos: 7 | 11 | qos",
        "path: P | op: writeproperti | 11 | op 'writeproperti' is not known",
        "path: P | timeFormat: minutes | 11 | timeFormat",
        "\"ON\": true | \"ON\": maybe | 14 | not a value of type boolean",
        "\"ON\": true | \"ON\": true, \"ON\": false | 14 | is there twice",
        "cmnd/{device}/Power\", media | cmnd/{node}/Power\", media | 16 | {node} in the address",
        "payload: \"{value}\" | payload: \"{state}\" | 16 | {state} in the payload",
        "payload: \"{value}\" | answer: \"stat/{x}/R\" | 16 | {x} in the answer",
        "cmnd/{device}/Power\", media | cmnd/+/Power\", media | 16 | no place in it",
        "readings: { power: 5 } | readings: { power: 6 } | 18 | power: expected 6, got 5",
        "readings: { power: 5 } | readings: { powr: 5 } | 18 | expected 5, got nothing",
        "thing: p1 | thing: p2 | 18 | expected p2, got p1",
        "match: true | match: false | 18 | expected false, got true",
        "topic: tele/p1/SENSOR | topic: tele/p1/STATE | 18 | no form of the profile hears",
        "'{\"P\":5}' | '{\"P\":' | 18 | UNDECODABLE",
        "'{\"P\":5}' | '{\"P\":\"x\"}' | 18 | WRONG_TYPE",
        "payload: \"ON\" | payload: \"OFF\" | 19 | expected OFF, got ON",
        "topic: cmnd/p1/Power | topic: cmnd/p2/Power | 19 | expected cmnd/p2/Power, got cmnd/p1/Power",
        "write: { switch: true } | write: { switch: 7 } | 19 | is not a value of type boolean",
        "write: { switch: true } | write: { power: 7 } | 19 | no form that writes it"
      })
  void namesTheLineOfWhatIsWrong(String right, String wrong, int line, String message) {
    assertThat(Texts.PLUG).contains(right);
    List<Finding> findings = findings(Texts.PLUG.replace(right, wrong.replace("\\n", "\n")));
    assertThat(findings)
        .anySatisfy(
            finding -> {
              assertThat(finding.line()).isEqualTo(line);
              assertThat(finding.message()).contains(message);
              assertThat(finding.severity()).isEqualTo(Finding.Severity.ERROR);
              assertThat(finding.file()).isEqualTo("plug.yaml");
            });
  }

  private static List<Finding> findings(String text) {
    return Texts.check().check("plug.yaml", text).findings();
  }

  @Test
  void aRightProfileHasNoErrorsAndIsToldWhatItLacks() {
    assertThat(findings(Texts.PLUG))
        .extracting(Finding::toString)
        .containsExactly(
            "plug.yaml:7: warning: property 'power' has a unit, but no semantic key (3303/5700 ="
                + " temperature)");
    String less = Texts.PLUG.replace("readings: { power: 5 }, ", "");
    assertThat(findings(less))
        .anyMatch(
            finding ->
                finding.line() == 17
                    && finding.message().contains("1 of 2 properties (50 %); not shown: power"));
    String unused = Texts.PLUG + "codecs:\n  c: { binary: { fields: [\"v u8\"] } }\n";
    assertThat(findings(unused))
        .anyMatch(f -> f.line() == 21 && f.message().contains("codec 'c' is used by no form"));
  }

  @Test
  void aMissingProtocolIsAWarning() {
    ProfileCheck alone = new ProfileCheck(new StandardMediaTypes(), scheme -> Optional.empty());
    ProfileCheck.Checked checked = alone.check("plug.yaml", Texts.PLUG);
    assertThat(checked.profile()).isPresent();
    assertThat(checked.findings())
        .isNotEmpty()
        .allMatch(finding -> finding.severity() == Finding.Severity.WARNING)
        .anyMatch(finding -> finding.toString().startsWith("plug.yaml:5: warning: no bundle"));
  }

  @Test
  void aPropertyWithoutFormsIsRefused() {
    assertThat(findings("id: a\ntitle: A\nproperties:\n  x:\n    type: number\n"))
        .anyMatch(f -> f.line() == 4 && f.message().contains("has no forms"));
  }

  @Test
  void theShippedSchemaAndTheReaderAgree() throws Flaw {
    // what the reader lets pass the schema lets pass, and the other way round for unknown keys
    Report report = new Report("x");
    new FormSchemas().check(YamlText.parse(Texts.PLUG), report);
    assertThat(report.findings()).isEmpty();
    Report wrong = new Report("x");
    new FormSchemas().check(YamlText.parse(Texts.PLUG.replace("unit: W", "colour: red")), wrong);
    assertThat(wrong.findings()).anyMatch(f -> f.line() == 9 && f.message().contains("colour"));
  }

  @Test
  void readsAProfileAsItIsMeant() {
    String text =
        """
        id: meter
        version: 2
        title: Meter
        journal: false
        properties:
          outside:
            type: number
            unit: Cel
            from: degF
            staleAfter: 15m
            poll: 10s
            forms:
              - { protocol: mqtt, topic: "m/{device}/t" }
        """;
    Profile profile = Texts.check().check("m.yaml", text).profile().orElseThrow();
    assertThat(profile.version()).matches("2-[0-9a-f]{8}");
    assertThat(profile.journal()).isFalse();
    var outside = profile.properties().get("outside");
    assertThat(outside).isNotNull();
    if (outside != null) {
      assertThat(outside.staleAfter()).contains(Duration.ofMinutes(15));
      assertThat(outside.poll()).contains(Duration.ofSeconds(10));
      assertThat(outside.readOnly()).isTrue();
      assertThat(outside.forms().get(0).ops()).containsExactly(Op.READ);
      assertThat(outside.forms().get(0).mediaType()).isEqualTo("application/json");
      DataSchema schema = outside.schema();
      assertThat(212 * schema.scale() + schema.offset()).isCloseTo(100, within());
    }
  }

  private static org.assertj.core.data.Offset<Double> within() {
    return org.assertj.core.data.Offset.offset(1e-9);
  }

  @Test
  void theVersionChangesWithTheText() {
    assertThat(ProfileReader.version(Optional.empty(), "a"))
        .isNotEqualTo(ProfileReader.version(Optional.empty(), "b"));
  }

  @Test
  void refusesWithItsLineWhatIsWrongWhenItIsOnlyRead() {
    ProfileCheck.Checked read =
        ProfileCheck.read(
            "plug.yaml", Texts.PLUG.replace("type: number", "type: float"), Composition.Bases.NONE);
    assertThat(read.profile()).isEmpty();
    assertThat(read.findings())
        .anyMatch(f -> f.line() == 8 && f.message().contains("accepted: boolean, integer"));
  }

  @Test
  void doesNotLookIntoExamplesWhenItIsOnlyRead() {
    String text = Texts.PLUG.replace("examples:", "examples: [\n# of the maker\n") + "actions: 5\n";
    assertThat(ProfileCheck.read("plug.yaml", text, Composition.Bases.NONE).findings())
        .anyMatch(finding -> finding.message().contains("not YAML"));
    String right = Texts.PLUG.replace("- { topic: tele", "- { {topic: tele");
    assertThat(ProfileCheck.read("plug.yaml", right, Composition.Bases.NONE).profile()).isPresent();
    assertThat(Texts.check().check("plug.yaml", right).profile()).isEmpty();
  }
}
