package io.patchbay.core;

import static io.patchbay.core.TestHub.P1;
import static io.patchbay.core.TestHub.at;
import static io.patchbay.core.TestHub.get;
import static io.patchbay.core.TestHub.retained;
import static io.patchbay.core.TestHub.with;
import static org.assertj.core.api.Assertions.assertThat;

import io.patchbay.northbound.Feed;
import io.patchbay.northbound.ThingState;
import io.patchbay.profile.Form;
import io.patchbay.profile.Match;
import io.patchbay.profile.Op;
import io.patchbay.profile.Profile;
import io.patchbay.southbound.DeliveryId.Kind;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Origin;
import io.patchbay.southbound.Receipt;
import io.patchbay.southbound.Rejection;
import io.patchbay.store.KeptFrame;
import io.patchbay.store.Selection;
import io.patchbay.thing.Quality;
import io.patchbay.thing.Status;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.TimeSource;
import io.patchbay.thing.Uplink;
import io.patchbay.thing.Value;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class UplinkPipelineTest {
  private final TestHub test = new TestHub();

  @AfterEach
  void close() {
    test.close();
  }

  private KeptFrame onlyRejected() {
    List<KeptFrame> kept = test.hub.rejections.list(0, 10);
    assertThat(kept).hasSize(1);
    return kept.get(0);
  }

  private ThingState state() {
    return test.hub.things.find(P1).orElseThrow();
  }

  private void rejects(Receipt receipt, Rejection reason) {
    assertThat(receipt)
        .isInstanceOfSatisfying(
            Receipt.Rejected.class, rejected -> assertThat(rejected.reason()).isEqualTo(reason));
    assertThat(onlyRejected().reason()).isEqualTo(reason.name());
    assertThat(test.hub.rejections.counts()).containsEntry(reason.name(), 1L);
  }

  @Test
  void rejectsAnAddressThatNoProfileListensAt() {
    rejects(test.send("nowhere", "power=1"), Rejection.UNKNOWN_ADDRESS);
  }

  @Test
  void rejectsADeviceThatIsNotRegisteredAndFitsNoMatch() {
    rejects(test.send("tele/p1/s", "limit=1"), Rejection.UNKNOWN_THING);
  }

  @Test
  void rejectsWhatCannotBeDecoded() {
    test.registered("p1");
    rejects(test.send("tele/p1/s", "{}"), Rejection.UNDECODABLE);
  }

  @Test
  void rejectsWhatHoldsNothingOfTheProfile() {
    test.registered("p1");
    rejects(test.send("tele/p1/s", "weather=fine"), Rejection.NOTHING_KNOWN);
  }

  @Test
  void survivesABugInADecoder() {
    test.registered("p1");
    rejects(test.send("tele/p1/s", "bug"), Rejection.INTERNAL);
    assertThat(test.send("tele/p1/s", "power=1")).isEqualTo(new Receipt.Stored(0, 0));
  }

  @Test
  void rejectsWhatIsTooLargeAndKeepsItsBeginning() {
    test.registered("p1");
    rejects(test.send("tele/p1/s", "x".repeat(100_001)), Rejection.TOO_LARGE);
    assertThat(onlyRejected().truncated()).isTrue();
    assertThat(onlyRejected().frame().payload().length()).isEqualTo(65_536);
  }

  @Test
  void rejectsATimeOutsideTwoCenturies() {
    test.registered("p1");
    rejects(test.send("tele/p1/s", "power=1;t=-1"), Rejection.BAD_TIME);
  }

  @Test
  void isBusyWhenTheJournalRefusesAndTakesItLater() {
    test.registered("p1");
    Frame frame = with(test.frame("tele/p1/s", "power=1"), Kind.UNIQUE, "a");
    test.journal.refuse("disk full");
    assertThat(test.send(frame)).isInstanceOf(Receipt.Busy.class);
    assertThat(test.hub.checks().get(0).message()).isEqualTo("disk full");
    assertThat(state().latest()).isEmpty();
    test.journal.accept();
    assertThat(test.send(frame)).isEqualTo(new Receipt.Stored(0, 0));
    assertThat(state().status()).isEqualTo(Status.ONLINE);
    assertThat(test.readings("power")).hasSize(1);
  }

  @Test
  void isBusyWhileTheProtocolIsBeingReplaced() {
    test.registered("p1");
    var protocol = test.hub.ports.protocol("mqtt").orElseThrow();
    test.hub.remove(protocol);
    assertThat(test.send("tele/p1/s", "power=1")).isInstanceOf(Receipt.Busy.class);
    assertThat(test.hub.rejections.list(0, 10)).isEmpty();
    test.hub.add(protocol);
    assertThat(test.send("tele/p1/s", "power=1")).isEqualTo(new Receipt.Stored(0, 0));
  }

  @Test
  void aProtocolThatComesLeavesTheProfilesOfOthersAlone() {
    Profile foreign =
        new Profile(
            "foreign",
            "1",
            "Foreign",
            "f-{device}",
            List.of(),
            Map.of(),
            Map.of(),
            Map.of(),
            List.of(new Form("other", Set.of(Op.OBSERVE), "", Map.of("topic", "x"))),
            true);
    test.hub.profiles(Map.of("plug", TestHub.plug("1"), "foreign", foreign));
    CompiledProfile plug = test.hub.catalogue.profile("plug").orElseThrow();
    CompiledProfile other = test.hub.catalogue.profile("foreign").orElseThrow();
    var protocol = test.hub.ports.protocol("mqtt").orElseThrow();
    test.hub.remove(protocol);
    test.hub.add(protocol);
    assertThat(test.hub.catalogue.profile("plug").orElseThrow()).isNotSameAs(plug);
    assertThat(test.hub.catalogue.profile("foreign").orElseThrow()).isSameAs(other);
  }

  @Test
  void keepsTheGoodOfAFrameThatIsPartlyBad() {
    test.registered("p1");
    assertThat(test.send("tele/p1/s", "power=9999;limit=305;on=MAYBE"))
        .isEqualTo(new Receipt.Stored(0, 2));
    assertThat(test.readings("limit"))
        .singleElement()
        .satisfies(reading -> assertThat(reading.value()).isEqualTo(new Value.Num(30.5)));
    assertThat(test.readings("power")).isEmpty();
    assertThat(onlyRejected().detail()).contains("power: 9999 is out of range", "on: 'MAYBE'");
  }

  @Test
  void takesInTheModelsWordsUnitsAndTimes() {
    test.registered("p1");
    assertThat(test.send("tele/p1/s", "power=12;on=ON;t=1000")).isEqualTo(new Receipt.Stored(0, 0));
    Uplink.Reading power = at(state().latest(), "power");
    assertThat(power)
        .isEqualTo(
            new Uplink.Reading(
                P1,
                "power",
                new Value.Num(12),
                "W",
                Instant.ofEpochMilli(1_000),
                TimeSource.DEVICE,
                test.clock.instant(),
                Quality.GOOD));
    assertThat(test.readings("on"))
        .singleElement()
        .satisfies(reading -> assertThat(reading.value()).isEqualTo(new Value.Bool(true)));
    assertThat(test.journal.all()).allSatisfy(r -> assertThat(r.profile()).isEqualTo("plug@1"));
  }

  @Test
  void givesReceiptsInCallOrderWhateverTheyAre() {
    test.registered("p1");
    test.journal.pause();
    List<Integer> order = new ArrayList<>();
    List<CompletableFuture<?>> all = new ArrayList<>();
    String[] payloads = {"power=1", "garbage", "power=2", "power=1;on=7", "power=3"};
    for (int i = 0; i < 50; i++) {
      int number = i;
      Frame frame = test.frame(i % 7 == 6 ? "nowhere" : "tele/p1/s", payloads[i % 5]);
      if (i % 5 == 4) {
        frame = with(frame, Kind.UNIQUE, "same");
      }
      all.add(
          test.offer(frame)
              .thenAccept(
                  receipt -> {
                    synchronized (order) {
                      order.add(number);
                    }
                  })
              .toCompletableFuture());
    }
    assertThat(order).isEmpty();
    test.journal.resume();
    all.forEach(TestHub::get);
    assertThat(order).containsExactlyElementsOf(IntStream.range(0, 50).boxed().toList());
  }

  @Test
  void newestTimeWinsInTheTwin() {
    test.registered("p1");
    test.send("tele/p1/s", "power=1;t=2000");
    test.send("tele/p1/s", "power=2;t=1000");
    assertThat(at(state().latest(), "power").value()).isEqualTo(new Value.Num(1));
    test.send("tele/p1/s", "power=3;t=2000");
    assertThat(at(state().latest(), "power").value()).isEqualTo(new Value.Num(3));
    assertThat(test.readings("power")).hasSize(3);
  }

  @Test
  void followsADeviceWithoutAClockWhenTheHubsOwnIsPutBackAndForth() {
    test.registered("p1");
    Instant begin = test.clock.instant();
    test.send("tele/p1/s", "power=1");
    test.clock.advance(Duration.ofHours(-1));
    test.send("tele/p1/s", "power=2");
    assertThat(at(state().latest(), "power").value()).isEqualTo(new Value.Num(2));
    test.clock.advance(Duration.ofHours(2));
    test.send("tele/p1/s", "power=3");
    assertThat(at(state().latest(), "power").value()).isEqualTo(new Value.Num(3));
    assertThat(test.readings("power"))
        .extracting(Uplink.Reading::time)
        .containsExactly(begin, begin.minus(Duration.ofHours(1)), begin.plus(Duration.ofHours(1)));
  }

  @Test
  void becomesStaleWithoutATimer() {
    test.registered("p1");
    test.send("tele/p1/s", "power=1");
    test.clock.advance(Duration.ofSeconds(60));
    assertThat(at(state().latest(), "power").quality()).isEqualTo(Quality.GOOD);
    test.clock.advance(Duration.ofMillis(1));
    assertThat(at(state().latest(), "power").quality()).isEqualTo(Quality.STALE);
  }

  @Test
  void neverTakesARetainedMessageForAFreshOne() {
    test.registered("p1");
    assertThat(test.send(retained(test.frame("tele/p1/s", "power=1"))))
        .isEqualTo(new Receipt.Stored(0, 0));
    assertThat(at(state().latest(), "power").quality()).isEqualTo(Quality.STALE);
    assertThat(state().status()).isEqualTo(Status.UNKNOWN);
    test.send("tele/p1/s", "power=2");
    assertThat(test.send(retained(test.frame("tele/p1/s", "power=3"))))
        .isEqualTo(new Receipt.Stored(0, 0));
    assertThat(test.readings("power")).hasSize(2);
    assertThat(at(state().latest(), "power").value()).isEqualTo(new Value.Num(2));
    assertThat(test.hub.samples())
        .anySatisfy(
            sample -> {
              assertThat(sample.name()).isEqualTo("patchbay_uplink_retained_ignored_total");
              assertThat(sample.value()).isEqualTo(1);
            });
  }

  @Test
  void takesARetainedStatusThatDiffers() {
    test.registered("p1");
    test.send(retained(test.frame("tele/p1/lwt", "online=true")));
    test.send(retained(test.frame("tele/p1/lwt", "online=true")));
    assertThat(test.log()).hasSize(1);
    assertThat(state().status()).isEqualTo(Status.ONLINE);
  }

  @Test
  void changesStatusOnlyWhenItDiffers() {
    test.registered("p1");
    test.journal.pause();
    var first = test.offer(test.frame("tele/p1/s", "power=1"));
    var second = test.offer(test.frame("tele/p1/s", "power=2"));
    var third = test.offer(test.frame("tele/p1/lwt", "online=false"));
    var fourth = test.offer(test.frame("tele/p1/lwt", "online=false"));
    test.journal.resume();
    List.of(first, second, third, fourth).forEach(TestHub::get);
    assertThat(test.log().stream().filter(Uplink.StatusChange.class::isInstance)).hasSize(2);
    assertThat(state().status()).isEqualTo(Status.OFFLINE);
  }

  @Test
  void aLastWillIsUndoneByFreshDataNotByRetained() {
    test.registered("p1");
    test.send("tele/p1/s", "power=1");
    test.send("tele/p1/lwt", "online=false");
    test.send(retained(test.frame("tele/p1/s", "power=1")));
    assertThat(state().status()).isEqualTo(Status.OFFLINE);
    test.send("tele/p1/s", "power=1");
    assertThat(state().status()).isEqualTo(Status.ONLINE);
  }

  @Test
  void aConnectionTakesItsThingsWithIt() {
    test.registered("p1").registered("p2");
    test.send("tele/p1/s", "power=1");
    test.send("tele/p2/lwt", "online=false");
    get(test.hub.uplink.presence("mqtt", "other", Status.OFFLINE, "gone"));
    assertThat(state().status()).isEqualTo(Status.ONLINE);
    get(test.hub.uplink.presence("mqtt", "local", Status.OFFLINE, "gone"));
    assertThat(state().status()).isEqualTo(Status.OFFLINE);
    get(test.hub.uplink.presence("mqtt", "local", Status.ONLINE, ""));
    assertThat(state().status()).isEqualTo(Status.UNKNOWN);
    assertThat(test.hub.things.find(TestHub.thing("p2").id()).orElseThrow().status())
        .isEqualTo(Status.OFFLINE);
    test.send("tele/p1/s", "power=1");
    assertThat(state().status()).isEqualTo(Status.ONLINE);
  }

  @Test
  void countsWhatAFeedDoesNotTakeAndGoesOn() {
    test.registered("p1");
    List<Uplink> taken = new ArrayList<>();
    Feed.Registration failing =
        test.hub.feeds.open(
            "failing",
            Selection.all(),
            recorded -> {
              throw new IllegalStateException("a bug in a receiver");
            });
    test.hub.feeds.open("good", Selection.all(), recorded -> taken.add(recorded.uplink()));
    test.send("tele/p1/s", "power=1");
    assertThat(failing.dropped()).isEqualTo(2);
    assertThat(taken).isEqualTo(test.log());
  }

  @Test
  void aMatchThatAsksForNothingStillWantsAPayloadThatCanBeRead() {
    var anything = new Match(TestHub.form(Op.OBSERVE, "tele/{device}/s", ""), List.of(), Map.of());
    test.hub.profiles(Map.of("plug", changed(List.of(anything), true)));
    assertThat(test.send("tele/p1/s", "garbage")).isInstanceOf(Receipt.Rejected.class);
    assertThat(test.hub.things.find(new ThingId("plug-p1"))).isEmpty();
    assertThat(test.send("tele/p1/s", "power=1")).isEqualTo(new Receipt.Stored(0, 0));
    assertThat(test.hub.things.find(new ThingId("plug-p1"))).isPresent();
  }

  private static Profile changed(List<Match> match, boolean journal) {
    Profile plug = TestHub.plug("1");
    return new Profile(
        plug.id(),
        "2",
        plug.title(),
        plug.thing(),
        match,
        plug.properties(),
        plug.actions(),
        plug.events(),
        plug.status(),
        journal);
  }

  @Test
  void aProfileWithoutJournalReachesLiveReceiversOnly() {
    test.registered("p1");
    test.hub.profiles(Map.of("plug", changed(TestHub.plug("1").match(), false)));
    List<Long> sequences = new ArrayList<>();
    test.hub.feeds.open("live", Selection.all(), recorded -> sequences.add(recorded.sequence()));
    assertThat(test.send("tele/p1/s", "power=1")).isEqualTo(new Receipt.Stored(0, 0));
    assertThat(sequences).containsExactly(0L, 0L);
    assertThat(test.log()).isEmpty();
    assertThat(state().latest()).containsKey("power");
  }

  @Test
  void aProfileChangesUnderLiveDevices() {
    test.registered("p1");
    test.send("tele/p1/s", "power=1");
    assertThat(test.send("tele/p1/s", "power=1;volts=230")).isEqualTo(new Receipt.Stored(0, 0));
    var plug = TestHub.plug("1");
    var properties = new java.util.HashMap<>(plug.properties());
    properties.put(
        "volts",
        TestHub.property(
            "volts",
            TestHub.number(1, 0, 0, 400),
            true,
            TestHub.form(Op.OBSERVE, "tele/{device}/s", "volts")));
    test.hub.profiles(
        Map.of(
            "plug",
            new Profile(
                plug.id(),
                "2",
                plug.title(),
                plug.thing(),
                plug.match(),
                properties,
                plug.actions(),
                plug.events(),
                plug.status(),
                true)));
    test.send("tele/p1/s", "power=1;volts=230");
    assertThat(state().latest()).containsKeys("power", "volts");
    assertThat(test.journal.all().get(test.journal.all().size() - 1).profile()).isEqualTo("plug@2");
    test.hub.profiles(Map.of());
    assertThat(test.send("tele/p1/s", "power=1")).isInstanceOf(Receipt.Rejected.class);
    assertThat(state().latest()).containsKey("power");
  }

  @Test
  void nobodyIsUnknownForAMomentWhileProfilesChange() throws InterruptedException {
    for (int i = 0; i < 300; i++) {
      test.registered("d" + i);
    }
    AtomicBoolean going = new AtomicBoolean(true);
    Thread changing =
        new Thread(
            () -> {
              for (int i = 0; going.get(); i++) {
                test.hub.profiles(Map.of("plug", TestHub.plug("" + i)));
              }
            });
    changing.start();
    try {
      for (int i = 0; i < 20_000; i++) {
        String address = "tele/d" + i % 300 + "/s";
        assertThat(test.send(address, "limit=1")).isEqualTo(new Receipt.Stored(0, 0));
      }
    } finally {
      going.set(false);
      changing.join();
    }
  }

  @Test
  void everyFrameOfANewcomerIsTakenWhenSeveralComeAtOnce() {
    List<CompletionStage<Receipt>> receipts = new ArrayList<>();
    for (int i = 0; i < 2_000; i++) {
      receipts.add(test.offer(test.frame("tele/n" + i / 4 + "/s", "power=1")));
    }
    assertThat(receipts)
        .allSatisfy(receipt -> assertThat(get(receipt)).isEqualTo(new Receipt.Stored(0, 0)));
  }

  @Test
  void replaysARejectedFrameAfterTheProfileWasMended() {
    test.registered("p1");
    test.hub.profiles(Map.of());
    rejects(test.send("tele/p1/s", "power=1"), Rejection.UNKNOWN_ADDRESS);
    long id = onlyRejected().id();
    assertThat(get(test.hub.rejections.replay(id))).isInstanceOf(Receipt.Rejected.class);
    assertThat(onlyRejected().id()).isEqualTo(id);
    test.hub.profiles(Map.of("plug", TestHub.plug("2")));
    assertThat(get(test.hub.rejections.replay(id))).isEqualTo(new Receipt.Stored(0, 0));
    assertThat(test.hub.rejections.list(0, 10)).isEmpty();
    assertThat(test.readings("power")).hasSize(1);
    assertThat(test.hub.rejections.replay(id).toCompletableFuture()).isCompletedExceptionally();
  }

  @Test
  void takesWhatABindingHasDecodedItself() {
    test.registered("p1");
    Instant now = test.clock.instant();
    Uplink.Reading good =
        new Uplink.Reading(
            P1, "power", new Value.Int(5), "", now, TimeSource.HUB, now, Quality.GOOD);
    Uplink.Reading bad =
        new Uplink.Reading(
            P1, "power", new Value.Num(5_000), "", now, TimeSource.HUB, now, Quality.GOOD);
    Origin origin = new Origin("mqtt", "local", "");
    assertThat(get(test.hub.uplink.offer(origin, List.of(good, bad), TestHub.PATIENCE)))
        .isEqualTo(new Receipt.Stored(0, 1));
    assertThat(at(state().latest(), "power").value()).isEqualTo(new Value.Num(5));
    assertThat(onlyRejected().truncated()).isTrue();
  }

  @Test
  void whatIsNotKeptNeedsNoJournal() {
    test.registered("p1");
    test.hub.profiles(Map.of("plug", TestHub.notKept()));
    List<Long> live = new ArrayList<>();
    test.hub.feeds.open("live", Selection.all(), recorded -> live.add(recorded.sequence()));
    test.journal.refuse("disk full");
    assertThat(test.send("tele/p1/s", "power=5")).isEqualTo(new Receipt.Stored(0, 0));
    assertThat(at(state().latest(), "power").value()).isEqualTo(new Value.Num(5));
    assertThat(live).isNotEmpty().containsOnly(0L);
    assertThat(test.readings("power")).isEmpty();
    assertThat(counted("patchbay_uplink_not_kept_total")).isEqualTo(live.size());
  }

  @Test
  void whatIsNotKeptStaysBehindWhatWaitsForTheJournal() {
    test.registered("p1");
    test.hub.profiles(Map.of("plug", TestHub.notKept()));
    test.journal.pause();
    CompletableFuture<Receipt> kept = test.offer(test.frame("nowhere", "x")).toCompletableFuture();
    CompletableFuture<Receipt> notKept =
        test.offer(test.frame("tele/p1/s", "power=5")).toCompletableFuture();
    assertThat(kept).isNotDone();
    assertThat(notKept).isNotDone();
    test.journal.resume();
    assertThat(get(kept)).isInstanceOf(Receipt.Rejected.class);
    assertThat(get(notKept)).isEqualTo(new Receipt.Stored(0, 0));
  }

  private double counted(String name) {
    return test.hub.samples().stream()
        .filter(sample -> sample.name().equals(name))
        .mapToDouble(sample -> sample.value())
        .sum();
  }
}
