package io.patchbay.thing;

import static org.assertj.core.api.Assertions.assertThat;

import io.patchbay.thing.Uplink.Occurrence;
import io.patchbay.thing.Uplink.Reading;
import io.patchbay.thing.Uplink.StatusChange;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SenMlTest {
  private static final ThingId PLUG = new ThingId("plug1");
  private static final Instant TIME = Instant.ofEpochMilli(1_700_000_000_123L);

  private static Reading reading(Value value, String unit, Instant time) {
    return new Reading(PLUG, "power", value, unit, time, TimeSource.DEVICE, time, Quality.GOOD);
  }

  @Test
  void writesReadingsInCanonicalOrder() {
    Reading one = reading(new Value.Num(21.5), "W", TIME);
    Reading two =
        reading(new Value.Int(Long.MIN_VALUE), "", Instant.ofEpochMilli(1_700_000_000_120L));
    assertThat(SenMl.text(List.of(one, two)))
        .isEqualTo(
            "[{\"n\":\"plug1/power\",\"u\":\"W\",\"v\":21.5,\"t\":1700000000.123},"
                + "{\"n\":\"plug1/power\",\"v\":-9223372036854775808,\"t\":1700000000.12}]");
    assertThat(SenMl.text(List.of())).isEqualTo("[]");
  }

  @Test
  void writesEveryKindOfValue() {
    Instant time = Instant.ofEpochMilli(1_700_000_000_005L);
    assertThat(SenMl.text(reading(new Value.Bool(false), "", time)))
        .isEqualTo("[{\"n\":\"plug1/power\",\"vb\":false,\"t\":1700000000.005}]");
    assertThat(SenMl.text(reading(new Value.Data(Bytes.wrap(new byte[] {-1, -2})), "", time)))
        .isEqualTo("[{\"n\":\"plug1/power\",\"vd\":\"__4\",\"t\":1700000000.005}]");
    assertThat(SenMl.text(reading(new Value.Text("a\"\\\n\u0001é\uD83D\uDE00\uD83D"), "", time)))
        .isEqualTo(
            "[{\"n\":\"plug1/power\",\"vs\":\"a\\\"\\\\\\n\\u0001é\uD83D\uDE00\\ud83d\","
                + "\"t\":1700000000.005}]");
  }

  @Test
  void writesEventsAndStatus() {
    Instant time = Instant.ofEpochMilli(1_700_000_000_000L);
    Occurrence bare = new Occurrence(PLUG, "pressed", Map.of(), time, TimeSource.HUB, time);
    Map<String, Value> data = Map.of("count", new Value.Int(2), "button", new Value.Text("left"));
    Occurrence full = new Occurrence(PLUG, "pressed", data, time, TimeSource.HUB, time);
    StatusChange change = new StatusChange(PLUG, Status.ONLINE, "", time, time);
    assertThat(new String(SenMl.bytes(List.of(bare, full, change)), StandardCharsets.UTF_8))
        .isEqualTo(
            "[{\"n\":\"plug1/pressed\",\"vb\":true,\"t\":1700000000},"
                + "{\"n\":\"plug1/pressed/button\",\"vs\":\"left\",\"t\":1700000000},"
                + "{\"n\":\"plug1/pressed/count\",\"v\":2,\"t\":1700000000},"
                + "{\"n\":\"plug1/status\",\"vs\":\"online\",\"t\":1700000000}]");
  }

  @ParameterizedTest
  @CsvSource({
    "0,0",
    "-0.0,0",
    "1,1",
    "-21.50,-21.5",
    "0.1,0.1",
    "1e3,1000",
    "1e21,1e+21",
    "1e20,100000000000000000000",
    "0.000001,0.000001",
    "0.0000001,1e-7",
    "1e23,1e+23",
    "5e-324,5e-324",
    "1.7976931348623157e308,1.7976931348623157e+308",
    "2e-3,0.002",
    "5.684341886080802e-14,5.684341886080802e-14",
    "9007199254740993,9007199254740992",
    "123456789012345680,123456789012345680",
    "2.0e-3,0.002",
    "0.30000000000000004,0.30000000000000004"
  })
  void writesTheShortestNumber(String number, String expected) {
    assertThat(SenMl.number(Double.parseDouble(number))).isEqualTo(expected);
  }

  @Test
  void everyNumberReadsBackTheSame() {
    Random random = new Random(1);
    double[] wrong =
        DoubleStream.generate(() -> Double.longBitsToDouble(random.nextLong()))
            .limit(100_000)
            .filter(Double::isFinite)
            .filter(value -> Double.parseDouble(SenMl.number(value)) != value)
            .toArray();
    assertThat(wrong).isEmpty();
  }
}
