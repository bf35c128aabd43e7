package io.patchbay.core;

import static io.patchbay.core.TestHub.P1;
import static io.patchbay.core.TestHub.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.patchbay.northbound.RefusedException;
import io.patchbay.northbound.Things;
import io.patchbay.southbound.Receipt;
import io.patchbay.southbound.Rejection;
import io.patchbay.store.KeptFrame;
import io.patchbay.store.Registered;
import io.patchbay.store.Registered.Admission;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Uplink;
import io.patchbay.thing.Value;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class MembershipTest {
  private TestHub test = new TestHub();

  @AfterEach
  void close() {
    test.close();
  }

  private void with(Settings.Onboarding policy) {
    test.close();
    test = new TestHub(policy);
  }

  private static String refusal(CompletionStage<?> stage) {
    try {
      stage.toCompletableFuture().join();
      throw new AssertionError("it was not refused");
    } catch (CompletionException e) {
      assertThat(e.getCause()).isInstanceOf(RefusedException.class);
      return String.valueOf(e.getCause().getMessage());
    }
  }

  private Things.Page list(Optional<Admission> admission, String after, int limit) {
    return test.hub.things.list(
        new Things.Query(Optional.empty(), Optional.empty(), admission, Map.of(), after, limit));
  }

  @Test
  void refusesAThingThatCouldNotBeTold() {
    Thing nameless =
        new Thing(new ThingId("x"), URI.create("mqtt://local"), "plug", Map.of(), Map.of());
    assertThat(refusal(test.hub.things.register(nameless, Registered.Origin.API)))
        .contains("needs the terms [device]");
    test.registered("p1");
    Thing twin =
        new Thing(
            new ThingId("y"), URI.create("mqtt://local"), "plug", Map.of("device", "p1"), Map.of());
    assertThat(refusal(test.hub.things.register(twin, Registered.Origin.API)))
        .contains("same terms");
    Thing strange =
        new Thing(new ThingId("z"), URI.create("mqtt://local"), "toaster", Map.of(), Map.of());
    assertThat(refusal(test.hub.things.register(strange, Registered.Origin.API)))
        .contains("'toaster' is not there; accepted: [plug]");
    assertThat(refusal(test.hub.things.decide(new ThingId("nobody"), Admission.ADMITTED)))
        .contains("nobody");
  }

  @Test
  void twoThatArriveTogetherDoNotTakeTheSameTerms() {
    test.journal.pause();
    var first = test.hub.things.register(TestHub.thing("p1"), Registered.Origin.API);
    Thing twin =
        new Thing(
            new ThingId("y"), URI.create("mqtt://local"), "plug", Map.of("device", "p1"), Map.of());
    assertThat(refusal(test.hub.things.register(twin, Registered.Origin.API)))
        .contains("is being registered now");
    test.journal.resume();
    get(first);
    assertThat(refusal(test.hub.things.register(twin, Registered.Origin.API)))
        .contains("same terms");
  }

  @Test
  void keepsNoThingThatTheStoreDoesNot() {
    test.journal.refuse("disk full");
    assertThat(refusal(test.hub.things.register(TestHub.thing("p1"), Registered.Origin.API)))
        .contains("disk full");
    assertThat(test.hub.things.find(P1)).isEmpty();
    assertThat(test.send("tele/p9/s", "power=1")).isInstanceOf(Receipt.Busy.class);
    test.journal.accept();
    assertThat(test.send("tele/p9/s", "power=1")).isEqualTo(new Receipt.Stored(0, 0));
    assertThat(test.log().get(0)).isInstanceOf(Uplink.Discovered.class);
    assertThat(test.journal.load()).hasSize(1);
  }

  @Test
  void rejectsStrangersWhenThePolicySaysSo() {
    with(Settings.Onboarding.REJECT);
    assertThat(test.send("tele/p1/s", "power=1"))
        .isInstanceOfSatisfying(
            Receipt.Rejected.class,
            rejected -> assertThat(rejected.reason()).isEqualTo(Rejection.NOT_ADMITTED));
    assertThat(test.hub.things.find(P1)).isEmpty();
  }

  @Test
  void takesInADeviceWithItsFirstFrame() {
    test.journal.pause();
    List<CompletionStage<Receipt>> receipts = new ArrayList<>();
    for (int i = 1; i <= 3; i++) {
      receipts.add(test.offer(test.frame("tele/p1/s", "power=" + i)));
    }
    test.journal.resume();
    assertThat(receipts.stream().map(TestHub::get)).containsOnly(new Receipt.Stored(0, 0));
    assertThat(test.log()).hasSize(5);
    assertThat(test.log().get(0))
        .isInstanceOfSatisfying(
            Uplink.Discovered.class,
            discovered -> assertThat(discovered.device()).isEqualTo(TestHub.thing("p1")));
    assertThat(test.log().get(1)).isInstanceOf(Uplink.StatusChange.class);
    assertThat(test.journal.load().get(0).origin()).isEqualTo(Registered.Origin.ONBOARDED);
    test = test.restarted();
    test.send("tele/p1/s", "power=4");
    assertThat(test.log()).hasSize(6);
  }

  @Test
  void listsThingsByWhatWasDecidedOfThem() {
    with(Settings.Onboarding.APPROVE);
    for (String device : List.of("p1", "p2", "p3")) {
      test.send("tele/" + device + "/s", "power=1");
    }
    for (Admission admission :
        List.of(Admission.REJECTED, Admission.ADMITTED, Admission.REJECTED)) {
      get(test.hub.things.decide(P1, admission));
      for (Admission each : Admission.values()) {
        int others = each == Admission.WAITING ? 2 : 0;
        assertThat(list(Optional.of(each), "", 10).total())
            .as("%s, when it is %s", each, admission)
            .isEqualTo(others + (each == admission ? 1 : 0));
      }
    }
    get(test.hub.things.remove(new ThingId("plug-p2")));
    assertThat(list(Optional.of(Admission.WAITING), "", 10).total()).isEqualTo(1);
    test = test.restarted();
    assertThat(list(Optional.of(Admission.WAITING), "", 10).total()).isEqualTo(1);
  }

  @Test
  void holdsTheDataOfAStrangerAndTakesThemInOrderWhenAdmitted() {
    with(Settings.Onboarding.APPROVE);
    for (int i = 1; i <= 5; i++) {
      assertThat(test.send("tele/p1/s", "power=" + i)).isEqualTo(new Receipt.Held(P1));
      test.hub.tapes.start(P1);
    }
    assertThat(list(Optional.of(Admission.WAITING), "", 10).total()).isEqualTo(1);
    assertThat(test.readings("power")).isEmpty();
    CompletionStage<?> decided = test.hub.things.decide(P1, Admission.ADMITTED);
    for (int i = 6; i <= 20; i++) {
      assertThat(test.send("tele/p1/s", "power=" + i).acknowledge()).isTrue();
    }
    get(decided);
    test.send("tele/p1/s", "power=21");
    assertThat(
            test.readings("power").stream().map(reading -> ((Value.Num) reading.value()).value()))
        .isSorted()
        .hasSize(21);
    assertThat(test.hub.tapes.recording(P1).orElseThrow().frames())
        .as("each is recorded once, with its meaning")
        .hasSize(21)
        .allSatisfy(frame -> assertThat(frame.meaning()).hasSize(1));
    assertThat(test.journal.ledger().held()).isZero();
    assertThat(test.journal.load().get(0).admission()).isEqualTo(Admission.ADMITTED);
  }

  @Test
  void movesTheDataOfARefusedDeviceToTheRejected() {
    with(Settings.Onboarding.APPROVE);
    test.send("tele/p1/s", "power=1");
    test.send("tele/p1/s", "power=2");
    get(test.hub.things.decide(P1, Admission.REJECTED));
    assertThat(test.hub.rejections.list(0, 10))
        .extracting(KeptFrame::reason)
        .containsExactly("NOT_ADMITTED", "NOT_ADMITTED");
    assertThat(test.journal.ledger().held()).isZero();
    assertThat(test.send("tele/p1/s", "power=3")).isInstanceOf(Receipt.Rejected.class);
  }

  @Test
  void removesAThingAndKeepsItsHistory() {
    test.registered("p1");
    test.send("tele/p1/s", "power=1");
    assertThat(get(test.hub.things.remove(P1))).isTrue();
    assertThat(get(test.hub.things.remove(P1))).isFalse();
    assertThat(test.hub.things.find(P1)).isEmpty();
    assertThat(test.readings("power")).hasSize(1);
  }

  @Test
  void listsTenThousandThingsByPages() {
    List<CompletionStage<?>> all = new ArrayList<>();
    for (int i = 0; i < 10_000; i++) {
      all.add(test.hub.things.register(TestHub.thing("d" + i), Registered.Origin.API));
    }
    all.forEach(TestHub::get);
    List<String> names = new ArrayList<>();
    String after = "";
    do {
      Things.Page page = list(Optional.empty(), after, 1_000);
      assertThat(page.total()).isEqualTo(10_000);
      page.things().forEach(state -> names.add(state.registered().thing().id().value()));
      after = page.next();
    } while (!after.isEmpty());
    assertThat(names).hasSize(10_000).isSorted().doesNotHaveDuplicates();
    assertThat(test.send("tele/d9999/s", "power=1")).isEqualTo(new Receipt.Stored(0, 0));
  }
}
