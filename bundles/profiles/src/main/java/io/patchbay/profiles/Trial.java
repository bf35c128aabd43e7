package io.patchbay.profiles;

import io.patchbay.profile.AddressPattern;
import io.patchbay.profile.DataSchema;
import io.patchbay.profile.Form;
import io.patchbay.profile.Keeping;
import io.patchbay.profile.Property;
import io.patchbay.profiles.media.Explanation;
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
import io.patchbay.thing.SenMl;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Value;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

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
  private final Interpretation interpretation;
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
    interpretation =
        lint.interpretation(
            read.profile(), (what, why) -> fail(what, why, "patchbay check tells more"));
  }

  /** What came of one frame, step by step. */
  private static final class Course implements Interpretation.Steps {
    private record Taken(Value value, Quality quality) {}

    final Map<Reader, List<Point>> decoded = new LinkedHashMap<>();
    final Map<Reader, DecodeException> unread = new LinkedHashMap<>();
    final IdentityHashMap<Point, Taken> taken = new IdentityHashMap<>();
    final IdentityHashMap<Point, DecodeException> refused = new IdentityHashMap<>();
    final Map<Property, Value> computed = new LinkedHashMap<>();
    final Map<Property, DecodeException> uncomputed = new LinkedHashMap<>();

    @Override
    public void decoded(Reader reader, List<Point> points) {
      decoded.put(reader, points);
    }

    @Override
    public void unread(Reader reader, DecodeException why) {
      unread.put(reader, why);
    }

    @Override
    public void taken(Point.Decoded point, Value value, Quality quality) {
      taken.put(point, new Taken(value, quality));
    }

    @Override
    public void refused(Point point, DecodeException why) {
      refused.put(point, why);
    }

    @Override
    public void computed(Property property, Value value) {
      computed.put(property, value);
    }

    @Override
    public void uncomputed(Property property, DecodeException why) {
      uncomputed.put(property, why);
    }
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
    for (FormSite site : sites) {
      Form form = site.form();
      if (!mediaTypes.knows(form.mediaType()) && protocols.find(form.protocol()).isEmpty()) {
        return fail(
            "decode",
            "no bundle for protocol '" + form.protocol() + "' is installed",
            "name its jar among the words");
      }
    }
    Course course = new Course();
    List<DecodeException> problems = new ArrayList<>();
    Interpretation.Said said =
        interpretation.read(
            new ThingId(valid ? thing : NOBODY),
            frame,
            interpretation.readers(frame.origin()),
            problems,
            course);
    List<Slot> order = sites.stream().flatMap(site -> site.slots().stream()).toList();
    Stream.concat(course.decoded.keySet().stream(), course.unread.keySet().stream())
        .sorted(Comparator.comparingInt(reader -> first(reader, order)))
        .forEach(reader -> show(reader, frame, course, order));
    course.computed.forEach(
        (property, value) -> {
          String unit = property.schema().unit();
          step(property.name(), "computed → " + text(value) + (unit.isEmpty() ? "" : " " + unit));
        });
    course.uncomputed.forEach(
        (property, why) ->
            fail(
                property.name(),
                "rejected: " + why.reason() + ": " + why.detail(),
                "mend the formula or the range"));
    boolean found = course.decoded.values().stream().anyMatch(points -> !points.isEmpty());
    if (!found && course.unread.isEmpty()) {
      return fail(
          "result",
          "nothing in it belongs to the profile",
          "compare the paths of the forms with the payload above");
    }
    step("senml", SenMl.text(said.data()));
    return valid && problems.isEmpty();
  }

  /** Slots come in the order of the file. */
  private static int first(Reader reader, List<Slot> order) {
    return reader.slots().stream().mapToInt(order::indexOf).min().orElse(0);
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

  private void show(Reader reader, Frame frame, Course course, List<Slot> order) {
    Form form = reader.slots().get(0).form();
    step("decode", form.mediaType() + lint.address(form).map(text -> " of " + text).orElse(""));
    List<Slot> slots =
        reader.slots().stream().sorted(Comparator.comparingInt(order::indexOf)).toList();
    slots.stream()
        .map(Slot::form)
        .distinct()
        .map(each -> Explanation.codec(each, frame))
        .distinct()
        .flatMap(List::stream)
        .forEach(line -> step("", line));
    DecodeException unread = course.unread.get(reader);
    if (unread != null) {
      fail(
          "decode",
          "fails: " + unread.reason() + ": " + unread.detail(),
          "compare the payload with the media type and the codec of the form");
      return;
    }
    List<Point> points = course.decoded.getOrDefault(reader, List.of());
    for (Slot slot : slots) {
      List<Point> found = points.stream().filter(point -> point.slot().equals(slot)).toList();
      if (found.isEmpty()) {
        step(place(slot), "not in it" + where(slot.form()));
      }
      found.forEach(point -> show(point, course));
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

  private void show(Point point, Course course) {
    Slot slot = point.slot();
    DecodeException why = course.refused.get(point);
    Course.Taken taken = course.taken.get(point);
    if (why != null && point instanceof Point.Decoded decoded) {
      fail(
          place(slot),
          wireText(decoded.value(), slot.schema())
              + " rejected: "
              + why.reason()
              + ": "
              + why.detail(),
          "mend type, unit, scale or range of '" + slot.name() + "', or the device");
    } else if (why != null) {
      fail(
          place(slot),
          "rejected: " + why.reason() + ": " + why.detail(),
          "mend type, path or values of '" + slot.name() + "'");
    } else if (taken == null) {
      step(place(slot), "no event");
    } else if (point instanceof Point.Decoded decoded) {
      switch (slot.kind()) {
        case STATUS ->
            step("status", taken.value().equals(new Value.Bool(true)) ? "online" : "offline");
        case EVENT ->
            step(place(slot), "event" + (slot.field().isEmpty() ? "" : ": " + text(taken.value())));
        case PROPERTY -> reading(decoded, taken);
      }
    }
  }

  private static String text(Value value) {
    return Literals.text(value);
  }

  private void reading(Point.Decoded decoded, Course.Taken taken) {
    Slot slot = decoded.slot();
    Property property = read.profile().properties().get(slot.name());
    Keeping keeping = property == null ? Keeping.ALL : property.keeping();
    String kept =
        (keeping.deadband() > 0 ? ", held back within " + SenMl.number(keeping.deadband()) : "")
            + (keeping.minimumInterval().isZero()
                ? ""
                : ", held back for " + keeping.minimumInterval().toString().substring(2));
    step(
        slot.name(),
        wireText(decoded.value(), slot.schema())
            + " → "
            + text(taken.value())
            + (slot.schema().unit().isEmpty() ? "" : " " + slot.schema().unit())
            + ", "
            + taken.quality()
            + decoded.time().map(time -> ", " + time).orElse(", time of receipt")
            + kept);
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
