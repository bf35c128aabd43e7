package io.patchbay.profiles;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Scripts in the manners of those that LoRaWAN servers run, beside a profile that names them, as a
 * person tries them.
 */
class CodecsTest {
  @TempDir Path data = Path.of(".");
  private final List<String> said = new ArrayList<>();

  private Path profile(String script) throws IOException {
    Files.writeString(data.resolve("codec.js"), script);
    return Files.writeString(
        data.resolve("sensor.yaml"),
        """
        id: sensor
        title: Sensor
        thing: "{device}"
        match:
          - { protocol: mqtt, topic: "up/{device}", has: [data] }
        codecs:
          script: { javascript: { file: codec.js } }
        forms:
          up: { protocol: mqtt, topic: "up/{device}", codec: script, octets: data, port: fPort }
        properties:
          temperature: { type: number, unit: Cel, forms: [ { use: up, path: temperature } ] }
          battery: { type: number, unit: V, forms: [ { use: up, path: battery } ] }
          door: { type: boolean, values: { open: true, closed: false }, forms: [ { use: up, path: door } ] }
          interval:
            type: integer
            unit: s
            minimum: 60
            maximum: 86400
            forms:
              - { use: up, path: interval }
              - { protocol: mqtt, op: writeproperty, topic: "down/{device}", codec: script, octets: data, payload: '{"fPort":{port},"data":"{octets}"}' }
        """);
  }

  private boolean trial(Path profile, int port, String frame) {
    said.clear();
    return new Trials(home -> new Alone(Texts.check(), ShippedProfilesTest::text))
        .run(
            data,
            List.of(data.toString(), String.valueOf(port), profile.toString(), frame),
            said::add);
  }

  private String senml() {
    return said.stream()
        .filter(line -> line.strip().startsWith("senml"))
        .map(line -> line.replaceAll(",\"t\":[0-9.]+", "").replaceAll("device/", ""))
        .reduce("", String::concat);
  }

  /** One layout for all frames; states share octets with values. */
  private static final String LAYOUT =
      """
      function decodeUplink(input) {
        var b = input.bytes;
        if (b.length < 5) { return { errors: ["too short: " + b.length] }; }
        return { data: {
          battery: ((b[0] << 8 | b[1]) & 0x3fff) / 1000,
          door: (b[0] & 0x80) ? "open" : "closed",
          temperature: parseFloat((((b[2] << 24 >> 16) | b[3]) / 100).toFixed(2)),
          interval: b[4] * 60
        } };
      }
      """;

  /** Blocks of tag, length and value, in the newer language. */
  private static final String BLOCKS =
      """
      const kinds = new Map([
        [0x01, { name: "temperature", of: (v) => (v << 16 >> 16) / 10 }],
        [0x02, { name: "battery", of: (v) => v / 1000 }],
        [0x03, { name: "door", of: (v) => ["closed", "open"][v] }],
        [0x04, { name: "interval", of: (v) => v }],
      ]);
      const decodeUplink = ({ bytes, fPort }) => {
        if (fPort !== 10) { return { errors: [`port ${fPort} is not known`] }; }
        const data = {}, warnings = [];
        for (let i = 0; i < bytes.length; ) {
          const [tag, length] = bytes.slice(i, i + 2);
          const value = bytes.slice(i + 2, i + 2 + length).reduce((sum, one) => sum * 256 + one, 0);
          const kind = kinds.get(tag);
          if (kind) { data[kind.name] = kind.of(value); } else { warnings.push(`tag ${tag}`); }
          i += 2 + length;
        }
        return { data, warnings };
      };
      """;

  /** The form of ChirpStack before version 4. */
  private static final String OLD =
      """
      function Decode(fPort, bytes, variables) {
        var text = String.fromCharCode.apply(null, bytes), values = {};
        text.split(";").forEach(function (pair) {
          var parts = /^([a-z]+)=(.*)$/.exec(pair);
          if (parts) { values[parts[1]] = isNaN(parts[2]) ? parts[2] : Number(parts[2]); }
        });
        return values;
      }
      """;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          0xCBF60B0D0F | 3.062 | 28.29  | true  | 900
          0x0BB8FF9C01 | 3     | -1     | false | 60
          0x0000800000 | 0     | -327.68 | false | 0
          """)
  void aFixedLayout(String frame, String battery, String temperature, String door, String interval)
      throws IOException {
    boolean good = trial(profile(LAYOUT), 2, frame);
    assertThat(senml())
        .contains("\"n\":\"battery\",\"u\":\"V\",\"v\":" + battery + "}")
        .contains("\"n\":\"temperature\",\"u\":\"Cel\",\"v\":" + temperature + "}")
        .contains("\"n\":\"door\",\"vb\":" + door + "}");
    // an interval of nothing is out of its range: that alone is refused
    assertThat(good).as(String.join("\n", said)).isEqualTo(!interval.equals("0"));
    assertThat(senml().contains("\"n\":\"interval\",\"u\":\"s\",\"v\":" + interval))
        .isEqualTo(good);
  }

  @Test
  void whatAScriptRefusesIsSaid() throws IOException {
    assertThat(trial(profile(LAYOUT), 2, "0x0102")).isFalse();
    assertThat(String.join("\n", said)).contains("too short: 2");
    assertThat(trial(profile(BLOCKS), 11, "0x01020019")).isFalse();
    assertThat(String.join("\n", said)).contains("port 11 is not known");
  }

  @Test
  void blocksInTheNewerLanguage() throws IOException {
    assertThat(trial(profile(BLOCKS), 10, "0x0102FF9C02020C1F03010104020E10")).isTrue();
    assertThat(senml())
        .contains("\"temperature\",\"u\":\"Cel\",\"v\":-10}")
        .contains("\"battery\",\"u\":\"V\",\"v\":3.103}")
        .contains("\"door\",\"vb\":true}")
        .contains("\"interval\",\"u\":\"s\",\"v\":3600}");
    assertThat(trial(profile(BLOCKS), 10, "0x01020019630105030100")).isTrue();
    assertThat(String.join("\n", said)).contains("warning of the codec: tag 99");
  }

  @Test
  void textsInTheOlderForm() throws IOException {
    byte[] octets = "temperature=21.5;door=open;x".getBytes(StandardCharsets.UTF_8);
    String frame = "0x" + HexFormat.of().formatHex(octets);
    boolean good =
        trial(
            profile(
                OLD
                    + "function decodeUplink(input) { return { data: Decode(input.fPort, input.bytes, {}) }; }"),
            1,
            frame);
    assertThat(good).as(String.join("\n", said)).isTrue();
    assertThat(senml()).contains("\"v\":21.5}").contains("\"door\",\"vb\":true}");
  }

  @Test
  void whatGoesDownIsEncodedAndComparedByCheck() throws IOException {
    String script =
        LAYOUT
            + """
            function encodeDownlink(input) {
              var minutes = input.data.interval / 60;
              return { fPort: 5, bytes: [0x01, minutes >> 8 & 0xff, minutes & 0xff] };
            }
            """;
    String text = Files.readString(profile(script));
    String example =
        "examples:\n  - { write: { interval: 3600 }, terms: { device: d1 }, topic: down/d1, payload: '{\"fPort\":5,\"data\":\"%s\"}' }\n";
    assertThat(errors(text + example.formatted("AQA8"))).isEmpty();
    assertThat(errors(text + example.formatted("AQA9")))
        .singleElement()
        .asString()
        .contains("AQA8");
  }

  private List<String> errors(String text) throws IOException {
    Path file = Files.writeString(data.resolve("sensor.yaml"), text);
    try {
      return Texts.check().check(file.toString(), Scripts.read(file)).findings().stream()
          .map(Object::toString)
          .filter(line -> line.contains("error"))
          .toList();
    } catch (Flaw flaw) {
      throw new AssertionError(flaw);
    }
  }
}
