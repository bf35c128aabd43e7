package io.patchbay.profiles;

import io.patchbay.profile.AddressPattern;
import io.patchbay.profile.DataSchema;
import io.patchbay.profile.Form;
import io.patchbay.profile.Formula;
import io.patchbay.profile.Keeping;
import io.patchbay.profile.Property;
import io.patchbay.profiles.media.Explanation;
import io.patchbay.profiles.media.Literals;
import io.patchbay.southbound.Conformer;
import io.patchbay.southbound.DecodeException;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.MediaTypes;
import io.patchbay.southbound.Origin;
import io.patchbay.southbound.Point;
import io.patchbay.southbound.Slot;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Quality;
import io.patchbay.thing.SenMl;
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
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Frames on their way through a profile, each step printed. The steps are those of the hub. */
final class Trial {
  /** Characters of a payload that are shown. */
  private static final int SHOWN = 400;

  /** What a thing is called whose frame came without an address. */
  private static final String NOBODY = "device";

  private final MediaTypes mediaTypes;
  private final Protocols protocols;
  private final Lint lint;
  private final ProfileReader.Read read;
  private final HeardExample heard;
  private final Consumer<String> print;

  Trial(
      MediaTypes mediaTypes,
      Protocols protocols,
      Lint lint,
      ProfileReader.Read read,
      Consumer<String> print) {
    this.mediaTypes = mediaTypes;
    this.protocols = protocols;
    this.lint = lint;
    this.read = read;
    this.print = print;
    heard = new HeardExample(mediaTypes, protocols, lint, read);
  }

  /** What came of one frame. */
  private static final class Outcome {
    final List<Uplink> uplinks = new ArrayList<>();
    boolean good = true;
    boolean said;
  }

  private void step(String name, String text) {
    print.accept("  %-10s %s".formatted(name, text));
  }

  private boolean fail(String step, String why, String todo) {
    step(step, why);
    step("→", todo);
    return false;
  }

  /**
   * Whether all of a frame was understood.
   *
   * @param port of a LoRaWAN frame that is given without its server's message; 0 for none
   */
  boolean run(int number, TryFrame given, int port) {
    List<FormSite> pushed =
        read.sites().stream()
            .filter(site -> site.pushed() && lint.address(site.form()).isPresent())
            .filter(site -> site.role() != FormSite.Role.MATCH)
            .filter(site -> site.role() != FormSite.Role.PARTS)
            .toList();
    String address = given.address().orElseGet(() -> anyAddress(pushed));
    Bytes payload = given.address().isPresent() ? given.payload() : message(pushed, given, port);
    print.accept("");
    print.accept("frame " + number + ": " + address + ", " + payload.length() + " octets");
    Map<String, String> terms = new LinkedHashMap<>();
    List<FormSite> sites = new ArrayList<>();
    for (FormSite site : pushed) {
      String pattern = lint.address(site.form()).orElse("");
      AddressPattern.of(pattern)
          .match(address)
          .ifPresent(
              names -> {
                if (sites.stream()
                    .noneMatch(s -> pattern.equals(lint.address(s.form()).orElse("")))) {
                  step("address", pattern + named(names));
                }
                terms.putAll(names);
                sites.add(site);
              });
    }
    if (sites.isEmpty()) {
      List<String> patterns =
          pushed.stream().flatMap(s -> lint.address(s.form()).stream()).distinct().toList();
      return fail(
          "address",
          "no form of the profile hears it; it hears " + String.join(", ", patterns),
          "send it to one of these, or add a form with this address");
    }
    Frame frame =
        new Frame(
            new Origin(sites.get(0).form().protocol(), "try", address),
            Optional.empty(),
            payload,
            "",
            Instant.now().truncatedTo(ChronoUnit.MILLIS),
            Optional.empty(),
            Optional.empty(),
            false);
    step("payload", shown(payload));
    boolean made = !payload.equals(given.payload());
    if (made) {
      step("", "the octets stand in a message of their server, made up as the form expects it");
    }
    try {
      boolean good = true;
      List<Frame> parts = heard.parts(frame, address);
      for (Frame part : parts) {
        if (!part.equals(frame)) {
          step("part", shown(part.payload()) + named(part.origin().terms()));
        }
        good &= part(part, sites, terms, made);
      }
      return good;
    } catch (DecodeException e) {
      return fail(
          "parts", e.reason() + ": " + e.detail(), "compare the payload with the profile's parts");
    }
  }

  private static String named(Map<String, String> names) {
    StringBuilder text = new StringBuilder();
    names.forEach(
        (name, content) -> text.append(text.isEmpty() ? ": " : ", ").append(name + "=" + content));
    return text.toString();
  }

  private boolean part(Frame frame, List<FormSite> sites, Map<String, String> terms, boolean made) {
    Map<String, String> names = new HashMap<>(frame.origin().terms());
    names.putAll(terms);
    String thing = AddressPattern.fill(read.profile().thing(), names).orElse("");
    boolean valid = ThingId.valid(thing);
    step(
        "thing",
        valid ? thing : "'" + thing + "' from " + read.profile().thing() + " names no thing");
    if (!made) {
      matched(frame);
    }
    Outcome outcome = new Outcome();
    outcome.good = valid;
    ThingId id = new ThingId(valid ? thing : NOBODY);
    for (List<FormSite> group : heard.grouped(sites).values()) {
      decode(id, frame, group, outcome);
    }
    compute(id, frame, outcome);
    if (outcome.uplinks.isEmpty() && !outcome.said) {
      return fail(
          "result",
          "nothing in it belongs to the profile",
          "compare the paths of the forms with the payload above");
    }
    step("senml", SenMl.text(outcome.uplinks));
    return outcome.good;
  }

  /** Whether a device nobody registered would be taken for one of the profile. */
  private void matched(Frame frame) {
    List<FormSite> doors =
        read.sites().stream().filter(site -> site.role() == FormSite.Role.MATCH).toList();
    boolean open =
        doors.stream()
            .filter(site -> heard.hears(site, frame.origin().address()))
            .anyMatch(site -> mediaTypes.test(ProfileReader.match(site)).test(frame));
    step(
        "match",
        open
            ? "an unknown device that sends this is taken for one of the profile"
            : "an unknown device that sends this is not taken for one: it must be registered");
  }

  private void decode(ThingId thing, Frame frame, List<FormSite> group, Outcome outcome) {
    Form form = group.get(0).form();
    if (!mediaTypes.knows(form.mediaType()) && protocols.find(form.protocol()).isEmpty()) {
      outcome.good =
          fail(
              "decode",
              "no bundle for protocol '" + form.protocol() + "' is installed",
              "name its jar among the words");
      return;
    }
    step("decode", form.mediaType() + lint.address(form).map(text -> " of " + text).orElse(""));
    group.stream()
        .map(FormSite::form)
        .map(each -> Explanation.codec(each, frame))
        .distinct()
        .flatMap(List::stream)
        .forEach(line -> step("", line));
    List<Slot> slots = new ArrayList<>();
    group.forEach(site -> slots.addAll(site.slots()));
    try {
      List<Point> points = heard.decoder(form, slots).decode(frame);
      for (Slot slot : slots) {
        List<Point> found = points.stream().filter(point -> point.slot().equals(slot)).toList();
        if (found.isEmpty()) {
          step(place(slot), "not in it" + where(slot.form()));
        }
        found.forEach(point -> take(thing, frame, point, outcome));
      }
    } catch (DecodeException e) {
      outcome.good =
          fail(
              "decode",
              "fails: " + e.reason() + ": " + e.detail(),
              "compare the payload with the media type and the codec of the form");
      outcome.said = true;
    }
  }

  private static String where(Form form) {
    StringBuilder text = new StringBuilder();
    form.term("path").ifPresent(path -> text.append(": nothing at '" + path + "'"));
    form.terms()
        .forEach(
            (term, wanted) -> {
              if (term.startsWith("when.")) {
                text.append(text.isEmpty() ? ": counts" : ", counts")
                    .append(" only when " + term.substring(5) + " is " + wanted);
              }
            });
    return text.toString();
  }

  private static String place(Slot slot) {
    return slot.field().isEmpty() ? slot.name() : slot.name() + "." + slot.field();
  }

  private void take(ThingId thing, Frame frame, Point point, Outcome outcome) {
    Slot slot = point.slot();
    if (point instanceof Point.Bad bad) {
      outcome.good =
          fail(
              place(slot),
              "rejected: " + bad.reason() + ": " + bad.detail(),
              "mend type, path or values of '" + slot.name() + "'");
      outcome.said = true;
      return;
    }
    Point.Decoded decoded = (Point.Decoded) point;
    Value wire = decoded.value();
    Instant time = decoded.time().orElse(frame.received());
    outcome.said = true;
    try {
      switch (slot.kind()) {
        case STATUS -> step("status", wire.equals(new Value.Bool(true)) ? "online" : "offline");
        case EVENT -> {
          Map<String, Value> data =
              slot.field().isEmpty()
                  ? Map.of()
                  : Map.of(slot.field(), new Conformer(slot.schema()).up(wire));
          step(place(slot), "event" + (data.isEmpty() ? "" : ": " + text(data.get(slot.field()))));
          outcome.uplinks.add(
              new Uplink.Occurrence(
                  thing, slot.name(), data, time, source(decoded), frame.received()));
        }
        case PROPERTY -> reading(thing, frame, decoded, time, outcome);
      }
    } catch (DecodeException e) {
      outcome.good =
          fail(
              place(slot),
              wireText(wire, slot.schema()) + " rejected: " + e.reason() + ": " + e.detail(),
              "mend type, unit, scale or range of '" + slot.name() + "', or the device");
    }
  }

  private static String text(@Nullable Value value) {
    return value == null ? "" : Literals.text(value);
  }

  private static TimeSource source(Point.Decoded decoded) {
    return decoded.time().isPresent() ? TimeSource.DEVICE : TimeSource.HUB;
  }

  private void reading(
      ThingId thing, Frame frame, Point.Decoded decoded, Instant time, Outcome outcome)
      throws DecodeException {
    String name = decoded.slot().name();
    Conformer conformer = new Conformer(decoded.slot().schema());
    Property property = read.profile().properties().get(name);
    Keeping keeping = property == null ? Keeping.ALL : property.keeping();
    @Nullable Quality quality = Quality.GOOD;
    Value value;
    try {
      value = conformer.up(decoded.value());
    } catch (DecodeException e) {
      quality = heard.outside(decoded.slot(), e).orElse(null);
      if (quality == null) {
        throw e;
      }
      value = conformer.converted(decoded.value());
    }
    String kept =
        (keeping.deadband() > 0 ? ", held back within " + SenMl.number(keeping.deadband()) : "")
            + (keeping.minimumInterval().isZero()
                ? ""
                : ", held back for " + keeping.minimumInterval().toString().substring(2));
    step(
        name,
        wireText(decoded.value(), decoded.slot().schema())
            + " → "
            + text(value)
            + (conformer.unit().isEmpty() ? "" : " " + conformer.unit())
            + ", "
            + quality
            + (decoded.time().isPresent() ? ", " + time : ", time of receipt")
            + kept);
    outcome.uplinks.add(
        new Uplink.Reading(
            thing,
            name,
            value,
            conformer.unit(),
            time,
            source(decoded),
            frame.received(),
            quality));
  }

  /** What the wire said, and the sum that makes the model's value of it. */
  private static String wireText(Value wire, DataSchema schema) {
    boolean number = wire instanceof Value.Int || wire instanceof Value.Num;
    String sum = "";
    if (number && !schema.identity()) {
      sum =
          " × "
              + SenMl.number(schema.scale())
              + (schema.offset() == 0 ? "" : " + " + SenMl.number(schema.offset()));
    }
    return (wire instanceof Value.Text ? "'" + text(wire) + "'" : text(wire)) + sum;
  }

  private void compute(ThingId thing, Frame frame, Outcome outcome) {
    Map<Optional<Instant>, Map<String, Double>> numbers = new LinkedHashMap<>();
    for (Uplink uplink : outcome.uplinks) {
      if (uplink instanceof Uplink.Reading reading && reading.quality() == Quality.GOOD) {
        Double number = Formula.number(reading.value());
        if (number != null) {
          numbers
              .computeIfAbsent(Optional.of(reading.time()), key -> new HashMap<>())
              .put(reading.property(), number);
        }
      }
    }
    heard.computed(
        numbers,
        (property, time, value) -> {
          String unit = property.schema().unit();
          step(property.name(), "computed → " + text(value) + (unit.isEmpty() ? "" : " " + unit));
          outcome.uplinks.add(
              new Uplink.Reading(
                  thing,
                  property.name(),
                  value,
                  unit,
                  time.orElse(frame.received()),
                  TimeSource.HUB,
                  frame.received(),
                  Quality.GOOD));
        },
        (name, why) ->
            outcome.good = fail(name, "rejected: " + why, "mend the formula or the range"));
  }

  private static String shown(Bytes payload) {
    String text = payload.text();
    boolean plain = text.chars().allMatch(c -> (c >= ' ' && c != 0xFFFD) || c == '\n' || c == '\t');
    String all = plain ? text : "0x" + payload;
    return all.length() <= SHOWN ? all : all.substring(0, SHOWN) + "…";
  }

  /** An address that the profile hears, when somebody gives a payload alone. */
  private String anyAddress(List<FormSite> pushed) {
    return pushed.stream()
        .sorted((a, b) -> Boolean.compare(packed(b), packed(a)))
        .flatMap(site -> lint.address(site.form()).stream())
        .findFirst()
        .map(
            pattern -> {
              Map<String, String> names = new HashMap<>();
              AddressPattern.of(pattern).names().forEach(name -> names.put(name, NOBODY));
              return AddressPattern.fill(pattern, names).orElse(pattern).replaceAll("[+#]", NOBODY);
            })
        .orElse(NOBODY);
  }

  private static boolean packed(FormSite site) {
    return site.form().term("codec").isPresent();
  }

  /** Octets that a codec reads come inside the message of a server. */
  private static Bytes message(List<FormSite> pushed, TryFrame given, int port) {
    return pushed.stream()
        .filter(Trial::packed)
        .filter(site -> !given.payload().text().startsWith("{"))
        .findFirst()
        .map(site -> Explanation.around(site.form(), given.payload(), port))
        .orElse(given.payload());
  }
}
