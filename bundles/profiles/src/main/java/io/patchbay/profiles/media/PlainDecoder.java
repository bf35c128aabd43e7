package io.patchbay.profiles.media;

import io.patchbay.profile.DataSchema;
import io.patchbay.southbound.DecodeException;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.FrameDecoder;
import io.patchbay.southbound.Point;
import io.patchbay.southbound.Slot;
import io.patchbay.thing.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Payloads that are one value: plain text in UTF-8, or octets as they are. */
final class PlainDecoder {
  private PlainDecoder() {}

  static FrameDecoder text(List<Slot> slots) {
    List<Meaning> meanings = slots.stream().map(Meaning::of).toList();
    return frame -> {
      String text = Utf8.text(frame.payload().shared());
      List<Point> points = new ArrayList<>(meanings.size());
      for (Meaning meaning : meanings) {
        Slot slot = meaning.slot();
        boolean bare = slot.kind() == Slot.Kind.EVENT && slot.field().isEmpty();
        points.add(
            bare
                ? new Point.Decoded(slot, new Value.Bool(true), Optional.empty())
                : meaning.plain(text));
      }
      return points;
    };
  }

  /**
   * @throws IllegalArgumentException when a slot is not of type data
   */
  static FrameDecoder octets(List<Slot> slots) {
    for (Slot slot : slots) {
      if (slot.kind() == Slot.Kind.STATUS || slot.schema().type() != DataSchema.Type.DATA) {
        throw new IllegalArgumentException(
            "'"
                + slot.name()
                + "': application/octet-stream is for type data; for others the protocol or another"
                + " media type must say what the octets mean");
      }
    }
    return new Octets(List.copyOf(slots));
  }

  private record Octets(List<Slot> slots) implements FrameDecoder {
    @Override
    public List<Point> decode(Frame frame) throws DecodeException {
      List<Point> points = new ArrayList<>(slots.size());
      for (Slot slot : slots) {
        points.add(new Point.Decoded(slot, new Value.Data(frame.payload()), Optional.empty()));
      }
      return points;
    }
  }
}
