package io.patchbay.profiles;

import com.fasterxml.jackson.databind.JsonNode;
import io.patchbay.profile.AddressPattern;
import io.patchbay.profile.DataSchema;
import io.patchbay.profile.Form;
import io.patchbay.profile.Formula;
import io.patchbay.profile.Op;
import io.patchbay.profile.Property;
import io.patchbay.profiles.media.Literals;
import io.patchbay.southbound.Codec;
import io.patchbay.southbound.Conformer;
import io.patchbay.southbound.DecodeException;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.FrameDecoder;
import io.patchbay.southbound.MediaTypes;
import io.patchbay.southbound.Origin;
import io.patchbay.southbound.Point;
import io.patchbay.southbound.Protocol;
import io.patchbay.southbound.Rejection;
import io.patchbay.southbound.Slot;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Quality;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Value;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiConsumer;

/** An example of something a device says: decoded, conformed and compared with what is expected. */
final class HeardExample {
  record Group(String address, String mediaType) {}

  /** What came of one thing's frame: values by slot, refusals by slot, and the device's times. */
  private static final class Result {
    final Map<String, List<Value>> readings = new HashMap<>();
    final Map<Optional<Instant>, Map<String, Double>> numbers = new LinkedHashMap<>();
    final Map<String, Map<String, Value>> events = new HashMap<>();
    final Map<String, String> rejected = new LinkedHashMap<>();
    final List<Instant> times = new ArrayList<>();
    Optional<Boolean> online = Optional.empty();

    void reading(String property, Value value, Optional<Instant> time, boolean good) {
      readings.computeIfAbsent(property, key -> new ArrayList<>()).add(value);
      Double number = Formula.number(value);
      if (good && number != null) {
        numbers.computeIfAbsent(time, key -> new HashMap<>()).put(property, number);
      }
    }
  }

  private final MediaTypes mediaTypes;
  private final Protocols protocols;
  private final Lint lint;
  private final ProfileReader.Read read;

  HeardExample(MediaTypes mediaTypes, Protocols protocols, Lint lint, ProfileReader.Read read) {
    this.mediaTypes = mediaTypes;
    this.protocols = protocols;
    this.lint = lint;
    this.read = read;
  }

  void run(Entry example, Bytes payload) {
    String address = Examples.said(example).text("");
    Frame frame =
        new Frame(
            new Origin(example.get("protocol").text(""), "example", address),
            Optional.empty(),
            payload,
            example.get("mediaType").text(""),
            Instant.now(),
            Optional.empty(),
            Optional.empty(),
            false);
    Map<String, Result> results = new LinkedHashMap<>();
    try {
      Map<String, String> terms = new HashMap<>();
      List<FormSite> sites =
          example.get("read").present() ? asked(example) : pushed(example, address, terms);
      if (sites.isEmpty()) {
        Examples.said(example).error("no form of the profile hears '" + address + "'");
        return;
      }
      List<Frame> frames = parts(frame, address);
      for (Frame part : frames) {
        Map<String, String> named = new HashMap<>(part.origin().terms());
        named.putAll(terms);
        Result result =
            results.computeIfAbsent(
                AddressPattern.fill(read.profile().thing(), named).orElse(""), key -> new Result());
        for (List<FormSite> group : grouped(sites).values()) {
          if (Examples.cannotRun(mediaTypes, protocols, group.get(0), example)) {
            return;
          }
          decode(example, group, part, result);
        }
        compute(result);
      }
      match(example, frames, address);
    } catch (DecodeException e) {
      results.put("", refused(example, e));
    } catch (IllegalArgumentException e) {
      example.error(String.valueOf(e.getMessage()));
      return;
    }
    compare(example, results);
  }

  /** The parts of a frame that the profile divides, or the frame. */
  List<Frame> parts(Frame frame, String address) throws DecodeException {
    for (FormSite site : read.sites()) {
      if (site.role() == FormSite.Role.PARTS && hears(site, address)) {
        return mediaTypes.divider(site.form()).divide(frame);
      }
    }
    return List.of(frame);
  }

  boolean hears(FormSite site, String address) {
    return lint.address(site.form())
        .flatMap(text -> AddressPattern.of(text).match(address))
        .isPresent();
  }

  private static void compare(Entry example, Map<String, Result> results) {
    Map<String, Entry> things = example.get("things").members();
    things.forEach(
        (name, readings) -> {
          Result result = results.get(name);
          if (result == null) {
            readings.error("no part is of thing '" + name + "'; there are " + results.keySet());
          } else {
            readings
                .members()
                .forEach(
                    (property, expected) ->
                        values(
                            property,
                            expected,
                            result.readings.getOrDefault(property, List.of()),
                            result));
          }
        });
    if (things.isEmpty() && results.size() > 1) {
      example.error(
          "the frame tells of "
              + results.size()
              + " things: say things: {name: {property: value}}");
    } else if (things.isEmpty()) {
      Map.Entry<String, Result> only =
          results.isEmpty() ? Map.entry("", new Result()) : results.entrySet().iterator().next();
      thing(example, only.getKey());
      compare(example, only.getValue());
    }
  }

  private List<FormSite> asked(Entry example) {
    String name = example.get("read").text("");
    List<FormSite> sites =
        Examples.sites(read, example, Op.READ, Op.OBSERVE).stream()
            .filter(site -> site.role() == FormSite.Role.PROPERTY && site.name().equals(name))
            .limit(1)
            .toList();
    if (sites.isEmpty()) {
      example.get("read").error("no property '" + name + "' can be read");
    }
    return sites;
  }

  private List<FormSite> pushed(Entry example, String address, Map<String, String> terms) {
    List<FormSite> sites = new ArrayList<>();
    for (FormSite site : Examples.sites(read, example, Op.OBSERVE, Op.SUBSCRIBE)) {
      Optional<Map<String, String>> found =
          lint.address(site.form()).flatMap(text -> AddressPattern.of(text).match(address));
      found.ifPresent(terms::putAll);
      boolean reads = site.role() != FormSite.Role.MATCH && site.role() != FormSite.Role.PARTS;
      if (found.isPresent() && reads) {
        sites.add(site);
      }
    }
    return sites;
  }

  Map<Group, List<FormSite>> grouped(List<FormSite> sites) {
    Map<Group, List<FormSite>> groups = new LinkedHashMap<>();
    for (FormSite site : sites) {
      groups
          .computeIfAbsent(
              new Group(lint.address(site.form()).orElse(site.name()), site.form().mediaType()),
              key -> new ArrayList<>())
          .add(site);
    }
    return groups;
  }

  private void decode(Entry example, List<FormSite> sites, Frame frame, Result result) {
    Map<Slot, DataSchema> schemas = new LinkedHashMap<>();
    sites.forEach(site -> site.slots().forEach(slot -> schemas.put(slot, slot.schema())));
    try {
      for (Point point :
          decoder(sites.get(0).form(), List.copyOf(schemas.keySet())).decode(frame)) {
        if (point instanceof Point.Bad bad) {
          result.rejected.put(place(bad.slot()), bad.reason() + ": " + bad.detail());
        } else if (point instanceof Point.Decoded decoded) {
          decoded.time().ifPresent(result.times::add);
          take(decoded, result);
        }
      }
    } catch (DecodeException e) {
      result.rejected.putAll(refused(example, e).rejected);
    }
  }

  private static Result refused(Entry example, DecodeException e) {
    Result result = new Result();
    if (example.get("rejected").text("").equals(e.reason().name())) {
      result.rejected.put("", e.reason().name());
    } else {
      example.error("the payload is refused: " + e.reason() + ": " + e.detail());
    }
    return result;
  }

  /** Takes a value that was computed. */
  interface Computed {
    void take(Property property, Optional<Instant> time, Value value);
  }

  private void compute(Result result) {
    computed(
        result.numbers,
        (property, time, value) ->
            result.readings.computeIfAbsent(property.name(), key -> new ArrayList<>()).add(value),
        result.rejected::put);
  }

  /** As core does it: of the numbers of one time. */
  void computed(
      Map<Optional<Instant>, Map<String, Double>> numbers,
      Computed computed,
      BiConsumer<String, String> rejected) {
    for (Property property : new TreeMap<>(read.profile().properties()).values()) {
      Formula formula = property.compute().orElse(null);
      if (formula == null) {
        continue;
      }
      for (Map.Entry<Optional<Instant>, Map<String, Double>> of : numbers.entrySet()) {
        try {
          Double result = formula.compute(of.getValue()).orElse(null);
          if (result != null) {
            Value value = Formula.value(property.schema().type(), result);
            computed.take(property, of.getKey(), new Conformer(property.schema()).up(value));
          }
        } catch (DecodeException e) {
          rejected.accept(property.name(), e.reason() + ": " + e.detail());
        }
      }
    }
  }

  FrameDecoder decoder(Form form, List<Slot> slots) {
    if (mediaTypes.knows(form.mediaType())) {
      return mediaTypes.decoder(slots);
    }
    Protocol protocol = protocols.find(form.protocol()).orElseThrow();
    Map<Slot, Codec> codecs = new LinkedHashMap<>();
    slots.forEach(slot -> codecs.put(slot, protocol.compile(slot.form(), slot.schema())));
    return frame -> {
      List<Point> points = new ArrayList<>();
      for (Map.Entry<Slot, Codec> codec : codecs.entrySet()) {
        Value value = codec.getValue().decode(frame);
        points.add(new Point.Decoded(codec.getKey(), value, Optional.empty()));
      }
      return points;
    };
  }

  private static String place(Slot slot) {
    return slot.field().isEmpty() ? slot.name() : slot.name() + "." + slot.field();
  }

  private void take(Point.Decoded point, Result result) {
    Slot slot = point.slot();
    try {
      switch (slot.kind()) {
        case STATUS -> result.online = Optional.of(point.value().equals(new Value.Bool(true)));
        case PROPERTY ->
            result.reading(
                slot.name(), new Conformer(slot.schema()).up(point.value()), point.time(), true);
        case EVENT -> {
          Map<String, Value> data =
              result.events.computeIfAbsent(slot.name(), key -> new HashMap<>());
          if (!slot.field().isEmpty()) {
            data.put(slot.field(), new Conformer(slot.schema()).up(point.value()));
          }
        }
      }
    } catch (DecodeException e) {
      if (outside(slot, e).isEmpty() || !taken(point, result)) {
        result.rejected.put(place(slot), e.reason() + ": " + e.detail());
      }
    }
  }

  /** The quality with which the profile takes a value that is out of range, if it does. */
  Optional<Quality> outside(Slot slot, DecodeException why) {
    Property property = read.profile().properties().get(slot.name());
    return why.reason() != Rejection.OUT_OF_RANGE
            || slot.kind() != Slot.Kind.PROPERTY
            || property == null
        ? Optional.empty()
        : property.keeping().outside();
  }

  private static boolean taken(Point.Decoded point, Result result) {
    try {
      Value value = new Conformer(point.slot().schema()).converted(point.value());
      result.reading(point.slot().name(), value, point.time(), false);
      return true;
    } catch (DecodeException e) {
      return false;
    }
  }

  private static void thing(Entry example, String name) {
    Entry said = example.get("thing");
    if (!said.present()) {
      return;
    }
    String got = name.isEmpty() ? "no name" : name;
    if (!got.equals(said.text(""))) {
      said.error("thing: expected " + said.text("") + ", got " + got);
    } else if (!ThingId.valid(got)) {
      said.error("'" + got + "' cannot name a thing; accepted: letters, digits and . _ : -");
    }
  }

  private void match(Entry example, List<Frame> frames, String address) {
    Entry said = example.get("match");
    if (!said.present()) {
      return;
    }
    boolean got =
        read.sites().stream()
            .filter(site -> site.role() == FormSite.Role.MATCH)
            .filter(site -> hears(site, address))
            .anyMatch(site -> frames.stream().anyMatch(mediaTypes.test(ProfileReader.match(site))));
    if (got != said.bool().orElse(false)) {
      said.error("match: expected " + said.text("") + ", got " + got);
    }
  }

  private static void compare(Entry example, Result result) {
    Map<String, Entry> readings = example.get("readings").members();
    readings.forEach(
        (name, expected) ->
            values(name, expected, result.readings.getOrDefault(name, List.of()), result));
    example.get("events").members().forEach((name, expected) -> event(name, expected, result));
    Entry status = example.get("status");
    if (status.present()) {
      String got = result.online.map(online -> online ? "online" : "offline").orElse("nothing");
      if (!got.equals(status.text(""))) {
        status.error("status: expected " + status.text("") + ", got " + got);
      }
    }
    Entry time = example.get("time");
    if (time.present()
        && !result.times.stream().map(Instant::toString).toList().contains(time.text(""))) {
      time.error("time: expected " + time.text("") + ", got " + result.times);
    }
    rejected(example, result);
  }

  private static void rejected(Entry example, Result result) {
    Entry expected = example.get("rejected");
    Map<String, String> reasons =
        expected.node().isObject() ? expected.textMap() : Map.of("", expected.text(""));
    reasons.forEach(
        (name, reason) -> {
          String got = result.rejected.getOrDefault(name, "nothing");
          if (!reason.isEmpty() && !got.startsWith(reason)) {
            expected.error("rejected " + name + ": expected " + reason + ", got " + got);
          }
        });
    result.rejected.forEach(
        (name, reason) -> {
          if (!reasons.containsKey(name) && !name.isEmpty() && !mentioned(example, name)) {
            example.error(name + " is rejected: " + reason);
          }
        });
  }

  /** Whether the comparison of readings has said it already. */
  private static boolean mentioned(Entry example, String name) {
    return example.get("readings").node().has(name);
  }

  private static void event(String name, Entry expected, Result result) {
    Map<String, Value> got = result.events.get(name);
    if (!expected.present()) {
      if (got != null) {
        expected.error(name + ": expected no event, got " + got);
      }
      return;
    }
    if (got == null) {
      expected.error(name + ": expected the event, got nothing" + why(name, result));
      return;
    }
    expected
        .members()
        .forEach(
            (field, entry) ->
                values(
                    name + "." + field,
                    entry,
                    got.containsKey(field) ? List.of(got.get(field)) : List.of(),
                    result));
  }

  /** A list expects all values in their order; a single one expects the last. */
  private static void values(String name, Entry expected, List<Value> got, Result result) {
    JsonNode node = expected.node();
    List<Value> relevant = node.isArray() || got.isEmpty() ? got : List.of(got.get(got.size() - 1));
    List<JsonNode> wanted = new ArrayList<>();
    if (node.isArray()) {
      node.forEach(wanted::add);
    } else if (!node.isNull()) {
      wanted.add(node);
    }
    boolean same = wanted.size() == relevant.size();
    for (int i = 0; same && i < wanted.size(); i++) {
      same = same(wanted.get(i), relevant.get(i));
    }
    if (!same) {
      List<String> texts = relevant.stream().map(Literals::text).toList();
      expected.error(
          name
              + ": expected "
              + (node.isNull() ? "nothing" : node.isArray() ? node : node.asText())
              + ", got "
              + (texts.isEmpty() ? "nothing" + why(name, result) : String.join(", ", texts)));
    }
  }

  private static String why(String name, Result result) {
    return Optional.ofNullable(result.rejected.get(name))
        .map(reason -> " (" + reason + ")")
        .orElse("");
  }

  private static boolean same(JsonNode wanted, Value got) {
    if (got instanceof Value.Int integer && wanted.isIntegralNumber()) {
      return wanted.canConvertToLong() && wanted.longValue() == integer.value();
    }
    if (got instanceof Value.Num || got instanceof Value.Int) {
      double number = got instanceof Value.Int i ? i.value() : ((Value.Num) got).value();
      return wanted.isNumber()
          && Math.abs(wanted.doubleValue() - number) <= 1e-9 * Math.max(1, Math.abs(number));
    }
    if (got instanceof Value.Bool bool) {
      return wanted.isBoolean() && wanted.booleanValue() == bool.value();
    }
    return wanted.isTextual() && wanted.textValue().equals(Literals.text(got));
  }
}
