package io.patchbay.binding.coap;

import io.patchbay.coap.Acknowledgements;
import io.patchbay.northbound.Things;
import io.patchbay.profile.AddressPattern;
import io.patchbay.profile.Form;
import io.patchbay.profile.Profile;
import io.patchbay.profile.Profiles;
import io.patchbay.southbound.Interest;
import io.patchbay.southbound.Target;
import io.patchbay.southbound.UplinkPort;
import io.patchbay.thing.Thing;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the hub observes at devices: one observation per resource, however many properties. */
final class Observations {
  private static final Logger LOG = LoggerFactory.getLogger(Observations.class);

  private record Place(Remote remote, int accept) {}

  private record Wanted(Place place, List<Target> targets) {}

  private final Devices devices;
  private final UplinkPort uplink;
  private final Reachability reachability;
  private final Acknowledgements acknowledgements;
  private final ScheduledExecutorService thread;
  private final Things things;
  private final Profiles profiles;

  /** On the thread alone. */
  private final Map<Wanted, Observation> running = new HashMap<>();

  private boolean looking;

  Observations(
      Devices devices,
      UplinkPort uplink,
      Reachability reachability,
      Acknowledgements acknowledgements,
      ScheduledExecutorService thread,
      Things things,
      Profiles profiles) {
    this.devices = devices;
    this.uplink = uplink;
    this.reachability = reachability;
    this.acknowledgements = acknowledgements;
    this.thread = thread;
    this.things = things;
    this.profiles = profiles;
  }

  /** What the profiles want from now on. */
  void hear(Set<Interest> all) {
    Map<Place, List<Target>> targets = new HashMap<>();
    for (Interest interest : all) {
      if (ResourceForm.asked(interest.form()) && interest.thing().isPresent()) {
        things
            .find(interest.thing().get())
            .ifPresent(state -> add(state.registered().thing(), interest.form(), targets));
      }
    }
    Map<Wanted, Boolean> wanted = new HashMap<>();
    targets.forEach((place, some) -> wanted.put(new Wanted(place, sorted(some)), true));
    thread.execute(() -> follow(wanted.keySet()));
  }

  private static List<Target> sorted(List<Target> targets) {
    List<Target> sorted = new ArrayList<>(Set.copyOf(targets));
    sorted.sort((one, other) -> one.toString().compareTo(other.toString()));
    return List.copyOf(sorted);
  }

  private void add(Thing thing, Form form, Map<Place, List<Target>> targets) {
    Profile profile = profiles.current().get(thing.profile());
    if (profile == null) {
      return;
    }
    try {
      String resource = ResourceForm.resource(form);
      String filled =
          AddressPattern.fill(resource, thing.terms())
              .orElseThrow(
                  () ->
                      new IllegalArgumentException(
                          "resource '" + resource + "' needs terms that the thing lacks"));
      Place place =
          new Place(Remote.of(thing, filled), ContentFormats.number(form.mediaType()).orElse(-1));
      profile.properties().values().stream()
          .filter(property -> property.forms().contains(form))
          .map(property -> new Target(thing.id(), property.name()))
          .forEach(target -> targets.computeIfAbsent(place, at -> new ArrayList<>()).add(target));
    } catch (IllegalArgumentException e) {
      LOG.warn("Thing '{}' cannot be observed: {}", thing.id(), e.getMessage());
    }
  }

  private void follow(Set<Wanted> wanted) {
    running
        .entrySet()
        .removeIf(
            entry -> {
              boolean gone = !wanted.contains(entry.getKey());
              if (gone) {
                entry.getValue().end();
              }
              return gone;
            });
    for (Wanted one : wanted) {
      if (!running.containsKey(one)) {
        Observation observation =
            new Observation(
                devices,
                uplink,
                reachability,
                acknowledgements,
                thread,
                one.place().remote(),
                one.place().accept(),
                one.targets());
        running.put(one, observation);
        observation.begin();
      }
    }
    if (!looking && !running.isEmpty()) {
      looking = true;
      var unused =
          thread.scheduleWithFixedDelay(
              () -> running.values().forEach(Observation::look), 1, 1, TimeUnit.SECONDS);
    }
  }
}
