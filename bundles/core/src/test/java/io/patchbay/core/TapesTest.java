package io.patchbay.core;

import static io.patchbay.core.TestHub.P1;
import static io.patchbay.core.TestHub.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.patchbay.northbound.Recorder.Recorded;
import io.patchbay.northbound.Recorder.Recording;
import io.patchbay.northbound.Recorder.State;
import io.patchbay.profile.Profile;
import io.patchbay.southbound.Receipt;
import io.patchbay.southbound.Rejection;
import io.patchbay.store.Registered;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Uplink;
import io.patchbay.thing.Value;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class TapesTest {
  private final TestHub test = new TestHub().registered("p1");
  private final Tapes tapes = test.hub.tapes;

  @AfterEach
  void close() {
    test.close();
  }

  private State state() {
    return tapes.state(P1).orElseThrow();
  }

  private List<Recorded> frames() {
    return tapes.recording(P1).map(Recording::frames).orElseThrow();
  }

  @Test
  void keepsNothingUntilItIsToldTo() {
    test.send("tele/p1/s", "power=1");
    assertThat(state()).isEqualTo(new State(false, false, 0, 0, 0));
    assertThat(tapes.recording(P1)).isEmpty();
    assertThat(tapes.start(new ThingId("nobody"))).isFalse();
    assertThat(tapes.state(new ThingId("nobody"))).isEmpty();
  }

  @Test
  void keepsWhatAFrameWasWhatItMeantAndWhatWasWrongWithIt() {
    assertThat(tapes.start(P1)).isTrue();
    test.send("tele/p1/s", "power=1");
    Receipt receipt = test.send("tele/p1/s", "power=9000");
    assertThat(receipt).isInstanceOf(Receipt.Rejected.class);
    assertThat(frames()).hasSize(2);
    Recorded good = frames().get(0);
    assertThat(good.frame().payload().text()).isEqualTo("power=1");
    assertThat(good.profile()).isEqualTo("plug@1");
    assertThat(good.heldBack()).isEmpty();
    assertThat(good.meaning())
        .singleElement()
        .satisfies(
            uplink -> assertThat(((Uplink.Reading) uplink).value()).isEqualTo(new Value.Num(1)));
    Recorded bad = frames().get(1);
    assertThat(bad.meaning()).isEmpty();
    assertThat(bad.problems().get(0).reason()).isEqualTo(Rejection.OUT_OF_RANGE);
    test.send("tele/p2/s", "power=1");
    assertThat(frames()).as("of another thing").hasSize(2);
  }

  @Test
  void aFrameThatTheJournalRefusedComesAgainAndIsKeptOnce() {
    tapes.start(P1);
    test.journal.refuse("disk full");
    assertThat(test.send("tele/p1/s", "power=1")).isInstanceOf(Receipt.Busy.class);
    assertThat(frames()).isEmpty();
    test.journal.accept();
    test.send("tele/p1/s", "power=1");
    assertThat(frames()).hasSize(1);
  }

  @Test
  void aRetainedCopyOfWhatWasKnownIsMarkedAsHeldBack() {
    test.send("tele/p1/s", "power=1");
    tapes.start(P1);
    test.send(TestHub.retained(test.frame("tele/p1/s", "power=7")));
    assertThat(frames().get(0).heldBack()).containsExactly(0);
    test.send(TestHub.retained(test.frame("tele/p1/s", "limit=7")));
    assertThat(frames().get(1).heldBack()).as("kept, as stale").isEmpty();
  }

  @Test
  void theOldestMakeRoomByNumberAndByOctets() {
    tapes.start(P1);
    for (int i = 0; i < Tapes.FRAMES + 5; i++) {
      test.send("tele/p1/s", "power=" + i);
    }
    assertThat(frames()).hasSize(Tapes.FRAMES);
    assertThat(frames().get(0).frame().payload().text()).isEqualTo("power=5");
    assertThat(state().lost()).isEqualTo(5);
    for (int i = 0; i < 5; i++) {
      test.send("tele/p1/s", "power=1;junk=" + "x".repeat(90_000));
      assertThat(state().octets()).isLessThanOrEqualTo(Tapes.OCTETS);
    }
    assertThat(frames()).hasSize(2);
  }

  @Test
  void allTogetherHaveABoundAndGiveBackWhatTheyHad() {
    int things = (int) (Tapes.ALL_OCTETS / (2 * 90_000)) + 20;
    for (int i = 0; i < things; i++) {
      get(test.hub.things.register(TestHub.thing("m" + i), Registered.Origin.API));
      tapes.start(new ThingId("plug-m" + i));
      for (int frame = 0; frame < 2; frame++) {
        test.send("tele/m" + i + "/s", "power=1;junk=" + "x".repeat(90_000));
      }
    }
    assertThat(octets()).isLessThanOrEqualTo(Tapes.ALL_OCTETS).isGreaterThan(30_000_000);
    for (int i = 0; i < things; i++) {
      ThingId id = new ThingId("plug-m" + i);
      if (i % 2 == 0) {
        tapes.stop(id);
      } else {
        get(test.hub.things.remove(id));
      }
    }
    assertThat(octets()).isZero();
  }

  private double octets() {
    return tapes.samples().stream()
        .filter(sample -> sample.name().equals("patchbay_recorder_bytes"))
        .findFirst()
        .orElseThrow()
        .value();
  }

  @Test
  void aProfileHasItsThingsRecordedFromTheirFirstFrameOn() {
    Profile plug = TestHub.plug("2");
    test.hub.profiles(
        Map.of(
            "plug",
            new Profile(
                plug.id(),
                plug.version(),
                plug.title(),
                plug.thing(),
                plug.match(),
                plug.properties(),
                plug.actions(),
                plug.events(),
                plug.status(),
                true,
                List.of(),
                true)));
    assertThat(state().byProfile()).isTrue();
    test.send("tele/new/s", "power=3");
    assertThat(tapes.recording(new ThingId("plug-new")).orElseThrow().frames()).hasSize(1);
    tapes.stop(P1);
    assertThat(state().on()).as("the profile still says so").isTrue();
    test.hub.profiles(Map.of("plug", TestHub.plug("3")));
    assertThat(state().on()).isFalse();
  }

  @Test
  void stoppingForgets() {
    tapes.start(P1);
    test.send("tele/p1/s", "power=1");
    tapes.stop(P1);
    assertThat(tapes.recording(P1)).isEmpty();
    tapes.start(P1);
    assertThat(frames()).isEmpty();
  }
}
