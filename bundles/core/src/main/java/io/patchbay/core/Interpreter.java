package io.patchbay.core;

import io.patchbay.profile.Formula;
import io.patchbay.profile.Property;
import io.patchbay.southbound.Conformer;
import io.patchbay.southbound.DecodeException;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Point;
import io.patchbay.southbound.Rejection;
import io.patchbay.store.Registered.Admission;
import io.patchbay.thing.Quality;
import io.patchbay.thing.Status;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.TimeSource;
import io.patchbay.thing.Uplink;
import io.patchbay.thing.Value;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The steps of the uplink pipeline that say what a frame means; they change nothing. */
final class Interpreter {
  private final Settings settings;

  Interpreter(Settings settings) {
    this.settings = settings;
  }

  void fits(Frame frame) throws DecodeException {
    if (frame.payload().length() > settings.maxFrameBytes()) {
      throw new DecodeException(
          Rejection.TOO_LARGE,
          frame.payload().length() + " octets; accepted: " + settings.maxFrameBytes());
    }
  }

  /** Whether the source's data are taken now; false when they wait for its admission. */
  boolean admitted(Source source) throws DecodeException {
    return admitted(source.device());
  }

  boolean admitted(Device device) throws DecodeException {
    Admission admission = device.registered().admission();
    if (admission == Admission.REJECTED) {
      throw new DecodeException(
          Rejection.NOT_ADMITTED, "thing '" + device.id() + "' was refused by the administrator");
    }
    return admission == Admission.ADMITTED;
  }

  /** All patterns that fit are read; what cannot be read is a problem of its own. */
  List<Point> decode(Source source, Frame frame, List<DecodeException> problems) {
    List<Reader> readers = ofMediaType(source.readers(), frame);
    if (readers.size() == 1) {
      return read(readers.get(0), frame, problems);
    }
    List<Point> points = new ArrayList<>();
    for (Reader reader : readers) {
      points.addAll(read(reader, frame, problems));
    }
    return points;
  }

  private static List<Point> read(Reader reader, Frame frame, List<DecodeException> problems) {
    try {
      return reader.decoder().decode(frame);
    } catch (DecodeException e) {
      problems.add(e);
      return List.of();
    }
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

  /** Type, scale, unit, range, time: from the wire's points to the model's uplinks. */
  Draft conform(Source source, Frame frame, List<Point> points, List<DecodeException> problems) {
    Conforming conforming = new Conforming(source, frame, problems);
    for (Point point : points) {
      conforming.take(point);
    }
    conforming.endEvents();
    conforming.compute();
    if (points.isEmpty() && problems.isEmpty() && !source.readers().isEmpty()) {
      problems.add(
          new DecodeException(
              Rejection.NOTHING_KNOWN,
              "nothing in it belongs to profile " + source.profile().profile().id()));
    }
    return new Draft(Optional.of(source), conforming.data, conforming.status, problems, false);
  }

  /** One frame on its way through {@link #conform}. */
  private static final class Conforming {
    private final ThingId thing;
    private final CompiledProfile profile;
    private final Frame frame;
    private final Instant received;
    private final List<DecodeException> problems;
    private final List<Uplink> data = new ArrayList<>();
    private final Map<String, Map<String, Value>> events = new LinkedHashMap<>();
    private final Map<String, Stamp> eventTimes = new HashMap<>();
    private Optional<Uplink.StatusChange> status = Optional.empty();

    private record Stamp(Instant time, TimeSource source) {}

    private Conforming(Source source, Frame frame, List<DecodeException> problems) {
      this.thing = source.device().id();
      this.profile = source.profile();
      this.frame = frame;
      this.received = Times.millis(frame.received());
      this.problems = problems;
    }

    private void take(Point point) {
      if (point instanceof Point.Bad bad) {
        problems.add(new DecodeException(bad.reason(), bad.slot().name() + ": " + bad.detail()));
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
        problems.add(new DecodeException(e.reason(), decoded.slot().name() + ": " + e.detail()));
      }
    }

    private Stamp stamp(Point.Decoded decoded) throws DecodeException {
      Optional<Instant> time = decoded.time().isPresent() ? decoded.time() : frame.time();
      return time.isPresent()
          ? new Stamp(Times.checked(time.get()), TimeSource.DEVICE)
          : new Stamp(received, TimeSource.HUB);
    }

    private void reading(Point.Decoded decoded, Stamp stamp) throws DecodeException {
      String name = decoded.slot().name();
      @Nullable Conformer conformer = profile.property(name).orElse(null);
      if (conformer == null) {
        throw new DecodeException(Rejection.NOTHING_KNOWN, "the profile cannot use this property");
      }
      reading(name, conformer, decoded.value(), stamp);
    }

    private void reading(String name, Conformer conformer, Value wire, Stamp stamp)
        throws DecodeException {
      Value value;
      @Nullable Quality quality = Quality.GOOD;
      try {
        value = conformer.up(wire);
      } catch (DecodeException e) {
        quality = e.reason() == Rejection.OUT_OF_RANGE ? profile.outside(name) : null;
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

    /** What the profile makes of the good numbers of one frame that have one time. */
    private void compute() {
      if (profile.computed().isEmpty() || data.isEmpty()) {
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
      for (Property property : profile.computed()) {
        Conformer conformer = profile.property(property.name()).orElse(null);
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
          events.put(name, new HashMap<>());
          eventTimes.put(name, stamp);
          endEvent(name);
        }
        return;
      }
      @Nullable Conformer conformer = profile.field(name, field).orElse(null);
      if (conformer == null) {
        throw new DecodeException(Rejection.NOTHING_KNOWN, "the profile cannot use this event");
      }
      Value value = conformer.up(decoded.value());
      Map<String, Value> present = events.get(name);
      if (present != null && present.containsKey(field)) {
        endEvent(name);
      }
      events.computeIfAbsent(name, key -> new HashMap<>()).put(field, value);
      eventTimes.putIfAbsent(name, stamp);
    }

    private void endEvent(String name) {
      Map<String, Value> values = events.remove(name);
      Stamp stamp = eventTimes.remove(name);
      if (values != null && stamp != null) {
        data.add(
            new Uplink.Occurrence(thing, name, values, stamp.time(), stamp.source(), received));
      }
    }

    private void endEvents() {
      if (!events.isEmpty()) {
        List.copyOf(events.keySet()).forEach(this::endEvent);
      }
    }

    private void status(Point.Decoded decoded, Stamp stamp) throws DecodeException {
      if (!(decoded.value() instanceof Value.Bool online)) {
        throw new DecodeException(
            Rejection.WRONG_TYPE, "'" + decoded.value().text() + "' is not a status");
      }
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

  /** What a binding has decoded itself: units are the model's, everything else is checked. */
  Draft check(Source source, List<Uplink> uplinks, List<DecodeException> problems) {
    List<Uplink> data = new ArrayList<>();
    Optional<Uplink.StatusChange> status = Optional.empty();
    for (Uplink uplink : uplinks) {
      try {
        if (uplink instanceof Uplink.StatusChange change) {
          status =
              Optional.of(
                  new Uplink.StatusChange(
                      change.thing(),
                      change.status(),
                      change.detail(),
                      Times.checked(change.time()),
                      Times.millis(change.received())));
        } else if (uplink instanceof Uplink.Reading reading) {
          data.add(checked(source.profile(), reading));
        } else if (uplink instanceof Uplink.Occurrence occurrence) {
          data.add(checked(source.profile(), occurrence));
        }
      } catch (DecodeException e) {
        problems.add(e);
      }
    }
    return new Draft(Optional.of(source), data, status, problems, false);
  }

  private static Uplink.Reading checked(CompiledProfile profile, Uplink.Reading reading)
      throws DecodeException {
    @Nullable Property property = profile.profile().properties().get(reading.property());
    @Nullable Conformer conformer = profile.property(reading.property()).orElse(null);
    if (property == null || conformer == null) {
      throw new DecodeException(
          Rejection.NOTHING_KNOWN, "the profile has no property '" + reading.property() + "'");
    }
    return new Uplink.Reading(
        reading.thing(),
        reading.property(),
        conformer.checked(reading.value()),
        conformer.unit(),
        Times.checked(reading.time()),
        reading.source(),
        Times.millis(reading.received()),
        reading.quality());
  }

  private static Uplink.Occurrence checked(CompiledProfile profile, Uplink.Occurrence occurrence)
      throws DecodeException {
    if (!profile.event(occurrence.event())) {
      throw new DecodeException(
          Rejection.NOTHING_KNOWN, "the profile has no event '" + occurrence.event() + "'");
    }
    Map<String, Value> values = new HashMap<>();
    for (Map.Entry<String, Value> entry : occurrence.data().entrySet()) {
      @Nullable Conformer conformer =
          profile.field(occurrence.event(), entry.getKey()).orElse(null);
      if (conformer != null) {
        values.put(entry.getKey(), conformer.checked(entry.getValue()));
      }
    }
    return new Uplink.Occurrence(
        occurrence.thing(),
        occurrence.event(),
        values,
        Times.checked(occurrence.time()),
        occurrence.source(),
        Times.millis(occurrence.received()));
  }
}
