package io.patchbay.core;

import io.patchbay.profile.Form;
import io.patchbay.southbound.Interest;
import io.patchbay.southbound.InterestListener;
import io.patchbay.store.Registered.Admission;
import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells protocols what to listen for: every form that has an address, once; and of a form without
 * one (the device itself must be asked to report) once per thing.
 */
final class Interests {
  private static final Logger LOG = LoggerFactory.getLogger(Interests.class);

  private static final Duration TOGETHER = Duration.ofMillis(100);

  /** Newcomers are told in a twentieth of the time: each time all is worked out again. */
  private static final int SHARE = 20;

  private static final class Told {
    private final String scheme;
    private Optional<Set<Interest>> last = Optional.empty();

    private Told(String scheme) {
      this.scheme = scheme;
    }
  }

  private final Catalogue catalogue;
  private final Directory directory;
  private final Schedule schedule;
  private final Map<InterestListener, Told> listeners = new ConcurrentHashMap<>();
  private final AtomicInteger calls = new AtomicInteger();
  private final AtomicBoolean soon = new AtomicBoolean();
  private volatile long lasted;

  Interests(Catalogue catalogue, Directory directory, Schedule schedule) {
    this.catalogue = catalogue;
    this.directory = directory;
    this.schedule = schedule;
  }

  void add(String scheme, InterestListener listener) {
    listeners.put(listener, new Told(scheme));
    changed();
  }

  void remove(InterestListener listener) {
    listeners.remove(listener);
  }

  /**
   * Of a thing that has come: those that come together are told together. One that is heard by an
   * address which its profile names changes nothing.
   */
  void soon(Device device) {
    boolean asked =
        catalogue
            .profile(device.thing().profile())
            .filter(profile -> !profile.listening(device.thing().scheme()).asked().isEmpty())
            .isPresent();
    if (asked && !soon.getAndSet(true)) {
      var unused =
          schedule.after(
              Duration.ofNanos(Math.max(TOGETHER.toNanos(), SHARE * lasted)),
              () -> {
                soon.set(false);
                changed();
              });
    }
  }

  /** Many changes at once are told as one. */
  void changed() {
    if (calls.getAndIncrement() == 0) {
      schedule
          .pool()
          .execute(
              () -> {
                int seen;
                do {
                  seen = calls.get();
                  long begun = System.nanoTime();
                  listeners.forEach(this::tell);
                  lasted = System.nanoTime() - begun;
                } while (!calls.compareAndSet(seen, 0));
              });
    }
  }

  private void tell(InterestListener listener, Told told) {
    Optional<Set<Interest>> all = of(told.scheme);
    if (all.isEmpty() || told.last.equals(all)) {
      return;
    }
    try {
      listener.changed(all.get());
      told.last = all;
    } catch (RuntimeException e) {
      LOG.error("What to listen for could not be told to {}", told.scheme, e);
    }
  }

  /**
   * Empty while the protocol's forms are not compiled: whoever is told half of what to listen for
   * would stop listening to the rest, or say too early that it listens.
   */
  Optional<Set<Interest>> of(String scheme) {
    return catalogue.speaking(scheme).map(profiles -> of(scheme, profiles));
  }

  private Set<Interest> of(String scheme, Collection<CompiledProfile> profiles) {
    Set<Interest> interests = new HashSet<>();
    Map<String, CompiledProfile> asking = new HashMap<>();
    for (CompiledProfile compiled : profiles) {
      CompiledProfile.Listening listening = compiled.listening(scheme);
      boolean kept = compiled.profile().journal();
      for (Form form : listening.addressed()) {
        interests.add(new Interest("", form, Optional.empty(), kept));
      }
      if (!listening.asked().isEmpty()) {
        asking.put(compiled.profile().id(), compiled);
      }
    }
    if (!asking.isEmpty()) {
      for (Device device : directory.all()) {
        CompiledProfile compiled = asking.get(device.thing().profile());
        if (compiled != null
            && device.registered().admission() == Admission.ADMITTED
            && device.thing().scheme().equals(scheme)) {
          for (Form form : compiled.listening(scheme).asked()) {
            interests.add(
                new Interest(
                    device.thing().connection(),
                    form,
                    Optional.of(device.id()),
                    compiled.profile().journal()));
          }
        }
      }
    }
    return Collections.unmodifiableSet(interests);
  }
}
