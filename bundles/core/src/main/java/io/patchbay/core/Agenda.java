package io.patchbay.core;

import io.patchbay.northbound.DesiredValues.Desired;
import io.patchbay.northbound.DesiredValues.State;
import io.patchbay.profile.Keeping;
import io.patchbay.thing.Outcome;
import io.patchbay.thing.Status;
import io.patchbay.thing.Uplink.Reading;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.LongAdder;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * What is desired of one thing. At most one write is under way; what is due asks for a turn. No
 * method blocks, or calls out while it holds the lock, save for the timer and the queue of turns.
 */
final class Agenda {
  /** Rest between two writes of a property, however often the thing comes and goes. */
  private static final Duration REST = Duration.ofSeconds(1);

  private static final String ON_ITS_WAY = "on its way to the device";

  /**
   * Why nothing can be written to a thing now.
   *
   * @param state what its orders wait for
   */
  record Obstacle(State state, String detail) {}

  /** What an agenda must know of its thing. */
  interface View {
    Optional<Obstacle> obstacle();

    /** The latest good reading of a property. */
    @Nullable Reading reported(String property);

    Keeping keeping(String property);
  }

  private final Device device;
  private final View view;
  private final Rhythm rhythm;
  private final Clock clock;
  private final RandomGenerator random;
  private final Lane.Timer timer;
  private final Runnable due;
  private final LongAdder drifts;
  private final Map<String, Wanted> all = new TreeMap<>();
  private String profile = "";
  private @Nullable Wanted underWay;
  private @Nullable Future<?> alarm;
  private boolean closed;

  /**
   * @param due asks for a turn; must be quick
   * @param drifts counts devices that leave what they had reported
   */
  Agenda(
      Device device,
      View view,
      Rhythm rhythm,
      Clock clock,
      RandomGenerator random,
      Lane.Timer timer,
      Runnable due,
      LongAdder drifts) {
    this.device = device;
    this.view = view;
    this.rhythm = rhythm;
    this.clock = clock;
    this.random = random;
    this.timer = timer;
    this.due = due;
    this.drifts = drifts;
  }

  Device device() {
    return device;
  }

  /**
   * What is desired from now on. An order that stays keeps how far it has come, unless the profile
   * has changed: what was refused may be right now.
   */
  synchronized void replace(Map<String, Wanted> wanted, String reference) {
    Instant now = clock.instant();
    boolean changed = !reference.equals(profile);
    profile = reference;
    all.keySet().retainAll(wanted.keySet());
    wanted.forEach(
        (property, fresh) -> {
          Wanted present = all.get(property);
          if (present == null || !present.same(fresh)) {
            fresh.next = now;
            all.put(property, fresh);
          } else if (changed && !present.reported()) {
            present.afresh(now);
          }
        });
    consider();
  }

  /** The thing has reported a property. */
  synchronized void heard(Reading reading) {
    Wanted wanted = all.get(reading.property());
    if (wanted == null) {
      return;
    }
    boolean news = wanted.other != null && !reading.value().equals(wanted.other);
    compare(wanted);
    boolean rests = !wanted.reported() && wanted.next == null && !wanted.held;
    if (news && rests && wanted.state != State.NOT_WRITABLE && wanted != underWay) {
      // the device moves: one more try, late
      wanted.next = clock.instant().plus(rhythm.pause(rhythm.attempts(), random));
    }
    consider();
  }

  /** The thing has come, gone or fallen asleep. */
  synchronized void heard(Status status) {
    if (status == Status.ONLINE) {
      Instant now = clock.instant();
      for (Wanted wanted : all.values()) {
        if (!wanted.reported() && !wanted.refused() && wanted != underWay) {
          Instant rested = wanted.written == null ? now : wanted.written.plus(REST);
          wanted.attempts = 0;
          wanted.next = rested.isAfter(now) ? rested : now;
        }
      }
    }
    consider();
  }

  /** Looks at everything again: what can be written asks for a turn, the rest sets its alarm. */
  synchronized void consider() {
    Future<?> before = alarm;
    if (before != null) {
      before.cancel(false);
      alarm = null;
    }
    all.values().forEach(this::compare);
    Optional<Obstacle> obstacle = view.obstacle();
    Wanted sent = underWay;
    if (sent != null && !sent.reported()) {
      boolean asleep = obstacle.map(o -> o.state() == State.ASLEEP).orElse(false);
      sent.state = asleep ? State.ASLEEP : State.SENT;
      sent.detail = asleep ? obstacle.get().detail() : ON_ITS_WAY;
    }
    if (closed || sent != null) {
      return;
    }
    Instant now = clock.instant();
    Instant earliest = null;
    for (Wanted wanted : all.values()) {
      if (wanted.reported()) {
        continue;
      } else if (obstacle.isPresent()) {
        hold(wanted, obstacle.get());
        continue;
      } else if (wanted.held) {
        wanted.afresh(now);
      }
      Instant next = wanted.next;
      if (next != null && (earliest == null || next.isBefore(earliest))) {
        earliest = next;
      }
    }
    if (earliest != null && !earliest.isAfter(now)) {
      due.run();
    } else if (earliest != null) {
      alarm = timer.after(Duration.between(now, earliest), this::consider);
    }
  }

  private static void hold(Wanted wanted, Obstacle obstacle) {
    if (!wanted.refused() || obstacle.state() == State.NOT_WRITABLE) {
      String before = wanted.trouble.isEmpty() ? "" : "; the last write: " + wanted.trouble;
      // one that slept past the deadline is told from one that was never written to
      boolean sleptPast = wanted.state == State.EXPIRED && obstacle.state() == State.ASLEEP;
      State state = sleptPast ? State.EXPIRED : obstacle.state();
      wanted.become(state, obstacle.detail() + before, null);
      wanted.held = true;
    }
  }

  private void compare(Wanted wanted) {
    Reading reported = view.reported(wanted.property);
    if (reported != null && wanted.isSaidBy(reported, view.keeping(wanted.property).deadband())) {
      wanted.other = null;
      wanted.trouble = "";
      wanted.become(State.REPORTED, "", null);
      return;
    }
    if (reported != null) {
      wanted.other = reported.value();
    }
    if (wanted.reported()) {
      drifts.increment();
      drifted(wanted, reported);
    }
  }

  /** A device that goes back again and again is written to at a slower and slower pace. */
  private void drifted(Wanted wanted, @Nullable Reading reported) {
    Instant now = clock.instant();
    Instant written = wanted.written;
    if (written == null || written.plus(rhythm.longest()).isBefore(now)) {
      wanted.attempts = 0;
    }
    Instant again =
        written == null || wanted.attempts == 0
            ? now
            : written.plus(rhythm.pause(wanted.attempts, random));
    String to = reported == null ? "something else" : reported.value().text();
    wanted.become(
        State.WAITING,
        "the device went to " + to + " by itself",
        again.isBefore(now) ? now : again);
  }

  /** What is written now, its turn having come; null when there is nothing any more. */
  synchronized @Nullable Wanted take() {
    all.values().forEach(this::compare);
    if (closed || underWay != null || view.obstacle().isPresent()) {
      return null;
    }
    Instant now = clock.instant();
    Wanted first = null;
    for (Wanted wanted : all.values()) {
      Instant next = wanted.next;
      if (next != null
          && !next.isAfter(now)
          && (first == null || first.next == null || next.isBefore(first.next))) {
        first = wanted;
      }
    }
    if (first != null) {
      first.attempts++;
      first.written = now;
      first.become(State.SENT, ON_ITS_WAY, null);
      underWay = first;
    }
    return first;
  }

  synchronized void ended(Wanted wanted, Outcome outcome) {
    underWay = null;
    if (all.get(wanted.property) == wanted) {
      wanted.state = State.SENT;
      compare(wanted);
      if (!wanted.reported()) {
        judge(wanted, outcome);
      }
    }
    consider();
  }

  private void judge(Wanted wanted, Outcome outcome) {
    Instant again = clock.instant().plus(rhythm.pause(wanted.attempts, random));
    if (outcome instanceof Outcome.Failed failed) {
      wanted.trouble = failed.reason() + ": " + failed.detail();
      State state = state(failed.reason());
      boolean hopeless =
          state == State.NOT_WRITABLE || failed.reason() == Outcome.Reason.INVALID_VALUE;
      if (failed.reason() == Outcome.Reason.BUSY) {
        wanted.attempts--;
      }
      wanted.become(state, failed.detail(), hopeless ? null : again);
    } else {
      wanted.trouble = "";
      wanted.become(State.SENT, "the device has not reported it yet", again);
    }
    if (wanted.next != null && wanted.attempts >= rhythm.attempts()) {
      wanted.become(
          wanted.state,
          wanted.detail
              + "; written "
              + wanted.attempts
              + " times, and now only when the device comes back or reports something else, or the"
              + " order or the profile changes",
          null);
    }
  }

  private static State state(Outcome.Reason reason) {
    return switch (reason) {
      case UNKNOWN_THING, UNKNOWN_AFFORDANCE, NOT_ALLOWED -> State.NOT_WRITABLE;
      case INVALID_VALUE, REFUSED -> State.REJECTED;
      case NO_PROTOCOL, UNREACHABLE -> State.UNREACHABLE;
      case TIMEOUT -> State.UNANSWERED;
      case EXPIRED -> State.EXPIRED;
      case BUSY, BAD_ANSWER, INTERNAL -> State.FAILED;
    };
  }

  synchronized boolean wants(String property) {
    return all.containsKey(property);
  }

  synchronized List<Desired> list() {
    List<Desired> list = new ArrayList<>();
    all.values().forEach(wanted -> list.add(desired(wanted)));
    return list;
  }

  synchronized @Nullable Desired find(String property) {
    Wanted wanted = all.get(property);
    return wanted == null ? null : desired(wanted);
  }

  private Desired desired(Wanted wanted) {
    Optional<Reading> reported = Optional.ofNullable(view.reported(wanted.property));
    Double is = reported.map(reading -> Wanted.number(reading.value())).orElse(null);
    Double shall = Wanted.number(wanted.value);
    return new Desired(
        device.id(),
        wanted.property,
        wanted.value,
        wanted.source,
        wanted.by,
        wanted.since,
        reported,
        is == null || shall == null ? OptionalDouble.empty() : OptionalDouble.of(is - shall),
        wanted.state,
        wanted.detail,
        wanted.attempts,
        Optional.ofNullable(wanted.written),
        Optional.ofNullable(wanted.next));
  }

  synchronized void close() {
    closed = true;
    Future<?> before = alarm;
    if (before != null) {
      before.cancel(false);
    }
  }
}
