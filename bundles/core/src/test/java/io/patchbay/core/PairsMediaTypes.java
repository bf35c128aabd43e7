package io.patchbay.core;

import io.patchbay.profile.Form;
import io.patchbay.profile.Match;
import io.patchbay.southbound.Codec;
import io.patchbay.southbound.DecodeException;
import io.patchbay.southbound.DeliveryId;
import io.patchbay.southbound.Divider;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.FrameDecoder;
import io.patchbay.southbound.MediaTypes;
import io.patchbay.southbound.Origin;
import io.patchbay.southbound.Point;
import io.patchbay.southbound.Rejection;
import io.patchbay.southbound.Slot;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Value;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/** A media type small enough for tests: {@code power=12.5;on=true;t=1000}, t in milliseconds. */
final class PairsMediaTypes implements MediaTypes {
  static final String PAIRS = "text/x-pairs";

  /** How often a way down was compiled. */
  final AtomicInteger codecs = new AtomicInteger();

  @Override
  public boolean knows(String mediaType) {
    return mediaType.equals(PAIRS);
  }

  static Map<String, String> pairs(Frame frame) throws DecodeException {
    Map<String, String> pairs = new HashMap<>();
    for (String pair : frame.payload().text().split(";", -1)) {
      int at = pair.indexOf('=');
      if (pair.equals("bug")) {
        throw new IllegalStateException("a bug in a decoder");
      } else if (at < 0) {
        throw new DecodeException(Rejection.UNDECODABLE, "'" + pair + "' is no pair");
      }
      pairs.put(pair.substring(0, at), pair.substring(at + 1));
    }
    return pairs;
  }

  @Override
  public FrameDecoder decoder(List<Slot> slots) {
    return frame -> {
      Map<String, String> pairs = pairs(frame);
      Optional<Instant> time =
          Optional.ofNullable(pairs.get("t")).map(Long::parseLong).map(Instant::ofEpochMilli);
      List<Point> points = new ArrayList<>();
      for (Slot slot : slots) {
        String text = pairs.get(slot.form().required("path"));
        if (text != null) {
          points.add(new Point.Decoded(slot, value(text), time));
        }
      }
      return points;
    };
  }

  static Value value(String text) {
    if (text.equals("true") || text.equals("false")) {
      return new Value.Bool(Boolean.parseBoolean(text));
    } else if (text.matches("-?\\d+")) {
      return new Value.Int(Long.parseLong(text));
    } else if (text.matches("-?\\d+\\.\\d+")) {
      return new Value.Num(Double.parseDouble(text));
    }
    return new Value.Text(text);
  }

  @Override
  public Codec codec(Slot slot) {
    codecs.incrementAndGet();
    return new Codec() {
      @Override
      public Value decode(Frame frame) throws DecodeException {
        return value(frame.payload().text());
      }

      @Override
      public Bytes encode(Map<String, Value> values) {
        StringBuilder text = new StringBuilder();
        values.forEach((name, value) -> text.append(name).append('=').append(value.text()));
        return Bytes.utf8(text.toString());
      }
    };
  }

  /** One part per line: its name, and pairs behind a bar. */
  @Override
  public Divider divider(Form form) {
    return frame -> {
      List<Frame> parts = new ArrayList<>();
      for (String line : frame.payload().text().split("\n", -1)) {
        int bar = line.indexOf('|');
        if (bar < 0) {
          throw new DecodeException(Rejection.UNDECODABLE, "'" + line + "' is no part");
        }
        Origin origin = frame.origin();
        int index = parts.size();
        parts.add(
            new Frame(
                new Origin(
                    origin.scheme(),
                    origin.connection(),
                    origin.address(),
                    Map.of("tag", line.substring(0, bar))),
                frame.target(),
                Bytes.utf8(line.substring(bar + 1)),
                frame.mediaType(),
                frame.received(),
                frame.time(),
                frame.delivery().map(id -> new DeliveryId(id.value() + "#" + index, id.kind())),
                frame.retained()));
      }
      return parts;
    };
  }

  @Override
  public Predicate<Frame> test(Match match) {
    return frame -> {
      try {
        return pairs(frame).keySet().containsAll(match.has());
      } catch (DecodeException e) {
        return false;
      }
    };
  }
}
