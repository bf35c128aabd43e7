package io.patchbay.profiles.media;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.patchbay.profile.DataSchema;
import io.patchbay.southbound.DecodeException;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.FrameDecoder;
import io.patchbay.southbound.Origin;
import io.patchbay.southbound.Rejection;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Value;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ScriptCodecTest {
  private static final byte[] FRAME = HexFormat.of().parseHex("01755c03673401046865");

  /** What a vendor's script for blocks of channel and type looks like. */
  private static final String BLOCKS =
      """
      function decodeUplink(input) {
        var bytes = input.bytes, data = {};
        for (var i = 0; i < bytes.length; ) {
          var channel = bytes[i++], type = bytes[i++];
          if (channel === 0x01 && type === 0x75) { data.battery = bytes[i]; i += 1; }
          else if (channel === 0x03 && type === 0x67) { data.temperature = signed(bytes.slice(i, i + 2)) / 10; i += 2; }
          else if (channel === 0x04 && type === 0x68) { data.humidity = bytes[i] / 2; i += 1; }
          else break;
        }
        return { data: data };
      }
      function unsigned(bytes) { return ((bytes[1] << 8) + bytes[0]) & 0xffff; }
      function signed(bytes) { var n = unsigned(bytes); return n > 0x7fff ? n - 0x10000 : n; }
      """;

  private static PayloadCodec codec(String source) {
    return PayloadCodecs.of(definition(source));
  }

  private static String definition(String source) {
    ObjectNode definition = JsonNodeFactory.instance.objectNode();
    definition.putObject("javascript").put("source", source).putObject("variables").put("k", "2");
    return definition.toString();
  }

  private static PayloadCodec.Unpacked unpack(String source) throws DecodeException {
    return codec(source).unpack(FRAME, new PayloadCodec.Envelope(85, Slots.RECEIVED));
  }

  private static void rejected(String source, Rejection reason, String says) {
    assertThatThrownBy(() -> unpack(source))
        .hasMessageContaining(says)
        .isInstanceOfSatisfying(
            DecodeException.class, e -> assertThat(e.reason()).isEqualTo(reason));
  }

  @Test
  void whatFailsSaysTheLineAndWhatTakesTooMuchIsAnOverrun() {
    rejected(
        "function decodeUplink(input) {\n  return input.a.b;\n}",
        Rejection.UNDECODABLE,
        "script:2:");
    rejected("function decodeUplink(input) { for (;;); }", Rejection.OVERRUN, "steps");
    rejected(
        "function decodeUplink() { return { errors: ['too short'] }; }",
        Rejection.UNDECODABLE,
        "too short");
    rejected("function encodeDownlink() {}", Rejection.UNDECODABLE, "decodeUplink");
  }

  @Test
  void whatCannotWorkIsRefusedWhenItIsChecked() {
    assertThatThrownBy(() -> codec("function decodeUplink( {").check())
        .hasMessageContaining("script:1:");
    assertThatThrownBy(() -> codec("var a = 1;").check()).hasMessageContaining("decodeUplink");
    assertThatThrownBy(() -> PayloadCodecs.of("{\"javascript\":{\"file\":\"a.js\"}}"))
        .hasMessageContaining("a.js");
    assertThatThrownBy(() -> PayloadCodecs.of("{\"javascript\":{}}")).hasMessageContaining("file");
  }

  @Test
  void scriptsOfAllThreeKindsAreGivenWhatTheyExpect() throws DecodeException {
    assertThat(
            unpack(
                "function decodeUplink(i) { return { data: { n: i.bytes.length, p: i.fPort,"
                    + " t: i.recvTime.toISOString(), k: i.variables.k }, warnings: ['old'] }; }"))
        .isEqualTo(
            new PayloadCodec.Unpacked(
                JsonNodeFactory.instance
                    .objectNode()
                    .put("n", 10L)
                    .put("p", 85L)
                    .put("t", Slots.RECEIVED.toString().replace("Z", ".000Z"))
                    .put("k", "2"),
                java.util.Optional.empty(),
                List.of("old")));
    assertThat(
            unpack("function Decode(p, b, v) { return { p: p, n: b.length, k: v.k }; }").document())
        .hasToString("{\"p\":85,\"n\":10,\"k\":\"2\"}");
    assertThat(unpack("function Decoder(b, p) { return { p: p, n: b.length }; }").document())
        .hasToString("{\"p\":85,\"n\":10}");
  }

  @Test
  void valuesAreSentByWhatTheScriptMakesOfThem() {
    Map<String, Value> values = Map.of("interval", new Value.Int(600), "on", new Value.Bool(true));
    PayloadCodec.Packed packed =
        codec(
                "function encodeDownlink(i) { return { fPort: 2, bytes: [1, i.data.interval >> 8,"
                    + " i.data.interval & 255, i.data.on ? 1 : 0] }; }")
            .pack(values);
    assertThat(packed.octets()).hasToString("01025801");
    assertThat(packed.port()).isEqualTo(2);
    assertThatThrownBy(
            () -> codec("function encodeDownlink() { return { errors: ['no'] }; }").pack(values))
        .hasMessageContaining("no");
    assertThatThrownBy(
            () -> codec("function encodeDownlink() { return { bytes: [256] }; }").pack(values))
        .hasMessageContaining("bytes[0]");
    assertThatThrownBy(() -> codec("function encodeDownlink() { return {}; }").pack(values))
        .hasMessageContaining("bytes");
    assertThatThrownBy(() -> codec("function encodeDownlink() { for (;;); }").pack(values))
        .hasMessageContaining("steps");
  }

  @Test
  void oneCodecIsCompiledForAllWhoUseIt() {
    PayloadCodec first = codec(BLOCKS);
    assertThat(codec(BLOCKS)).isSameAs(first);
  }

  private static FrameDecoder decoder(String codec) {
    return Slots.TYPES.decoder(
        List.of("battery", "temperature", "humidity").stream()
            .map(
                name ->
                    Slots.property(
                        name,
                        DataSchema.Type.NUMBER,
                        Slots.form("application/octet-stream", "codec", codec, "path", name)))
            .toList());
  }

  private static double best(FrameDecoder decoder, Frame frame) throws DecodeException {
    double best = Double.MAX_VALUE;
    for (int round = 0; round < 15; round++) {
      long[] nanos = new long[1_000];
      for (int i = 0; i < nanos.length; i++) {
        long before = System.nanoTime();
        assertThat(decoder.decode(frame).size()).isEqualTo(3);
        nanos[i] = System.nanoTime() - before;
      }
      Arrays.sort(nanos);
      best = Math.min(best, nanos[nanos.length / 2] / 1e3);
    }
    return best;
  }

  /** The floor is the same frame by a table of fields, in the same run. */
  @Test
  void aTypicalFrameCostsMicroseconds() throws DecodeException {
    Frame frame = Frame.of(new Origin("mqtt", "local", "a"), Bytes.wrap(FRAME), Slots.RECEIVED);
    FrameDecoder table =
        decoder(
            "{\"binary\":{\"endian\":\"little\",\"tag\":2,\"blocks\":{\"0175\":[\"battery u8\"],"
                + "\"0367\":[\"temperature i16 /10\"],\"0468\":[\"humidity u8 /2\"]}}}");
    FrameDecoder script = decoder(definition(BLOCKS));
    assertThat(script.decode(frame)).hasSize(3);
    double floor = best(table, frame);
    double cost = best(script, frame);
    System.out.printf("script %.1f µs, table of fields %.1f µs%n", cost, floor);
    assertThat(cost).isLessThan(Math.max(50, 40 * floor));
  }
}
