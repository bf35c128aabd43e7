package io.patchbay.core;

import static io.patchbay.core.TestHub.P1;
import static io.patchbay.core.TestHub.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.patchbay.northbound.Lifecycles.Step;
import io.patchbay.northbound.RefusedException;
import io.patchbay.northbound.ThingState;
import io.patchbay.southbound.Origin;
import io.patchbay.southbound.Receipt;
import io.patchbay.store.Registered;
import io.patchbay.store.Registered.Admission;
import io.patchbay.thing.Command;
import io.patchbay.thing.Outcome;
import io.patchbay.thing.Stage;
import io.patchbay.thing.Status;
import io.patchbay.thing.Uplink;
import io.patchbay.thing.Value;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class LifeTest {
  private TestHub test = new TestHub();

  @AfterEach
  void close() {
    test.close();
  }

  private List<Step> life() {
    return test.hub.lives.life(P1, 1_000).orElseThrow();
  }

  /** Oldest first. */
  private List<Stage> stages() {
    List<Stage> stages = new ArrayList<>(life().stream().map(Step::stage).toList());
    Collections.reverse(stages);
    return stages;
  }

  private ThingState state() {
    return test.hub.things.find(P1).orElseThrow();
  }

  private void says(Status status, Stage stage, String why) {
    test.clock.advance(Duration.ofSeconds(1));
    Uplink.StatusChange said =
        new Uplink.StatusChange(P1, status, stage, why, test.clock.instant(), test.clock.instant());
    get(
        test.hub.uplink.offer(
            new Origin("mqtt", "local", "p1"), List.of(said), Duration.ofSeconds(1)));
  }

  /** It may be refused. */
  private static void tries(CompletionStage<?> stage) {
    get(stage.handle((done, failure) -> "tried"));
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

  @Test
  void whatComesFromARetiredThingIsRefusedWithItsReasonAndNothingIsAskedOfIt() {
    test.registered("p1");
    assertThat(test.send("tele/p1/s", "power=1")).isEqualTo(new Receipt.Stored(0, 0));
    ThingState retired = get(test.hub.things.retire(P1, "replaced by plug-p2", "ada"));
    assertThat(retired.stage()).isEqualTo(Stage.RETIRED);
    assertThat(retired.status()).isEqualTo(Status.OFFLINE);
    assertThat(test.send("tele/p1/s", "power=2"))
        .isInstanceOfSatisfying(
            Receipt.Rejected.class,
            rejected ->
                assertThat(rejected.detail())
                    .isEqualTo("thing 'plug-p1' is retired: retired by ada: replaced by plug-p2"));
    Outcome outcome =
        get(
            test.hub
                .submit(
                    new Command.Write(
                        P1, "limit", new Value.Num(5), test.clock.instant().plusSeconds(5)),
                    "ada")
                .outcome());
    assertThat(outcome)
        .isInstanceOfSatisfying(
            Outcome.Failed.class, failed -> assertThat(failed.detail()).contains("is retired"));
    assertThat(test.readings("power")).hasSize(1);
    assertThat(stages()).containsExactly(Stage.MANUFACTURED, Stage.ONLINE, Stage.RETIRED);
  }

  @Test
  void onlyTakingItBackEndsARetirement() {
    test.registered("p1");
    get(test.hub.things.retire(P1, "", "ada"));
    assertThat(refusal(test.hub.things.retire(P1, "", "ada"))).contains("already: retired by ada");
    assertThat(refusal(test.hub.things.decide(P1, Admission.ADMITTED))).contains("taken back");
    assertThat(refusal(test.hub.things.decide(P1, Admission.REJECTED))).contains("taken back");
    assertThat(refusal(test.hub.things.register(TestHub.thing("p1"), Registered.Origin.API)))
        .contains("is retired");
    get(test.hub.things.register(TestHub.thing("p1"), Registered.Origin.FILE));
    assertThat(state().registered().admission())
        .as("a file that is read again with every start does not bring it back")
        .isEqualTo(Admission.RETIRED);
    assertThat(get(test.hub.things.reinstate(P1, "it was a mistake", "bob")).stage())
        .isEqualTo(Stage.ADMITTED);
    assertThat(refusal(test.hub.things.reinstate(P1, "", "bob"))).contains("is not retired");
    assertThat(test.send("tele/p1/s", "power=2")).isEqualTo(new Receipt.Stored(0, 0));
    assertThat(stages())
        .containsExactly(Stage.MANUFACTURED, Stage.RETIRED, Stage.ADMITTED, Stage.ONLINE);
    assertThat(life().get(1).reason()).isEqualTo("taken back by bob: it was a mistake");
  }

  @Test
  void aRetirementSurvivesTheHubAlsoWhenTheJournalDidNotHearOfIt() {
    test.registered("p1");
    test.send("tele/p1/s", "power=1");
    Registered before = state().registered();
    get(
        test.journal.save(
            new Registered(before.thing(), Admission.RETIRED, before.origin(), before.since())));
    test = test.restarted();
    assertThat(test.send("tele/p1/s", "power=2")).isInstanceOf(Receipt.Rejected.class);
    await().until(() -> state().stage() == Stage.RETIRED); // the journal was offered it
    assertThat(stages()).endsWith(Stage.ONLINE, Stage.RETIRED);
    test = test.restarted();
    assertThat(stages()).as("told once").containsOnlyOnce(Stage.RETIRED);
  }

  @Test
  void tellsHowAStrangerCameIn() {
    test.close();
    test = new TestHub(Settings.Onboarding.APPROVE);
    test.send("tele/p1/s", "power=1");
    assertThat(state().stage()).isEqualTo(Stage.REGISTERED);
    get(test.hub.things.decide(P1, Admission.ADMITTED));
    test.send("tele/p1/s", "power=2");
    assertThat(stages()).containsExactly(Stage.REGISTERED, Stage.ADMITTED, Stage.ONLINE);
    assertThat(life().get(1).reason()).isEqualTo("admitted by an administrator");
    get(test.hub.things.decide(P1, Admission.REJECTED));
    assertThat(state().stage()).isEqualTo(Stage.SUSPENDED);
    get(test.hub.things.decide(P1, Admission.ADMITTED));
    test.send("tele/p1/s", "power=3");
    assertThat(stages()).endsWith(Stage.ONLINE, Stage.SUSPENDED, Stage.ADMITTED, Stage.ONLINE);
  }

  @Test
  void oneThatThePolicyTakesInIsAdmittedByIt() {
    test.send("tele/p1/s", "power=1");
    assertThat(stages()).containsExactly(Stage.REGISTERED, Stage.ADMITTED, Stage.ONLINE);
    assertThat(life().get(1).reason()).isEqualTo("by the policy of onboarding");
  }

  @Test
  void anUpdateOutlastsSleepAndRestartsAndEndsWhereTheDeviceStands() {
    test.send("tele/p1/s", "power=1");
    test.hub.lives.updating(P1, "campaign c: the image is on its way");
    await().until(() -> state().stage() == Stage.UPDATING);
    says(Status.ASLEEP, Stage.ASLEEP, "not heard for 93 s");
    assertThat(state().stage()).isEqualTo(Stage.UPDATING);
    assertThat(state().status()).isEqualTo(Status.ASLEEP);
    assertThat(state().statusDetail())
        .isEqualTo("not heard for 93 s; campaign c: the image is on its way");
    test = test.restarted();
    says(Status.OFFLINE, Stage.LOST, "no update");
    assertThat(state().stage()).as("as long as nobody says otherwise").isEqualTo(Stage.UPDATING);
    test.hub.lives.updating(P1, "campaign c: it installs");
    says(Status.ONLINE, Stage.ONLINE, "registered");
    test.hub.lives.updated(P1, "campaign c: it runs 2.0");
    test.hub.lives.updated(P1, "campaign c: it runs 2.0");
    await().until(() -> state().stage() == Stage.ONLINE);
    assertThat(life().get(0).reason()).isEqualTo("campaign c: it runs 2.0");
    assertThat(stages())
        .containsExactly(
            Stage.REGISTERED,
            Stage.ADMITTED,
            Stage.ONLINE,
            Stage.UPDATING,
            Stage.UPDATING,
            Stage.UPDATING,
            Stage.UPDATING,
            Stage.UPDATING,
            Stage.ONLINE);
  }

  @Test
  void aBindingCannotSayWhatIsNotItsToSay() {
    test.registered("p1");
    says(Status.OFFLINE, Stage.RETIRED, "I retire it");
    assertThat(state().stage()).as("nothing has come from it").isEqualTo(Stage.MANUFACTURED);
    says(Status.ONLINE, Stage.LOST, "neither");
    assertThat(state().stage()).isEqualTo(Stage.ONLINE);
    says(Status.OFFLINE, Stage.LEFT, "de-registered");
    assertThat(state().stage()).isEqualTo(Stage.LEFT);
  }

  @Test
  void whatTheJournalHasNoRoomForIsToldWhenItHas() {
    test.send("tele/p1/s", "power=1");
    test.journal.refuse("disk full");
    test.hub.lives.updating(P1, "campaign c: the image is on its way");
    assertThat(state().stage()).isEqualTo(Stage.ONLINE);
    test.journal.accept();
    await().until(() -> state().stage() == Stage.UPDATING);
  }

  /** Whatever happens in whatever order, the log tells of allowed steps alone, and all of them. */
  @Test
  void everyStepOfAnyLifeIsAllowed() {
    test.registered("p1");
    Random random = new Random(6);
    List<Admission> decisions = List.of(Admission.ADMITTED, Admission.WAITING, Admission.REJECTED);
    for (int i = 0; i < 600; i++) {
      test.clock.advance(Duration.ofSeconds(1));
      switch (random.nextInt(11)) {
        case 0 -> test.send("tele/p1/s", "power=1");
        case 1 -> says(Status.OFFLINE, Stage.LOST, "lost " + i);
        case 2 -> says(Status.OFFLINE, Stage.LEFT, "left " + i);
        case 3 -> says(Status.ASLEEP, Stage.ASLEEP, "asleep " + i);
        case 4 -> says(Status.OFFLINE, Stage.SUSPENDED, "its credential " + i);
        case 5 -> test.hub.lives.updating(P1, "update " + i);
        case 6 -> test.hub.lives.updated(P1, "done " + i);
        case 7 -> tries(test.hub.things.retire(P1, "", "ada"));
        case 8 -> tries(test.hub.things.reinstate(P1, "", "ada"));
        case 9 -> tries(test.hub.things.decide(P1, decisions.get(random.nextInt(3))));
        default -> test = random.nextInt(10) == 0 ? test.restarted() : test;
      }
    }
    says(Status.UNKNOWN, Stage.ADMITTED, "all before it is in the log");
    List<Stage> stages = stages();
    assertThat(stages)
        .hasSizeGreaterThan(150)
        .containsOnlyOnce(Stage.MANUFACTURED)
        .containsAll(EnumSet.complementOf(EnumSet.of(Stage.REGISTERED)));
    for (int i = 1; i < stages.size(); i++) {
      Stage before = stages.get(i - 1);
      Stage after = stages.get(i);
      assertThat(after == before || after.mayFollow(before))
          .as("%s after %s", after, before)
          .isTrue();
    }
    Stage last = stages.get(stages.size() - 1);
    assertThat(last).isEqualTo(state().stage());
    test = test.restarted();
    assertThat(state().stage()).isEqualTo(last);
  }
}
