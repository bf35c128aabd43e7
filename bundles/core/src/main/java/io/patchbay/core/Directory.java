package io.patchbay.core;

import io.patchbay.store.Registered;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;

/** All things, by name and by what tells them apart on the wire. Reads take no locks. */
final class Directory {
  /**
   * What tells a thing from the others of its profile.
   *
   * @param connection empty for a thing that may speak through any
   */
  record Identity(String profile, String scheme, String connection, Map<String, String> terms) {}

  private final NavigableMap<ThingId, Device> devices = new ConcurrentSkipListMap<>();
  private final Map<Identity, Device> identities = new ConcurrentHashMap<>();
  private volatile Map<String, Set<String>> names = Map.of();

  /**
   * The profiles have changed.
   *
   * @param identityNames by profile, the terms that tell its things apart
   */
  synchronized void index(Map<String, Set<String>> identityNames) {
    names = Map.copyOf(identityNames);
    identities.clear();
    devices.values().forEach(this::index);
  }

  private void index(Device device) {
    identity(device.thing()).ifPresent(identity -> identities.put(identity, device));
  }

  /** Empty when its profile is not there, or it lacks a term of its profile's name template. */
  Optional<Identity> identity(Thing thing) {
    Set<String> wanted = names.get(thing.profile());
    return wanted == null
        ? Optional.empty()
        : terms(wanted, thing.terms())
            .map(terms -> new Identity(thing.profile(), thing.scheme(), thing.connection(), terms));
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

  Optional<Device> find(Identity identity) {
    Device device = identities.get(identity);
    if (device == null && !identity.connection().isEmpty()) {
      device =
          identities.get(new Identity(identity.profile(), identity.scheme(), "", identity.terms()));
    }
    return Optional.ofNullable(device);
  }

  /** The one of exactly this connection. */
  Optional<Device> exact(Identity identity) {
    return Optional.ofNullable(identities.get(identity));
  }

  /** Sorted by id. */
  Collection<Device> all() {
    return devices.values();
  }

  int size() {
    return devices.size();
  }

  /** False when the name is taken. */
  synchronized boolean add(Device device) {
    if (devices.putIfAbsent(device.id(), device) != null) {
      return false;
    }
    index(device);
    return true;
  }

  /** Adds or changes, and keeps the twin. */
  synchronized Device put(Registered registered) {
    Device device = devices.get(registered.thing().id());
    if (device == null) {
      device = new Device(registered, true);
      devices.put(device.id(), device);
    } else {
      Device changed = device;
      identity(device.thing()).ifPresent(identity -> identities.remove(identity, changed));
      device.registered(registered);
    }
    index(device);
    return device;
  }

  synchronized boolean remove(ThingId id) {
    Device device = devices.remove(id);
    if (device == null) {
      return false;
    }
    identity(device.thing()).ifPresent(identity -> identities.remove(identity, device));
    Tapes.forget(device);
    return true;
  }
}
