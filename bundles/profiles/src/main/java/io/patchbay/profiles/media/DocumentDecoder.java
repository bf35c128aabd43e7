package io.patchbay.profiles.media;

import io.patchbay.profile.Form;
import io.patchbay.southbound.DecodeException;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.FrameDecoder;
import io.patchbay.southbound.Point;
import io.patchbay.southbound.Rejection;
import io.patchbay.southbound.Slot;
import io.patchbay.thing.Value;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Documents by paths: all slots of an address in one pass over the payload. A form with {@code
 * each} is read once per element of an array, one with {@code codec} in what the codec unpacks from
 * the octets inside; there a path that begins with {@code $.} is of the payload itself.
 */
final class DocumentDecoder implements FrameDecoder {
  static final String CODEC = "codec";
  static final String EACH = "each";
  private static final String WHOLE = "$.";
  private static final String WHEN = "when.";
  private static final int NONE = Integer.MIN_VALUE;

  private record Condition(int cell, String text) {}

  /**
   * Where a slot's value is, and its time, and what must hold for it to count. A cell below zero is
   * of the payload itself, with its bits turned over.
   */
  private record Place(
      Meaning meaning, int cell, int time, DeviceTime format, List<Condition> when) {}

  /** The time read last: most slots of a document have the same one, and reading it is dear. */
  private static final class Timed {
    int cell = NONE;
    @Nullable DeviceTime format;
    Optional<Instant> time = Optional.empty();
  }

  /** Slots that share one document: the payload, an element of it, or what a codec unpacks. */
  private static final class Layer {
    final JsonScan scan = new JsonScan();
    final List<Place> places = new ArrayList<>();

    /** Arrays in it, by number of repeat. */
    final Map<String, Layer> each = new LinkedHashMap<>();

    private final @Nullable JsonScan payload;

    /**
     * @param payload asked for what begins with {@code $.}; null when this is the payload
     */
    Layer(@Nullable JsonScan payload) {
      this.payload = payload;
    }

    Layer repeated(String path, JsonScan root) {
      return each.computeIfAbsent(
          path,
          key -> {
            Layer inner = new Layer(root);
            scan.each(JsonPath.of(path), inner.scan);
            return inner;
          });
    }

    void add(Slot slot) {
      Meaning meaning = Meaning.of(slot);
      Form form = slot.form();
      int cell = ask(path(slot), meaning.integral());
      int time = form.term("time").map(path -> ask(path, false)).orElse(NONE);
      List<Condition> conditions = new ArrayList<>();
      for (Map.Entry<String, String> term : form.terms().entrySet()) {
        if (term.getKey().startsWith(WHEN)) {
          String path = term.getKey().substring(WHEN.length());
          conditions.add(new Condition(ask(path, false), term.getValue()));
        }
      }
      places.add(new Place(meaning, cell, time, DeviceTime.of(form), List.copyOf(conditions)));
    }

    private int ask(String path, boolean integral) {
      if (!path.startsWith(WHOLE)) {
        return scan.ask(JsonPath.of(path), integral);
      }
      JsonPath whole = JsonPath.of(path.substring(WHOLE.length()));
      return payload == null ? scan.ask(whole, integral) : ~payload.ask(whole, integral);
    }

    void settle() {
      scan.settle();
      each.values().forEach(Layer::settle);
    }

    void points(JsonScan.Found found, JsonScan.Found whole, List<Point> points) {
      Timed timed = new Timed();
      for (Place place : places) {
        Point point = point(place, found, whole, timed);
        if (point != null) {
          points.add(point);
        }
      }
      if (each.isEmpty()) {
        return;
      }
      int repeat = 0;
      for (Layer inner : each.values()) {
        for (JsonScan.Found element : found.elements(repeat++)) {
          inner.points(element, whole, points);
        }
      }
    }
  }

  /** Octets inside the payload, or the payload itself, and what they are unpacked by. */
  private record Packed(EmbeddedOctets octets, PayloadCodec codec, Layer layer, Slot first) {}

  private final DocumentFormat format;
  private final Layer payload = new Layer(null);
  private final List<Packed> packed = new ArrayList<>();

  /**
   * @param always the array every slot is repeated over besides; empty for none
   */
  DocumentDecoder(DocumentFormat format, Optional<String> always, List<Slot> slots) {
    this.format = format;
    Map<String, Packed> byCodec = new LinkedHashMap<>();
    for (Slot slot : slots) {
      Optional<String> each = slot.form().term(EACH).or(() -> always);
      Layer layer = payload;
      if (slot.form().term(CODEC).isPresent()) {
        layer =
            byCodec
                .computeIfAbsent(
                    EmbeddedOctets.key(slot.form()),
                    key ->
                        new Packed(
                            EmbeddedOctets.of(slot.form(), payload.scan),
                            PayloadCodecs.of(slot.form().required(CODEC)),
                            new Layer(payload.scan),
                            slot))
                .layer();
      }
      (each.isPresent() ? layer.repeated(each.get(), payload.scan) : layer).add(slot);
    }
    packed.addAll(byCodec.values());
    payload.settle();
    packed.forEach(inner -> inner.layer().settle());
  }

  /**
   * The path of a slot: {@code path}, or for a field of an event {@code fields.NAME}; a field that
   * has none is the member of its own name, below {@code path} when there is one.
   */
  static String path(Slot slot) {
    String path = slot.form().term("path").orElse("");
    if (slot.field().isEmpty()) {
      return path;
    }
    String below = path.isEmpty() ? "" : path + ".";
    return slot.form().term("fields." + slot.field()).orElse(below + '"' + slot.field() + '"');
  }

  @Override
  public List<Point> decode(Frame frame) throws DecodeException {
    JsonScan.Found found = payload.scan.scan(format, frame.payload().shared());
    List<Point> points = new ArrayList<>(payload.places.size());
    payload.points(found, found, points);
    if (packed.isEmpty()) {
      return points;
    }
    for (Packed inner : packed) {
      unpack(inner, frame, found, points);
    }
    return points;
  }

  private static void unpack(Packed inner, Frame frame, JsonScan.Found whole, List<Point> points)
      throws DecodeException {
    byte[] octets = inner.octets().in(whole);
    if (octets == null) {
      return;
    }
    PayloadCodec.Unpacked unpacked;
    try {
      PayloadCodec.Envelope envelope =
          new PayloadCodec.Envelope(inner.octets().port(whole), frame.received());
      unpacked = inner.codec().unpack(octets, envelope);
    } catch (DecodeException e) {
      if (points.isEmpty()) {
        throw e;
      }
      // what stands beside the octets is good
      points.add(new Point.Bad(inner.first(), e.reason(), e.detail()));
      return;
    }
    JsonScan.Found found = inner.layer().scan.scan(unpacked.document());
    int before = points.size();
    inner.layer().points(found, whole, points);
    if (unpacked.fault().isPresent()) {
      if (points.size() == before) {
        throw Json.undecodable(unpacked.fault().get());
      }
      Point good = points.get(points.size() - 1);
      points.add(new Point.Bad(good.slot(), Rejection.UNDECODABLE, unpacked.fault().get()));
    }
  }

  private static JsonScan.Found of(int cell, JsonScan.Found found, JsonScan.Found whole) {
    return cell < 0 ? whole : found;
  }

  private static int at(int cell) {
    return cell < 0 ? ~cell : cell;
  }

  private static @Nullable Value value(int cell, JsonScan.Found found, JsonScan.Found whole) {
    return of(cell, found, whole).value(at(cell));
  }

  private static @Nullable Point point(
      Place place, JsonScan.Found found, JsonScan.Found whole, Timed timed) {
    if (!place.when().isEmpty() && !holds(place.when(), found, whole)) {
      return null;
    }
    Meaning meaning = place.meaning();
    int cell = place.cell();
    Value raw = value(cell, found, whole);
    if (wholeEvent(meaning.slot())) {
      raw = of(cell, found, whole).present(at(cell)) ? new Value.Bool(true) : null;
    }
    String fault = raw == null ? of(cell, found, whole).fault(at(cell)) : null;
    if (fault != null) {
      return meaning.bad(Rejection.WRONG_TYPE, fault);
    }
    if (raw == null) {
      return null;
    }
    Optional<Instant> time = Optional.empty();
    if (place.time() != NONE) {
      try {
        if (timed.cell != place.time() || timed.format != place.format()) {
          timed.time = time(place, found, whole);
          timed.cell = place.time();
          timed.format = place.format();
        }
        time = timed.time;
      } catch (DecodeException e) {
        return meaning.bad(e.reason(), e.detail());
      }
    }
    return wholeEvent(meaning.slot())
        ? new Point.Decoded(meaning.slot(), raw, time)
        : meaning.point(raw, time);
  }

  /** An event without data happens when its path is there. */
  private static boolean wholeEvent(Slot slot) {
    return slot.kind() == Slot.Kind.EVENT && slot.field().isEmpty();
  }

  private static boolean holds(
      List<Condition> conditions, JsonScan.Found found, JsonScan.Found whole) {
    for (Condition condition : conditions) {
      Value value = value(condition.cell(), found, whole);
      if (value == null || !value.text().equals(condition.text())) {
        return false;
      }
    }
    return true;
  }

  private static Optional<Instant> time(Place place, JsonScan.Found found, JsonScan.Found whole)
      throws DecodeException {
    Value raw = value(place.time(), found, whole);
    if (raw != null) {
      return Optional.of(place.format().read(raw));
    }
    String fault = of(place.time(), found, whole).fault(at(place.time()));
    if (fault != null) {
      throw new DecodeException(Rejection.BAD_TIME, "the time: " + fault);
    }
    return Optional.empty();
  }
}
