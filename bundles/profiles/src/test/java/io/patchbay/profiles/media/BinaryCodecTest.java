package io.patchbay.profiles.media;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.patchbay.profile.DataSchema;
import io.patchbay.profile.Form;
import io.patchbay.profile.Op;
import io.patchbay.southbound.DecodeException;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Origin;
import io.patchbay.southbound.Point;
import io.patchbay.southbound.Slot;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Value;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BinaryCodecTest {
  private static PayloadCodec codec(String binary) {
    return PayloadCodecs.of("{\"binary\":" + binary.replace('\'', '"') + "}");
  }

  private static PayloadCodec.Unpacked unpacked(String binary, String hex) throws DecodeException {
    return codec(binary)
        .unpack(
            HexFormat.of().parseHex(hex.replace(" ", "")),
            new PayloadCodec.Envelope(1, Slots.RECEIVED));
  }

  private static String read(String binary, String hex) throws DecodeException {
    return unpacked(binary, hex).document().toString().replace('"', '\'');
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{}|needs 'fields'",
        "{'tag':1}|go together",
        "{'blocks':{}}|go together",
        "{'fields':['a u9']}|type 'u9' is not known",
        "{'fields':['a f16']}|type 'f16' is not known",
        "{'fields':['a']}|is not understood",
        "{'fields':[{'type':'u8'}]}|needs a name",
        "{'fields':[{'name':'a','type':'u8','colour':1}]}|'colour' is not known",
        "{'fields':[{'name':'a','type':'u8','bits':{'b':'0-8'}}]}|within the 8",
        "{'fields':[{'name':'a','type':'u8','length':-1}]}|0 to 65535",
        "{'fields':[{'name':'a','type':'record'}]}|go together",
        "{'fields':['= xyz']}|hexadecimal",
        "{'fields':['a u8 /0']}|must not be 0",
        "{'endian':'middle','fields':['a u8']}|accepted are big and little",
        "{'tag':2,'blocks':{'01':['a u8']}}|4 hexadecimal digits",
        "{'fields':'a u8'}|must be a list",
        "{'fields':[{'name':'a','type':'u8','when':{'b':1,'c':2}}]}|one field"
      })
  void refusesADefinitionThatIsWrong(String binary, String said) {
    assertThatThrownBy(() -> codec(binary))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(said);
  }

  @Test
  void refusesOctetsThatEndTooSoonOrAreOthers() {
    assertThatThrownBy(() -> read("{'fields':['a u16']}", "01"))
        .hasMessageContaining("octet 0: 2 octets are needed, 1 are there");
    assertThatThrownBy(() -> read("{'fields':['= ff','a u8']}", "fe01"))
        .hasMessageContaining("octet 0: expected ff");
    assertThatThrownBy(
            () -> read("{'fields':['n u8',{'name':'d','type':'hex','length':'n'}]}", "0501"))
        .hasMessageContaining("5 octets are needed");
    assertThatThrownBy(() -> read("{'fields':['a u64']}", "ffffffffffffffff"))
        .hasMessageContaining("64-bit");
    assertThatThrownBy(
            () -> read("{'fields':['n u16',{'name':'r','type':'u8','repeat':'n'}]}", "ffff00"))
        .hasMessageContaining("65535 repetitions");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'fields':['a i16 /10','b u8 *0.5']}|ff9c 03|{'a':-10.0,'b':1.5}",
        "{'endian':'little','fields':['a u16','b i24',{'name':'c','type':'u16','endian':'big'}]}|0100 ffffff 0100|{'a':1,'b':-1,'c':256}",
        "{'fields':['a f32',{'name':'b','type':'f64','scale':2}]}|41ac0000 3ff0000000000000|{'a':21.5,'b':2.0}",
        "{'fields':[{'type':'u16','bits':{'mv':'0-13','low':14,'s':'i14-15'}}]}|cbb8|{'mv':3000,'low':1,'s':-1}",
        "{'fields':[{'name':'t','type':'i16','absent':[32767,-1],'scale':0.01},'h u8']}|7fff 05|{'h':5}",
        "{'fields':['k u8',{'name':'a','type':'u8','when':{'k':[1,2]}},{'name':'b','type':'u16','when':{'k':3}}]}|03 0102|{'k':3,'b':258}",
        "{'fields':['a u8',{'name':'b','type':'u8','optional':true}]}|01|{'a':1}",
        "{'fields':['n u8',{'name':'r','type':'record','repeat':'n','fields':['t u8','v i8']},'z u8']}|02 0105 02fb 09|{'n':2,'r':[{'t':1,'v':5},{'t':2,'v':-5}],'z':9}",
        "{'fields':[{'name':'r','type':'u16','repeat':'rest'}]}|00010002|{'r':[1,2]}",
        "{'fields':[{'type':'skip','length':2},{'name':'m','type':'hex','length':2},{'name':'s','type':'text','length':4},{'name':'o','type':'octets'}]}|0000 a1b2 61620000 0102|{'m':'a1b2','s':'ab','o':'AQI='}",
        "{'fields':['a u8 /2 -40']}|78|{'a':20.0}",
        "{'endian':'little','tag':2,'blocks':{'0175':['battery u8'],'0367':['temperature i16 /10'],'20ce':{'list':'log','fields':['t u32','v i16 /10']}}}|017564 0367ecff 20ce 01000000 0a00 20ce 02000000 1400|{'battery':100,'temperature':-2.0,'log':[{'t':1,'v':1.0},{'t':2,'v':2.0}]}",
        "{'tag':1,'length':1,'blocks':{'02':['a u8']}}|01 03 aabbcc 02 01 07|{'a':7}"
      })
  void reads(String binary, String hex, String expected) throws DecodeException {
    assertThat(read(binary, hex)).isEqualTo(expected);
  }

  @Test
  void keepsWhatCameBeforeABlockItDoesNotKnow() throws DecodeException {
    String binary = "{'tag':1,'blocks':{'01':['a u8'],'02':['b u16']}}";
    assertThat(unpacked(binary, "01 05 09 00").fault())
        .contains("octet 2: the tag 09 is unknown; known: 01, 02");
    assertThat(unpacked(binary, "01 05 02 00").fault().orElseThrow())
        .contains("octet 3: 2 octets are needed");
    assertThat(unpacked(binary, "01 05 02 00").document().toString()).contains("\"a\":5");
  }

  @Test
  void garbageIsRefusedAndNothingElse() {
    PayloadCodec codec =
        codec(
            "{'fields':['n u8',{'name':'r','type':'record','repeat':'n','fields':['m"
                + " u16',{'name':'s','type':'text','length':'m'}]}],"
                + "'tag':1,'length':1,'blocks':{'01':['x f64'],'02':[{'name':'q','type':'u8','repeat':'rest'}]}}");
    Random random = new Random(8);
    for (int i = 0; i < 50_000; i++) {
      byte[] octets = new byte[random.nextInt(64)];
      random.nextBytes(octets);
      try {
        codec.unpack(octets, new PayloadCodec.Envelope(0, Slots.RECEIVED));
      } catch (DecodeException expected) {
        assertThat(expected.detail()).isNotEmpty();
      }
    }
  }

  @Test
  void packsFieldsAndRefusesWhatDoesNotFit() {
    PayloadCodec codec = codec("{'endian':'little','fields':['= ff03','interval u16','t i8 /2']}");
    assertThat(
            codec.pack(Map.of("interval", new Value.Int(600), "t", new Value.Num(-1.5))).octets())
        .hasToString("ff035802fd");
    assertThatThrownBy(() -> codec.pack(Map.of("interval", new Value.Int(1))))
        .hasMessageContaining("'t' is missing");
    assertThatThrownBy(
            () -> codec.pack(Map.of("interval", new Value.Int(65_536), "t", new Value.Int(0))))
        .hasMessageContaining("does not fit u16");
  }

  private static final String BATTERY =
      "{\"binary\":{\"tag\":2,\"blocks\":{\"0175\":[\"battery u8\"]}}}";

  private static List<Point> points(Slot slot, String payload) throws DecodeException {
    Frame frame = Frame.of(new Origin("mqtt", "local", "a"), Bytes.utf8(payload), Slots.RECEIVED);
    return Slots.TYPES.decoder(List.of(slot)).decode(frame);
  }

  @Test
  void readsOctetsInsideADocumentWithTheTimeOfTheDocument() throws DecodeException {
    Form form =
        Slots.form(
            "application/json",
            "codec",
            BATTERY,
            "octets",
            "data",
            "path",
            "battery",
            "time",
            "$.at",
            "timeFormat",
            "s",
            "when.$.port",
            "85");
    Slot slot = Slots.property("battery", DataSchema.Type.INTEGER, form);
    List<Point> points = points(slot, "{\"data\":\"AXVk\",\"at\":1276020000,\"port\":85}");
    assertThat(points).hasSize(1);
    Point.Decoded point = (Point.Decoded) points.get(0);
    assertThat(point.value()).isEqualTo(new Value.Int(100));
    assertThat(point.time().orElseThrow().getEpochSecond()).isEqualTo(1276020000);
    assertThat(points(slot, "{\"data\":\"AXVk\",\"port\":84}")).isEmpty();
    assertThat(points(slot, "{\"port\":85}")).isEmpty();
    // the good value and what could not be read behind it
    assertThat(points(slot, "{\"data\":\"AXVkCQ==\",\"port\":85}"))
        .hasSize(2)
        .last()
        .isInstanceOf(Point.Bad.class);
    assertThatThrownBy(() -> points(slot, "{\"data\":\"%%\",\"port\":85}"))
        .hasMessageContaining("not base64");
    assertThatThrownBy(() -> points(slot, "{\"data\":5,\"port\":85}"))
        .hasMessageContaining("is no text");
  }

  @Test
  void readsWholePayloadsOfOctetsAndOfHexadecimalText() throws DecodeException {
    Form text =
        Slots.form("text/plain", "codec", BATTERY, "octetsFormat", "hex", "path", "battery");
    assertThat(points(Slots.property("battery", DataSchema.Type.INTEGER, text), "017564\n"))
        .hasSize(1);
    Form octets = Slots.form("application/octet-stream", "codec", BATTERY, "path", "battery");
    Slot slot = Slots.property("battery", DataSchema.Type.INTEGER, octets);
    assertThat(points(slot, "\u0001ud")).hasSize(1);
    assertThatThrownBy(
            () ->
                Slots.TYPES.decoder(
                    List.of(
                        Slots.property(
                            "b",
                            DataSchema.Type.INTEGER,
                            Slots.form("application/json", "codec", BATTERY)))))
        .hasMessageContaining("'octets', the path");
  }

  @Test
  void sendsWhatACodecPacks() throws JsonProcessingException {
    String codec = "{\"binary\":{\"fields\":[\"= ff03\",\"seconds u16\"]}}";
    Form form =
        new Form(
            "mqtt",
            Set.of(Op.INVOKE),
            "application/json",
            Map.of("codec", codec, "payload", "{\"data\":\"{octets}\",\"devEui\":\"{eui}\"}"));
    Bytes sent =
        Slots.TYPES
            .codec(Slots.property("interval", DataSchema.Type.STRING, form))
            .encode(Map.of("seconds", new Value.Int(600), "eui", new Value.Text("01")));
    assertThat(new JsonMapper().readTree(sent.text()).path("data").asText()).isEqualTo("/wMCWA==");
  }
}
