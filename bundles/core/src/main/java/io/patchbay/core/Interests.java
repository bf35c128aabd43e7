package io.patchbay.core;

import io.patchbay.profile.Form;
import io.patchbay.profile.Match;
import io.patchbay.profile.Op;
import io.patchbay.profile.Profile;
import io.patchbay.southbound.Interest;
import io.patchbay.southbound.InterestListener;
import io.patchbay.southbound.Protocol;
import io.patchbay.store.Registered.Admission;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
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

  private static final class Told {
    private final String scheme;
    private Optional<Set<Interest>> last = Optional.empty();

    private Told(String scheme) {
      this.scheme = scheme;
    }
  }

  private final Catalogue catalogue;
  private final Directory directory;
  private final Ports ports;
  private final Schedule schedule;
  private final Map<InterestListener, Told> listeners = new ConcurrentHashMap<>();
  private final AtomicInteger calls = new AtomicInteger();
  private final AtomicBoolean soon = new AtomicBoolean();

  Interests(Catalogue catalogue, Directory directory, Ports ports, Schedule schedule) {
    this.catalogue = catalogue;
    this.directory = directory;
    this.ports = ports;
    this.schedule = schedule;
  }

  void add(String scheme, InterestListener listener) {
    listeners.put(listener, new Told(scheme));
    changed();
  }

  void remove(InterestListener listener) {
    listeners.remove(listener);
  }

  /** Of a thing that has come: those that come together are told together. */
  void soon() {
    if (!soon.getAndSet(true)) {
      var unused =
          schedule.after(
              TOGETHER,
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
                  listeners.forEach(this::tell);
                } while (!calls.compareAndSet(seen, 0));
              });
    }
  }

  private void tell(InterestListener listener, Told told) {
    if (ports.protocol(told.scheme).isEmpty()) {
      return;
    }
    Set<Interest> all = of(told.scheme);
    if (told.last.equals(Optional.of(all))) {
      return;
    }
    try {
      listener.changed(all);
      told.last = Optional.of(all);
    } catch (RuntimeException e) {
      LOG.error("What to listen for could not be told to {}", told.scheme, e);
    }
  }

  Set<Interest> of(String scheme) {
    Set<Interest> interests = new HashSet<>();
    Protocol protocol = ports.protocol(scheme).orElse(null);
    if (protocol != null) {
      Map<String, List<Device>> asked = new HashMap<>();
      for (Device device : directory.all()) {
        if (device.registered().admission() == Admission.ADMITTED
            && device.thing().scheme().equals(scheme)) {
          asked.computeIfAbsent(device.thing().profile(), id -> new ArrayList<>()).add(device);
        }
      }
      for (CompiledProfile profile : catalogue.profiles().values()) {
        List<Device> devices = asked.getOrDefault(profile.profile().id(), List.of());
        for (Form form : forms(profile.profile(), scheme)) {
          add(protocol, profile.profile(), form, devices, interests);
        }
      }
    }
    return Collections.unmodifiableSet(interests);
  }

  private static void add(
      Protocol protocol,
      Profile profile,
      Form form,
      List<Device> devices,
      Set<Interest> interests) {
    boolean addressed;
    try {
      addressed = protocol.address(form).isPresent();
    } catch (IllegalArgumentException e) {
      return; // the catalogue has told
    }
    if (addressed) {
      interests.add(new Interest("", form, Optional.empty(), profile.journal()));
      return;
    }
    for (Device device : devices) {
      interests.add(
          new Interest(
              device.thing().connection(), form, Optional.of(device.id()), profile.journal()));
    }
  }

  private static Set<Form> forms(Profile profile, String scheme) {
    Set<Form> forms = new HashSet<>();
    profile.properties().values().forEach(property -> forms.addAll(property.forms()));
    profile.events().values().forEach(event -> forms.addAll(event.forms()));
    forms.removeIf(form -> !form.ops().contains(Op.OBSERVE) && !form.ops().contains(Op.SUBSCRIBE));
    forms.addAll(profile.status());
    profile.match().stream().map(Match::form).forEach(forms::add);
    forms.removeIf(form -> !form.protocol().equals(scheme));
    return forms;
  }
}
