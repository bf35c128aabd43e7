package io.patchbay.profiles.media;

import static io.patchbay.profiles.media.Slots.TYPES;
import static io.patchbay.profiles.media.Slots.bad;
import static io.patchbay.profiles.media.Slots.decode;
import static io.patchbay.profiles.media.Slots.form;
import static io.patchbay.profiles.media.Slots.frame;
import static io.patchbay.profiles.media.Slots.number;
import static io.patchbay.profiles.media.Slots.property;
import static io.patchbay.profiles.media.Slots.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.patchbay.profile.DataSchema;
import io.patchbay.profile.DataSchema.WireWord;
import io.patchbay.profile.Match;
import io.patchbay.southbound.DecodeException;
import io.patchbay.southbound.FrameDecoder;
import io.patchbay.southbound.Point;
import io.patchbay.southbound.Rejection;
import io.patchbay.southbound.Slot;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Value;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonDecoderTest {
  private static final Slot A = number("a", "a");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "{",
        "[1,",
        "{\"a\":1}}",
        "{\"a\":1} x",
        "{\"a\":1}{\"a\":2}",
        "nope",
        "{a:1}",
        "{\"a\":NaN}",
        "{\"a\":Infinity}",
        "{\"a\":-Infinity}",
        "{\"a\":01}",
        "{\"a\":+1}",
        "{\"a\":1,}",
        "{\"a\":1,\"b\":tru}",
        "{\"a\":1,\"b\":{\"c\":[1,2}}",
        "{'a':1}",
        "{\"a\":1,\"b\":\"\u0001\"}",
        "{\"a\":1} // comment",
        "{\"a\":1,\"b\":\"\\x\"}"
      })
  void refusesWhatIsNotOneJsonDocument(String payload) {
    assertThatThrownBy(() -> decode(A, payload))
        .isInstanceOfSatisfying(
            DecodeException.class, e -> assertThat(e.reason()).isEqualTo(Rejection.UNDECODABLE));
  }

  @Test
  void refusesTenThousandLevels() {
    String deep = "[".repeat(10_000) + "]".repeat(10_000);
    assertThatThrownBy(() -> decode(A, "{\"b\":" + deep + ",\"a\":1}"))
        .isInstanceOf(DecodeException.class)
        .hasMessageContaining("64");
  }

  @Test
  void takesSixtyLevels() throws DecodeException {
    String deep = "[".repeat(60) + "]".repeat(60);
    assertThat(value(A, "{\"b\":" + deep + ",\"a\":1}")).isEqualTo(new Value.Int(1));
  }

  @Test
  void refusesBrokenUtf8WhereverItIs() {
    byte[][] broken = {
      {(byte) 0xC3}, // cut off
      {(byte) 0xC0, (byte) 0xAF}, // overlong
      {(byte) 0xED, (byte) 0xA0, (byte) 0x80}, // half a surrogate pair
      {(byte) 0xF5, (byte) 0x80, (byte) 0x80, (byte) 0x80}, // beyond U+10FFFF
      {(byte) 0xFF}
    };
    for (byte[] octets : broken) {
      byte[] before = "{\"a\":1,\"b\":\"".getBytes(StandardCharsets.UTF_8);
      byte[] all = new byte[before.length + octets.length + 2];
      System.arraycopy(before, 0, all, 0, before.length);
      System.arraycopy(octets, 0, all, before.length, octets.length);
      all[all.length - 2] = '"';
      all[all.length - 1] = '}';
      assertThatThrownBy(() -> TYPES.decoder(List.of(A)).decode(frame(Bytes.wrap(all))))
          .hasMessageContaining("UTF-8");
    }
  }

  @Test
  void refusesUtf16() {
    Bytes utf16 = Bytes.wrap("{\"a\":1}".getBytes(StandardCharsets.UTF_16LE));
    assertThatThrownBy(() -> TYPES.decoder(List.of(A)).decode(frame(utf16)))
        .hasMessageContaining("UTF-8");
  }

  @Test
  void refusesANameThatComesTwiceOnTheWayToAValue() {
    assertThatThrownBy(() -> decode(A, "{\"a\":1,\"a\":2}"))
        .hasMessageContaining("'a' occurs twice");
    assertThatThrownBy(() -> decode(number("c", "b.c"), "{\"b\":{\"c\":1},\"b\":{\"d\":2}}"))
        .hasMessageContaining("'b' occurs twice");
  }

  @Test
  void namesTheIntegerThatDoesNotFit() throws DecodeException {
    Point.Bad bad = bad(A, "{\"a\":9223372036854775808}");
    assertThat(bad.reason()).isEqualTo(Rejection.WRONG_TYPE);
    assertThat(bad.detail()).contains("9223372036854775808").contains("64-bit").startsWith("a: ");
    assertThat(value(A, "{\"a\":9223372036854775807}")).isEqualTo(new Value.Int(Long.MAX_VALUE));
    assertThat(value(A, "{\"a\":-9223372036854775808}")).isEqualTo(new Value.Int(Long.MIN_VALUE));
  }

  @Test
  void hugeNumbersCostNothing() throws DecodeException {
    Slot integer = property("a", DataSchema.Type.INTEGER, form("application/json", "path", "a"));
    assertThat(bad(A, "{\"a\":1e999}").detail()).contains("finite");
    assertThat(bad(integer, "{\"a\":1e999999999}").reason()).isEqualTo(Rejection.WRONG_TYPE);
    assertThat(bad(integer, "{\"a\":1e300}").reason()).isEqualTo(Rejection.WRONG_TYPE);
    assertThatThrownBy(() -> decode(A, "{\"a\":" + "9".repeat(100_000) + "}"))
        .isInstanceOf(DecodeException.class);
  }

  @Test
  void refusesAValueOfAnotherType() throws DecodeException {
    assertThat(bad(A, "{\"a\":\"warm\"}").detail())
        .isEqualTo("a: 'warm' is not what is expected: number");
    assertThat(bad(A, "{\"a\":true}").reason()).isEqualTo(Rejection.WRONG_TYPE);
    assertThat(bad(A, "{\"a\":{}}").detail()).contains("object");
    assertThat(bad(A, "{\"a\":[1]}").detail()).contains("array");
    Slot text = property("t", DataSchema.Type.STRING, form("application/json", "path", "a"));
    assertThat(bad(text, "{\"a\":1}").reason()).isEqualTo(Rejection.WRONG_TYPE);
    assertThat(bad(text, "{\"a\":\"\\ud800\"}").detail()).contains("surrogate");
    Slot bool = property("b", DataSchema.Type.BOOLEAN, form("application/json", "path", "a"));
    assertThat(bad(bool, "{\"a\":1}").reason()).isEqualTo(Rejection.WRONG_TYPE);
    Slot integer = property("i", DataSchema.Type.INTEGER, form("application/json", "path", "a"));
    assertThat(bad(integer, "{\"a\":1.5}").reason()).isEqualTo(Rejection.WRONG_TYPE);
    Slot data = property("d", DataSchema.Type.DATA, form("application/json", "path", "a"));
    assertThat(bad(data, "{\"a\":\"***\"}").reason()).isEqualTo(Rejection.WRONG_TYPE);
  }

  @Test
  void leavesOutWhatIsAbsentOrNull() throws DecodeException {
    assertThat(decode(A, "{\"b\":1}")).isEmpty();
    assertThat(decode(A, "{\"a\":null}")).isEmpty();
    assertThat(decode(A, "[]")).isEmpty();
    assertThat(decode(A, "7")).isEmpty();
  }

  @Test
  void findsEveryPathInOnePass() throws DecodeException {
    FrameDecoder decoder =
        TYPES.decoder(
            List.of(
                number("power", "ENERGY.Power"),
                number("second", "list[1].v"),
                number("quoted", "params.\"switch:0\".apower"),
                number("dotted", "\"a.b\""),
                number("nested", "grid[1][0]")));
    List<Point> points =
        decoder.decode(
            frame(
                "{\"x\":{\"y\":[1,{}]},\"ENERGY\":{\"Power\":21.5,\"More\":[[]]},\"list\":[{\"v\":1},{\"v\":2},3],"
                    + "\"params\":{\"switch:0\":{\"apower\":8.9}},\"a.b\":4,\"grid\":[[0],[5,6]]}"));
    assertThat(points)
        .extracting(point -> point.slot().name() + "=" + ((Point.Decoded) point).value().text())
        .containsExactly("power=21.5", "second=2", "quoted=8.9", "dotted=4", "nested=5");
  }

  @Test
  void anAbsentPathIsTheWholeDocument() throws DecodeException {
    Slot whole = property("a", DataSchema.Type.NUMBER, form("application/json"));
    assertThat(value(whole, " 21.5 ")).isEqualTo(new Value.Num(21.5));
    assertThat(value(property("a", DataSchema.Type.BOOLEAN, form("application/json")), "true"))
        .isEqualTo(new Value.Bool(true));
  }

  @Test
  void readsNumbersThatStandInQuotesAndWholeFractionsAsIntegers() throws DecodeException {
    assertThat(value(A, "{\"a\":\"21.5\"}")).isEqualTo(new Value.Num(21.5));
    Slot integer = property("a", DataSchema.Type.INTEGER, form("application/json", "path", "a"));
    assertThat(value(integer, "{\"a\":2.0e3}")).isEqualTo(new Value.Int(2000));
    assertThat(value(integer, "{\"a\":9007199254740993.0}"))
        .isEqualTo(new Value.Int(9007199254740993L));
  }

  @Test
  void wordsPassAsTheyAreAndNothingElseDoes() throws DecodeException {
    DataSchema onOff =
        Slots.words(
            DataSchema.Type.BOOLEAN, new WireWord("ON", "true"), new WireWord("0", "false"));
    Slot slot = new Slot(Slot.Kind.PROPERTY, "s", "", form("application/json", "path", "s"), onOff);
    assertThat(value(slot, "{\"s\":\"ON\"}")).isEqualTo(new Value.Text("ON"));
    assertThat(value(slot, "{\"s\":0}")).isEqualTo(new Value.Int(0));
    assertThat(bad(slot, "{\"s\":\"on\"}").detail()).contains("one of 0, ON");
  }

  @Test
  void readsTheDevicesTime() throws DecodeException {
    assertThat(time("iso", "\"2026-03-01T12:00:00.123456+01:00\""))
        .isEqualTo("2026-03-01T11:00:00.123Z");
    assertThat(time("s", "1631266595.43")).isEqualTo("2021-09-10T09:36:35.430Z");
    assertThat(time("ms", "1631266595430")).isEqualTo("2021-09-10T09:36:35.430Z");
  }

  private static String time(String format, String time) throws DecodeException {
    Slot slot =
        property(
            "a",
            DataSchema.Type.NUMBER,
            form("application/json", "path", "a", "time", "t", "timeFormat", format));
    Point point = decode(slot, "{\"a\":1,\"t\":" + time + "}").get(0);
    return point instanceof Point.Decoded decoded
        ? decoded.time().map(Instant::toString).orElse("none")
        : ((Point.Bad) point).reason().name();
  }

  @Test
  void refusesTimesThatSayNothing() throws DecodeException {
    assertThat(time("iso", "\"2026-03-01T12:00:00\"")).isEqualTo("BAD_TIME");
    assertThat(time("iso", "5")).isEqualTo("BAD_TIME");
    assertThat(time("s", "-1")).isEqualTo("BAD_TIME");
    assertThat(time("s", "1e300")).isEqualTo("BAD_TIME");
    assertThat(time("s", "9223372036854775807")).isEqualTo("BAD_TIME");
    assertThat(time("ms", "7258118400000")).isEqualTo("BAD_TIME");
    assertThat(time("iso", "{}")).isEqualTo("BAD_TIME");
    assertThat(time("iso", "null")).isEqualTo("none");
  }

  @Test
  void anEventCountsOnlyWhenItsConditionHolds() throws DecodeException {
    Slot slot =
        new Slot(
            Slot.Kind.EVENT,
            "button",
            "kind",
            form("application/json", "when.method", "NotifyEvent", "fields.kind", "p.e[0].event"),
            DataSchema.of(DataSchema.Type.STRING));
    assertThat(decode(slot, "{\"method\":\"Other\",\"p\":{\"e\":[{\"event\":\"x\"}]}}")).isEmpty();
    assertThat(value(slot, "{\"method\":\"NotifyEvent\",\"p\":{\"e\":[{\"event\":\"x\"}]}}"))
        .isEqualTo(new Value.Text("x"));
  }

  @Test
  void statusIsToldByItsWords() throws DecodeException {
    Slot slot =
        new Slot(
            Slot.Kind.STATUS,
            "status",
            "",
            form("application/json", "path", "state", "online", "up", "offline", "down"),
            DataSchema.of(DataSchema.Type.BOOLEAN));
    assertThat(bad(slot, "{\"state\":\"online\"}").detail()).contains("one of down, up");
    assertThat(value(slot, "{\"state\":\"up\"}")).isEqualTo(new Value.Bool(true));
    assertThat(value(slot, "{\"state\":\"down\"}")).isEqualTo(new Value.Bool(false));
  }

  @Test
  void refusesPathsThatAreNone() {
    for (String path :
        List.of("a.", ".a", "a..b", "a[", "a[x]", "a[-1]", "a b]", "\"a", "a[9999999]")) {
      assertThatThrownBy(() -> TYPES.decoder(List.of(A, number("wrong", path))))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("wrong")
          .hasMessageContaining(path);
    }
  }

  @Test
  void matchesByWhatIsThereAndWhatItEquals() {
    Match match =
        new Match(form("application/json"), List.of("E.P", "n"), Map.of("kind", "plug", "v", "2"));
    assertThat(
            TYPES
                .test(match)
                .test(frame("{\"E\":{\"P\":{}},\"n\":null,\"kind\":\"plug\",\"v\":2}")))
        .isTrue();
    assertThat(TYPES.test(match).test(frame("{\"E\":{\"P\":1},\"n\":1,\"kind\":\"lamp\",\"v\":2}")))
        .isFalse();
    assertThat(TYPES.test(match).test(frame("{\"E\":{},\"n\":1,\"kind\":\"plug\",\"v\":2}")))
        .isFalse();
    assertThat(TYPES.test(match).test(frame("{\"E\":"))).isFalse();
  }

  @Test
  void whatCannotBeReadMatchesNothingEvenWhenNothingIsAsked() {
    for (String type : List.of("application/json", "application/senml+json")) {
      var anything = TYPES.test(new Match(form(type), List.of(), Map.of()));
      assertThat(anything.test(frame("[{\"n\":\"a\",\"v\":1}]"))).isTrue();
      assertThat(anything.test(frame("hello"))).isFalse();
      assertThat(anything.test(frame(""))).isFalse();
      assertThat(anything.test(frame("[{\"n\":"))).isFalse();
    }
    var senml = TYPES.test(new Match(form("application/senml+json"), List.of(), Map.of()));
    assertThat(senml.test(frame("[]"))).isFalse();
    assertThat(senml.test(frame("{\"n\":\"a\",\"v\":1}"))).isFalse();
  }

  @Test
  void decodesFastEnough() throws DecodeException {
    FrameDecoder decoder =
        TYPES.decoder(
            List.of(
                number("power", "ENERGY.Power"),
                number("energy", "ENERGY.Total"),
                number("voltage", "ENERGY.Voltage"),
                number("current", "ENERGY.Current")));
    var frame =
        frame(
            "{\"Time\":\"2026-03-01T10:00:00\",\"ENERGY\":{\"TotalStartTime\":\"2025-01-01T00:00:00\",\"Total\":12.345,"
                + "\"Yesterday\":0.4,\"Today\":0.123,\"Period\":1,\"Power\":21.5,\"ApparentPower\":24,"
                + "\"ReactivePower\":11,\"Factor\":0.9,\"Voltage\":230,\"Current\":0.104}}");
    double best = 0;
    for (int round = 0; round < 6; round++) {
      long began = System.nanoTime();
      int readings = 0;
      for (int i = 0; i < 50_000; i++) {
        readings += decoder.decode(frame).size();
      }
      best = Math.max(best, readings * 1e9 / (System.nanoTime() - began));
    }
    System.out.printf("JSON of four properties: %,.0f readings/s on one core%n", best);
    // a tenth of what is measured: the machine may be busy
    assertThat(best).isGreaterThan(100_000);
  }
}
