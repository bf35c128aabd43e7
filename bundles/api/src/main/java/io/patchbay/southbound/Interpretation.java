package io.patchbay.southbound;

import io.patchbay.profile.AddressPattern;
import io.patchbay.profile.DataSchema;
import io.patchbay.profile.Event;
import io.patchbay.profile.Form;
import io.patchbay.profile.Formula;
import io.patchbay.profile.Op;
import io.patchbay.profile.Profile;
import io.patchbay.profile.Property;
import io.patchbay.thing.Quality;
import io.patchbay.thing.Status;
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
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What frames mean to one profile: which of its forms read them, and what becomes of the values
 * that these find. The same for a hub and for whoever tries, checks or replays frames; it keeps
 * nothing of them. Used by many threads at once.
 */
public final class Interpretation {
  /** Name of the one slot of a status form. */
  public static final String STATUS = "status";

  /** Times are taken until then, from 1970 on. */
  private static final long END = Instant.parse("2200-01-01T00:00:00Z").getEpochSecond();

  /**
   * What one frame says.
   *
   * @param data readings and occurrences
   * @param status what it says of the thing's status
   */
  public record Said(List<Uplink> data, Optional<Uplink.StatusChange> status) {}

  /** Told of each step, for those who show them. */
  public interface Steps {
    /** Nobody looks. */
    Steps NONE = new Steps() {};

    default void decoded(Reader reader, List<Point> points) {}

    /** The frame as a whole cannot be read by one of its readers. */
    default void unread(Reader reader, DecodeException why) {}

    /** A value in the model's scale; of a status, as it came. */
    default void taken(Point.Decoded point, Value value, Quality quality) {}

    default void refused(Point point, DecodeException why) {}

    default void computed(Property property, Value value) {}

    default void uncomputed(Property property, DecodeException why) {}
  }

  private record Group(String address, String mediaType) {}

  private final Profile profile;
  private final MediaTypes mediaTypes;
  private final Function<String, Optional<Protocol>> protocols;
  private final Map<String, List<Reader>> readers = new HashMap<>();
  private final Map<String, Conformer> properties = new HashMap<>();
  private final Map<String, Map<String, Conformer>> events = new HashMap<>();
  private final List<Property> computed = new ArrayList<>();
  private final Map<String, Reader> targets = new ConcurrentHashMap<>();

  /**
   * Compiles a profile.
   *
   * @param protocols that run now, by scheme
   * @param problems told what cannot be compiled and why; it is left out
   */
  public Interpretation(
      Profile profile,
      MediaTypes mediaTypes,
      Function<String, Optional<Protocol>> protocols,
      BiConsumer<String, String> problems) {
    this.profile = profile;
    this.mediaTypes = mediaTypes;
    this.protocols = protocols;
    for (Property property : new TreeMap<>(profile.properties()).values()) {
      String name = property.name();
      attempt(name, problems, () -> properties.put(name, new Conformer(property.schema())));
      if (property.compute().isPresent()) {
        computed.add(property);
      }
    }
    profile
        .events()
        .forEach((name, event) -> attempt(name, problems, () -> events.put(name, fields(event))));
    Map<String, Map<Group, List<Slot>>> grouped = new TreeMap<>();
    slots().forEach(slot -> attempt(slot.name(), problems, () -> group(slot, grouped)));
    grouped.forEach(
        (scheme, groups) ->
            groups.forEach(
                (group, slots) ->
                    attempt(group.address(), problems, () -> read(scheme, group, slots))));
  }

  private static void attempt(String what, BiConsumer<String, String> problems, Runnable step) {
    try {
      step.run();
    } catch (IllegalArgumentException e) {
      problems.accept(what, String.valueOf(e.getMessage()));
    }
  }

  private static Map<String, Conformer> fields(Event event) {
    Map<String, Conformer> fields = new HashMap<>();
    event.data().forEach((field, schema) -> fields.put(field, new Conformer(schema)));
    return fields;
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
    protocols
        .apply(form.protocol())
        .flatMap(protocol -> protocol.address(form))
        .ifPresent(
            address ->
                grouped
                    .computeIfAbsent(form.protocol(), scheme -> new LinkedHashMap<>())
                    .computeIfAbsent(
                        new Group(address, form.mediaType()), group -> new ArrayList<>())
                    .add(slot));
  }

  private void read(String scheme, Group group, List<Slot> slots) {
    readers
        .computeIfAbsent(scheme, name -> new ArrayList<>())
        .add(
            new Reader(
                AddressPattern.of(group.address()), group.mediaType(), slots, decoder(slots)));
  }

  private FrameDecoder decoder(List<Slot> slots) {
    Form form = slots.get(0).form();
    if (mediaTypes.knows(form.mediaType())) {
      return mediaTypes.decoder(slots);
    }
    Protocol protocol =
        protocols
            .apply(form.protocol())
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "protocol '" + form.protocol() + "' does not run"));
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

  /** What reads frames of a protocol that nobody asked for. */
  public List<Reader> readers(String scheme) {
    return readers.getOrDefault(scheme, List.of());
  }

  /** What reads frames from there that nobody asked for. */
  public List<Reader> readers(Origin origin) {
    return readers(origin.scheme()).stream()
        .filter(reader -> reader.pattern().match(origin.address()).isPresent())
        .toList();
  }

  /**
   * What reads a frame that is known to carry one property.
   *
   * @throws DecodeException when the profile cannot
   */
  public Reader target(String property, String scheme) throws DecodeException {
    Property known = profile.properties().get(property);
    if (known == null) {
      throw new DecodeException(
          Rejection.NOTHING_KNOWN,
          "profile " + profile.id() + " has no property '" + property + "'");
    }
    try {
      return targets.computeIfAbsent(scheme + " " + property, key -> target(known, scheme));
    } catch (IllegalArgumentException e) {
      throw new DecodeException(Rejection.NOTHING_KNOWN, String.valueOf(e.getMessage()));
    }
  }

  private Reader target(Property property, String scheme) {
    List<Form> forms =
        property.forms().stream().filter(form -> form.protocol().equals(scheme)).toList();
    Form form =
        form(forms, Op.READ)
            .or(() -> form(forms, Op.OBSERVE))
            .or(() -> forms.stream().findFirst())
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "property '" + property.name() + "' has no form for " + scheme));
    Slot slot = new Slot(Slot.Kind.PROPERTY, property.name(), "", form, property.schema());
    return new Reader(AddressPattern.of("#"), "", List.of(slot), decoder(List.of(slot)));
  }

  private static Optional<Form> form(List<Form> forms, Op op) {
    return forms.stream().filter(form -> form.ops().contains(op)).findFirst();
  }

  public Profile profile() {
    return profile;
  }

  public Optional<Conformer> property(String name) {
    return Optional.ofNullable(properties.get(name));
  }

  public Optional<Conformer> field(String event, String field) {
    return Optional.ofNullable(events.getOrDefault(event, Map.of()).get(field));
  }

  /**
   * Reads a frame: decode, then type, scale, unit, range and time of what was found, then what is
   * computed of it.
   *
   * @param hear whatever of the profile hears the frame; all that fit its media type read it
   * @param problems takes what cannot be read; the rest is said all the same
   */
  public Said read(
      ThingId thing, Frame frame, List<Reader> hear, List<DecodeException> problems, Steps steps) {
    Reading reading = new Reading(thing, frame, problems, steps);
    boolean found = false;
    for (Reader reader : ofMediaType(hear, frame)) {
      try {
        List<Point> points = reader.decoder().decode(frame);
        steps.decoded(reader, points);
        found |= !points.isEmpty();
        reading.points.add(points);
      } catch (DecodeException e) {
        steps.unread(reader, e);
        problems.add(e);
      }
    }
    reading.conform();
    if (!found && problems.isEmpty() && !hear.isEmpty()) {
      problems.add(
          new DecodeException(
              Rejection.NOTHING_KNOWN, "nothing in it belongs to profile " + profile.id()));
    }
    return new Said(reading.data, reading.status);
  }

  /** When the frame says what it is, only forms of that type read it, if there are any. */
  private static List<Reader> ofMediaType(List<Reader> readers, Frame frame) {
    if (readers.size() < 2 || frame.mediaType().isEmpty()) {
      return readers;
    }
    List<Reader> meant =
        readers.stream()
            .filter(reader -> bare(reader.mediaType()).equals(bare(frame.mediaType())))
            .toList();
    return meant.isEmpty() ? readers : meant;
  }

  private static String bare(String mediaType) {
    int semicolon = mediaType.indexOf(';');
    return (semicolon < 0 ? mediaType : mediaType.substring(0, semicolon))
        .strip()
        .toLowerCase(Locale.ROOT);
  }

  /**
   * A time as the model has it, in milliseconds.
   *
   * @throws DecodeException when it is before 1970 or not before 2200
   */
  public static Instant time(Instant time) throws DecodeException {
    long second = time.getEpochSecond();
    if (second < 0 || second >= END) {
      throw new DecodeException(
          Rejection.BAD_TIME, "time " + time + " is out of range; accepted: 1970 until 2200");
    }
    return time.truncatedTo(ChronoUnit.MILLIS);
  }

  /** One frame on its way. */
  private final class Reading {
    private final ThingId thing;
    private final Frame frame;
    private final Instant received;
    private final List<DecodeException> problems;
    private final Steps steps;
    private final List<List<Point>> points = new ArrayList<>(1);
    private final List<Uplink> data = new ArrayList<>();
    private final Map<String, Map<String, Value>> begun = new LinkedHashMap<>();
    private final Map<String, Stamp> begunAt = new HashMap<>();
    private Optional<Uplink.StatusChange> status = Optional.empty();

    private record Stamp(Instant time, TimeSource source) {}

    private Reading(ThingId thing, Frame frame, List<DecodeException> problems, Steps steps) {
      this.thing = thing;
      this.frame = frame;
      this.received = frame.received().truncatedTo(ChronoUnit.MILLIS);
      this.problems = problems;
      this.steps = steps;
    }

    private void conform() {
      for (List<Point> some : points) {
        for (Point point : some) {
          take(point);
        }
      }
      endEvents();
      compute();
    }

    private void take(Point point) {
      if (point instanceof Point.Bad bad) {
        refused(bad, new DecodeException(bad.reason(), bad.detail()));
        return;
      }
      Point.Decoded decoded = (Point.Decoded) point;
      try {
        Stamp stamp = stamp(decoded);
        switch (decoded.slot().kind()) {
          case PROPERTY -> reading(decoded, stamp);
          case EVENT -> field(decoded, stamp);
          case STATUS -> status(decoded, stamp);
        }
      } catch (DecodeException e) {
        refused(decoded, e);
      }
    }

    private void refused(Point point, DecodeException why) {
      steps.refused(point, why);
      problems.add(new DecodeException(why.reason(), point.slot().name() + ": " + why.detail()));
    }

    private Stamp stamp(Point.Decoded decoded) throws DecodeException {
      Optional<Instant> time = decoded.time().isPresent() ? decoded.time() : frame.time();
      return time.isPresent()
          ? new Stamp(time(time.get()), TimeSource.DEVICE)
          : new Stamp(received, TimeSource.HUB);
    }

    private void reading(Point.Decoded decoded, Stamp stamp) throws DecodeException {
      String name = decoded.slot().name();
      @Nullable Conformer conformer = properties.get(name);
      if (conformer == null) {
        throw new DecodeException(Rejection.NOTHING_KNOWN, "the profile cannot use this property");
      }
      Uplink.Reading reading = reading(name, conformer, decoded.value(), stamp);
      steps.taken(decoded, reading.value(), reading.quality());
    }

    private Uplink.Reading reading(String name, Conformer conformer, Value wire, Stamp stamp)
        throws DecodeException {
      Value value;
      @Nullable Quality quality = Quality.GOOD;
      try {
        value = conformer.up(wire);
      } catch (DecodeException e) {
        quality = outside(name, e);
        if (quality == null) {
          throw e;
        }
        value = conformer.converted(wire);
      }
      Uplink.Reading reading =
          new Uplink.Reading(
              thing,
              name,
              value,
              conformer.unit(),
              stamp.time(),
              stamp.source(),
              received,
              quality);
      data.add(reading);
      return reading;
    }

    /** The quality of a value outside its range; null when such a one is refused. */
    private @Nullable Quality outside(String name, DecodeException why) {
      Property property = profile.properties().get(name);
      return property == null || why.reason() != Rejection.OUT_OF_RANGE
          ? null
          : property.keeping().outside().orElse(null);
    }

    /** What the profile makes of the good numbers of one frame that have one time. */
    private void compute() {
      if (computed.isEmpty() || data.isEmpty()) {
        return;
      }
      Map<Instant, Map<String, Double>> values = new LinkedHashMap<>();
      Map<Instant, Stamp> stamps = new HashMap<>();
      for (Uplink uplink : data) {
        if (uplink instanceof Uplink.Reading reading && reading.quality() == Quality.GOOD) {
          stamps.putIfAbsent(reading.time(), new Stamp(reading.time(), reading.source()));
          Double number = Formula.number(reading.value());
          if (number != null) {
            values
                .computeIfAbsent(reading.time(), time -> new HashMap<>())
                .put(reading.property(), number);
          }
        }
      }
      values.forEach((time, numbers) -> computed(numbers, stamps.get(time)));
    }

    private void computed(Map<String, Double> numbers, @Nullable Stamp stamp) {
      for (Property property : computed) {
        Conformer conformer = properties.get(property.name());
        Value value =
            property
                .compute()
                .flatMap(formula -> formula.compute(numbers))
                .map(result -> Formula.value(property.schema().type(), result))
                .orElse(null);
        if (value != null && conformer != null && stamp != null) {
          try {
            steps.computed(property, reading(property.name(), conformer, value, stamp).value());
          } catch (DecodeException e) {
            steps.uncomputed(property, e);
            problems.add(new DecodeException(e.reason(), property.name() + ": " + e.detail()));
          }
        }
      }
    }

    /** A field that comes again begins the next occurrence of its event. */
    private void field(Point.Decoded decoded, Stamp stamp) throws DecodeException {
      String name = decoded.slot().name();
      String field = decoded.slot().field();
      if (field.isEmpty()) {
        if (!decoded.value().equals(new Value.Bool(false))) {
          steps.taken(decoded, decoded.value(), Quality.GOOD);
          begun.put(name, new HashMap<>());
          begunAt.put(name, stamp);
          endEvent(name);
        }
        return;
      }
      @Nullable Conformer conformer = events.getOrDefault(name, Map.of()).get(field);
      if (conformer == null) {
        throw new DecodeException(Rejection.NOTHING_KNOWN, "the profile cannot use this event");
      }
      Value value = conformer.up(decoded.value());
      steps.taken(decoded, value, Quality.GOOD);
      Map<String, Value> present = begun.get(name);
      if (present != null && present.containsKey(field)) {
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

    private void endEvents() {
      if (!begun.isEmpty()) {
        List.copyOf(begun.keySet()).forEach(this::endEvent);
      }
    }

    private void status(Point.Decoded decoded, Stamp stamp) throws DecodeException {
      if (!(decoded.value() instanceof Value.Bool online)) {
        throw new DecodeException(
            Rejection.WRONG_TYPE, "'" + decoded.value().text() + "' is not a status");
      }
      steps.taken(decoded, online, Quality.GOOD);
      status =
          Optional.of(
              new Uplink.StatusChange(
                  thing,
                  online.value() ? Status.ONLINE : Status.OFFLINE,
                  "said by the device or for it",
                  stamp.time(),
                  received));
    }
  }
}
