package io.patchbay.binding.modbus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.patchbay.profile.DataSchema;
import io.patchbay.profile.Form;
import io.patchbay.profile.Op;
import io.patchbay.southbound.Codec;
import io.patchbay.southbound.DecodeException;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Origin;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Value;
import java.time.Instant;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Golden values are registers as they are on the wire. */
final class RegisterCodecTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "table=relay",
        "type=int24",
        "order=ABDC",
        "address=70000",
        "address=-1",
        "address=0xFFFF type=uint32",
        "bit=16",
        "bits=4-2",
        "bit=1 type=float32",
        "bit=1 bits=1-2",
        "type=string",
        "length=3",
        "absent=0x10000",
        "factor=10 type=float32",
        "table=coil type=uint16",
        "span=0",
        "inFlight=17",
        "forbidden=9-3",
        "op=write table=input",
        "sunspec=0",
        "sunspec=103 table=input",
        "op=write write=mask",
        "op=write bit=1 write=single",
        "op=write type=uint32 write=single",
        "op=write write=maybe",
        "readBack=maybe"
      })
  void refusesTermsThatAreWrong(String terms) {
    assertThatIllegalArgumentException().isThrownBy(() -> codec(terms, DataSchema.Type.INTEGER));
  }

  @ParameterizedTest
  @CsvSource({
    "type=uint16, FFFE, 65534",
    "type=int16, FFFE, -2",
    "type=uint32, FFFEFFFF, 4294901759",
    "type=int32, FFFEFFFF, -65537",
    "type=uint64, 00000000FFFFFFFF, 4294967295",
    "type=int64, FFFFFFFFFFFFFFFE, -2",
    "type=uint32 order=ABCD, 12345678, 305419896",
    "type=uint32 order=CDAB, 56781234, 305419896",
    "type=uint32 order=BADC, 34127856, 305419896",
    "type=uint32 order=DCBA, 78563412, 305419896",
    "type=uint16 order=BADC, 3412, 4660",
    "type=uint64 order=CDAB, 3344112200000000, 287454020",
    "type=uint64 order=DCBA, 4433221100000000, 287454020",
    "type=bcd16, 1234, 1234",
    "type=bcd32, 12345678, 12345678",
    "type=bcd32 order=CDAB, 56781234, 12345678",
    "bits=4-7, 00A0, 10",
    "bits=0-15, FFFF, 65535",
    "type=uint32 bits=16-31, 12340000, 4660",
    "factor=9, 00D7FFFF, 21.5",
    "factor=9, 00D70002, 21500",
    "type=float32, 41AC0000, 21.5",
    "type=float32 order=CDAB, 000041AC, 21.5",
    "type=float32 order=BADC, AC410000, 21.5",
    "type=float32 order=DCBA, 0000AC41, 21.5",
    "type=float32, 41AD999A, 21.7",
    "type=float32, 3DCCCCCD, 0.1",
    "type=float64, 4035800000000000, 21.5"
  })
  void readsNumbers(String terms, String hex, String expected) throws Exception {
    assertThat(decode(terms, DataSchema.Type.NUMBER, hex).text()).isEqualTo(expected);
  }

  @Test
  void readsTextsAndTruths() throws Exception {
    DataSchema.Type text = DataSchema.Type.STRING;
    assertThat(decode("type=string length=4", text, "5344 4D36 3330 0000").text())
        .isEqualTo("SDM630");
    assertThat(decode("type=string length=3 order=BADC", text, "4453 364D 3033").text())
        .isEqualTo("SDM630");
    assertThat(decode("type=string length=3 padding=space", text, "4142 2020 2020").text())
        .isEqualTo("AB");
    DataSchema.Type truth = DataSchema.Type.BOOLEAN;
    assertThat(decode("table=coil", truth, "01")).isEqualTo(new Value.Bool(true));
    assertThat(decode("bit=3", truth, "0008")).isEqualTo(new Value.Bool(true));
    assertThat(decode("bit=3", truth, "FFF7")).isEqualTo(new Value.Bool(false));
    assertThat(decode("type=uint16", truth, "0001")).isEqualTo(new Value.Bool(true));
  }

  @ParameterizedTest
  @CsvSource({
    "type=uint16, 00",
    "type=uint16, 000000",
    "type=uint64, FFFFFFFFFFFFFFFE",
    "type=bcd16, 12A4",
    "table=coil, 02",
    "factor=9, 00D7000B"
  })
  void refusesRegistersThatHoldNoSuchValue(String terms, String hex) {
    assertThatThrownBy(() -> decode(terms, DataSchema.Type.NUMBER, hex))
        .isInstanceOf(DecodeException.class);
  }

  @ParameterizedTest
  @CsvSource({
    "absent=0x8000 type=int16, 8000",
    "absent=-32768 type=int16, 8000",
    "absent=0xFFFFFFFF type=uint32, FFFFFFFF",
    "type=float32, 7FC00000",
    "type=float64, 7FF8000000000000",
    "factor=9, 00D78000",
    "absent.0=0x7FFF absent.1=0xFFFF, FFFF"
  })
  void knowsWhatMeansThatThereIsNoValue(String terms, String hex) {
    RegisterCodec codec = codec(terms, DataSchema.Type.NUMBER);
    assertThat(codec.absent(Bytes.wrap(HexFormat.of().parseHex(hex)))).isTrue();
    assertThatThrownBy(() -> decode(terms, DataSchema.Type.NUMBER, hex))
        .hasMessageContaining("no value");
  }

  @ParameterizedTest
  @CsvSource({
    "op=write, 65535, FFFF",
    "op=write type=int16, -2, FFFE",
    "op=write type=int32 order=CDAB, -2, FFFEFFFF",
    "op=write type=float32 order=CDAB, 21.5, 000041AC",
    "op=write type=float64, 21.5, 4035800000000000",
    "op=write type=bcd16, 1234, 1234",
    "op=write bits=4-7, 10, 00A0",
    "op=write bit=3, true, 0008",
    "op=write table=coil, true, 01",
    "op=write, 215.4, 00D7",
    "op=write type=string length=3, SDM6, 53444D360000",
    "op=write type=string length=3 padding=space order=BADC, SDM6, 4453364D2020",
    "op=write value=7, 1, 0007"
  })
  void writesWhatItWouldRead(String terms, String value, String hex) {
    Bytes encoded =
        codec(terms, DataSchema.Type.NUMBER).encode(Map.of("value", new Value.Text(value)));
    assertThat(HexFormat.of().withUpperCase().formatHex(encoded.toArray())).isEqualTo(hex);
  }

  @ParameterizedTest
  @CsvSource({
    "op=write, 65536",
    "op=write, -1",
    "op=write type=int16, 32768",
    "op=write type=bcd16, 10000",
    "op=write bits=4-7, 16",
    "op=write type=float32, 1e40",
    "op=write, warm",
    "op=write type=string length=1, abc",
    "op=write table=coil, 2"
  })
  void refusesToWriteWhatTheRegistersCannotHold(String terms, String value) {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                codec(terms, DataSchema.Type.NUMBER)
                    .encode(Map.of("value", new Value.Text(value))));
  }

  private static RegisterCodec codec(String text, DataSchema.Type type) {
    Map<String, String> terms = new HashMap<>(Map.of("address", "8"));
    for (String term : text.split(" ", -1)) {
      int equals = term.indexOf('=');
      terms.put(term.substring(0, equals), term.substring(equals + 1));
    }
    boolean writes = terms.remove("op") != null;
    Form form = new Form("modbus", Set.of(writes ? Op.WRITE : Op.READ), "", terms);
    Codec codec = new ModbusProtocol().compile(form, DataSchema.of(type));
    return (RegisterCodec) codec;
  }

  private static Value decode(String terms, DataSchema.Type type, String hex)
      throws DecodeException {
    byte[] octets = HexFormat.of().parseHex(hex.replace(" ", ""));
    return codec(terms, type)
        .decode(Frame.of(new Origin("modbus", "line", ""), Bytes.wrap(octets), Instant.EPOCH));
  }
}
