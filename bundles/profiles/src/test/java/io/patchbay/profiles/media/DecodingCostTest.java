package io.patchbay.profiles.media;

import static org.assertj.core.api.Assertions.assertThat;

import io.patchbay.profile.DataSchema;
import io.patchbay.southbound.DecodeException;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.FrameDecoder;
import io.patchbay.southbound.Origin;
import io.patchbay.southbound.Slot;
import io.patchbay.thing.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a typical frame of each kind costs; printed, and bounded far above what is usual. */
class DecodingCostTest {
  private static final int FRAMES = 20_000;
  private static final String BINARY =
      "{\"binary\":{\"endian\":\"little\",\"tag\":2,\"blocks\":{\"0175\":[\"battery u8\"],"
          + "\"0367\":[\"temperature i16 /10\"],\"0468\":[\"humidity u8 /2\"]}}}";

  private static Slot slot(String kind, String name, String path) {
    return Slots.property(
        name,
        DataSchema.Type.NUMBER,
        switch (kind) {
          case "lorawan" ->
              Slots.form(
                  "application/json",
                  "codec",
                  BINARY,
                  "octets",
                  "data",
                  "path",
                  name,
                  "time",
                  "$.time");
          case "binary" -> Slots.form("application/octet-stream", "codec", BINARY, "path", name);
          case "csv" -> Slots.form("text/csv", "header", "true", "path", name);
          case "xml" -> Slots.form("application/xml", "path", "m." + name);
          case "cbor" -> Slots.form("application/cbor", "path", path);
          default -> Slots.form("application/json", "path", path);
        });
  }

  private static byte[] payload(String kind) {
    return switch (kind) {
      case "lorawan" ->
          text(
              "{\"time\":\"2022-07-18T09:34:15.775Z\",\"deviceInfo\":{\"devEui\":\"24E1\"},"
                  + "\"fPort\":85,\"data\":\"AXVcA2c0AQRoZQ==\"}");
      case "binary" -> HexFormat.of().parseHex("01755c036734010468" + "65");
      case "csv" -> text("battery,temperature,humidity\n92,30.8,50.5\n");
      case "xml" ->
          text(
              "<m><battery>92</battery><temperature>30.8</temperature>"
                  + "<humidity>50.5</humidity></m>");
      case "cbor" ->
          HexFormat.of()
              .parseHex(
                  "a3"
                      + "67"
                      + "62617474657279"
                      + "185c"
                      + "6b"
                      + "74656d7065726174757265"
                      + "f94fb3"
                      + "68"
                      + "68756d6964697479"
                      + "f95250");
      default -> text("{\"battery\":92,\"temperature\":30.8,\"humidity\":50.5}");
    };
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @ValueSource(strings = {"json", "cbor", "binary", "lorawan", "csv", "xml"})
  void aFrameIsDecodedInMicroseconds(String kind) throws DecodeException {
    FrameDecoder decoder =
        Slots.TYPES.decoder(
            List.of(
                slot(kind, "battery", "battery"),
                slot(kind, "temperature", "temperature"),
                slot(kind, "humidity", "humidity")));
    Frame frame =
        Frame.of(new Origin("mqtt", "local", "a"), Bytes.wrap(payload(kind)), Slots.RECEIVED);
    for (int i = 0; i < FRAMES; i++) {
      assertThat(decoder.decode(frame).size()).isEqualTo(3);
    }
    long start = System.nanoTime();
    for (int i = 0; i < FRAMES; i++) {
      decoder.decode(frame);
    }
    double micros = (System.nanoTime() - start) / 1e3 / FRAMES;
    System.out.printf("%-8s %.1f µs per frame of three values%n", kind, micros);
    assertThat(micros).isLessThan(1_000);
  }
}
