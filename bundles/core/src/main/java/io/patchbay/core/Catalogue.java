package io.patchbay.core;

import io.patchbay.profile.Match;
import io.patchbay.profile.Profile;
import io.patchbay.southbound.MediaTypes;
import io.patchbay.southbound.Origin;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The profiles in service, compiled, with who was found to speak where. */
final class Catalogue {
  private static final Logger LOG = LoggerFactory.getLogger(Catalogue.class);

  /** Addresses remembered; when full all are forgotten and found again. */
  private static final int SOURCES = 200_000;

  /** A snapshot: what is found while it changes is remembered in the snapshot it was found in. */
  private record Snapshot(
      Map<String, CompiledProfile> profiles,
      Set<String> schemes,
      Map<String, List<Division>> divisions,
      Directory.Index things,
      Map<Origin, Source> sources) {}

  private final Ports ports;
  private final MediaTypes mediaTypes;
  private final Directory directory;
  private volatile Snapshot snapshot;

  Catalogue(Ports ports, MediaTypes mediaTypes, Directory directory) {
    this.ports = ports;
    this.mediaTypes = mediaTypes;
    this.directory = directory;
    snapshot =
        new Snapshot(Map.of(), Set.of(), Map.of(), directory.index(), new ConcurrentHashMap<>());
  }

  /** Compiles what has changed. */
  synchronized void change(Map<String, Profile> all) {
    Set<String> schemes = new HashSet<>(snapshot.schemes());
    schemes.retainAll(ports.schemes());
    Map<String, CompiledProfile> compiled = new HashMap<>();
    all.forEach(
        (id, profile) -> {
          CompiledProfile present = snapshot.profiles().get(id);
          compiled.put(
              id,
              present != null && present.profile().equals(profile) ? present : compile(profile));
        });
    publish(compiled, schemes);
  }

  /** A protocol came or went: what has forms of it is compiled again. */
  synchronized void recompile(String scheme) {
    // others that are here already are compiled, and spoken, when it is their turn
    Set<String> schemes = new HashSet<>(snapshot.schemes());
    schemes.add(scheme);
    schemes.retainAll(ports.schemes());
    Map<String, CompiledProfile> compiled = new HashMap<>();
    snapshot
        .profiles()
        .forEach(
            (id, present) ->
                compiled.put(
                    id, names(present.profile(), scheme) ? compile(present.profile()) : present));
    publish(compiled, schemes);
  }

  private static boolean names(Profile profile, String scheme) {
    return Stream.of(
            profile.properties().values().stream().flatMap(one -> one.forms().stream()),
            profile.actions().values().stream().flatMap(one -> one.forms().stream()),
            profile.events().values().stream().flatMap(one -> one.forms().stream()),
            profile.match().stream().map(Match::form),
            profile.status().stream(),
            profile.parts().stream())
        .flatMap(forms -> forms)
        .anyMatch(form -> form.protocol().equals(scheme));
  }

  private CompiledProfile compile(Profile profile) {
    CompiledProfile compiled = new CompiledProfile(profile, ports, mediaTypes);
    compiled.problems().forEach(problem -> LOG.warn("Profile {}", problem));
    return compiled;
  }

  private void publish(Map<String, CompiledProfile> compiled, Set<String> schemes) {
    Map<String, Set<String>> names = new HashMap<>();
    compiled.forEach((id, profile) -> names.put(id, profile.identity()));
    Map<String, List<Division>> divisions = divisions(compiled, schemes);
    directory.index(
        names,
        things ->
            snapshot =
                new Snapshot(
                    Map.copyOf(compiled),
                    Set.copyOf(schemes),
                    divisions,
                    things,
                    new ConcurrentHashMap<>()));
  }

  /** By scheme, equal ones once. */
  private static Map<String, List<Division>> divisions(
      Map<String, CompiledProfile> profiles, Set<String> schemes) {
    Map<String, List<Division>> all = new HashMap<>();
    for (String scheme : schemes) {
      Map<String, Division> named = new TreeMap<>();
      for (CompiledProfile profile : profiles.values()) {
        profile.divisions(scheme).forEach(division -> named.put(division.name(), division));
      }
      if (!named.isEmpty()) {
        all.put(scheme, List.copyOf(named.values()));
      }
    }
    return Map.copyOf(all);
  }

  /** Things have changed: who speaks where is found again. */
  synchronized void forgetSources() {
    snapshot =
        new Snapshot(
            snapshot.profiles(),
            snapshot.schemes(),
            snapshot.divisions(),
            snapshot.things(),
            new ConcurrentHashMap<>());
  }

  Map<String, CompiledProfile> profiles() {
    return snapshot.profiles();
  }

  Optional<CompiledProfile> profile(String id) {
    return Optional.ofNullable(snapshot.profiles().get(id));
  }

  /**
   * Whether forms of this protocol are compiled: while a binding is replaced they are not, and what
   * comes is no less welcome for that.
   */
  boolean speaks(String scheme) {
    return snapshot.schemes().contains(scheme);
  }

  /** The profiles with their forms of this protocol compiled; empty while they are not. */
  Optional<Collection<CompiledProfile>> speaking(String scheme) {
    Snapshot now = snapshot;
    return now.schemes().contains(scheme) ? Optional.of(now.profiles().values()) : Optional.empty();
  }

  List<String> problems() {
    return snapshot.profiles().values().stream()
        .flatMap(profile -> profile.problems().stream())
        .sorted()
        .toList();
  }

  /** One consistent look at profiles and sources. */
  Lookup lookup() {
    return new Lookup(snapshot);
  }

  /** Profiles and what was found under them. */
  static final class Lookup {
    private final Snapshot snapshot;

    private Lookup(Snapshot snapshot) {
      this.snapshot = snapshot;
    }

    /** The profiles that may read what comes from there. */
    List<CompiledProfile> readers(Origin origin) {
      return snapshot.profiles().values().stream().filter(p -> p.reads(origin)).toList();
    }

    /** Different ones that fit an address. */
    List<Division> divisions(Origin origin) {
      if (snapshot.divisions().isEmpty()) {
        return List.of();
      }
      List<Division> fitting = List.of();
      for (Division division : snapshot.divisions().getOrDefault(origin.scheme(), List.of())) {
        if (division.fits(origin.address())) {
          fitting = new ArrayList<>(fitting);
          fitting.add(division);
        }
      }
      return fitting;
    }

    Optional<Device> registered(Directory.Identity identity) {
      return snapshot.things().find(identity);
    }

    Optional<Source> known(Origin origin) {
      return Optional.ofNullable(snapshot.sources().get(origin));
    }

    Source remember(Origin origin, Source source) {
      if (snapshot.sources().size() >= SOURCES) {
        snapshot.sources().clear();
      }
      snapshot.sources().put(origin, source);
      return source;
    }
  }
}
