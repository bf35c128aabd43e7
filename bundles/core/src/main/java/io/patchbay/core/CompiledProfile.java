package io.patchbay.core;

import io.patchbay.profile.AddressPattern;
import io.patchbay.profile.DataSchema;
import io.patchbay.profile.Event;
import io.patchbay.profile.Form;
import io.patchbay.profile.Match;
import io.patchbay.profile.Op;
import io.patchbay.profile.Profile;
import io.patchbay.profile.Property;
import io.patchbay.southbound.Codec;
import io.patchbay.southbound.Conformer;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.FrameDecoder;
import io.patchbay.southbound.MediaTypes;
import io.patchbay.southbound.Origin;
import io.patchbay.southbound.Point;
import io.patchbay.southbound.Protocol;
import io.patchbay.southbound.Slot;
import io.patchbay.thing.Quality;
import io.patchbay.thing.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A profile made ready: what need not be done again for every frame. */
final class CompiledProfile {
  /** Name of the one slot of a status form. */
  static final String STATUS = "status";

  /** What a device nobody registered must send, made ready. */
  record Door(AddressPattern pattern, Predicate<Frame> test, int conditions) {}

  private record Group(String address, String mediaType) {}

  private final Profile profile;
  private final String reference;
  private final Set<String> identity;
  private final Map<String, List<Reader>> readers = new HashMap<>();
  private final Map<String, List<Door>> doors = new HashMap<>();
  private final Map<String, List<Division>> divisions = new HashMap<>();
  private final Map<String, Conformer> properties = new HashMap<>();
  private final Map<String, Gate> gates = new HashMap<>();
  private final List<Property> computed = new ArrayList<>();
  private final Map<String, Value> desired = new HashMap<>();
  private final Map<String, Map<String, Conformer>> events = new HashMap<>();
  private final Map<String, FrameDecoder> targets = new ConcurrentHashMap<>();
  private final Map<Slot, Codec> encoders = new ConcurrentHashMap<>();
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
    profile
        .properties()
        .forEach(
            (name, property) ->
                attempt(name, () -> properties.put(name, new Conformer(property.schema()))));
    profile
        .properties()
        .forEach((name, property) -> Gate.of(property).ifPresent(gate -> gates.put(name, gate)));
    new TreeMap<>(profile.properties())
        .values().stream()
            .filter(property -> property.compute().isPresent())
            .forEach(computed::add);
    profile
        .properties()
        .forEach((name, property) -> property.desired().ifPresent(v -> desired.put(name, v)));
    profile.events().forEach((name, event) -> attempt(name, () -> events.put(name, fields(event))));
    Map<String, Map<Group, List<Slot>>> grouped = new TreeMap<>();
    slots().forEach(slot -> attempt(slot.name(), () -> group(slot, grouped)));
    grouped.forEach(
        (scheme, groups) ->
            groups.forEach((group, slots) -> attempt(group.address(), () -> read(group, slots))));
    profile.match().forEach(match -> attempt("match", () -> open(match)));
    profile.parts().forEach(form -> attempt("parts", () -> divide(form)));
  }

  private static Map<String, Conformer> fields(Event event) {
    Map<String, Conformer> fields = new HashMap<>();
    event.data().forEach((field, schema) -> fields.put(field, new Conformer(schema)));
    return fields;
  }

  private void attempt(String what, Runnable step) {
    try {
      step.run();
    } catch (IllegalArgumentException e) {
      problems.add(profile.reference() + ": " + what + ": " + e.getMessage());
    }
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

  private List<Slot> slots() {
    List<Slot> slots = new ArrayList<>();
    for (Property property : new TreeMap<>(profile.properties()).values()) {
      pushed(property.forms(), Op.OBSERVE)
          .forEach(
              form ->
                  slots.add(
                      new Slot(Slot.Kind.PROPERTY, property.name(), "", form, property.schema())));
    }
    for (Event event : new TreeMap<>(profile.events()).values()) {
      for (Form form : pushed(event.forms(), Op.SUBSCRIBE)) {
        if (event.data().isEmpty()) {
          slots.add(
              new Slot(
                  Slot.Kind.EVENT, event.name(), "", form, DataSchema.of(DataSchema.Type.BOOLEAN)));
        }
        new TreeMap<>(event.data())
            .forEach(
                (field, schema) ->
                    slots.add(new Slot(Slot.Kind.EVENT, event.name(), field, form, schema)));
      }
    }
    for (Form form : profile.status()) {
      slots.add(
          new Slot(Slot.Kind.STATUS, STATUS, "", form, DataSchema.of(DataSchema.Type.BOOLEAN)));
    }
    return slots;
  }

  private static List<Form> pushed(List<Form> forms, Op op) {
    return forms.stream().filter(form -> form.ops().contains(op)).toList();
  }

  private void group(Slot slot, Map<String, Map<Group, List<Slot>>> grouped) {
    Form form = slot.form();
    ports
        .protocol(form.protocol())
        .flatMap(protocol -> protocol.address(form))
        .ifPresent(
            address ->
                grouped
                    .computeIfAbsent(form.protocol(), scheme -> new LinkedHashMap<>())
                    .computeIfAbsent(
                        new Group(address, form.mediaType()), group -> new ArrayList<>())
                    .add(slot));
  }

  private void read(Group group, List<Slot> slots) {
    String scheme = slots.get(0).form().protocol();
    readers
        .computeIfAbsent(scheme, name -> new ArrayList<>())
        .add(new Reader(AddressPattern.of(group.address()), group.mediaType(), decoder(slots)));
  }

  private FrameDecoder decoder(List<Slot> slots) {
    Form form = slots.get(0).form();
    if (mediaTypes.knows(form.mediaType())) {
      return mediaTypes.decoder(slots);
    }
    Protocol protocol = ports.protocol(form.protocol()).orElseThrow(() -> notRunning(form));
    Map<Slot, Codec> codecs = new LinkedHashMap<>();
    slots.forEach(slot -> codecs.put(slot, protocol.compile(slot.form(), slot.schema())));
    List<Map.Entry<Slot, Codec>> entries = List.copyOf(codecs.entrySet());
    return frame -> {
      List<Point> points = new ArrayList<>(entries.size());
      for (Map.Entry<Slot, Codec> entry : entries) {
        points.add(
            new Point.Decoded(entry.getKey(), entry.getValue().decode(frame), Optional.empty()));
      }
      return points;
    };
  }

  private static IllegalArgumentException notRunning(Form form) {
    return new IllegalArgumentException("protocol '" + form.protocol() + "' does not run");
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

  /** The quality of a property's value outside its range; null when such a one is refused. */
  @Nullable Quality outside(String property) {
    Property known = profile.properties().get(property);
    return known == null ? null : known.keeping().outside().orElse(null);
  }

  /** By name of property; only of those of which something is desired. */
  Map<String, Value> desired() {
    return desired;
  }

  /** By name of property; only of those that hold something back. */
  Map<String, Gate> gates() {
    return gates;
  }

  /** Properties that are made of others, by name. */
  List<Property> computed() {
    return computed;
  }

  /** {@link Profile#reference()}, made once. */
  String reference() {
    return reference;
  }

  /** The terms by which its things are told apart. */
  Set<String> identity() {
    return identity;
  }

  List<Reader> readers(String scheme) {
    return readers.getOrDefault(scheme, List.of());
  }

  List<Door> doors(String scheme) {
    return doors.getOrDefault(scheme, List.of());
  }

  Optional<Conformer> property(String name) {
    return Optional.ofNullable(properties.get(name));
  }

  Optional<Conformer> field(String event, String field) {
    return Optional.ofNullable(events.getOrDefault(event, Map.of()).get(field));
  }

  boolean event(String name) {
    return events.containsKey(name);
  }

  /** In words, for the administrator. */
  List<String> problems() {
    return List.copyOf(problems);
  }

  /** Whether it has what makes it hear things of this scheme by address. */
  boolean listens(String scheme) {
    return !readers(scheme).isEmpty();
  }

  /**
   * Reads frames that are known to carry one property.
   *
   * @throws IllegalArgumentException when no form of the property speaks the protocol
   */
  FrameDecoder target(Property property, String scheme) {
    return targets.computeIfAbsent(
        scheme + " " + property.name(),
        key -> {
          Form form =
              form(property.forms(), scheme, Op.READ)
                  .or(() -> form(property.forms(), scheme, Op.OBSERVE))
                  .or(
                      () ->
                          property.forms().stream()
                              .filter(any -> any.protocol().equals(scheme))
                              .findFirst())
                  .orElseThrow(
                      () ->
                          new IllegalArgumentException(
                              "property '" + property.name() + "' has no form for " + scheme));
          return decoder(
              List.of(new Slot(Slot.Kind.PROPERTY, property.name(), "", form, property.schema())));
        });
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
