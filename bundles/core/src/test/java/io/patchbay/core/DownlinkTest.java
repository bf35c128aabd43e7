package io.patchbay.core;

import static io.patchbay.core.TestHub.P1;
import static io.patchbay.core.TestHub.at;
import static io.patchbay.core.TestHub.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.patchbay.northbound.Commands.State;
import io.patchbay.northbound.Commands.Step;
import io.patchbay.northbound.Commands.Ticket;
import io.patchbay.profile.Profile;
import io.patchbay.profile.Property;
import io.patchbay.southbound.Answer;
import io.patchbay.southbound.DownlinkPort;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.LaneSpec;
import io.patchbay.southbound.Protocol;
import io.patchbay.southbound.Request;
import io.patchbay.southbound.Target;
import io.patchbay.store.CommandStore;
import io.patchbay.testkit.InMemoryJournal;
import io.patchbay.testkit.ManualClock;
import io.patchbay.thing.Command;
import io.patchbay.thing.Outcome;
import io.patchbay.thing.Outcome.Reason;
import io.patchbay.thing.Quality;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Uplink;
import io.patchbay.thing.Value;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class DownlinkTest {
  /** A device whose answers the test gives. */
  private static final class Peer implements DownlinkPort {
    final List<Request> requests = new CopyOnWriteArrayList<>();
    final List<CompletableFuture<Answer>> answers = new CopyOnWriteArrayList<>();

    @Override
    public CompletionStage<Answer> send(Request request) {
      CompletableFuture<Answer> answer = new CompletableFuture<>();
      answers.add(answer);
      requests.add(request);
      return answer;
    }

    void awaitRequests(int count) {
      await().untilAsserted(() -> assertThat(requests).hasSize(count));
    }
  }

  private static final Answer OK = new Answer.Frames(List.of());
  private final TestHub test =
      new TestHub(new InMemoryJournal(), new ManualClock(), Settings.Onboarding.AUTO)
          .registered("p1");
  private final Peer peer = new Peer();

  @BeforeEach
  void connect() {
    test.hub.add("mqtt", peer);
  }

  @AfterEach
  void close() {
    test.close();
  }

  private Instant in(Duration time) {
    return test.clock.instant().plus(time);
  }

  private Instant soon() {
    return in(Duration.ofMinutes(1));
  }

  private Ticket submit(Command command) {
    return test.hub.commands.submit(command, "test");
  }

  private Ticket limit(double value) {
    return submit(new Command.Write(P1, "limit", new Value.Num(value), soon()));
  }

  private static Reason reason(Ticket ticket) {
    return ((Outcome.Failed) get(ticket.outcome())).reason();
  }

  private Reason reasonOf(Command command) {
    return reason(submit(command));
  }

  @Test
  void saysWhyACommandCannotBeSent() {
    ThingId nobody = new ThingId("nobody");
    assertThat(reasonOf(new Command.Read(nobody, List.of("limit"), soon())))
        .isEqualTo(Reason.UNKNOWN_THING);
    assertThat(reasonOf(new Command.Read(P1, List.of("weather"), soon())))
        .isEqualTo(Reason.UNKNOWN_AFFORDANCE);
    assertThat(reasonOf(new Command.Invoke(P1, "explode", Map.of(), soon())))
        .isEqualTo(Reason.UNKNOWN_AFFORDANCE);
    assertThat(reasonOf(new Command.Read(P1, List.of("power"), soon())))
        .isEqualTo(Reason.NOT_ALLOWED);
    assertThat(reasonOf(new Command.Write(P1, "power", new Value.Num(1), soon())))
        .isEqualTo(Reason.NOT_ALLOWED);
    assertThat(reasonOf(new Command.Write(P1, "limit", new Value.Num(101), soon())))
        .isEqualTo(Reason.INVALID_VALUE);
    assertThat(reasonOf(new Command.Write(P1, "on", new Value.Text("yes"), soon())))
        .isEqualTo(Reason.INVALID_VALUE);
    assertThat(reasonOf(new Command.Invoke(P1, "blink", Map.of("speed", new Value.Int(1)), soon())))
        .isEqualTo(Reason.INVALID_VALUE);
    assertThat(
            reasonOf(new Command.Write(P1, "limit", new Value.Num(1), in(Duration.ofSeconds(-1)))))
        .isEqualTo(Reason.EXPIRED);
    test.hub.remove("mqtt", peer);
    assertThat(reason(limit(1))).isEqualTo(Reason.NO_PROTOCOL);
    assertThat(peer.requests).isEmpty();
  }

  @Test
  void compilesAWayDownOnceAndAnewForAProtocolThatComes() {
    for (int sent = 1; sent <= 3; sent++) {
      Ticket ticket = limit(sent);
      peer.awaitRequests(sent);
      peer.answers.get(sent - 1).complete(OK);
      assertThat(get(ticket.outcome())).isEqualTo(new Outcome.Done(List.of()));
      assertThat(test.mediaTypes.codecs).hasValue(sent < 3 ? 1 : 2);
      if (sent == 2) {
        test.hub.add(new TestHub.TestProtocol(new LaneSpec("one", 1, Duration.ZERO, 4)));
      }
    }
  }

  @Test
  void remembersHowThingsAreReadAsLongAsTheProtocolStays() {
    WeakReference<Protocol> first = protocol("old/");
    readLimit(1);
    readLimit(2);
    assertThat(peer.requests.get(1).wires()).isSameAs(peer.requests.get(0).wires());
    protocol("new/");
    readLimit(3);
    assertThat(at(peer.requests.get(0).wires(), "limit").address()).startsWith("old/");
    assertThat(at(peer.requests.get(2).wires(), "limit").address()).startsWith("new/");
    await()
        .until(
            () -> {
              System.gc();
              return first.refersTo(null);
            });
  }

  private WeakReference<Protocol> protocol(String prefix) {
    Protocol protocol = new TestHub.TestProtocol(new LaneSpec("one", 1, Duration.ZERO, 4), prefix);
    test.hub.add(protocol);
    return new WeakReference<>(protocol);
  }

  private void readLimit(int sent) {
    var polled = test.hub.commands.poll(new Command.Read(P1, List.of("limit"), soon()));
    peer.awaitRequests(sent);
    peer.answers.get(sent - 1).complete(OK);
    get(polled);
  }

  @Test
  void asksWhoTookAWriteAndDoesNotSaySo() {
    for (int value = 1; value <= 2; value++) {
      Ticket ticket = limit(value);
      peer.awaitRequests(value);
      peer.answers.get(value - 1).complete(OK);
      assertThat(get(ticket.outcome())).isEqualTo(new Outcome.Done(List.of()));
    }
    peer.awaitRequests(3);
    Command.Read asked = (Command.Read) peer.requests.get(2).command();
    assertThat(asked.properties()).containsExactly("limit");
  }

  @Test
  void freesTheLaneWhenTheTaskFails() {
    Ticket first = limit(1);
    Ticket second = limit(2);
    peer.awaitRequests(1);
    peer.answers.get(0).completeExceptionally(new IllegalStateException("a bug in a binding"));
    assertThat(reason(first)).isEqualTo(Reason.INTERNAL);
    peer.awaitRequests(2);
    peer.answers.get(1).complete(OK);
    assertThat(get(second.outcome())).isEqualTo(new Outcome.Done(List.of()));
  }

  @Test
  void freesTheLaneWhenTheProtocolThrows() {
    test.hub.add(
        "mqtt",
        request -> {
          throw new IllegalStateException("a bug in a binding");
        });
    assertThat(reason(limit(1))).isEqualTo(Reason.INTERNAL);
    assertThat(reason(limit(2))).isEqualTo(Reason.INTERNAL);
  }

  @Test
  void timesOutWhenNoAnswerComesAndGoesOn() {
    Ticket first =
        submit(new Command.Write(P1, "limit", new Value.Num(1), in(Duration.ofMillis(300))));
    Ticket second = limit(2);
    assertThat(reason(first)).isEqualTo(Reason.TIMEOUT);
    peer.awaitRequests(2);
    peer.answers.get(1).complete(OK);
    assertThat(get(second.outcome())).isInstanceOf(Outcome.Done.class);
  }

  @Test
  void expiresWhatWaitedTooLong() {
    limit(1);
    Ticket waiting =
        submit(new Command.Write(P1, "limit", new Value.Num(2), in(Duration.ofMillis(300))));
    assertThat(reason(waiting)).isEqualTo(Reason.EXPIRED);
    peer.answers.get(0).complete(OK);
    assertThat(test.hub.commands.find(waiting.id()).orElseThrow().history())
        .extracting(Step::state)
        .containsExactly(State.QUEUED, State.EXPIRED);
    limit(3);
    peer.awaitRequests(2);
  }

  @Test
  void isBusyWhenTheLaneIsFull() {
    limit(1);
    peer.awaitRequests(1);
    List<Ticket> waiting = new ArrayList<>();
    for (int i = 2; i <= 5; i++) {
      waiting.add(limit(i));
    }
    assertThat(reason(limit(6))).isEqualTo(Reason.BUSY);
    for (int i = 0; i < 5; i++) {
      peer.awaitRequests(i + 1);
      peer.answers.get(i).complete(OK);
    }
    waiting.forEach(ticket -> get(ticket.outcome()));
    assertThat(peer.requests)
        .extracting(request -> ((Command.Write) request.command()).value())
        .containsExactly(
            new Value.Num(1),
            new Value.Num(2),
            new Value.Num(3),
            new Value.Num(4),
            new Value.Num(5));
  }

  @Test
  void commandsGoBeforePolls() {
    limit(1);
    peer.awaitRequests(1);
    List<CompletionStage<Outcome>> polls = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      polls.add(test.hub.commands.poll(new Command.Read(P1, List.of("limit"), soon())));
    }
    limit(2);
    assertThat(((Outcome.Failed) get(polls.get(3))).reason()).isEqualTo(Reason.BUSY);
    peer.answers.get(0).complete(OK);
    peer.awaitRequests(2);
    assertThat(peer.requests.get(1).command()).isInstanceOf(Command.Write.class);
    peer.answers.get(1).complete(OK);
    peer.awaitRequests(3);
    assertThat(peer.requests.get(2).command()).isInstanceOf(Command.Read.class);
  }

  @Test
  void keepsAsManyInFlightAsTheLaneAllowsAndRestsBetween() {
    test.hub.add(new TestHub.TestProtocol(new LaneSpec("two", 2, Duration.ofMillis(50), 100)));
    limit(1);
    limit(2);
    limit(3);
    peer.awaitRequests(2);
    long answered = System.nanoTime();
    peer.answers.get(0).complete(OK);
    peer.awaitRequests(3);
    assertThat(System.nanoTime() - answered).isGreaterThanOrEqualTo(50_000_000);
  }

  @Test
  void sendsScaledAndFilledIn() {
    limit(30.5);
    peer.awaitRequests(1);
    assertThat(at(peer.requests.get(0).wires(), "limit").address()).isEqualTo("cmnd/p1/limit");
    assertThat(at(peer.requests.get(0).wires(), "limit").payload().orElseThrow().text())
        .isEqualTo("value=305");
    peer.answers.get(0).complete(OK);
    submit(new Command.Write(P1, "on", new Value.Bool(true), soon()));
    peer.awaitRequests(2);
    assertThat(at(peer.requests.get(1).wires(), "on").payload().orElseThrow().text())
        .isEqualTo("value=ON");
    peer.answers.get(1).complete(OK);
    submit(new Command.Invoke(P1, "blink", Map.of("times", new Value.Int(3)), soon()));
    peer.awaitRequests(3);
    assertThat(at(peer.requests.get(2).wires(), "blink").payload().orElseThrow().text())
        .isEqualTo("times=3");
  }

  private Frame answer(String payload) {
    Frame frame = test.frame("", payload);
    return new Frame(
        frame.origin(),
        Optional.of(new Target(P1, "limit")),
        frame.payload(),
        "",
        frame.received(),
        Optional.empty(),
        Optional.empty(),
        false);
  }

  @Test
  void anAnswerGoesTheWayOfEveryFrame() {
    Ticket read = submit(new Command.Read(P1, List.of("limit"), soon()));
    peer.awaitRequests(1);
    peer.answers.get(0).complete(new Answer.Frames(List.of(answer("limit=250"))));
    Outcome.Done done = (Outcome.Done) get(read.outcome());
    assertThat(done.readings()).hasSize(1).isEqualTo(test.readings("limit"));
    assertThat(done.readings().get(0).value()).isEqualTo(new Value.Num(25));
    Ticket bad = submit(new Command.Read(P1, List.of("limit"), soon()));
    peer.awaitRequests(2);
    peer.answers.get(1).complete(new Answer.Frames(List.of(answer("nonsense"))));
    assertThat(reason(bad)).isEqualTo(Reason.BAD_ANSWER);
    assertThat(test.hub.rejections.list(0, 10)).hasSize(1);
  }

  @Test
  void anAnswerOfSeveralFramesIsTakenWholeAndOnlyWhatIsBadOfItIsRejected() {
    Ticket read = submit(new Command.Read(P1, List.of("limit"), soon()));
    peer.awaitRequests(1);
    peer.answers
        .get(0)
        .complete(new Answer.Frames(List.of(answer("limit=250"), answer("limit=260"))));
    assertThat(((Outcome.Done) get(read.outcome())).readings())
        .hasSize(2)
        .isEqualTo(test.readings("limit"));

    Ticket bad = submit(new Command.Read(P1, List.of("limit"), soon()));
    peer.awaitRequests(2);
    peer.answers
        .get(1)
        .complete(
            new Answer.Frames(
                List.of(answer("limit=270"), answer("nonsense"), answer("limit=280"))));
    assertThat(reason(bad)).isEqualTo(Reason.BAD_ANSWER);
    assertThat(test.readings("limit")).hasSize(4);
    assertThat(test.hub.rejections.list(0, 10)).hasSize(1);
  }

  @Test
  void tellsWhatTheDeviceSaid() {
    Ticket ticket = limit(1);
    peer.awaitRequests(1);
    peer.answers.get(0).complete(new Answer.Failed(Reason.REFUSED, "not now"));
    assertThat(get(ticket.outcome())).isEqualTo(new Outcome.Failed(Reason.REFUSED, "not now"));
  }

  @Test
  void sendsAgainWhenASleepingDeviceWakes() {
    test.send("tele/p1/s", "power=1");
    Ticket ticket = limit(1);
    peer.awaitRequests(1);
    peer.answers.get(0).complete(new Answer.Deferred("asleep"));
    await()
        .untilAsserted(
            () ->
                assertThat(test.hub.things.find(P1).orElseThrow().status())
                    .isEqualTo(io.patchbay.thing.Status.ASLEEP));
    test.send("tele/p1/s", "power=2");
    peer.awaitRequests(2);
    peer.answers.get(1).complete(OK);
    get(ticket.outcome());
    assertThat(test.hub.commands.find(ticket.id()).orElseThrow().history())
        .extracting(Step::state)
        .containsExactly(
            State.QUEUED, State.SENT, State.WAITING, State.QUEUED, State.SENT, State.DONE);
  }

  private void sleeps(Ticket ticket, int request) {
    peer.awaitRequests(request + 1);
    peer.answers.get(request).complete(new Answer.Deferred("asleep"));
    await()
        .untilAsserted(
            () ->
                assertThat(test.hub.commands.find(ticket.id()).orElseThrow().history())
                    .extracting(Step::state)
                    .last()
                    .isEqualTo(State.WAITING));
  }

  /** What waits does so over a restart, with its id and its deadline; and ends once. */
  @Test
  void whatWaitsForASleepingDeviceOutlivesTheHub() {
    test.send("tele/p1/s", "power=1");
    Ticket kept = limit(1);
    sleeps(kept, 0);
    Ticket late =
        submit(new Command.Write(P1, "limit", new Value.Num(2), in(Duration.ofSeconds(30))));
    sleeps(late, 1);
    test.clock.advance(Duration.ofSeconds(31));
    try (TestHub next = test.restarted()) {
      Peer again = new Peer();
      next.hub.add("mqtt", again);
      assertThat(next.hub.commands.find(kept.id()).orElseThrow().command())
          .isEqualTo(new Command.Write(P1, "limit", new Value.Num(1), kept(kept).deadline()));
      await()
          .untilAsserted(
              () ->
                  assertThat(next.hub.commands.find(late.id()).orElseThrow().outcome())
                      .get()
                      .isInstanceOf(Outcome.Failed.class));
      next.send("tele/p1/s", "power=2");
      again.awaitRequests(1);
      assertThat(again.requests.get(0).command()).isEqualTo(kept(kept));
      again.answers.get(0).complete(OK);
      await().until(() -> next.journal.waiting().isEmpty());
      assertThat(next.hub.commands.find(kept.id()).orElseThrow().outcome())
          .get()
          .isInstanceOf(Outcome.Done.class);
    }
  }

  /** On the wire it is not remembered, or it would be done twice; when it waits again, it is. */
  @Test
  void anActionIsRememberedEachTimeItWaitsAndNotWhileItIsOnTheWire() {
    test.send("tele/p1/s", "power=1");
    Ticket blink =
        submit(new Command.Invoke(P1, "blink", Map.of("times", new Value.Int(3)), soon()));
    for (int nap = 0; nap < 2; nap++) {
      sleeps(blink, nap);
      assertThat(test.journal.waiting())
          .extracting(CommandStore.Waiting::id)
          .containsExactly(blink.id());
      test.send("tele/p1/s", "power=" + (nap + 2));
      peer.awaitRequests(nap + 2);
      assertThat(test.journal.waiting()).isEmpty();
    }
    peer.answers.get(2).complete(OK);
    get(blink.outcome());
    assertThat(test.journal.waiting()).isEmpty();
  }

  private Command kept(Ticket ticket) {
    return test.hub.commands.find(ticket.id()).orElseThrow().command();
  }

  @Test
  void expiresWhenASleepingDeviceDoesNotWake() {
    Ticket ticket =
        submit(new Command.Write(P1, "limit", new Value.Num(1), in(Duration.ofMillis(400))));
    peer.awaitRequests(1);
    peer.answers.get(0).complete(new Answer.Deferred("asleep"));
    assertThat(reason(ticket)).isEqualTo(Reason.EXPIRED);
  }

  /** The plug is asked for its limit at an interval. */
  private void poll(Duration interval) {
    Profile plug = TestHub.plug("1");
    Map<String, Property> properties = new HashMap<>(plug.properties());
    Property limit = at(plug.properties(), "limit");
    properties.put(
        "limit",
        new Property(
            limit.name(),
            limit.title(),
            limit.semantic(),
            limit.schema(),
            limit.readOnly(),
            Optional.empty(),
            Optional.of(interval),
            limit.forms()));
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
  }

  @Test
  void whatIsSeldomReadIsReadSoonAndAgainWhenItWasNotAnswered() {
    poll(Duration.ofHours(1));

    await().until(() -> peer.requests.size() == 1);
    peer.answers.get(0).complete(new Answer.Failed(Reason.TIMEOUT, "nothing came"));
    await().until(() -> peer.requests.size() == 2);
    peer.answers.get(1).complete(new Answer.Frames(List.of(answer("limit=10"))));
    await().untilAsserted(() -> assertThat(test.readings("limit")).hasSize(1));
    assertThat(test.hub.poller.skipped()).isZero();
  }

  @Test
  void pollsAtTheIntervalAndNeverPilesUp() {
    poll(Duration.ofMillis(20));
    peer.awaitRequests(1);
    await().until(() -> test.hub.poller.skipped() >= 3);
    assertThat(peer.requests).hasSize(1);
    peer.answers.get(0).complete(new Answer.Frames(List.of(answer("limit=10"))));
    peer.awaitRequests(2);
    assertThat(test.readings("limit")).hasSize(1);
    assertThat(limit().quality()).isEqualTo(Quality.GOOD);
    Instant time = limit().time();
    test.clock.advance(Duration.ofMillis(541)); // two intervals, and half a second
    assertThat(limit().quality()).isEqualTo(Quality.STALE);
    assertThat(limit().time()).isEqualTo(time);
    test.hub.remove("mqtt", peer);
    peer.answers.get(1).complete(OK);
  }

  private Uplink.Reading limit() {
    return at(test.hub.things.find(P1).orElseThrow().latest(), "limit");
  }
}
