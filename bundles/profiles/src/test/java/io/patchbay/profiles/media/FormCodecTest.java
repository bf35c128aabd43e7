package io.patchbay.profiles.media;

import static io.patchbay.profiles.media.Slots.TYPES;
import static io.patchbay.profiles.media.Slots.form;
import static io.patchbay.profiles.media.Slots.frame;
import static io.patchbay.profiles.media.Slots.property;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.patchbay.profile.DataSchema;
import io.patchbay.profile.DataSchema.WireWord;
import io.patchbay.southbound.DecodeException;
import io.patchbay.southbound.Rejection;
import io.patchbay.southbound.Slot;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Value;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FormCodecTest {
  private static final String JSON = "application/json";

  private static String encode(DataSchema.Type type, String media, String template, Value value) {
    Slot slot = property("p", type, form(media, "payload", template));
    return TYPES.codec(slot).encode(Map.of("value", value)).text();
  }

  @Test
  void refusesATemplateThatWouldNotGiveJson() {
    assertThatThrownBy(
            () -> encode(DataSchema.Type.NUMBER, JSON, "{\"a\":{value}", new Value.Int(1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("does not give JSON");
    assertThatThrownBy(() -> encode(DataSchema.Type.NUMBER, JSON, "ON", new Value.Int(1)))
        .hasMessageContaining("text/plain");
    assertThatThrownBy(
            () ->
                encode(
                    DataSchema.Type.NUMBER, "application/senml+json", "{value}", new Value.Int(1)))
        .hasMessageContaining("template");
  }

  @Test
  void namesTheValueThatIsMissing() {
    Slot slot = property("p", DataSchema.Type.NUMBER, form(JSON, "payload", "{\"a\":{level}}"));
    assertThatThrownBy(() -> TYPES.codec(slot).encode(Map.of("value", new Value.Int(1))))
        .hasMessageContaining("'level' is missing");
    Slot two = property("p", DataSchema.Type.NUMBER, form("text/plain"));
    assertThatThrownBy(
            () -> TYPES.codec(two).encode(Map.of("a", new Value.Int(1), "b", new Value.Int(2))))
        .hasMessageContaining("payload template");
  }

  @Test
  void aTextCannotBreakOutOfItsQuotes() {
    Value evil = new Value.Text("x\",\"admin\":true,\"y\":\"\\\n");
    String escaped = "x\\\",\\\"admin\\\":true,\\\"y\\\":\\\"\\\\\\n";
    assertThat(encode(DataSchema.Type.STRING, JSON, "{\"a\":\"{value}\"}", evil))
        .isEqualTo("{\"a\":\"" + escaped + "\"}");
    assertThat(encode(DataSchema.Type.STRING, JSON, "{\"a\":{value}}", evil))
        .isEqualTo("{\"a\":\"" + escaped + "\"}");
    assertThat(
            encode(DataSchema.Type.STRING, JSON, "{\"a\":\"\\\"{value}\"}", new Value.Text("\"")))
        .isEqualTo("{\"a\":\"\\\"\\\"\"}");
  }

  @Test
  void valuesStandInJsonAsTheirType() {
    assertThat(
            encode(
                DataSchema.Type.BOOLEAN,
                JSON,
                "{\"on\":{value},\"s\":\"{value}\"}",
                new Value.Bool(true)))
        .isEqualTo("{\"on\":true,\"s\":\"true\"}");
    assertThat(encode(DataSchema.Type.NUMBER, JSON, "[{value}]", new Value.Num(21.50)))
        .isEqualTo("[21.5]");
    assertThat(encode(DataSchema.Type.NUMBER, JSON, "[{value}]", new Value.Num(21)))
        .isEqualTo("[21]");
    assertThat(encode(DataSchema.Type.INTEGER, JSON, "[{value}]", new Value.Int(Long.MAX_VALUE)))
        .isEqualTo("[9223372036854775807]");
    assertThat(encode(DataSchema.Type.DATA, JSON, "[{value}]", new Value.Data(Bytes.utf8("a"))))
        .isEqualTo("[\"YQ==\"]");
  }

  @Test
  void wordsThatReadAsNumbersAreNumbers() {
    DataSchema words =
        Slots.words(
            DataSchema.Type.BOOLEAN, new WireWord("ON", "true"), new WireWord("0", "false"));
    Slot slot =
        new Slot(Slot.Kind.PROPERTY, "p", "", form(JSON, "payload", "{\"s\":{value}}"), words);
    assertThat(TYPES.codec(slot).encode(Map.of("value", new Value.Text("ON"))).text())
        .isEqualTo("{\"s\":\"ON\"}");
    assertThat(TYPES.codec(slot).encode(Map.of("value", new Value.Text("0"))).text())
        .isEqualTo("{\"s\":0}");
  }

  @Test
  void withoutTemplateTheValueItselfIsSent() {
    Slot json = property("p", DataSchema.Type.STRING, form(JSON));
    assertThat(TYPES.codec(json).encode(Map.of("value", new Value.Text("a\"b"))).text())
        .isEqualTo("\"a\\\"b\"");
    assertThat(
            TYPES
                .codec(json)
                .encode(Map.of("b", new Value.Int(1), "a", new Value.Bool(true)))
                .text())
        .isEqualTo("{\"a\":true,\"b\":1}");
    assertThat(TYPES.codec(json).encode(Map.of()).text()).isEqualTo("{}");
    Slot text = property("p", DataSchema.Type.NUMBER, form("text/plain"));
    assertThat(TYPES.codec(text).encode(Map.of("value", new Value.Num(0.1))).text())
        .isEqualTo("0.1");
    assertThat(TYPES.codec(text).encode(Map.of()).length()).isZero();
    Slot octets = property("p", DataSchema.Type.DATA, form("application/octet-stream"));
    assertThat(TYPES.codec(octets).encode(Map.of("value", new Value.Data(Bytes.utf8("ab")))).text())
        .isEqualTo("ab");
  }

  @Test
  void writesSenmlWithItsUnit() {
    Slot slot =
        new Slot(
            Slot.Kind.PROPERTY,
            "p",
            "",
            form("application/senml+json", "path", "set"),
            Slots.unit("Cel"));
    assertThat(TYPES.codec(slot).encode(Map.of("value", new Value.Num(21.5))).text())
        .isEqualTo("[{\"n\":\"set\",\"u\":\"Cel\",\"v\":21.5}]");
  }

  @Test
  void whatComesBackIsDecodedByTheSameForm() throws DecodeException {
    Slot slot = Slots.number("p", "a.b");
    assertThat(TYPES.codec(slot).decode(frame("{\"a\":{\"b\":5}}"))).isEqualTo(new Value.Int(5));
    assertThatThrownBy(() -> TYPES.codec(slot).decode(frame("{\"a\":1}")))
        .isInstanceOfSatisfying(
            DecodeException.class, e -> assertThat(e.reason()).isEqualTo(Rejection.NOTHING_KNOWN));
    assertThatThrownBy(() -> TYPES.codec(slot).decode(frame("{\"a\":{\"b\":\"x\"}}")))
        .isInstanceOfSatisfying(
            DecodeException.class, e -> assertThat(e.reason()).isEqualTo(Rejection.WRONG_TYPE));
  }
}
