package io.patchbay.profiles;

import com.fasterxml.jackson.databind.JsonNode;
import io.patchbay.profile.AddressPattern;
import io.patchbay.profile.Op;
import io.patchbay.profile.Property;
import io.patchbay.profiles.media.Literals;
import io.patchbay.southbound.DecodeException;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Interpretation;
import io.patchbay.southbound.MediaTypes;
import io.patchbay.southbound.Origin;
import io.patchbay.southbound.Point;
import io.patchbay.southbound.Reader;
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

/** An example of something a device says: decoded, conformed and compared with what is expected. */
final class HeardExample {
  /** What came of one thing's frame: values by slot, refusals by slot, and the device's times. */
  private static final class Result implements Interpretation.Steps {
    final Entry example;
    final Map<String, List<Value>> readings = new HashMap<>();
    final Map<String, Map<String, Value>> events = new HashMap<>();
    final Map<String, String> rejected = new LinkedHashMap<>();
    final List<Instant> times = new ArrayList<>();
    Optional<Boolean> online = Optional.empty();

    Result(Entry example) {
      this.example = example;
    }

    @Override
    public void decoded(Reader reader, List<Point> points) {
      for (Point point : points) {
        if (point instanceof Point.Decoded decoded) {
          decoded.time().ifPresent(times::add);
        }
      }
    }

    @Override
    public void unread(Reader reader, DecodeException why) {
      refused(why);
    }

    /** Of the frame as a whole. */
    void refused(DecodeException why) {
      if (example.get("rejected").text("").equals(why.reason().name())) {
        rejected.put("", why.reason().name());
      } else {
        example.error("the payload is refused: " + why.reason() + ": " + why.detail());
      }
    }

    @Override
    public void taken(Point.Decoded point, Value value, Quality quality) {
      Slot slot = point.slot();
      switch (slot.kind()) {
        case STATUS -> online = Optional.of(value.equals(new Value.Bool(true)));
        case PROPERTY -> reading(slot.name(), value);
        case EVENT -> {
          Map<String, Value> data = events.computeIfAbsent(slot.name(), key -> new HashMap<>());
          if (!slot.field().isEmpty()) {
            data.put(slot.field(), value);
          }
        }
      }
    }

    private void reading(String property, Value value) {
      readings.computeIfAbsent(property, key -> new ArrayList<>()).add(value);
    }

    @Override
    public void refused(Point point, DecodeException why) {
      Slot slot = point.slot();
      String place = slot.field().isEmpty() ? slot.name() : slot.name() + "." + slot.field();
      rejected.put(place, why.reason() + ": " + why.detail());
    }

    @Override
    public void computed(Property property, Value value) {
      reading(property.name(), value);
    }

    @Override
    public void uncomputed(Property property, DecodeException why) {
      rejected.put(property.name(), why.reason() + ": " + why.detail());
    }
  }

  /** Examples name their thing only to be compared. */
  private static final ThingId ANYBODY = new ThingId("device");

  private final MediaTypes mediaTypes;
  private final Protocols protocols;
  private final Lint lint;
  private final ProfileReader.Read read;
  private final Interpretation interpretation;
  private final List<String> uncompiled = new ArrayList<>();

  HeardExample(MediaTypes mediaTypes, Protocols protocols, Lint lint, ProfileReader.Read read) {
    this.mediaTypes = mediaTypes;
    this.protocols = protocols;
    this.lint = lint;
    this.read = read;
    interpretation =
        lint.interpretation(read.profile(), (what, why) -> uncompiled.add(what + ": " + why));
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
    if (!uncompiled.isEmpty()) {
      uncompiled.forEach(example::error);
      return;
    }
    Map<String, Result> results = new LinkedHashMap<>();
    try {
      Map<String, String> terms = new HashMap<>();
      boolean asked = example.get("read").present();
      List<FormSite> sites = asked ? asked(example) : pushed(example, address, terms);
      if (sites.isEmpty()) {
        Examples.said(example).error("no form of the profile hears '" + address + "'");
        return;
      }
      for (FormSite site : sites) {
        if (Examples.cannotRun(mediaTypes, protocols, site, example)) {
          return;
        }
      }
      List<Frame> frames = parts(frame, address);
      for (Frame part : frames) {
        Map<String, String> named = new HashMap<>(part.origin().terms());
        named.putAll(terms);
        Result result =
            results.computeIfAbsent(
                AddressPattern.fill(read.profile().thing(), named).orElse(""),
                key -> new Result(example));
        Interpretation.Said unused =
            interpretation.read(
                ANYBODY, part, readers(sites, address, asked), new ArrayList<>(), result);
      }
      match(example, frames, address);
    } catch (DecodeException e) {
      results.computeIfAbsent("", key -> new Result(example)).refused(e);
    } catch (IllegalArgumentException e) {
      example.error(String.valueOf(e.getMessage()));
      return;
    }
    compare(example, results);
  }

  private List<Reader> readers(List<FormSite> sites, String address, boolean asked)
      throws DecodeException {
    if (asked) {
      FormSite site = sites.get(0);
      return List.of(interpretation.target(site.name(), site.form().protocol()));
    }
    return sites.stream()
        .map(site -> site.form().protocol())
        .distinct()
        .flatMap(
            scheme ->
                interpretation.readers(new Origin(scheme, "example", address, Map.of())).stream())
        .toList();
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
          results.isEmpty()
              ? Map.entry("", new Result(example))
              : results.entrySet().iterator().next();
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
