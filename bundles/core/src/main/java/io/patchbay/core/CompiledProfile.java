package io.patchbay.core;

import io.patchbay.profile.AddressPattern;
import io.patchbay.profile.Form;
import io.patchbay.profile.Match;
import io.patchbay.profile.Op;
import io.patchbay.profile.Profile;
import io.patchbay.southbound.Codec;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Interpretation;
import io.patchbay.southbound.MediaTypes;
import io.patchbay.southbound.Origin;
import io.patchbay.southbound.Protocol;
import io.patchbay.southbound.Slot;
import io.patchbay.thing.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/** A profile made ready: what need not be done again for every frame. */
final class CompiledProfile {
  /** Name of the one slot of a status form. */
  static final String STATUS = "status";

  /** What a device nobody registered must send, made ready. */
  record Door(AddressPattern pattern, Predicate<Frame> test, int conditions) {}

  /**
   * Forms that report by themselves.
   *
   * @param addressed they have an address: one interest hears all things
   * @param asked they have none: each thing must be asked to report
   */
  record Listening(Set<Form> addressed, Set<Form> asked) {
    private static final Listening NOTHING = new Listening(Set.of(), Set.of());
  }

  private final Profile profile;
  private final String reference;
  private final Set<String> identity;
  private final Interpretation interpretation;
  private final Map<String, List<Door>> doors = new HashMap<>();
  private final Map<String, List<Division>> divisions = new HashMap<>();
  private final Map<String, Listening> listening = new HashMap<>();
  private final Map<String, Gate> gates = new HashMap<>();
  private final Map<String, Value> desired = new HashMap<>();
  private final Map<Slot, Codec> encoders = new ConcurrentHashMap<>();
  private final Map<Requests.Names, Requests.Reading> readings = new ConcurrentHashMap<>();
  private final List<String> problems = new ArrayList<>();
  private final Ports ports;
  private final MediaTypes mediaTypes;

  /** Compiles for the protocols that run now. What cannot be compiled becomes a problem. */
  CompiledProfile(Profile profile, Ports ports, MediaTypes mediaTypes) {
    this.profile = profile;
    reference = profile.reference();
    this.ports = ports;
    this.mediaTypes = mediaTypes;
    identity = names(profile.thing());
    interpretation = new Interpretation(profile, mediaTypes, ports::protocol, this::problem);
    profile
        .properties()
        .forEach((name, property) -> Gate.of(property).ifPresent(gate -> gates.put(name, gate)));
    profile
        .properties()
        .forEach((name, property) -> property.desired().ifPresent(v -> desired.put(name, v)));
    profile.match().forEach(match -> attempt("match", () -> open(match)));
    profile.parts().forEach(form -> attempt("parts", () -> divide(form)));
    heard(profile).forEach(this::listen);
  }

  /** What {@link Requests} has worked out; it goes when a protocol does, with this. */
  Map<Requests.Names, Requests.Reading> readings() {
    return readings;
  }

  private void attempt(String what, Runnable step) {
    try {
      step.run();
    } catch (IllegalArgumentException e) {
      problem(what, String.valueOf(e.getMessage()));
    }
  }

  private void problem(String what, String why) {
    problems.add(profile.reference() + ": " + what + ": " + why);
  }

  /** Names in a template, as {@link AddressPattern#fill} knows them. */
  private static Set<String> names(String template) {
    Set<String> names = new java.util.LinkedHashSet<>();
    int from = template.indexOf('{');
    while (from >= 0) {
      int to = template.indexOf('}', from);
      if (to < 0) {
        break;
      }
      names.add(template.substring(from + 1, to));
      from = template.indexOf('{', to);
    }
    return names;
  }

  private void open(Match match) {
    Form form = match.form();
    ports
        .protocol(form.protocol())
        .flatMap(protocol -> protocol.address(form))
        .ifPresent(
            address ->
                doors
                    .computeIfAbsent(form.protocol(), scheme -> new ArrayList<>())
                    .add(
                        new Door(
                            AddressPattern.of(address),
                            mediaTypes.knows(form.mediaType())
                                ? mediaTypes.test(match)
                                : frame -> true,
                            match.has().size() + match.equal().size())));
  }

  private void divide(Form form) {
    ports
        .protocol(form.protocol())
        .flatMap(protocol -> protocol.address(form))
        .ifPresent(
            address ->
                divisions
                    .computeIfAbsent(form.protocol(), scheme -> new ArrayList<>())
                    .add(Division.of(form, address, mediaTypes.divider(form))));
  }

  private static Set<Form> heard(Profile profile) {
    Set<Form> forms = new HashSet<>();
    profile.properties().values().forEach(property -> forms.addAll(property.forms()));
    profile.events().values().forEach(event -> forms.addAll(event.forms()));
    forms.removeIf(form -> !form.ops().contains(Op.OBSERVE) && !form.ops().contains(Op.SUBSCRIBE));
    forms.addAll(profile.status());
    profile.match().stream().map(Match::form).forEach(forms::add);
    return forms;
  }

  private void listen(Form form) {
    Protocol protocol = ports.protocol(form.protocol()).orElse(null);
    if (protocol == null) {
      return;
    }
    boolean addressed;
    try {
      addressed = protocol.address(form).isPresent();
    } catch (IllegalArgumentException e) {
      return; // its interpretation, or its match, has told
    }
    Listening all =
        listening.computeIfAbsent(
            form.protocol(), scheme -> new Listening(new HashSet<>(), new HashSet<>()));
    (addressed ? all.addressed() : all.asked()).add(form);
  }

  /** What its things are heard by. */
  Listening listening(String scheme) {
    return listening.getOrDefault(scheme, Listening.NOTHING);
  }

  Profile profile() {
    return profile;
  }

  List<Division> divisions(String scheme) {
    return divisions.getOrDefault(scheme, List.of());
  }

  /** Whether it reads what comes from there: a part by its own division, or else a whole frame. */
  boolean reads(Origin origin) {
    List<Division> all = divisions(origin.scheme());
    String part = origin.terms().get(Division.TERM);
    if (part != null) {
      return all.stream().anyMatch(division -> division.name().equals(part));
    }
    return all.isEmpty() || all.stream().noneMatch(division -> division.fits(origin.address()));
  }

  /** By name of property; only of those of which something is desired. */
  Map<String, Value> desired() {
    return desired;
  }

  /** By name of property; only of those that hold something back. */
  Map<String, Gate> gates() {
    return gates;
  }

  /** {@link Profile#reference()}, made once. */
  String reference() {
    return reference;
  }

  /** The terms by which its things are told apart. */
  Set<String> identity() {
    return identity;
  }

  /** What its frames mean. */
  Interpretation interpretation() {
    return interpretation;
  }

  List<Door> doors(String scheme) {
    return doors.getOrDefault(scheme, List.of());
  }

  /** In words, for the administrator. */
  List<String> problems() {
    return List.copyOf(problems);
  }

  /** Whether it has what makes it hear things of this scheme by address. */
  boolean listens(String scheme) {
    return !interpretation.readers(scheme).isEmpty();
  }

  /**
   * What writes a form's values, for the protocol that runs now; compiled with the first command.
   *
   * @throws IllegalArgumentException naming the term that is wrong
   */
  Codec encoder(Slot slot, Protocol protocol) {
    return encoders.computeIfAbsent(
        slot,
        key ->
            mediaTypes.knows(key.form().mediaType())
                ? mediaTypes.codec(key)
                : protocol.compile(key.form(), key.schema()));
  }

  static Optional<Form> form(List<Form> forms, String scheme, Op op) {
    return forms.stream()
        .filter(form -> form.protocol().equals(scheme) && form.ops().contains(op))
        .findFirst();
  }
}
