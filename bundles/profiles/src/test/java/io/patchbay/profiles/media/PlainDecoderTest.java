package io.patchbay.profiles.media;

import static io.patchbay.profiles.media.Slots.TYPES;
import static io.patchbay.profiles.media.Slots.bad;
import static io.patchbay.profiles.media.Slots.form;
import static io.patchbay.profiles.media.Slots.frame;
import static io.patchbay.profiles.media.Slots.property;
import static io.patchbay.profiles.media.Slots.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.patchbay.profile.DataSchema;
import io.patchbay.profile.DataSchema.WireWord;
import io.patchbay.southbound.DecodeException;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Point;
import io.patchbay.southbound.Slot;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Value;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PlainDecoderTest {
  private static Slot text(DataSchema.Type type) {
    return property("p", type, form("text/plain"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "warm",
        "NaN",
        "Infinity",
        "-Infinity",
        "0x10",
        "1f",
        "1d",
        "1e999",
        "1,5",
        "--1",
        "1 2",
        "9223372036854775808"
      })
  void refusesTextsThatAreNoNumber(String payload) throws DecodeException {
    assertThat(bad(text(DataSchema.Type.NUMBER), payload).detail()).contains("number");
  }

  @Test
  void aVeryLongTextIsShortenedInTheMessage() throws DecodeException {
    assertThat(bad(text(DataSchema.Type.NUMBER), "9".repeat(100_000)).detail())
        .hasSizeLessThan(200);
  }

  @Test
  void refusesBrokenUtf8() {
    assertThatThrownBy(
            () ->
                TYPES
                    .decoder(List.of(text(DataSchema.Type.STRING)))
                    .decode(frame(Bytes.wrap(new byte[] {'a', (byte) 0xC3}))))
        .hasMessageContaining("UTF-8");
  }

  @Test
  void readsByType() throws DecodeException {
    assertThat(value(text(DataSchema.Type.NUMBER), " 21.5\n")).isEqualTo(new Value.Num(21.5));
    assertThat(value(text(DataSchema.Type.INTEGER), "9007199254740993"))
        .isEqualTo(new Value.Int(9007199254740993L));
    assertThat(bad(text(DataSchema.Type.INTEGER), "1.5").detail()).contains("integer");
    assertThat(value(text(DataSchema.Type.BOOLEAN), "On")).isEqualTo(new Value.Bool(true));
    assertThat(bad(text(DataSchema.Type.BOOLEAN), "maybe").detail()).contains("boolean");
    assertThat(value(text(DataSchema.Type.STRING), " as it is\n"))
        .isEqualTo(new Value.Text(" as it is\n"));
  }

  @Test
  void wordsPassAsTheyAre() throws DecodeException {
    Slot slot =
        new Slot(
            Slot.Kind.PROPERTY,
            "s",
            "",
            form("text/plain"),
            Slots.words(DataSchema.Type.BOOLEAN, new WireWord("true", "false")));
    assertThat(value(slot, "true\n")).isEqualTo(new Value.Text("true"));
    assertThat(bad(slot, "on").detail()).contains("one of true");
  }

  @Test
  void octetsAreForDataAlone() throws DecodeException {
    assertThatThrownBy(
            () ->
                TYPES.decoder(
                    List.of(
                        property("p", DataSchema.Type.NUMBER, form("application/octet-stream")))))
        .hasMessageContaining("p: ")
        .hasMessageContaining("type data");
    Bytes octets = Bytes.wrap(new byte[] {0, (byte) 0xFF});
    Slot slot = property("p", DataSchema.Type.DATA, form("application/octet-stream"));
    assertThat(((Point.Decoded) TYPES.decoder(List.of(slot)).decode(frame(octets)).get(0)).value())
        .isEqualTo(new Value.Data(octets));
  }

  @Test
  void severalMediaTypesOnOneAddressGoByTheFrame() throws DecodeException {
    Slot json = Slots.number("json", "a");
    Slot plain = text(DataSchema.Type.STRING);
    Frame said = frame("{\"a\":1}");
    assertThat(TYPES.decoder(List.of(json, plain)).decode(said)).hasSize(2);
    Frame frame =
        new Frame(
            said.origin(),
            said.target(),
            said.payload(),
            "application/json; charset=utf-8",
            said.received(),
            said.time(),
            said.delivery(),
            false);
    assertThat(TYPES.decoder(List.of(json, plain)).decode(frame)).hasSize(1);
    assertThat(TYPES.decoder(List.of(json, plain)).decode(frame("no json"))).hasSize(1);
  }

  @Test
  void namesTheMediaTypeThatIsNotKnown() {
    assertThat(TYPES.knows("application/pdf")).isFalse();
    assertThatThrownBy(
            () ->
                TYPES.decoder(
                    List.of(property("p", DataSchema.Type.DATA, form("application/pdf")))))
        .hasMessageContaining("application/pdf")
        .hasMessageContaining("accepted");
  }
}
