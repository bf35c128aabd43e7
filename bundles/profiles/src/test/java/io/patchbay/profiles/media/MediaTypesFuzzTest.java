package io.patchbay.profiles.media;

import static org.assertj.core.api.Assertions.assertThat;

import io.patchbay.profile.DataSchema;
import io.patchbay.profile.Match;
import io.patchbay.southbound.DecodeException;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.FrameDecoder;
import io.patchbay.southbound.Origin;
import io.patchbay.southbound.Point;
import io.patchbay.southbound.Slot;
import io.patchbay.testkit.FuzzSeeds;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Whatever a device sends is decoded or refused, by every media type. */
public final class MediaTypesFuzzTest {
  private static final List<String> TYPES =
      List.of(
          "application/json",
          "application/senml+json",
          "application/cbor",
          "application/senml+cbor",
          "application/xml",
          "text/csv",
          "text/plain");
  private static final List<FrameDecoder> DECODERS = new ArrayList<>();
  private static final List<Predicate<Frame>> TESTS = new ArrayList<>();

  static {
    for (String type : TYPES) {
      List<Slot> slots = new ArrayList<>();
      for (DataSchema.Type schema : DataSchema.Type.values()) {
        String name = schema.name().toLowerCase(java.util.Locale.ROOT);
        slots.add(Slots.property(name, schema, Slots.form(type, terms(type, name))));
      }
      DECODERS.add(Slots.TYPES.decoder(slots));
      slots.forEach(slot -> DECODERS.add(Slots.TYPES.decoder(List.of(slot))));
      TESTS.add(
          Slots.TYPES.test(
              new Match(
                  Slots.form(type),
                  type.equals("text/plain") ? List.of() : List.of("number"),
                  Map.of(type.equals("text/plain") ? "" : "text", "x"))));
    }
  }

  private static String[] terms(String type, String name) {
    return switch (type) {
      case "application/json", "application/cbor", "application/xml" ->
          new String[] {"path", name.equals("number") ? "a[1].number" : name, "time", "t"};
      case "application/senml+json", "application/senml+cbor" -> new String[] {"path", name};
      case "text/csv" -> new String[] {"path", name, "header", "true"};
      default -> new String[0];
    };
  }

  /** Jazzer's entry. */
  public static void fuzzerTestOneInput(byte[] input) {
    Frame frame = Frame.of(new Origin("mqtt", "local", "a/b"), Bytes.wrap(input), Slots.RECEIVED);
    for (FrameDecoder decoder : DECODERS) {
      try {
        for (Point point : decoder.decode(frame)) {
          if (point instanceof Point.Decoded decoded && decoded.value() instanceof Value.Num num) {
            assertThat(num.value()).isFinite();
          } else if (point instanceof Point.Bad bad) {
            assertThat(bad.detail()).isNotBlank().hasSizeLessThan(1_000);
          }
        }
      } catch (DecodeException e) {
        assertThat(e.detail()).isNotBlank().hasSizeLessThan(1_000);
      }
    }
    for (Predicate<Frame> test : TESTS) {
      boolean unused = test.test(frame);
    }
  }

  @TestFactory
  Stream<DynamicTest> decodesOrRefuses() {
    return FuzzSeeds.tests(getClass(), MediaTypesFuzzTest::fuzzerTestOneInput);
  }
}
