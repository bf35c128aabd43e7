package io.patchbay.core;

import static io.patchbay.core.TestHub.P1;
import static io.patchbay.core.TestHub.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.patchbay.northbound.Commands;
import io.patchbay.northbound.DesiredValues.Desired;
import io.patchbay.northbound.DesiredValues.Source;
import io.patchbay.northbound.DesiredValues.State;
import io.patchbay.northbound.RefusedException;
import io.patchbay.profile.Keeping;
import io.patchbay.profile.Profile;
import io.patchbay.profile.Property;
import io.patchbay.southbound.Answer;
import io.patchbay.southbound.DownlinkPort;
import io.patchbay.southbound.LaneSpec;
import io.patchbay.store.Recorded;
import io.patchbay.store.Registered;
import io.patchbay.testkit.InMemoryJournal;
import io.patchbay.testkit.ManualClock;
import io.patchbay.thing.Command;
import io.patchbay.thing.CommandId;
import io.patchbay.thing.Outcome;
import io.patchbay.thing.Outcome.Reason;
import io.patchbay.thing.Quality;
import io.patchbay.thing.Status;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.TimeSource;
import io.patchbay.thing.Uplink;
import io.patchbay.thing.Value;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Time passes when a test says so, and everything runs on its thread. */
final class StandingOrdersTest {
  private static final Value.Num LIMIT = new Value.Num(50);
  private static final Rhythm RHYTHM =
      new Rhythm(Duration.ofSeconds(10), Duration.ofHours(1), 3, Duration.ofSeconds(30), 10, 2);

  /** Commands whose outcomes a test gives. */
  private static final class Sent implements Commands {
    final List<Command.Write> writes = new ArrayList<>();
    final List<CompletableFuture<Outcome>> outcomes = new ArrayList<>();

    @Override
    public Ticket submit(Command command, String by) {
      CompletableFuture<Outcome> outcome = new CompletableFuture<>();
      writes.add((Command.Write) command);
      outcomes.add(outcome);
      return new Ticket(CommandId.fresh(), outcome);
    }

    @Override
    public Optional<CommandRecord> find(CommandId id) {
      return Optional.empty();
    }

    void last(Outcome outcome) {
      outcomes.get(outcomes.size() - 1).complete(outcome);
    }
  }

  private final ManualClock clock = new ManualClock();
  private final ManualTimer timer = new ManualTimer(clock);
  private final InMemoryJournal store = new InMemoryJournal();
  private final Directory directory = new Directory();
  private final Ports ports = new Ports();
  private final Feeds feeds = new Feeds();
  private final PairsMediaTypes mediaTypes = new PairsMediaTypes();
  private final Catalogue catalogue = new Catalogue(ports, mediaTypes, directory);
  private final Sent sent = new Sent();
  private StandingOrders orders = orders();

  StandingOrdersTest() {
    ports.add(new TestHub.TestProtocol(new LaneSpec("one", 1, Duration.ZERO, 4)));
    DownlinkPort port = request -> CompletableFuture.completedFuture(new Answer.Frames(List.of()));
    ports.add("mqtt", port);
    catalogue.change(Map.of("plug", TestHub.plug("1")));
    thing("p1");
  }

  private StandingOrders orders() {
    return new StandingOrders(
        RHYTHM,
        directory,
        catalogue,
        ports,
        new Requests(directory, catalogue, ports),
        sent,
        store,
        feeds,
        Runnable::run,
        timer,
        clock,
        new Random(7));
  }

  @AfterEach
  void close() {
    orders.close();
    store.close();
  }

  private ThingId thing(String device) {
    Registered registered =
        new Registered(
            TestHub.thing(device),
            Registered.Admission.ADMITTED,
            Registered.Origin.API,
            clock.instant());
    return directory.put(registered).id();
  }

  private void commit(Uplink uplink) {
    Recorded recorded = new Recorded(1, "plug@1", uplink);
    directory.find(uplink.thing()).orElseThrow().remember(recorded);
    feeds.publish(recorded);
    timer.pass(Duration.ZERO);
  }

  private void report(ThingId thing, String property, Value value, Quality quality) {
    commit(
        new Uplink.Reading(
            thing,
            property,
            value,
            "W",
            clock.instant(),
            TimeSource.HUB,
            clock.instant(),
            quality));
  }

  private void report(double limit) {
    report(P1, "limit", new Value.Num(limit), Quality.GOOD);
  }

  private void status(ThingId thing, Status status) {
    commit(new Uplink.StatusChange(thing, status, "said", clock.instant(), clock.instant()));
  }

  private void online() {
    status(P1, Status.ONLINE);
  }

  private void order(Value value) {
    get(orders.order(P1, "limit", value, "anna"));
    timer.pass(Duration.ZERO);
  }

  private Desired desired() {
    return orders.find(P1, "limit").orElseThrow();
  }

  private static Outcome failed(Reason reason, String detail) {
    return new Outcome.Failed(reason, detail);
  }

  private static final Outcome DONE = new Outcome.Done(List.of());

  private void expect(State state, String detail) {
    assertThat(desired().state()).as(desired().detail()).isEqualTo(state);
    assertThat(desired().detail()).contains(detail);
  }

  @Test
  void refusesWhatCannotBeWrittenOrIsOutOfRange() {
    Map<String, Value> wrong =
        Map.of("power", new Value.Num(1), "weather", LIMIT, "limit", new Value.Num(5_000));
    wrong.forEach(
        (name, value) ->
            assertThatThrownBy(
                    () -> orders.order(P1, name, value, "anna").toCompletableFuture().join())
                .isInstanceOf(CompletionException.class)
                .hasCauseInstanceOf(RefusedException.class));
    assertThat(orders.of(P1)).isEmpty();
    assertThat(store.orders()).isEmpty();
  }

  @Test
  void refusesWhatTheStoreDoesNotKeep() {
    store.refuse("disk full");
    assertThatThrownBy(() -> orders.order(P1, "limit", LIMIT, "anna").toCompletableFuture().join())
        .hasMessageContaining("disk full");
    assertThat(orders.of(P1)).isEmpty();
  }

  @Test
  void waitsUntilADeviceIsHeardForTheFirstTime() {
    order(LIMIT);
    timer.pass(Duration.ofDays(1));
    expect(State.NEVER_HEARD, "nothing has come");
    assertThat(sent.writes).isEmpty();
    online();
    assertThat(sent.writes).hasSize(1);
    assertThat(sent.writes.get(0).value()).isEqualTo(LIMIT);
    expect(State.SENT, "on its way");
  }

  @Test
  void writesUntilTheDeviceReportsItAndThenNoMore() {
    online();
    report(20);
    order(new Value.Int(50));
    sent.last(DONE);
    expect(State.SENT, "has not reported");
    assertThat(desired().delta()).hasValue(-30);
    assertThat(desired().next()).isPresent();
    timer.pass(Duration.ofSeconds(13));
    assertThat(sent.writes).hasSize(2);
    sent.last(DONE);
    report(50);
    expect(State.REPORTED, "");
    assertThat(desired().delta()).hasValue(0);
    assertThat(desired().source()).isEqualTo(Source.ADMINISTRATOR);
    assertThat(desired().by()).isEqualTo("anna");
    timer.pass(Duration.ofDays(1));
    assertThat(sent.writes).hasSize(2);
  }

  @Test
  void writesNothingWhenItIsSoAlready() {
    online();
    report(50);
    order(LIMIT);
    expect(State.REPORTED, "");
    assertThat(sent.writes).isEmpty();
  }

  @Test
  void aValueThatCannotBeReliedOnIsNoReport() {
    online();
    report(P1, "limit", LIMIT, Quality.STALE);
    order(LIMIT);
    assertThat(sent.writes).hasSize(1);
    report(P1, "limit", LIMIT, Quality.BAD);
    expect(State.SENT, "");
  }

  @Test
  void whatLiesWithinTheDeadbandOrSinglePrecisionIsEqual() {
    online();
    report((double) 21.3f);
    order(new Value.Num(21.3));
    expect(State.REPORTED, "");
    report(21.4);
    expect(State.SENT, "");
    Profile plug = TestHub.plug("2");
    Map<String, Property> properties = new HashMap<>(plug.properties());
    properties.put(
        "limit", changed(Optional.empty(), new Keeping(0.5, Duration.ZERO, Optional.empty())));
    profile(with(plug, properties));
    expect(State.REPORTED, "");
  }

  private static Property changed(Optional<Value> desired, Keeping keeping) {
    Property limit = TestHub.at(TestHub.plug("1").properties(), "limit");
    return new Property(
        "limit",
        "limit",
        "",
        limit.schema(),
        limit.readOnly(),
        limit.staleAfter(),
        limit.poll(),
        limit.forms(),
        keeping,
        Optional.empty(),
        desired);
  }

  private static Profile with(Profile plug, Map<String, Property> properties) {
    return new Profile(
        plug.id(),
        plug.version(),
        plug.title(),
        plug.thing(),
        plug.match(),
        properties,
        plug.actions(),
        plug.events(),
        plug.status(),
        true);
  }

  private void profile(Profile profile) {
    catalogue.change(Map.of("plug", profile));
    orders.planAll();
    timer.pass(Duration.ZERO);
  }

  private static Profile desiring(String version, double limit) {
    Profile plug = TestHub.plug(version);
    Map<String, Property> properties = new HashMap<>(plug.properties());
    properties.put("limit", changed(Optional.of(new Value.Num(limit)), Keeping.ALL));
    return with(plug, properties);
  }

  @Test
  void retriesARefusalLaterAndLaterAndThenRests() {
    online();
    report(20);
    order(LIMIT);
    sent.last(failed(Reason.REFUSED, "the valve is locked"));
    expect(State.REJECTED, "the valve is locked");
    timer.pass(Duration.ofSeconds(9));
    assertThat(sent.writes).hasSize(1);
    timer.pass(Duration.ofSeconds(4));
    assertThat(sent.writes).hasSize(2);
    sent.last(failed(Reason.REFUSED, "the valve is locked"));
    timer.pass(Duration.ofSeconds(19));
    assertThat(sent.writes).hasSize(2);
    timer.pass(Duration.ofSeconds(7));
    assertThat(sent.writes).hasSize(3);
    sent.last(failed(Reason.REFUSED, "the valve is locked"));
    expect(State.REJECTED, "written 3 times");
    timer.pass(Duration.ofDays(7));
    report(20);
    online();
    timer.pass(Duration.ofDays(7));
    assertThat(sent.writes).as("nothing has changed").hasSize(3);
    report(21);
    timer.pass(Duration.ofHours(2));
    assertThat(sent.writes).as("the device has moved").hasSize(4);
    sent.last(failed(Reason.REFUSED, "the valve is locked"));
    order(new Value.Num(40));
    assertThat(sent.writes).as("another order").hasSize(5);
  }

  @Test
  void aProfileThatForbidsItIsNotTriedAgainUntilItChanges() {
    online();
    order(LIMIT);
    sent.last(failed(Reason.NOT_ALLOWED, "property 'limit' is read-only"));
    expect(State.NOT_WRITABLE, "read-only");
    timer.pass(Duration.ofDays(1));
    report(7);
    report(8);
    timer.pass(Duration.ofDays(1));
    assertThat(sent.writes).hasSize(1);
    profile(TestHub.plug("2"));
    assertThat(sent.writes).hasSize(2);
  }

  @Test
  void saysThatADeviceIsAsleepAndWritesWhenItWakes() {
    online();
    order(LIMIT);
    status(P1, Status.ASLEEP);
    expect(State.ASLEEP, "asleep");
    timer.pass(Duration.ofMinutes(1));
    sent.last(failed(Reason.EXPIRED, "it was not sent in time"));
    expect(State.EXPIRED, "asleep since");
    expect(State.EXPIRED, "EXPIRED: it was not sent in time");
    timer.pass(Duration.ofDays(1));
    assertThat(sent.writes).hasSize(1);
    online();
    assertThat(sent.writes).hasSize(2);
    sent.last(DONE);
    report(50);
    expect(State.REPORTED, "");
  }

  @Test
  void saysThatAThingIsRetiredAndWritesWhenItIsTakenBack() {
    online();
    order(LIMIT);
    sent.last(failed(Reason.REFUSED, "not now"));
    expect(State.REJECTED, "not now");
    admission(Registered.Admission.RETIRED);
    expect(State.NOT_WRITABLE, "the thing is retired");
    timer.pass(Duration.ofDays(1));
    assertThat(sent.writes).hasSize(1);
    admission(Registered.Admission.ADMITTED);
    assertThat(sent.writes).hasSize(2);
  }

  private void admission(Registered.Admission decided) {
    Registered.Origin origin = Registered.Origin.API;
    directory.put(new Registered(TestHub.thing("p1"), decided, origin, clock.instant()));
    orders.plan(P1);
    timer.pass(Duration.ZERO);
  }

  @Test
  void saysThatTheWriteExpiredOrWasNotAnswered() {
    online();
    order(LIMIT);
    sent.last(failed(Reason.EXPIRED, "the lane was slow"));
    expect(State.EXPIRED, "the lane was slow");
    timer.pass(Duration.ofSeconds(13));
    sent.last(failed(Reason.TIMEOUT, "no answer"));
    expect(State.UNANSWERED, "no answer");
    timer.pass(Duration.ofSeconds(26));
    sent.last(failed(Reason.BAD_ANSWER, "noise"));
    expect(State.FAILED, "noise");
    status(P1, Status.OFFLINE);
    expect(State.UNREACHABLE, "offline since");
    assertThat(desired().detail()).contains("BAD_ANSWER: noise");
    online();
    assertThat(sent.writes).hasSize(4);
    assertThat(desired().attempts()).isEqualTo(1);
  }

  @Test
  void whatFindsALaneFullIsNoAttempt() {
    online();
    order(LIMIT);
    for (int i = 0; i < 10; i++) {
      sent.last(failed(Reason.BUSY, "4 requests wait"));
      timer.pass(Duration.ofSeconds(13));
    }
    assertThat(sent.writes).hasSize(11);
  }

  @Test
  void writesAgainWhenTheDeviceDriftsAndSlowerWhenItDoesSoAgainAndAgain() {
    online();
    report(20);
    order(LIMIT);
    sent.last(DONE);
    report(50);
    timer.pass(Duration.ofHours(2));
    report(19);
    assertThat(sent.writes).as("at once").hasSize(2);
    for (int i = 0; i < 600; i++) {
      if (!sent.outcomes.get(sent.outcomes.size() - 1).isDone()) {
        sent.last(DONE);
        report(50);
      }
      timer.pass(Duration.ofSeconds(1));
      report(19);
    }
    assertThat(sent.writes.size()).isBetween(4, 9);
    timer.pass(Duration.ofHours(2));
    assertThat(sent.writes.size()).as("but never given up").isBetween(5, 12);
  }

  @Test
  void oneIsUnderWayPerThingAndFewInTheHubWhenABrokerComesBack() {
    List<ThingId> things = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      ThingId id = thing("d" + i);
      things.add(id);
      status(id, Status.ONLINE);
      status(id, Status.OFFLINE);
      get(orders.order(id, "limit", LIMIT, "anna"));
      get(orders.order(id, "on", new Value.Bool(true), "anna"));
    }
    timer.pass(Duration.ofMinutes(1));
    assertThat(sent.writes).isEmpty();
    things.forEach(id -> status(id, Status.ONLINE));
    timer.pass(Duration.ofMinutes(1));
    assertThat(sent.writes).as("two may be under way").hasSize(2);
    assertThat(sent.writes.get(0).thing()).isNotEqualTo(sent.writes.get(1).thing());
    int before = sent.writes.size();
    for (int tenth = 0; tenth < 10; tenth++) {
      sent.outcomes.forEach(outcome -> outcome.complete(DONE));
      timer.pass(Duration.ofMillis(100));
    }
    assertThat(sent.writes.size() - before).as("in a second").isBetween(8, 11);
    for (int tenth = 0; tenth < 200; tenth++) {
      sent.outcomes.forEach(outcome -> outcome.complete(DONE));
      timer.pass(Duration.ofMillis(100));
    }
    assertThat(sent.writes.stream().map(w -> w.thing() + w.property()).distinct()).hasSize(100);
  }

  @Test
  void theAdministratorGoesBeforeTheFileAndTheFileBeforeTheProfile() {
    online();
    profile(desiring("2", 10));
    assertThat(desired().source()).isEqualTo(Source.PROFILE);
    assertThat(desired().by()).isEqualTo("plug@2");
    assertThat(sent.writes.get(0).value()).isEqualTo(new Value.Num(10));
    orders.state(P1, Map.of("limit", new Value.Int(11)));
    assertThat(desired().source()).isEqualTo(Source.FILE);
    order(new Value.Num(12));
    assertThat(desired().source()).isEqualTo(Source.ADMINISTRATOR);
    sent.last(DONE);
    timer.pass(Duration.ofMillis(100));
    assertThat(sent.writes.get(1).value()).isEqualTo(new Value.Num(12));
    assertThat(get(orders.withdraw(P1, "limit"))).isTrue();
    assertThat(get(orders.withdraw(P1, "limit"))).isFalse();
    assertThat(desired().value()).isEqualTo(new Value.Int(11));
    orders.state(P1, Map.of());
    assertThat(desired().value()).isEqualTo(new Value.Num(10));
    profile(TestHub.plug("3"));
    assertThat(orders.of(P1)).isEmpty();
  }

  @Test
  void anOrderSurvivesARestartAndEndsWithItsThing() {
    order(LIMIT);
    orders.close();
    orders = orders();
    orders.load();
    expect(State.NEVER_HEARD, "");
    assertThat(desired().by()).isEqualTo("anna");
    directory.remove(P1);
    orders.plan(P1);
    assertThat(orders.of(P1)).isEmpty();
    get(store.remove(P1)); // the store does things in order
    assertThat(store.orders()).isEmpty();
  }

  @Test
  void anOrderWhoseThingIsGoneIsForgottenAtTheNextStart() {
    order(LIMIT);
    orders.close();
    directory.remove(P1);
    orders = orders();
    orders.load();
    get(store.remove(P1)); // the store does things in order
    assertThat(store.orders()).isEmpty();
  }

  @Test
  void waitsForTheProtocolWithoutCountingAttempts() {
    online();
    DownlinkPort port = request -> CompletableFuture.completedFuture(new Answer.Frames(List.of()));
    ports.add("mqtt", port);
    ports.remove("mqtt", port);
    order(LIMIT);
    expect(State.UNREACHABLE, "no bundle serves 'mqtt'");
    timer.pass(Duration.ofDays(1));
    assertThat(sent.writes).isEmpty();
    ports.add("mqtt", port);
    orders.planAll();
    timer.pass(Duration.ZERO);
    assertThat(sent.writes).hasSize(1);
    assertThat(desired().attempts()).isEqualTo(1);
  }

  @Test
  void anOrdinaryWriteOfAPropertyWithAStandingOrderIsForbidden() {
    order(LIMIT);
    Command.Write write = new Command.Write(P1, "limit", LIMIT, clock.instant());
    assertThat(orders.forbids(write)).hasValueSatisfying(w -> assertThat(w).contains("anna"));
    Command.Write other = new Command.Write(P1, "on", new Value.Bool(true), clock.instant());
    assertThat(orders.forbids(other)).isEmpty();
  }
}
