package io.patchbay.core;

import io.patchbay.profile.Op;
import io.patchbay.profile.Property;
import io.patchbay.store.Registered.Admission;
import io.patchbay.thing.Command;
import io.patchbay.thing.Outcome;
import io.patchbay.thing.Outcome.Reason;
import io.patchbay.thing.ThingId;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;

/**
 * Reads what protocols must be asked for, at the profile's interval. The things of one interval are
 * spread over it; a read that is still under way is not sent again.
 */
final class Poller {
  private static final Duration SHORTEST = Duration.ofMillis(10);
  private static final Duration LEAST_PATIENCE = Duration.ofSeconds(1);
  private static final Duration MOST_PATIENCE = Duration.ofSeconds(30);

  /** Within this time everything is read a first time, whatever its interval. */
  private static final Duration SOON = Duration.ofSeconds(5);

  private static final double JITTER = 0.25;
  private static final int MOST_DOUBLINGS = 20;

  /** Why a read failed that may bring something a while later. */
  private static final Set<Reason> SILENCE =
      EnumSet.of(Reason.UNREACHABLE, Reason.TIMEOUT, Reason.EXPIRED, Reason.BUSY);

  private final Directory directory;
  private final Catalogue catalogue;
  private final Ports ports;
  private final Downlink downlink;
  private final Schedule schedule;
  private final Clock clock;
  private final Map<ThingId, List<Round>> rounds = new HashMap<>();
  private final LongAdder skipped = new LongAdder();

  Poller(
      Directory directory,
      Catalogue catalogue,
      Ports ports,
      Downlink downlink,
      Schedule schedule,
      Clock clock) {
    this.directory = directory;
    this.catalogue = catalogue;
    this.ports = ports;
    this.downlink = downlink;
    this.schedule = schedule;
    this.clock = clock;
  }

  /** Profiles or protocols have changed. */
  synchronized void planAll() {
    List<ThingId> gone = new ArrayList<>(rounds.keySet());
    for (Device device : directory.all()) {
      gone.remove(device.id());
      plan(device.id());
    }
    gone.forEach(this::plan);
  }

  /** A thing has changed. What is read as before goes on in its rhythm. */
  synchronized void plan(ThingId id) {
    Map<Duration, List<String>> wanted = wanted(id);
    List<Round> present = rounds.getOrDefault(id, List.of());
    if (wanted.isEmpty() && present.isEmpty()) {
      return;
    }
    List<Round> planned = new ArrayList<>();
    for (Round round : present) {
      if (round.properties.equals(wanted.get(round.interval))) {
        wanted.remove(round.interval);
        planned.add(round);
      } else {
        round.end();
      }
    }
    wanted.forEach((interval, properties) -> planned.add(new Round(id, interval, properties)));
    if (planned.isEmpty()) {
      rounds.remove(id);
    } else {
      rounds.put(id, planned);
    }
  }

  private Map<Duration, List<String>> wanted(ThingId id) {
    Map<Duration, List<String>> wanted = new HashMap<>();
    Device device = directory.find(id).orElse(null);
    if (device == null
        || device.registered().admission() != Admission.ADMITTED
        || ports.downlink(device.thing().scheme()).isEmpty()
        || ports.protocol(device.thing().scheme()).isEmpty()) {
      return wanted;
    }
    CompiledProfile profile = catalogue.profile(device.thing().profile()).orElse(null);
    if (profile != null) {
      for (Property property : new TreeMap<>(profile.profile().properties()).values()) {
        Duration interval = property.poll().orElse(Duration.ZERO);
        if (!interval.isZero()
            && !interval.isNegative()
            && CompiledProfile.form(property.forms(), device.thing().scheme(), Op.READ)
                .isPresent()) {
          Duration bounded = interval.compareTo(SHORTEST) < 0 ? SHORTEST : interval;
          wanted.computeIfAbsent(bounded, key -> new ArrayList<>()).add(property.name());
        }
      }
    }
    return wanted;
  }

  /**
   * What is read of one thing at one interval. Where that is long, the first read does not wait for
   * its place in it, and one that was not answered is tried again after 5, 10, 20 s and so on.
   */
  private final class Round {
    private final ThingId id;
    private final Duration interval;
    private final List<String> properties;
    private final AtomicBoolean underWay = new AtomicBoolean();
    private final ScheduledFuture<?> timer;
    private Optional<ScheduledFuture<?>> extra = Optional.empty();
    private int failures;
    private boolean ended;

    Round(ThingId id, Duration interval, List<String> properties) {
      this.id = id;
      this.interval = interval;
      this.properties = List.copyOf(properties);
      long hash = id.hashCode() * 0x9E3779B97F4A7C15L;
      Duration place = Duration.ofNanos(Math.floorMod(hash, interval.toNanos()));
      timer = schedule.every(interval, place, this::read);
      if (place.compareTo(SOON) > 0) {
        again(Duration.ofNanos(Math.floorMod(hash, SOON.toNanos())));
      }
    }

    private synchronized void again(Duration delay) {
      if (!ended) {
        extra.ifPresent(one -> one.cancel(false)); // there is one further read at most
        extra = Optional.of(schedule.after(delay, this::read));
      }
    }

    synchronized void end() {
      ended = true;
      timer.cancel(false);
      extra.ifPresent(one -> one.cancel(false));
    }

    private void read() {
      if (!underWay.compareAndSet(false, true)) {
        skipped.increment();
        return;
      }
      try {
        Command.Read read =
            new Command.Read(id, properties, clock.instant().plus(patience(interval)));
        downlink
            .poll(read)
            .whenComplete(
                (outcome, failure) -> {
                  underWay.set(false);
                  ended(outcome);
                });
      } catch (RuntimeException e) {
        underWay.set(false);
        throw e;
      }
    }

    private void ended(Outcome outcome) {
      boolean silent = outcome instanceof Outcome.Failed why && SILENCE.contains(why.reason());
      Duration pause;
      synchronized (this) {
        failures = silent ? failures + 1 : 0;
        pause = SOON.multipliedBy(1L << Math.min(Math.max(failures - 1, 0), MOST_DOUBLINGS));
      }
      if (silent && pause.compareTo(interval) < 0) {
        double more = 1 + JITTER * ThreadLocalRandom.current().nextDouble();
        again(Duration.ofNanos((long) (pause.toNanos() * more)));
      }
    }
  }

  private static Duration patience(Duration interval) {
    if (interval.compareTo(LEAST_PATIENCE) < 0) {
      return LEAST_PATIENCE;
    }
    return interval.compareTo(MOST_PATIENCE) > 0 ? MOST_PATIENCE : interval;
  }

  /** Polls that were not sent because the one before was under way. */
  long skipped() {
    return skipped.sum();
  }
}
