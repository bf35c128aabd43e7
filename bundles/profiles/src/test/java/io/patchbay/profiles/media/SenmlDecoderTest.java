package io.patchbay.profiles.media;

import static io.patchbay.profiles.media.Slots.TYPES;
import static io.patchbay.profiles.media.Slots.bad;
import static io.patchbay.profiles.media.Slots.decode;
import static io.patchbay.profiles.media.Slots.form;
import static io.patchbay.profiles.media.Slots.property;
import static io.patchbay.profiles.media.Slots.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.patchbay.profile.DataSchema;
import io.patchbay.southbound.DecodeException;
import io.patchbay.southbound.Point;
import io.patchbay.southbound.Rejection;
import io.patchbay.southbound.Slot;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Value;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clauses of RFC 8428. */
class SenmlDecoderTest {
  private static final String TYPE = "application/senml+json";

  private static Slot slot(String path, DataSchema.Type type) {
    return property("p", type, form(TYPE, "path", path));
  }

  private static Slot slot(String path, String unit) {
    return new Slot(Slot.Kind.PROPERTY, "p", "", form(TYPE, "path", path), Slots.unit(unit));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "[1]",
        "[{\"n\":\"a\",\"v\":1]",
        "[{\"n\":\"a\",\"v\":\"1\"}]",
        "[{\"n\":1,\"v\":1}]",
        "[{\"n\":\"a\",\"v\":1,\"vs\":\"x\"}]",
        "[{\"bver\":11,\"n\":\"a\",\"v\":1}]",
        "[{\"n\":\"a\",\"v\":1,\"new_\":1}]",
        "[{\"n\":\"a\",\"t\":\"now\",\"v\":1}]",
        "[{\"n\":\"a\",\"vb\":1}]",
        "[{\"n\":\"a\",\"vd\":\"***\"}]",
        "[{\"n\":\"a\",\"v\":1}] []"
      })
  void refusesPacksThatAreNone(String payload) {
    assertThatThrownBy(() -> decode(slot("a", DataSchema.Type.NUMBER), payload))
        .isInstanceOfSatisfying(
            DecodeException.class, e -> assertThat(e.reason()).isEqualTo(Rejection.UNDECODABLE));
  }

  @Test
  void boundsThePack() {
    String many =
        "[" + "{\"n\":\"a\",\"v\":1},".repeat(SenmlDecoder.MOST_RECORDS) + "{\"n\":\"a\",\"v\":1}]";
    assertThatThrownBy(() -> decode(slot("a", DataSchema.Type.NUMBER), many))
        .hasMessageContaining("more than 10000 records");
    String longName = "[{\"bn\":\"" + "x".repeat(5_000) + "\",\"n\":\"a\",\"v\":1}]";
    assertThatThrownBy(() -> decode(slot("a", DataSchema.Type.NUMBER), longName))
        .hasMessageContaining("512");
    String deep = "[{\"n\":\"a\",\"v\":1,\"x\":" + "[".repeat(10_000) + "]".repeat(10_000) + "}]";
    assertThatThrownBy(() -> decode(slot("a", DataSchema.Type.NUMBER), deep))
        .isInstanceOf(DecodeException.class);
  }

  @Test
  void oneBadRecordLeavesTheOthers() throws DecodeException {
    List<Point> points =
        decode(
            slot("a", DataSchema.Type.NUMBER),
            "[{\"n\":\"a\",\"v\":18446744073709551616},{\"n\":\"a\",\"v\":1e999},{\"n\":\"a\",\"vs\":\"x\"},{\"n\":\"a\",\"v\":2}]");
    assertThat(points).hasSize(4);
    assertThat(points.subList(0, 3)).allMatch(Point.Bad.class::isInstance);
    assertThat(((Point.Bad) points.get(0)).detail()).contains("18446744073709551616");
    assertThat(((Point.Decoded) points.get(3)).value()).isEqualTo(new Value.Int(2));
  }

  @Test
  void baseNameBaseValueAndBaseUnitApplyToWhatFollows() throws DecodeException {
    // clauses 4.1 and 4.6
    String pack =
        "[{\"bn\":\"dev1/\",\"bu\":\"K\",\"bv\":273,\"n\":\"a\",\"v\":0.15},{\"n\":\"b\",\"u\":\"Cel\",\"v\":7}]";
    assertThat(value(slot("a", "Cel"), pack)).isEqualTo(new Value.Num(0));
    assertThat(value(slot("dev1/a", "K"), pack)).isEqualTo(new Value.Num(273.15));
    assertThat(value(slot("b", "Cel"), pack)).isEqualTo(new Value.Int(280));
    assertThat(decode(slot("c", "Cel"), pack)).isEmpty();
  }

  @Test
  void refusesAUnitOfAnotherKind() throws DecodeException {
    assertThat(bad(slot("a", "Cel"), "[{\"n\":\"a\",\"u\":\"V\",\"v\":1}]").detail())
        .contains("'V' cannot be converted to 'Cel'");
  }

  @Test
  void sumsThatOverflowAreNoValues() throws DecodeException {
    assertThat(
            bad(
                    slot("a", DataSchema.Type.INTEGER),
                    "[{\"bv\":9223372036854775807,\"n\":\"a\",\"v\":1}]")
                .detail())
        .contains("64 bits");
  }

  @Test
  void timesAreRelativeBelowTwoToTheTwentyEighth() throws DecodeException {
    // clause 4.5.3
    assertThat(time("[{\"n\":\"a\",\"v\":1}]")).isEqualTo("none");
    assertThat(time("[{\"n\":\"a\",\"t\":0,\"v\":1}]")).isEqualTo("none");
    assertThat(time("[{\"n\":\"a\",\"t\":-10.5,\"v\":1}]")).isEqualTo("2026-03-01T11:59:49.500Z");
    assertThat(time("[{\"bt\":-60,\"n\":\"a\",\"t\":10,\"v\":1}]"))
        .isEqualTo("2026-03-01T11:59:10Z");
    assertThat(time("[{\"bt\":1276020076,\"n\":\"a\",\"t\":0.25,\"v\":1}]"))
        .isEqualTo("2010-06-08T18:01:16.250Z");
    assertThat(time("[{\"n\":\"a\",\"t\":1e12,\"v\":1}]")).isEqualTo("BAD_TIME");
    assertThat(time("[{\"n\":\"a\",\"t\":-1e10,\"v\":1}]")).isEqualTo("BAD_TIME");
  }

  private static String time(String pack) throws DecodeException {
    Point point = decode(slot("a", DataSchema.Type.NUMBER), pack).get(0);
    return point instanceof Point.Decoded decoded
        ? decoded.time().map(Instant::toString).orElse("none")
        : ((Point.Bad) point).reason().name();
  }

  @Test
  void readsEveryKindOfValue() throws DecodeException {
    String pack =
        "[{\"n\":\"b\",\"vb\":true},{\"n\":\"s\",\"vs\":\"x\"},{\"n\":\"d\",\"vd\":\"-_8\"},{\"n\":\"i\",\"v\":9007199254740993},{\"bn\":\"urn:1:\"}]";
    assertThat(value(slot("b", DataSchema.Type.BOOLEAN), pack)).isEqualTo(new Value.Bool(true));
    assertThat(value(slot("s", DataSchema.Type.STRING), pack)).isEqualTo(new Value.Text("x"));
    assertThat(value(slot("d", DataSchema.Type.DATA), pack))
        .isEqualTo(new Value.Data(Bytes.wrap(new byte[] {(byte) 0xFB, (byte) 0xFF})));
    assertThat(value(slot("i", DataSchema.Type.INTEGER), pack))
        .isEqualTo(new Value.Int(9007199254740993L));
  }

  @Test
  void decodesTheExampleOfTheStandard() throws DecodeException {
    // clause 5.1.2
    String pack =
        "[{\"bn\":\"urn:dev:ow:10e2073a01080063:\",\"n\":\"voltage\",\"u\":\"V\",\"v\":120.1},"
            + "{\"n\":\"current\",\"u\":\"A\",\"v\":1.2}]";
    assertThat(value(slot("voltage", "V"), pack)).isEqualTo(new Value.Num(120.1));
    assertThat(value(slot("urn:dev:ow:10e2073a01080063:current", "A"), pack))
        .isEqualTo(new Value.Num(1.2));
    assertThat(TYPES.knows("application/senml+json;charset=utf-8")).isTrue();
  }
}
