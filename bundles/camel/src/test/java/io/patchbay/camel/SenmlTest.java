package io.patchbay.camel;

import static org.assertj.core.api.Assertions.assertThat;

import io.patchbay.thing.Bytes;
import io.patchbay.thing.Quality;
import io.patchbay.thing.Status;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.TimeSource;
import io.patchbay.thing.Uplink;
import io.patchbay.thing.Value;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SenmlTest {
  private static final ThingId PLUG = new ThingId("plug1");
  private static final Instant TIME = Instant.ofEpochMilli(1_700_000_000_123L);

  private static Uplink.Reading reading(String property, Value value, String unit, Instant time) {
    return new Uplink.Reading(
        PLUG, property, value, unit, time, TimeSource.DEVICE, time, Quality.GOOD);
  }

  private static String value(Value value) {
    return Senml.json(reading("p", value, "", Instant.ofEpochSecond(1_700_000_000)));
  }

  private static String number(double value) {
    StringBuilder out = new StringBuilder();
    Senml.number(value, out);
    return out.toString();
  }

  @Test
  void writesReadingsWithTheirKeysInOrder() {
    assertThat(Senml.json(reading("power", new Value.Num(21.5), "W", TIME)))
        .isEqualTo("[{\"n\":\"plug1/power\",\"u\":\"W\",\"v\":21.5,\"t\":1700000000.123}]");
  }

  @Test
  void writesEachTypeOfValueUnderItsKey() {
    assertThat(value(new Value.Bool(false))).contains("\"vb\":false");
    assertThat(value(new Value.Int(Long.MIN_VALUE))).contains("\"v\":-9223372036854775808");
    assertThat(value(new Value.Text("on"))).contains("\"vs\":\"on\"");
    assertThat(value(new Value.Data(Bytes.wrap(new byte[] {(byte) 0xfb, (byte) 0xff}))))
        .contains("\"vd\":\"-_8\"");
  }

  @Test
  void escapesWhatWouldBreakTheJson() {
    assertThat(value(new Value.Text("\"\\\n\t\r\b\f\u0001\u001f é €")))
        .contains("\"vs\":\"\\\"\\\\\\n\\t\\r\\b\\f\\u0001\\u001f é €\"");
  }

  @Test
  void writesUtf8() {
    Uplink.Reading reading = reading("p", new Value.Text("21 °C"), "", TIME);
    assertThat(Senml.utf8(reading))
        .isEqualTo(Senml.json(reading).getBytes(StandardCharsets.UTF_8))
        .contains(0xc2, 0xb0);
  }

  @ParameterizedTest
  @CsvSource({
    "1700000000000,1700000000",
    "1700000000500,1700000000.5",
    "1700000000120,1700000000.12",
    "1700000000001,1700000000.001",
    "0,0",
    "-1500,-1.5"
  })
  void writesTimesAsShortAsTheyAre(long millis, String expected) {
    assertThat(Senml.json(reading("p", new Value.Int(1), "", Instant.ofEpochMilli(millis))))
        .endsWith(",\"t\":" + expected + "}]");
  }

  @ParameterizedTest
  @CsvSource({
    "0,0",
    "-0.0,0",
    "21.5,21.5",
    "-21.05,-21.05",
    "0.1,0.1",
    "100,100",
    "1.0E-6,0.000001",
    "1.0E-7,1e-7",
    "1.5E-9,1.5e-9",
    "0.30000000000000004,0.30000000000000004",
    "3.141592653589793,3.141592653589793",
    "1.0E15,1000000000000000",
    "1.0E20,100000000000000000000",
    "1.0E21,1e+21",
    "2.0E23,2e+23",
    "1.7976931348623157E308,1.7976931348623157e+308",
    "4.9E-324,5e-324",
    "9007199254740993,9007199254740992"
  })
  void writesTheShortestNumber(double value, String expected) {
    assertThat(number(value)).isEqualTo(expected);
  }

  @Test
  void everyNumberReadsBackTheSame() {
    Random random = new Random(42);
    for (int i = 0; i < 20_000; i++) {
      double value =
          i % 2 == 0
              ? Double.longBitsToDouble(random.nextLong())
              : Math.rint(random.nextGaussian() * 1e6) / Math.pow(10, random.nextInt(9));
      if (Double.isFinite(value)) {
        String text = number(value);
        assertThat(Double.parseDouble(text)).isEqualTo(value == 0 ? 0.0 : value);
        assertThat(text.length()).isLessThanOrEqualTo(25);
      }
    }
  }

  @Test
  void saysWhenAValueIsNotGood() {
    assertThat(Senml.json(reading("p", new Value.Int(1), "", TIME).withQuality(Quality.UNCERTAIN)))
        .isEqualTo("[{\"n\":\"plug1/p\",\"v\":1,\"t\":1700000000.123,\"quality\":\"uncertain\"}]");
  }

  @Test
  void writesOccurrencesFieldByField() {
    Map<String, Value> data = Map.of("temp", new Value.Int(81), "limit", new Value.Num(70.5));
    assertThat(
            Senml.json(new Uplink.Occurrence(PLUG, "overheated", data, TIME, TimeSource.HUB, TIME)))
        .isEqualTo(
            "[{\"bn\":\"plug1/overheated/\",\"n\":\"limit\",\"v\":70.5,\"t\":1700000000.123},"
                + "{\"n\":\"temp\",\"v\":81,\"t\":1700000000.123}]");
    assertThat(
            Senml.json(
                new Uplink.Occurrence(PLUG, "pressed", Map.of(), TIME, TimeSource.HUB, TIME)))
        .isEqualTo("[{\"n\":\"plug1/pressed\",\"vb\":true,\"t\":1700000000.123}]");
  }

  @Test
  void writesStatusAndDiscoveries() {
    assertThat(Senml.json(new Uplink.StatusChange(PLUG, Status.OFFLINE, "will", TIME, TIME)))
        .isEqualTo("[{\"n\":\"plug1/status\",\"vs\":\"offline\",\"t\":1700000000.123}]");
    Thing device = new Thing(PLUG, URI.create("mqtt://local"), "tasmota", Map.of(), Map.of());
    assertThat(Senml.json(new Uplink.Discovered(device, TIME, TIME)))
        .isEqualTo("[{\"n\":\"plug1/discovered\",\"vs\":\"mqtt://local\",\"t\":1700000000.123}]");
  }

  @Test
  void writesManyAsOnePack() {
    Uplink.Reading one = reading("a", new Value.Int(1), "", TIME);
    assertThat(Senml.pack(List.of())).isEqualTo("[]");
    assertThat(Senml.pack(List.of(one, one)))
        .isEqualTo(
            "[{\"n\":\"plug1/a\",\"v\":1,\"t\":1700000000.123},"
                + "{\"n\":\"plug1/a\",\"v\":1,\"t\":1700000000.123}]");
  }
}
