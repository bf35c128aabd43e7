package io.patchbay.profiles;

import io.patchbay.northbound.Recorder.Problem;
import io.patchbay.profile.AddressPattern;
import io.patchbay.profile.DataSchema;
import io.patchbay.profile.Event;
import io.patchbay.profile.Form;
import io.patchbay.profile.Formula;
import io.patchbay.profile.Op;
import io.patchbay.profile.Profile;
import io.patchbay.profile.Property;
import io.patchbay.southbound.Conformer;
import io.patchbay.southbound.DecodeException;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.FrameDecoder;
import io.patchbay.southbound.Point;
import io.patchbay.southbound.Protocol;
import io.patchbay.southbound.Rejection;
import io.patchbay.southbound.Slot;
import io.patchbay.thing.Quality;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.TimeSource;
import io.patchbay.thing.Uplink;
import io.patchbay.thing.Value;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Recorded frames on their way through a profile once more. What comes out, and in which order, is
 * what core's interpreter makes of them: a recording that differs shows where the two disagree.
 */
final class Playback {
  /** What a frame says: readings and events in core's order, and what was wrong with it. */
  record Played(List<Uplink> meaning, List<Problem> problems) {}

  private record Group(String address, String mediaType) {}

  private record Reader(AddressPattern pattern, String mediaType, FrameDecoder decoder) {}

  /** Times are taken until then; before 1970 none. */
  private static final long END = Instant.parse("2200-01-01T00:00:00Z").getEpochSecond();

  private final Profile profile;
  private final Protocols protocols;
  private final HeardExample heard;
  private final Map<String, List<Reader>> readers = new HashMap<>();
  private final Map<String, Conformer> properties = new HashMap<>();
  private final Map<String, Map<String, Conformer>> events = new HashMap<>();

  Playback(Profile profile, Protocols protocols, HeardExample heard) {
    this.profile = profile;
    this.protocols = protocols;
    this.heard = heard;
    profile
        .properties()
        .forEach(
            (name, property) ->
                attempt(() -> properties.put(name, new Conformer(property.schema()))));
    profile.events().forEach((name, event) -> attempt(() -> events.put(name, fields(event))));
    Map<String, Map<Group, List<Slot>>> grouped = new TreeMap<>();
    slots().forEach(slot -> attempt(() -> group(slot, grouped)));
    grouped.forEach(
        (scheme, groups) ->
            groups.forEach((group, slots) -> attempt(() -> read(scheme, group, slots))));
  }

  String reference() {
    return profile.reference();
  }

  /** What cannot be compiled is left out, as in a hub; check says it. */
  private static void attempt(Runnable step) {
    try {
      step.run();
    } catch (IllegalArgumentException e) {
      // the comparison shows what is missing
    }
  }

  private static Map<String, Conformer> fields(Event event) {
    Map<String, Conformer> fields = new HashMap<>();
    event.data().forEach((field, schema) -> fields.put(field, new Conformer(schema)));
    return fields;
  }

  private List<Slot> slots() {
    DataSchema bool = DataSchema.of(DataSchema.Type.BOOLEAN);
    List<Slot> slots = new ArrayList<>();
    for (Property property : new TreeMap<>(profile.properties()).values()) {
      for (Form form : pushed(property.forms(), Op.OBSERVE)) {
        slots.add(new Slot(Slot.Kind.PROPERTY, property.name(), "", form, property.schema()));
      }
    }
    for (Event event : new TreeMap<>(profile.events()).values()) {
      for (Form form : pushed(event.forms(), Op.SUBSCRIBE)) {
        if (event.data().isEmpty()) {
          slots.add(new Slot(Slot.Kind.EVENT, event.name(), "", form, bool));
        }
        new TreeMap<>(event.data())
            .forEach(
                (field, schema) ->
                    slots.add(new Slot(Slot.Kind.EVENT, event.name(), field, form, schema)));
      }
    }
    profile
        .status()
        .forEach(form -> slots.add(new Slot(Slot.Kind.STATUS, "status", "", form, bool)));
    return slots;
  }

  private static List<Form> pushed(List<Form> forms, Op op) {
    return forms.stream().filter(form -> form.ops().contains(op)).toList();
  }

  private void group(Slot slot, Map<String, Map<Group, List<Slot>>> grouped) {
    Form form = slot.form();
    Optional<Protocol> protocol = protocols.find(form.protocol());
    protocol
        .flatMap(there -> there.address(form))
        .ifPresent(
            address ->
                grouped
                    .computeIfAbsent(form.protocol(), scheme -> new LinkedHashMap<>())
                    .computeIfAbsent(
                        new Group(address, form.mediaType()), group -> new ArrayList<>())
                    .add(slot));
  }

  private void read(String scheme, Group group, List<Slot> slots) {
    Reader reader =
        new Reader(
            AddressPattern.of(group.address()),
            group.mediaType(),
            heard.decoder(slots.get(0).form(), slots));
    readers.computeIfAbsent(scheme, name -> new ArrayList<>()).add(reader);
  }

  Played play(ThingId thing, Frame frame) {
    Passing passing = new Passing(thing, frame);
    try {
      passing.run();
    } catch (DecodeException e) {
      passing.problem(e.reason(), e.detail());
    } catch (RuntimeException e) {
      passing.problem(Rejection.INTERNAL, "a bug: " + e);
    }
    return new Played(passing.data, passing.problems);
  }

  private List<Reader> readers(Frame frame) throws DecodeException {
    String scheme = frame.origin().scheme();
    if (frame.target().isPresent()) {
      return List.of(asked(frame.target().get().property(), scheme));
    }
    List<Reader> hear =
        readers.getOrDefault(scheme, List.of()).stream()
            .filter(reader -> reader.pattern().match(frame.origin().address()).isPresent())
            .toList();
    if (hear.size() < 2 || frame.mediaType().isEmpty()) {
      return hear;
    }
    List<Reader> meant =
        hear.stream()
            .filter(reader -> bare(reader.mediaType()).equals(bare(frame.mediaType())))
            .toList();
    return meant.isEmpty() ? hear : meant;
  }

  private Reader asked(String name, String scheme) throws DecodeException {
    Property property = profile.properties().get(name);
    Form form =
        property == null
            ? null
            : form(property, scheme, Op.READ)
                .or(() -> form(property, scheme, Op.OBSERVE))
                .or(
                    () ->
                        property.forms().stream()
                            .filter(any -> any.protocol().equals(scheme))
                            .findFirst())
                .orElse(null);
    if (property == null || form == null) {
      throw new DecodeException(
          Rejection.NOTHING_KNOWN,
          "profile " + profile.id() + " has no property '" + name + "' with a form for " + scheme);
    }
    Slot slot = new Slot(Slot.Kind.PROPERTY, name, "", form, property.schema());
    return new Reader(AddressPattern.of("#"), "", heard.decoder(form, List.of(slot)));
  }

  private static Optional<Form> form(Property property, String scheme, Op op) {
    return property.forms().stream()
        .filter(form -> form.protocol().equals(scheme) && form.ops().contains(op))
        .findFirst();
  }

  private static String bare(String mediaType) {
    return mediaType.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
  }

  /** One frame. */
  private final class Passing {
    private final ThingId thing;
    private final Frame frame;
    private final Instant received;
    private final List<Problem> problems = new ArrayList<>();
    private final List<Uplink> data = new ArrayList<>();
    private final Map<String, Map<String, Value>> begun = new LinkedHashMap<>();
    private final Map<String, Stamp> begunAt = new HashMap<>();

    private record Stamp(Instant time, TimeSource source) {}

    Passing(ThingId thing, Frame frame) {
      this.thing = thing;
      this.frame = frame;
      received = frame.received().truncatedTo(ChronoUnit.MILLIS);
    }

    void problem(Rejection reason, String detail) {
      problems.add(new Problem(reason, detail));
    }

    void run() throws DecodeException {
      List<Reader> hear = readers(frame);
      List<Point> points = new ArrayList<>();
      for (Reader reader : hear) {
        try {
          points.addAll(reader.decoder().decode(frame));
        } catch (DecodeException e) {
          problem(e.reason(), e.detail());
        }
      }
      points.forEach(this::take);
      List.copyOf(begun.keySet()).forEach(this::endEvent);
      compute();
      if (points.isEmpty() && problems.isEmpty() && !hear.isEmpty()) {
        problem(Rejection.NOTHING_KNOWN, "nothing in it belongs to profile " + profile.id());
      }
    }

    private void take(Point point) {
      String name = point.slot().name();
      if (point instanceof Point.Bad bad) {
        problem(bad.reason(), name + ": " + bad.detail());
        return;
      }
      Point.Decoded decoded = (Point.Decoded) point;
      try {
        Stamp stamp = stamp(decoded);
        switch (decoded.slot().kind()) {
          case PROPERTY -> reading(decoded, stamp);
          case EVENT -> field(decoded, stamp);
          case STATUS -> status(decoded.value());
        }
      } catch (DecodeException e) {
        problem(e.reason(), name + ": " + e.detail());
      }
    }

    private Stamp stamp(Point.Decoded decoded) throws DecodeException {
      Instant time = decoded.time().or(frame::time).orElse(null);
      if (time == null) {
        return new Stamp(received, TimeSource.HUB);
      } else if (time.getEpochSecond() < 0 || time.getEpochSecond() >= END) {
        throw new DecodeException(
            Rejection.BAD_TIME, "time " + time + " is out of range; accepted: 1970 until 2200");
      }
      return new Stamp(time.truncatedTo(ChronoUnit.MILLIS), TimeSource.DEVICE);
    }

    private void reading(Point.Decoded decoded, Stamp stamp) throws DecodeException {
      Conformer conformer = properties.get(decoded.slot().name());
      if (conformer == null) {
        throw new DecodeException(Rejection.NOTHING_KNOWN, "the profile cannot use this property");
      }
      reading(decoded.slot().name(), conformer, decoded.value(), stamp);
    }

    private void reading(String name, Conformer conformer, Value wire, Stamp stamp)
        throws DecodeException {
      Value value;
      @Nullable Quality quality = Quality.GOOD;
      try {
        value = conformer.up(wire);
      } catch (DecodeException e) {
        quality = outside(name, e).orElse(null);
        if (quality == null) {
          throw e;
        }
        value = conformer.converted(wire);
      }
      data.add(
          new Uplink.Reading(
              thing,
              name,
              value,
              conformer.unit(),
              stamp.time(),
              stamp.source(),
              received,
              quality));
    }

    private Optional<Quality> outside(String name, DecodeException why) {
      Property property = profile.properties().get(name);
      return property == null || why.reason() != Rejection.OUT_OF_RANGE
          ? Optional.empty()
          : property.keeping().outside();
    }

    /** A field that comes again begins the next occurrence of its event. */
    private void field(Point.Decoded decoded, Stamp stamp) throws DecodeException {
      String name = decoded.slot().name();
      String field = decoded.slot().field();
      if (field.isEmpty()) {
        if (!decoded.value().equals(new Value.Bool(false))) {
          begun.put(name, new HashMap<>());
          begunAt.put(name, stamp);
          endEvent(name);
        }
        return;
      }
      Conformer conformer = events.getOrDefault(name, Map.of()).get(field);
      if (conformer == null) {
        throw new DecodeException(Rejection.NOTHING_KNOWN, "the profile cannot use this event");
      }
      Value value = conformer.up(decoded.value());
      if (begun.getOrDefault(name, Map.of()).containsKey(field)) {
        endEvent(name);
      }
      begun.computeIfAbsent(name, key -> new HashMap<>()).put(field, value);
      begunAt.putIfAbsent(name, stamp);
    }

    private void endEvent(String name) {
      Map<String, Value> values = begun.remove(name);
      Stamp stamp = begunAt.remove(name);
      if (values != null && stamp != null) {
        data.add(
            new Uplink.Occurrence(thing, name, values, stamp.time(), stamp.source(), received));
      }
    }

    /** It says whether the thing is there, which is no reading: only a wrong one is of interest. */
    private void status(Value value) throws DecodeException {
      if (!(value instanceof Value.Bool)) {
        throw new DecodeException(Rejection.WRONG_TYPE, "'" + value.text() + "' is not a status");
      }
    }

    /** Of the good numbers that have one time. */
    private void compute() {
      Map<Instant, Map<String, Double>> numbers = new LinkedHashMap<>();
      Map<Instant, Stamp> stamps = new HashMap<>();
      for (Uplink uplink : data) {
        if (uplink instanceof Uplink.Reading reading && reading.quality() == Quality.GOOD) {
          stamps.putIfAbsent(reading.time(), new Stamp(reading.time(), reading.source()));
          Double number = Formula.number(reading.value());
          if (number != null) {
            numbers
                .computeIfAbsent(reading.time(), time -> new HashMap<>())
                .put(reading.property(), number);
          }
        }
      }
      numbers.forEach((time, of) -> compute(of, stamps.get(time)));
    }

    private void compute(Map<String, Double> numbers, @Nullable Stamp stamp) {
      for (Property property : new TreeMap<>(profile.properties()).values()) {
        Conformer conformer = properties.get(property.name());
        Value value =
            property
                .compute()
                .flatMap(formula -> formula.compute(numbers))
                .map(result -> Formula.value(property.schema().type(), result))
                .orElse(null);
        if (value != null && conformer != null && stamp != null) {
          try {
            reading(property.name(), conformer, value, stamp);
          } catch (DecodeException e) {
            problem(e.reason(), property.name() + ": " + e.detail());
          }
        }
      }
    }
  }
}
