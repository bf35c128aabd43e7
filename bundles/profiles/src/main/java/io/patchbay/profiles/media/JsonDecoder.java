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
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** JSON (RFC 8259) by paths: all slots of an address in one pass over the payload. */
final class JsonDecoder implements FrameDecoder {
  private static final String WHEN = "when.";
  private static final int NONE = -1;

  private record Condition(int cell, String text) {}

  /** Where a slot's value is, and its time, and what must hold for it to count. */
  private record Place(
      Meaning meaning, int cell, int time, DeviceTime format, List<Condition> when) {}

  private final JsonScan scan = new JsonScan();
  private final List<Place> places = new ArrayList<>();

  JsonDecoder(List<Slot> slots) {
    for (Slot slot : slots) {
      Meaning meaning = Meaning.of(slot);
      Form form = slot.form();
      int cell = scan.ask(JsonPath.of(path(slot)), meaning.integral());
      int time = form.term("time").map(path -> scan.ask(JsonPath.of(path), false)).orElse(NONE);
      places.add(new Place(meaning, cell, time, DeviceTime.of(form), conditions(form)));
    }
  }

  private List<Condition> conditions(Form form) {
    List<Condition> conditions = new ArrayList<>();
    for (Map.Entry<String, String> term : form.terms().entrySet()) {
      if (term.getKey().startsWith(WHEN)) {
        JsonPath path = JsonPath.of(term.getKey().substring(WHEN.length()));
        conditions.add(new Condition(scan.ask(path, false), term.getValue()));
      }
    }
    return conditions;
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
    JsonScan.Found found = scan.scan(frame.payload().shared());
    List<Point> points = new ArrayList<>(places.size());
    for (Place place : places) {
      Point point = point(place, found);
      if (point != null) {
        points.add(point);
      }
    }
    return points;
  }

  private static @Nullable Point point(Place place, JsonScan.Found found) {
    if (!holds(place.when(), found)) {
      return null;
    }
    Meaning meaning = place.meaning();
    Value raw = found.value(place.cell());
    if (wholeEvent(meaning.slot())) {
      raw = found.present(place.cell()) ? new Value.Bool(true) : null;
    }
    String fault = raw == null ? found.fault(place.cell()) : null;
    if (fault != null) {
      return meaning.bad(Rejection.WRONG_TYPE, fault);
    }
    if (raw == null) {
      return null;
    }
    Optional<Instant> time = Optional.empty();
    if (place.time() != NONE) {
      try {
        time = time(place, found);
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

  private static boolean holds(List<Condition> conditions, JsonScan.Found found) {
    for (Condition condition : conditions) {
      Value value = found.value(condition.cell());
      if (value == null || !value.text().equals(condition.text())) {
        return false;
      }
    }
    return true;
  }

  private static Optional<Instant> time(Place place, JsonScan.Found found) throws DecodeException {
    Value raw = found.value(place.time());
    if (raw != null) {
      return Optional.of(place.format().read(raw));
    }
    String fault = found.fault(place.time());
    if (fault != null) {
      throw new DecodeException(Rejection.BAD_TIME, "the time: " + fault);
    }
    return Optional.empty();
  }
}
