package io.patchbay.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.patchbay.profile.Form;
import io.patchbay.profile.Match;
import io.patchbay.profile.Op;
import io.patchbay.profile.Profile;
import io.patchbay.southbound.DeliveryId;
import io.patchbay.southbound.Receipt;
import io.patchbay.southbound.Rejection;
import io.patchbay.store.KeptFrame;
import io.patchbay.thing.ThingId;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Frames that tell of several things. */
class DivisionTest {
  private static final String TOPIC = "gw/{gateway}/scan";
  private static final Form PARTS =
      new Form(
          "mqtt",
          Set.of(Op.OBSERVE),
          PairsMediaTypes.PAIRS,
          Map.of("topic", TOPIC, "each", "tags"));

  private final TestHub test = new TestHub();

  private static Profile tag(String id, String property) {
    return new Profile(
        id,
        "1",
        "Tag",
        id + "-{tag}",
        List.of(new Match(TestHub.form(Op.OBSERVE, TOPIC, property), List.of(property), Map.of())),
        Map.of(
            property,
            TestHub.property(
                property,
                TestHub.number(1, 0, 0, 100),
                true,
                TestHub.form(Op.OBSERVE, TOPIC, property))),
        Map.of(),
        Map.of(),
        List.of(),
        true,
        List.of(PARTS));
  }

  @BeforeEach
  void twoKindsOfTagsBehindOneGateway() {
    test.hub.profiles(Map.of("warm", tag("warm", "temp"), "wet", tag("wet", "hum")));
  }

  @AfterEach
  void close() {
    test.close();
  }

  @Test
  void aFrameThatCannotBeDividedIsRejectedAsAWhole() {
    Receipt receipt = test.send("gw/g1/scan", "garbage");
    assertThat(receipt).isInstanceOf(Receipt.Rejected.class);
    assertThat(((Receipt.Rejected) receipt).reason()).isEqualTo(Rejection.UNDECODABLE);
  }

  @Test
  void aBadPartIsKeptAloneAndTheOthersAreTaken() {
    Receipt receipt = test.send("gw/g1/scan", "a|temp=20\nb|temp=500\nc|none=1");
    assertThat(receipt).isInstanceOf(Receipt.Rejected.class);
    assertThat(test.readings("temp")).hasSize(1);
    assertThat(test.hub.rejections.list(0, 10))
        .extracting(kept -> kept.frame().payload().text())
        .containsExactlyInAnyOrder("temp=500", "none=1");
  }

  @Test
  void eachPartIsOfItsOwnThingAndProfile() {
    assertThat(test.send("gw/g1/scan", "a|temp=20\nb|hum=40")).isEqualTo(new Receipt.Stored(0, 0));
    assertThat(test.readings("temp").get(0).thing()).isEqualTo(new ThingId("warm-a"));
    assertThat(test.readings("hum").get(0).thing()).isEqualTo(new ThingId("wet-b"));
    assertThat(
            test.hub.things.find(new ThingId("warm-a")).orElseThrow().registered().thing().terms())
        .isEqualTo(Map.of("gateway", "g1", "tag", "a"));
  }

  @Test
  void aRepetitionRepeatsEveryPart() {
    var frame =
        TestHub.with(
            test.frame("gw/g1/scan", "a|temp=20\nb|temp=21"), DeliveryId.Kind.UNIQUE, "d1");
    test.send(frame);
    assertThat(test.send(frame)).isEqualTo(new Receipt.Stored(1, 0));
    assertThat(test.readings("temp")).hasSize(2);
  }

  @Test
  void theWholeIsReadToByWhoeverDoesNotDivideIt() {
    Profile gateway =
        new Profile(
            "gateway",
            "1",
            "Gateway",
            "gw-{gateway}",
            List.of(new Match(TestHub.form(Op.OBSERVE, TOPIC, "u|up"), List.of("u|up"), Map.of())),
            Map.of(
                "up",
                TestHub.property(
                    "up",
                    TestHub.number(1, 0, 0, 100),
                    true,
                    TestHub.form(Op.OBSERVE, TOPIC, "u|up"))),
            Map.of(),
            Map.of(),
            List.of(),
            true);
    test.hub.profiles(Map.of("warm", tag("warm", "up"), "gateway", gateway));
    assertThat(test.send("gw/g1/scan", "u|up=7")).isEqualTo(new Receipt.Stored(0, 0));
    assertThat(test.readings("up"))
        .extracting(reading -> reading.thing().value())
        .containsExactly("gw-g1", "warm-u");
  }

  @Test
  void aRejectedPartIsReplayedAsThatPart() {
    test.hub.profiles(Map.of("warm", tag("warm", "other")));
    test.send("gw/g1/scan", "a|temp=20");
    KeptFrame kept = test.hub.rejections.list(0, 10).get(0);
    test.hub.profiles(Map.of("warm", tag("warm", "temp")));
    assertThat(TestHub.get(test.hub.rejections.replay(kept.id())))
        .isEqualTo(new Receipt.Stored(0, 0));
    assertThat(test.readings("temp").get(0).thing()).isEqualTo(new ThingId("warm-a"));
  }
}
