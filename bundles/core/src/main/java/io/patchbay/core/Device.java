package io.patchbay.core;

import io.patchbay.northbound.Lifecycles;
import io.patchbay.northbound.ThingState;
import io.patchbay.profile.Op;
import io.patchbay.profile.Profile;
import io.patchbay.profile.Property;
import io.patchbay.store.Recorded;
import io.patchbay.store.Registered;
import io.patchbay.thing.Quality;
import io.patchbay.thing.Stage;
import io.patchbay.thing.Status;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Uplink;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A thing of the directory with its twin. What is committed is read without locks; what is on its
 * way into the journal is kept beside it, so that the next frame is judged by it.
 */
final class Device {
  /** How late an answer may come. */
  private static final Duration GRACE = Duration.ofMillis(500);

  private record Standing(Status status, Stage stage, String detail, Instant since) {}

  private final ThingId id;
  private final Map<String, Recorded> latest = new ConcurrentHashMap<>();

  /** The readings passed on last, of properties that do not pass on all. */
  private final Map<String, Uplink.Reading> passed = new ConcurrentHashMap<>();

  private final Set<String> heard = ConcurrentHashMap.newKeySet();
  private volatile Registered registered;
  private volatile Standing standing;
  private volatile @Nullable Standing expected;
  private volatile boolean announced;

  /** What is being done with its firmware; null when nothing is. */
  private volatile @Nullable String update;

  private volatile Tapes.@Nullable Tape tape;

  /**
   * @param announced whether the log tells of its discovery, or need not
   */
  Device(Registered registered, boolean announced) {
    this.id = registered.thing().id();
    this.registered = registered;
    this.announced = announced;
    this.standing = new Standing(Status.UNKNOWN, birth(registered), "", registered.since());
  }

  /** Where the life of a thing stands of which the log tells nothing. */
  private static Stage birth(Registered registered) {
    return switch (registered.admission()) {
      case WAITING -> Stage.REGISTERED;
      case REJECTED -> Stage.SUSPENDED;
      case RETIRED -> Stage.RETIRED;
      case ADMITTED ->
          registered.origin() == Registered.Origin.ONBOARDED ? Stage.ADMITTED : Stage.MANUFACTURED;
    };
  }

  ThingId id() {
    return id;
  }

  Thing thing() {
    return registered.thing();
  }

  Registered registered() {
    return registered;
  }

  void registered(Registered changed) {
    registered = changed;
  }

  /** What records its frames; null when nothing does. */
  Tapes.@Nullable Tape tape() {
    return tape;
  }

  void tape(Tapes.@Nullable Tape now) {
    tape = now;
  }

  boolean announced() {
    return announced;
  }

  void announced(boolean now) {
    announced = now;
  }

  /** The status it will have when all that waits for the journal is committed. */
  Status expectedStatus() {
    Standing coming = expected;
    return (coming == null ? standing : coming).status();
  }

  Stage expectedStage() {
    Standing coming = expected;
    return (coming == null ? standing : coming).stage();
  }

  String expectedDetail() {
    Standing coming = expected;
    return (coming == null ? standing : coming).detail();
  }

  /** Whether something newer than this time already says how it stands. */
  boolean statusIsNewerThan(Instant time) {
    Standing coming = expected;
    Standing present = coming == null ? standing : coming;
    return present.status() != Status.UNKNOWN && present.since().isAfter(time);
  }

  void expect(Uplink.StatusChange change) {
    expected = new Standing(change.status(), change.stage(), change.detail(), change.time());
  }

  /** What was expected did not come into the journal. */
  void expectNothing() {
    expected = null;
    passed.clear();
  }

  /** The last reading of a property that was passed on; null when none is known. */
  Uplink.@Nullable Reading lastPassed(String property) {
    return passed.get(property);
  }

  void expectPassed(Uplink.Reading reading) {
    passed.merge(reading.property(), reading, (old, fresh) -> fresh.supersedes(old) ? fresh : old);
  }

  void expectReading(String property) {
    if (!heard.contains(property)) {
      heard.add(property);
    }
  }

  boolean hasHeard(String property) {
    return heard.contains(property);
  }

  void remember(Recorded recorded) {
    if (recorded.uplink() instanceof Uplink.Reading reading) {
      expectReading(reading.property());
      latest.merge(
          reading.property(),
          recorded,
          (old, fresh) -> reading.supersedes(old.uplink()) ? fresh : old);
    } else if (recorded.uplink() instanceof Uplink.StatusChange change) {
      standing = new Standing(change.status(), change.stage(), change.detail(), change.time());
    }
  }

  /** The latest reading of a property that can be relied on; null when there is none. */
  Uplink.@Nullable Reading reported(String property) {
    Recorded recorded = latest.get(property);
    return recorded != null
            && recorded.uplink() instanceof Uplink.Reading reading
            && reading.quality() == Quality.GOOD
        ? reading
        : null;
  }

  /** Whether anything has ever come from it. */
  boolean everHeard() {
    return standing.status() != Status.UNKNOWN || !latest.isEmpty();
  }

  /** How it stands, in words. */
  String standing() {
    Standing present = standing;
    return present.status().name().toLowerCase(java.util.Locale.ROOT)
        + " since "
        + present.since()
        + (present.detail().isEmpty() ? "" : ": " + present.detail());
  }

  ThingState state(Optional<Profile> profile, Instant now) {
    Standing present = standing;
    Map<String, Uplink.Reading> readings = new HashMap<>();
    latest.forEach(
        (property, recorded) ->
            readings.put(
                property,
                aged((Uplink.Reading) recorded.uplink(), profile, thing().scheme(), now)));
    return new ThingState(
        registered, present.status(), present.stage(), present.detail(), present.since(), readings);
  }

  Status status() {
    return standing.status();
  }

  Stage stage() {
    return standing.stage();
  }

  Lifecycles.Step step() {
    Standing present = standing;
    return new Lifecycles.Step(
        present.stage(), present.status(), present.detail(), present.since());
  }

  @Nullable String update() {
    return update;
  }

  void update(@Nullable String now) {
    update = now;
  }

  private static Uplink.Reading aged(
      Uplink.Reading reading, Optional<Profile> profile, String scheme, Instant now) {
    @Nullable Property property =
        profile.map(known -> known.properties().get(reading.property())).orElse(null);
    @Nullable Duration fresh = property == null ? null : fresh(property, scheme).orElse(null);
    boolean stale = fresh != null && reading.received().plus(fresh).isBefore(now);
    return stale && reading.quality() == Quality.GOOD
        ? reading.withQuality(Quality.STALE)
        : reading;
  }

  /**
   * What is asked for at an interval should have come twice meanwhile; what may be held back says
   * by itself how long it holds.
   */
  private static Optional<Duration> fresh(Property property, String scheme) {
    boolean polled =
        property.keeping().passesAll()
            && CompiledProfile.form(property.forms(), scheme, Op.READ).isPresent();
    return property
        .staleAfter()
        .or(
            () ->
                polled
                    ? property.poll().map(interval -> interval.multipliedBy(2).plus(GRACE))
                    : Optional.empty());
  }
}
