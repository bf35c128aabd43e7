package io.patchbay.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.patchbay.operation.Metrics.Sample;
import io.patchbay.profile.DataSchema;
import io.patchbay.profile.Formula;
import io.patchbay.profile.Keeping;
import io.patchbay.profile.Op;
import io.patchbay.profile.Profile;
import io.patchbay.profile.Property;
import io.patchbay.southbound.Receipt;
import io.patchbay.thing.Quality;
import io.patchbay.thing.Value;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Deadband, minimum interval, what is out of range, and what is computed. */
class ValueRulesTest {
  private final TestHub test = new TestHub().registered("p1");

  @AfterEach
  void close() {
    test.close();
  }

  /** The plug, whose power is kept so, and with properties that are computed. */
  private void keeping(Keeping keeping, Property... computed) {
    Profile plug = TestHub.plug("2");
    Map<String, Property> properties = new HashMap<>(plug.properties());
    properties.put(
        "power",
        new Property(
            "power",
            "power",
            "",
            TestHub.number(1, 0, 0, 4_000),
            true,
            Optional.of(Duration.ofMinutes(1)),
            Optional.empty(),
            List.of(TestHub.form(Op.OBSERVE, "tele/{device}/s", "power")),
            keeping,
            Optional.empty()));
    for (Property property : computed) {
      properties.put(property.name(), property);
    }
    test.hub.profiles(
        Map.of(
            "plug",
            new Profile(
                plug.id(),
                plug.version(),
                plug.title(),
                plug.thing(),
                plug.match(),
                properties,
                plug.actions(),
                plug.events(),
                plug.status(),
                true)));
  }

  private static Property computed(String name, DataSchema.Type type, String formula) {
    return new Property(
        name,
        name,
        "",
        DataSchema.of(type),
        true,
        Optional.empty(),
        Optional.empty(),
        List.of(),
        Keeping.ALL,
        Optional.of(Formula.of(formula)));
  }

  private List<String> powers(String... payloads) {
    for (String payload : payloads) {
      assertThat(test.send("tele/p1/s", payload)).isEqualTo(new Receipt.Stored(0, 0));
    }
    return test.readings("power").stream().map(reading -> reading.value().text()).toList();
  }

  private double heldBack(String reason) {
    return test.hub.samples().stream()
        .filter(sample -> sample.name().equals("patchbay_uplink_held_back_total"))
        .filter(sample -> sample.labels().containsValue(reason))
        .mapToDouble(Sample::value)
        .sum();
  }

  @Test
  void whatTheJournalRefusedIsNotWhatTheNextIsComparedWith() {
    keeping(new Keeping(5, Duration.ZERO, Optional.empty()));
    test.journal.refuse("disk full");
    assertThat(test.send("tele/p1/s", "power=10")).isInstanceOf(Receipt.Busy.class);
    test.journal.accept();
    assertThat(powers("power=10")).containsExactly("10");
  }

  @Test
  void holdsBackWithinTheDeadbandAndCountsIt() {
    keeping(new Keeping(5, Duration.ZERO, Optional.empty()));
    assertThat(powers("power=10", "power=14", "power=15", "power=15.1", "power=11", "power=10"))
        .containsExactly("10", "15.1", "10");
    assertThat(heldBack("deadband")).isEqualTo(3);
  }

  @Test
  void passesOnAnUnchangedValueBeforeItWouldBeStale() {
    keeping(new Keeping(5, Duration.ZERO, Optional.empty()));
    powers("power=10;t=1000", "power=10;t=30999");
    assertThat(powers("power=10;t=31000")).containsExactly("10", "10");
  }

  @Test
  void holdsBackWhatComesTooSoonButNoHistory() {
    keeping(new Keeping(0, Duration.ofSeconds(10), Optional.empty()));
    assertThat(
            powers(
                "power=1;t=100000",
                "power=2;t=109999",
                "power=3;t=110000",
                "power=4;t=50000",
                "power=5;t=119000"))
        .containsExactly("1", "3", "4");
    assertThat(heldBack("interval")).isEqualTo(2);
  }

  @Test
  void takesWhatIsOutOfRangeWithTheQualityOfTheProfile() {
    keeping(new Keeping(0, Duration.ZERO, Optional.of(Quality.UNCERTAIN)));
    powers("power=9000", "power=10");
    assertThat(test.readings("power"))
        .extracting(reading -> reading.quality())
        .containsExactly(Quality.UNCERTAIN, Quality.GOOD);
  }

  @Test
  void computesOfTheSameFrameAloneAndNotOfDoubtfulValues() {
    keeping(
        new Keeping(0, Duration.ZERO, Optional.of(Quality.BAD)),
        computed("share", DataSchema.Type.NUMBER, "{power} / {limit} * 100"),
        computed("over", DataSchema.Type.BOOLEAN, "{power} > {limit}"));
    powers("power=10");
    assertThat(test.readings("share")).isEmpty();
    powers("limit=200;power=5", "limit=200;power=9000", "limit=0;power=5");
    assertThat(test.readings("share"))
        .extracting(r -> r.value())
        .containsExactly(new Value.Num(25));
    assertThat(test.readings("over"))
        .extracting(r -> r.value())
        .containsExactly(new Value.Bool(false), new Value.Bool(true));
  }
}
