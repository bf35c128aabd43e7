package io.patchbay.core;

import io.patchbay.store.Registered;
import io.patchbay.store.Registered.Admission;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;

/** All things, by name and by what tells them apart on the wire. Reads take no locks. */
final class Directory {
  /**
   * What tells a thing from the others of its profile.
   *
   * @param connection empty for a thing that may speak through any
   */
  record Identity(String profile, String scheme, String connection, Map<String, String> terms) {}

  /** Something that may fail. */
  @FunctionalInterface
  interface Look<T, E extends Exception> {
    T look() throws E;
  }

  private final Map<ThingId, Device> devices = new ConcurrentHashMap<>();

  /** Grows with each thing that comes or goes. */
  private volatile long changes;

  private record Sorted(long changes, List<Device> devices) {}

  /** For lists; made when one is asked for. */
  private volatile Sorted sorted = new Sorted(0, List.of());

  /** The few that are not admitted, for lists. */
  private final Map<Admission, NavigableMap<ThingId, Device>> apart =
      Map.of(
          Admission.WAITING, new ConcurrentSkipListMap<>(),
          Admission.REJECTED, new ConcurrentSkipListMap<>(),
          Admission.RETIRED, new ConcurrentSkipListMap<>());

  private volatile Index index = new Index(Map.of());

  /**
   * The profiles have changed.
   *
   * @param names by profile, the terms that tell its things apart
   * @param publish puts the new index in service together with the profiles it belongs to
   */
  synchronized void index(Map<String, Set<String>> names, Consumer<Index> publish) {
    Index fresh = new Index(Map.copyOf(names));
    devices.values().forEach(fresh::add);
    index = fresh;
    publish.accept(fresh);
  }

  /** The present one. */
  Index index() {
    return index;
  }

  /** While neither things nor profiles change. */
  synchronized <T, E extends Exception> T still(Look<T, E> look) throws E {
    return look.look();
  }

  /** Empty when its profile is not there, or it lacks a term of its profile's name template. */
  Optional<Identity> identity(Thing thing) {
    return index.identity(thing);
  }

  /** Things by what tells them apart, as one set of profiles says. */
  static final class Index {
    private final Map<String, Set<String>> names;
    private final Map<Identity, Device> devices = new ConcurrentHashMap<>();

    /** By scheme, the profiles of its things. */
    private final Map<String, Set<String>> profiles = new ConcurrentHashMap<>();

    /** Things whose profile is not there, or that lack a term. */
    private final Set<Device> untold = ConcurrentHashMap.newKeySet();

    private Index(Map<String, Set<String>> names) {
      this.names = names;
    }

    private Optional<Identity> identity(Thing thing) {
      Set<String> wanted = names.get(thing.profile());
      return wanted == null
          ? Optional.empty()
          : terms(wanted, thing.terms())
              .map(
                  terms ->
                      new Identity(thing.profile(), thing.scheme(), thing.connection(), terms));
    }

    private void add(Device device) {
      Optional<Identity> identity = identity(device.thing());
      if (identity.isEmpty()) {
        untold.add(device);
        return;
      }
      devices.put(identity.get(), device);
      profiles
          .computeIfAbsent(identity.get().scheme(), scheme -> ConcurrentHashMap.newKeySet())
          .add(identity.get().profile());
    }

    private void remove(Thing thing, Device device) {
      identity(thing)
          .ifPresentOrElse(
              identity -> devices.remove(identity, device), () -> untold.remove(device));
    }

    /** The one that has these terms there, of whatever profile. */
    Optional<Device> find(String scheme, String connection, Map<String, String> terms) {
      for (String profile : profiles.getOrDefault(scheme, Set.of())) {
        Optional<Device> found =
            terms(names.getOrDefault(profile, Set.of()), terms)
                .flatMap(known -> find(new Identity(profile, scheme, connection, known)))
                .filter(device -> has(device.thing(), terms));
        if (found.isPresent()) {
          return found;
        }
      }
      return untold.stream()
          .filter(device -> device.thing().scheme().equals(scheme))
          .filter(device -> device.thing().connection().equals(connection))
          .filter(device -> has(device.thing(), terms))
          .findFirst();
    }

    private static boolean has(Thing thing, Map<String, String> terms) {
      return thing.terms().entrySet().containsAll(terms.entrySet());
    }

    Optional<Device> find(Identity identity) {
      Device device = devices.get(identity);
      if (device == null && !identity.connection().isEmpty()) {
        device =
            devices.get(new Identity(identity.profile(), identity.scheme(), "", identity.terms()));
      }
      return Optional.ofNullable(device);
    }

    /** The one of exactly this connection. */
    Optional<Device> exact(Identity identity) {
      return Optional.ofNullable(devices.get(identity));
    }
  }

  static Optional<Map<String, String>> terms(Set<String> wanted, Map<String, String> all) {
    Map<String, String> terms = new HashMap<>();
    for (String name : wanted) {
      String term = all.get(name);
      if (term == null) {
        return Optional.empty();
      }
      terms.put(name, term);
    }
    return Optional.of(terms);
  }

  Optional<Device> find(ThingId id) {
    return Optional.ofNullable(devices.get(id));
  }

  Collection<Device> all() {
    return devices.values();
  }

  /** Sorted by id. */
  Collection<Device> sorted() {
    Sorted known = sorted;
    if (known.changes() != changes) {
      long before = changes;
      List<Device> all = new ArrayList<>(devices.values());
      all.sort(Comparator.comparing(Device::id));
      known = new Sorted(before, all);
      sorted = known;
    }
    return known.devices();
  }

  /** Those of which this was decided, and maybe others; sorted by id. */
  Collection<Device> sorted(Admission admission) {
    NavigableMap<ThingId, Device> some = apart.get(admission);
    return some == null ? sorted() : some.values();
  }

  private void file(Device device) {
    Admission present = device.registered().admission();
    apart.forEach(
        (admission, some) -> {
          if (admission == present) {
            some.put(device.id(), device);
          } else {
            some.remove(device.id());
          }
        });
  }

  int size() {
    return devices.size();
  }

  /** False when the name is taken. */
  synchronized boolean add(Device device) {
    if (devices.putIfAbsent(device.id(), device) != null) {
      return false;
    }
    changes++;
    file(device);
    index.add(device);
    return true;
  }

  /** Adds or changes, and keeps the twin. */
  synchronized Device put(Registered registered) {
    Device device = devices.get(registered.thing().id());
    if (device == null) {
      device = new Device(registered, true);
      devices.put(device.id(), device);
      changes++;
      file(device);
      index.add(device);
      return device;
    }
    Thing before = device.thing();
    device.registered(registered);
    file(device);
    index.add(device); // first, so that it is found all the time
    if (!index.identity(before).equals(index.identity(device.thing()))) {
      index.remove(before, device);
    }
    return device;
  }

  synchronized boolean remove(ThingId id) {
    Device device = devices.remove(id);
    if (device == null) {
      return false;
    }
    changes++;
    apart.values().forEach(some -> some.remove(id));
    index.remove(device.thing(), device);
    Tapes.forget(device);
    return true;
  }
}
