package io.patchbay.profiles.media;

import io.patchbay.profile.DataSchema;
import io.patchbay.profile.DataSchema.WireWord;
import io.patchbay.profile.Form;
import io.patchbay.profile.Op;
import io.patchbay.southbound.DecodeException;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Origin;
import io.patchbay.southbound.Point;
import io.patchbay.southbound.Slot;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Value;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Slots and frames for tests. */
final class Slots {
  static final StandardMediaTypes TYPES = new StandardMediaTypes();
  static final Instant RECEIVED = Instant.parse("2026-03-01T12:00:00Z");

  private Slots() {}

  static Form form(String mediaType, String... terms) {
    Map<String, String> map = new HashMap<>();
    for (int i = 0; i < terms.length; i += 2) {
      map.put(terms[i], terms[i + 1]);
    }
    return new Form("mqtt", Set.of(Op.OBSERVE), mediaType, map);
  }

  static Slot property(String name, DataSchema.Type type, Form form) {
    return new Slot(Slot.Kind.PROPERTY, name, "", form, DataSchema.of(type));
  }

  static Slot number(String name, String path) {
    return property(name, DataSchema.Type.NUMBER, form("application/json", "path", path));
  }

  static DataSchema words(DataSchema.Type type, WireWord... words) {
    return new DataSchema(
        type, "", 1, 0, Optional.empty(), Optional.empty(), List.of(), List.of(words));
  }

  static DataSchema unit(String unit) {
    return new DataSchema(
        DataSchema.Type.NUMBER,
        unit,
        1,
        0,
        Optional.empty(),
        Optional.empty(),
        List.of(),
        List.of());
  }

  static Frame frame(String payload) {
    return frame(Bytes.utf8(payload));
  }

  static Frame frame(Bytes payload) {
    return Frame.of(new Origin("mqtt", "local", "a/b"), payload, RECEIVED);
  }

  static List<Point> decode(Slot slot, String payload) throws DecodeException {
    return TYPES.decoder(List.of(slot)).decode(frame(payload));
  }

  static Value value(Slot slot, String payload) throws DecodeException {
    return ((Point.Decoded) decode(slot, payload).get(0)).value();
  }

  static Point.Bad bad(Slot slot, String payload) throws DecodeException {
    return (Point.Bad) decode(slot, payload).get(0);
  }
}
