package io.patchbay.profiles.media;

import static io.patchbay.profiles.media.Slots.TYPES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.patchbay.profile.DataSchema;
import io.patchbay.profile.Form;
import io.patchbay.profile.Match;
import io.patchbay.profile.Op;
import io.patchbay.southbound.DecodeException;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Origin;
import io.patchbay.southbound.Point;
import io.patchbay.southbound.Slot;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Value;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** CBOR, SenML CBOR, CSV, XML, and arrays in all of them. */
class DocumentFormatsTest {
  private static Frame frame(byte[] octets) {
    return Frame.of(new Origin("mqtt", "local", "a"), Bytes.wrap(octets), Slots.RECEIVED);
  }

  private static List<String> read(List<Slot> slots, byte[] octets) throws DecodeException {
    return TYPES.decoder(slots).decode(frame(octets)).stream()
        .map(
            point ->
                point instanceof Point.Decoded decoded
                    ? decoded.slot().name()
                        + "="
                        + decoded.value().text()
                        + decoded.time().map(time -> "@" + time.getEpochSecond()).orElse("")
                    : point.slot().name() + "!" + ((Point.Bad) point).reason())
        .toList();
  }

  private static List<String> read(List<Slot> slots, String text) throws DecodeException {
    return read(slots, text.getBytes(StandardCharsets.UTF_8));
  }

  private static List<String> readHex(List<Slot> slots, String hex) throws DecodeException {
    return read(slots, HexFormat.of().parseHex(hex.replace(" ", "")));
  }

  private static Slot of(String media, String name, DataSchema.Type type, String... terms) {
    return Slots.property(name, type, Slots.form(media, terms));
  }

  // CBOR

  private static final List<Slot> CBOR =
      List.of(
          of("application/cbor", "t", DataSchema.Type.NUMBER, "path", "a.t"),
          of("application/cbor", "n", DataSchema.Type.INTEGER, "path", "a.\"1\""),
          of("application/cbor", "d", DataSchema.Type.DATA, "path", "d"));

  @ParameterizedTest
  @CsvSource({
    "'',empty",
    "a1,not CBOR",
    "a16161,not CBOR",
    "a0 00,follows",
    "ff,not CBOR",
    "bf6161,not CBOR",
    "a2 6161 a1617400 6161 a1617400,occurs twice"
  })
  void refusesWhatIsNoCbor(String hex, String said) {
    assertThatThrownBy(() -> readHex(CBOR, hex))
        .isInstanceOf(DecodeException.class)
        .hasMessageContaining(said);
  }

  @Test
  void refusesCborThatIsTooDeepAndLengthsThatAreNotThere() {
    assertThatThrownBy(() -> readHex(CBOR, "81".repeat(100) + "00"))
        .isInstanceOf(DecodeException.class);
    // a text of 2 GiB in nine octets
    assertThatThrownBy(() -> readHex(CBOR, "a1 6164 5b 000000007fffffff 00"))
        .isInstanceOf(DecodeException.class);
    assertThatThrownBy(() -> readHex(CBOR, "9b 7fffffffffffffff 00"))
        .isInstanceOf(DecodeException.class);
  }

  @Test
  void garbageIsRefusedAndNothingElse() {
    Random random = new Random(4);
    for (int i = 0; i < 20_000; i++) {
      byte[] octets = new byte[random.nextInt(40)];
      random.nextBytes(octets);
      for (String media : List.of("application/cbor", "application/senml+cbor", "text/csv")) {
        try {
          read(List.of(of(media, "t", DataSchema.Type.NUMBER, "path", "a")), octets);
        } catch (DecodeException expected) {
          assertThat(expected.detail()).isNotEmpty();
        }
      }
    }
  }

  @Test
  void readsCborWithHalfFloatsIntegerKeysAndOctets() throws DecodeException {
    // {"a": {"t": 1.5 as half float, 1: -500}, "d": h'0102', "x": [null, undefined, tag 1(5)]}
    String hex = "a3 6161 a2 6174 f93e00 01 3901f3 6164 420102 6178 83f6f7c105";
    assertThat(readHex(CBOR, hex)).containsExactly("t=1.5", "n=-500", "d=0102");
  }

  @Test
  void aCborNumberThatIsNoneIsBadForItsSlotAlone() throws DecodeException {
    assertThat(readHex(CBOR, "a1 6161 a2 6174 f97e00 01 05"))
        .containsExactly("t!WRONG_TYPE", "n=5");
    assertThat(readHex(CBOR, "a1 6161 a2 6174 05 01 f97e00"))
        .containsExactly("t=5", "n!WRONG_TYPE");
    // 2^64 as bignum
    assertThat(readHex(CBOR, "a1 6161 a1 01 c249010000000000000000"))
        .containsExactly("n!WRONG_TYPE");
  }

  @Test
  void matchesByPathsOfCbor() {
    Form form = Slots.form("application/cbor");
    Frame frame = frame(HexFormat.of().parseHex("a16161a1617405"));
    assertThat(TYPES.test(new Match(form, List.of("a.t"), Map.of("a.t", "5"))).test(frame))
        .isTrue();
    assertThat(TYPES.test(new Match(form, List.of("a.u"), Map.of())).test(frame)).isFalse();
    assertThat(TYPES.test(new Match(form, List.of(), Map.of())).test(frame(new byte[] {-1})))
        .isFalse();
  }

  @Test
  void writesCbor() {
    Form form = new Form("mqtt", Set.of(Op.WRITE), "application/cbor", Map.of());
    Slot slot = Slots.property("p", DataSchema.Type.INTEGER, form);
    assertThat(TYPES.codec(slot).encode(Map.of("value", new Value.Int(500)))).hasToString("1901f4");
    assertThat(
            TYPES.codec(slot).encode(Map.of("b", new Value.Bool(true), "a", new Value.Text("x"))))
        .hasToString("a2616161786162f5");
  }

  // SenML CBOR (RFC 8428, clause 6)

  private static final List<Slot> SENML =
      List.of(
          Slots.property(
              "voltage",
              DataSchema.Type.NUMBER,
              Slots.form("application/senml+cbor", "path", "voltage")),
          Slots.property(
              "current",
              DataSchema.Type.NUMBER,
              Slots.form("application/senml+cbor", "path", "urn:dev:ow:10e2073a0108006:current")),
          Slots.property(
              "raw", DataSchema.Type.DATA, Slots.form("application/senml+cbor", "path", "raw")));

  @Test
  void readsThePackOfTheSpecification() throws DecodeException {
    // the example of RFC 8428, clause 6, shortened to three records
    String hex =
        "83"
            + "a7 21 78 1b 75726e3a6465763a6f773a3130653230373361303130383030363a"
            + "22 fb 41d303a15b001062 23 61 41 20 05 00 67 766f6c74616765 01 61 56 02 fb 405e066666666666"
            + "a3 00 67 63757272656e74 06 24 02 fb 3ff3333333333333"
            + "a2 00 63 726177 08 43 010203";
    assertThat(readHex(SENML, hex))
        .containsExactly(
            "voltage=120.1@1276020076", "current=1.2@1276020071", "raw=010203@1276020076");
  }

  @Test
  void refusesSenmlCborThatIsNoPack() {
    for (String hex :
        new String[] {
          "a100", "8101", "81a1006161", "81a2006161 0263666f6f", "81a2 20190100 0205"
        }) {
      assertThatThrownBy(
              () -> {
                List<String> points = readHex(SENML, hex);
                if (points.isEmpty()) {
                  throw new DecodeException(
                      io.patchbay.southbound.Rejection.NOTHING_KNOWN, "nothing");
                }
              })
          .as(hex)
          .isInstanceOf(DecodeException.class);
    }
  }

  @Test
  void writesSenmlCborWithIntegerLabels() {
    Form form = new Form("mqtt", Set.of(Op.WRITE), "application/senml+cbor", Map.of());
    Slot slot = new Slot(Slot.Kind.PROPERTY, "sp", "", form, Slots.unit("Cel"));
    assertThat(TYPES.codec(slot).encode(Map.of("value", new Value.Int(21))))
        .hasToString("81a300627370016343656c0215");
  }

  // CSV

  @Test
  void refusesCsvThatIsBroken() {
    Slot slot = of("text/csv", "t", DataSchema.Type.NUMBER, "path", "t", "columns.0", "t");
    assertThatThrownBy(() -> read(List.of(slot), "\"1"))
        .hasMessageContaining("row 1: a quote is not closed");
    assertThatThrownBy(() -> read(List.of(slot), "1\n\"1\"x"))
        .hasMessageContaining("row 2: something follows");
    assertThatThrownBy(() -> read(List.of(slot), "1\n1,2")).hasMessageContaining("row 2 has 2");
    assertThatThrownBy(() -> read(List.of(slot), "1\n".repeat(10_001)))
        .hasMessageContaining("10000");
    assertThatThrownBy(() -> read(List.of(slot), new byte[] {(byte) 0xff}))
        .hasMessageContaining("UTF-8");
    assertThatThrownBy(
            () ->
                TYPES.decoder(
                    List.of(of("text/csv", "t", DataSchema.Type.NUMBER, "separator", "ab"))))
        .hasMessageContaining("separator must be one character");
  }

  @Test
  void readsRowsByHeaderByColumnsAndByPlace() throws DecodeException {
    Slot header =
        of(
            "text/csv",
            "t",
            DataSchema.Type.NUMBER,
            "path",
            "temp",
            "header",
            "true",
            "time",
            "at",
            "timeFormat",
            "s");
    assertThat(
            read(
                List.of(header),
                "at,temp\r\n1276020000,21.5\r\n\r\n1276020060,\"22\"\r\n1276020120,\n"))
        .containsExactly("t=21.5@1276020000", "t=22@1276020060");
    Slot second =
        of(
            "text/csv",
            "s",
            DataSchema.Type.STRING,
            "path",
            "b",
            "columns.0",
            "a",
            "columns.1",
            "b",
            "separator",
            ";");
    assertThat(read(List.of(second), "1;\"x \"\"y\"\"; z\"")).containsExactly("s=x \"y\"; z");
    Slot place = of("text/csv", "n", DataSchema.Type.INTEGER, "path", "[1]");
    assertThat(read(List.of(place), "7,8\n9,x")).containsExactly("n=8", "n!WRONG_TYPE");
  }

  // XML

  private static final List<Slot> XML =
      List.of(
          of("application/xml", "t", DataSchema.Type.NUMBER, "path", "r.t"),
          of("application/xml", "id", DataSchema.Type.STRING, "path", "r.@id"),
          of("application/xml", "u", DataSchema.Type.STRING, "path", "r.h.@u"),
          of("application/xml", "h", DataSchema.Type.INTEGER, "path", "r.h.#text"),
          of("application/xml", "c", DataSchema.Type.INTEGER, "each", "r.c", "path", "@n"));

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "<r>",
        "<r></q>",
        "<r/><r/>",
        "{}",
        "<r>&unknown;</r>",
        "<!DOCTYPE r><r/>",
        "<!DOCTYPE r SYSTEM \"http://127.0.0.1:1/x.dtd\"><r/>",
        "<!DOCTYPE r [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><r><t>&x;</t></r>",
        "<!DOCTYPE r [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;\">]><r><t>&b;</t></r>",
        "<r a='1' a='2'/>",
        "<?xml version='1.0' encoding='no-such'?><r/>"
      })
  void refusesWhatIsNoXmlOrHasADocumentType(String text) {
    assertThatThrownBy(() -> read(XML, text)).isInstanceOf(DecodeException.class);
  }

  @Test
  void refusesXmlThatIsTooDeepOrTooWide() {
    assertThatThrownBy(() -> read(XML, "<r>".repeat(100) + "</r>".repeat(100)))
        .hasMessageContaining("deeper");
    assertThatThrownBy(() -> read(XML, "<r>" + "<q/>".repeat(100_001) + "</r>"))
        .hasMessageContaining("100000");
  }

  @Test
  void readsElementsAttributesAndRepetitions() throws DecodeException {
    String one =
        "<?xml version='1.0'?><x:r xmlns:x='urn:x' id='7'><t> 21.5 </t>"
            + "<h u='%'>40</h><c n='1'/></x:r>";
    assertThat(read(XML, one)).containsExactly("t=21.5", "id=7", "u=%", "h=40", "c=1");
    assertThat(read(XML, "<r><t><![CDATA[3]]></t><c n='1'/><c n='2'/><c n='x'/></r>"))
        .containsExactly("t=3", "c=1", "c=2", "c!WRONG_TYPE");
  }

  @Test
  void readsXmlInTheEncodingItDeclares() throws DecodeException {
    String text = "<?xml version='1.0' encoding='ISO-8859-1'?><r id='°'/>";
    assertThat(read(XML, text.getBytes(StandardCharsets.ISO_8859_1))).containsExactly("id=°");
    assertThat(read(XML, "<r id='°'/>".getBytes(StandardCharsets.UTF_16))).containsExactly("id=°");
    assertThatThrownBy(() -> read(XML, "<r id='°'/>".getBytes(StandardCharsets.ISO_8859_1)))
        .hasMessageContaining("not UTF-8");
  }

  @Test
  void writesXmlEscaped() {
    Form form =
        new Form(
            "mqtt", Set.of(Op.WRITE), "application/xml", Map.of("payload", "<s v=\"{value}\"/>"));
    assertThat(
            TYPES
                .codec(Slots.property("p", DataSchema.Type.STRING, form))
                .encode(Map.of("value", new Value.Text("<\"&")))
                .text())
        .isEqualTo("<s v=\"&lt;&quot;&amp;\"/>");
  }

  // arrays

  @Test
  void readsEachElementOfAnArrayInItsOrderAndTime() throws DecodeException {
    List<Slot> slots =
        List.of(
            of(
                "application/json",
                "v",
                DataSchema.Type.NUMBER,
                "each",
                "log",
                "path",
                "v",
                "time",
                "at",
                "timeFormat",
                "s"),
            of("application/json", "id", DataSchema.Type.INTEGER, "path", "id"),
            of(
                "application/json",
                "w",
                DataSchema.Type.NUMBER,
                "each",
                "log",
                "path",
                "v",
                "when.$.kind",
                "full"));
    assertThat(
            read(
                slots,
                "{\"log\":[{\"at\":1276020000,\"v\":1},{\"at\":1276020060,\"v\":2},{}],\"id\":9}"))
        .containsExactly("id=9", "v=1@1276020000", "v=2@1276020060");
    assertThat(read(slots, "{\"log\":[{\"v\":1}],\"kind\":\"full\"}"))
        .containsExactly("v=1", "w=1");
    assertThat(read(slots, "{\"log\":null,\"id\":1}")).containsExactly("id=1");
    assertThatThrownBy(() -> read(slots, "{\"log\":[" + "1,".repeat(10_000) + "1]}"))
        .hasMessageContaining("more than 10000 elements");
  }

  @Test
  void refusesAPathIntoAnArrayThatIsReadElementByElement() {
    List<Slot> slots =
        List.of(
            of("application/json", "v", DataSchema.Type.NUMBER, "each", "log", "path", "v"),
            of("application/json", "w", DataSchema.Type.NUMBER, "path", "log[0].v"));
    assertThatThrownBy(() -> TYPES.decoder(slots)).hasMessageContaining("relative to its elements");
  }

  @Test
  void theElementsOfOneScanAreNotThoseOfTheNext() throws DecodeException {
    List<Slot> slots =
        List.of(of("application/json", "v", DataSchema.Type.NUMBER, "each", "", "path", ""));
    assertThat(read(slots, "[1,2]")).containsExactly("v=1", "v=2");
    assertThat(read(slots, "[3]")).containsExactly("v=3");
    assertThat(Arrays.asList(read(slots, "[]").toArray())).isEmpty();
  }
}
