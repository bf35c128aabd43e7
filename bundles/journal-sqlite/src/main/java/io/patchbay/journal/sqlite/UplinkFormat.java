package io.patchbay.journal.sqlite;

import io.patchbay.store.Selection;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Quality;
import io.patchbay.thing.Stage;
import io.patchbay.thing.Status;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.TimeSource;
import io.patchbay.thing.Uplink;
import io.patchbay.thing.Uplink.Discovered;
import io.patchbay.thing.Uplink.Occurrence;
import io.patchbay.thing.Uplink.Reading;
import io.patchbay.thing.Uplink.StatusChange;
import io.patchbay.thing.Value;
import java.net.URI;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An uplink in octets: a head (kind in two bits, then what the kind needs), the words for thing and
 * name, received against a base, time against received, the rest by kind. A reading of a number
 * takes about 14 octets.
 */
final class UplinkFormat {
  static final int READING = 0;
  static final int OCCURRENCE = 1;
  static final int STATUS = 2;
  static final int DISCOVERED = 3;

  private static final int FALSE = 0;
  private static final int TRUE = 1;
  private static final int INT = 2;
  private static final int DOUBLE = 3;
  private static final int TEXT = 4;
  private static final int DATA = 5;
  private static final int FLOAT = 6;

  // The place is the number in the file.
  private static final List<Quality> QUALITIES =
      List.of(Quality.GOOD, Quality.UNCERTAIN, Quality.STALE, Quality.BAD);
  private static final List<Status> STATES =
      List.of(Status.UNKNOWN, Status.ONLINE, Status.OFFLINE, Status.ASLEEP);

  /** From 1; 0 is the stage that the status says. */
  private static final List<Stage> STAGES =
      List.of(
          Stage.MANUFACTURED,
          Stage.REGISTERED,
          Stage.ADMITTED,
          Stage.ONLINE,
          Stage.ASLEEP,
          Stage.LOST,
          Stage.LEFT,
          Stage.UPDATING,
          Stage.SUSPENDED,
          Stage.RETIRED);

  private UplinkFormat() {}

  /** Decides by thing and name (word numbers) whether an uplink is read wholly. */
  @FunctionalInterface
  interface Wanted {
    Wanted ALL = (thing, name) -> true;
    Wanted NONE = (thing, name) -> false;

    boolean test(int thing, int name);
  }

  /** Takes an uplink with its word numbers. */
  @FunctionalInterface
  interface Taker {
    void take(int thing, int name, Uplink uplink);
  }

  static int kind(Uplink uplink) {
    if (uplink instanceof Reading) {
      return READING;
    } else if (uplink instanceof Occurrence) {
      return OCCURRENCE;
    }
    return uplink instanceof StatusChange ? STATUS : DISCOVERED;
  }

  static void write(Packer out, Uplink uplink, long base, Names names) {
    if (uplink instanceof Reading reading) {
      int type = type(reading.value());
      out.octet(
          READING
              | type << 2
              | source(reading.source()) << 5
              | QUALITIES.indexOf(reading.quality()) << 6);
      head(out, uplink, base, names);
      out.varint(names.id(reading.unit()));
      value(out, type, reading.value());
    } else if (uplink instanceof Occurrence occurrence) {
      out.octet(OCCURRENCE | source(occurrence.source()) << 5);
      head(out, uplink, base, names);
      out.varint(occurrence.data().size());
      for (Map.Entry<String, Value> field : occurrence.data().entrySet()) {
        int type = type(field.getValue());
        out.text(field.getKey()).octet(type);
        value(out, type, field.getValue());
      }
    } else if (uplink instanceof StatusChange change) {
      int stage =
          change.stage() == Stage.of(change.status()) ? 0 : STAGES.indexOf(change.stage()) + 1;
      out.octet(STATUS | STATES.indexOf(change.status()) << 2 | stage << 4);
      head(out, uplink, base, names);
      out.text(change.detail());
    } else if (uplink instanceof Discovered discovered) {
      out.octet(DISCOVERED);
      head(out, uplink, base, names);
      thing(out, discovered.device());
    }
  }

  private static void head(Packer out, Uplink uplink, long base, Names names) {
    long received = uplink.received().toEpochMilli();
    out.varint(names.id(uplink.thing().value()))
        .varint(names.id(Selection.name(uplink)))
        .zigzag(received - base)
        .zigzag(uplink.time().toEpochMilli() - received);
  }

  /** Reads one uplink and returns its kind; gives it to {@code taker} when it is wanted. */
  static int read(Unpacker in, long base, Names names, Wanted wanted, Taker taker) {
    int head = in.octet();
    int thing = in.small();
    int name = in.small();
    long received = base + in.zigzag();
    long time = received + in.zigzag();
    boolean whole = wanted.test(thing, name);
    @Nullable Uplink uplink =
        switch (head & 3) {
          case READING -> reading(in, head, names, whole, thing, name, time, received);
          case OCCURRENCE -> occurrence(in, head, names, whole, thing, name, time, received);
          case STATUS -> status(in, head, names, whole, thing, time, received);
          default -> discovered(in, whole, time, received);
        };
    if (uplink != null) {
      taker.take(thing, name, uplink);
    }
    return head & 3;
  }

  private static @Nullable Uplink reading(
      Unpacker in,
      int head,
      Names names,
      boolean whole,
      int thing,
      int name,
      long time,
      long received) {
    int unit = in.small();
    int type = head >> 2 & 7;
    if (!whole) {
      skip(in, type);
      return null;
    }
    return new Reading(
        id(names, thing),
        names.text(name),
        value(in, type),
        names.text(unit),
        Instant.ofEpochMilli(time),
        source(head),
        Instant.ofEpochMilli(received),
        QUALITIES.get(head >> 6 & 3));
  }

  private static @Nullable Uplink occurrence(
      Unpacker in,
      int head,
      Names names,
      boolean whole,
      int thing,
      int name,
      long time,
      long received) {
    int fields = in.small();
    Map<String, Value> data = new HashMap<>();
    for (int i = 0; i < fields; i++) {
      data.put(in.text(), value(in, in.octet()));
    }
    return whole
        ? new Occurrence(
            id(names, thing),
            names.text(name),
            data,
            Instant.ofEpochMilli(time),
            source(head),
            Instant.ofEpochMilli(received))
        : null;
  }

  private static @Nullable Uplink status(
      Unpacker in, int head, Names names, boolean whole, int thing, long time, long received) {
    if (!whole) {
      in.skip();
      return null;
    }
    Status status = STATES.get(head >> 2 & 3);
    int stage = head >> 4 & 15;
    return new StatusChange(
        id(names, thing),
        status,
        stage == 0 ? Stage.of(status) : STAGES.get(stage - 1),
        in.text(),
        Instant.ofEpochMilli(time),
        Instant.ofEpochMilli(received));
  }

  private static @Nullable Uplink discovered(Unpacker in, boolean whole, long time, long received) {
    Thing device = thing(in);
    return whole
        ? new Discovered(device, Instant.ofEpochMilli(time), Instant.ofEpochMilli(received))
        : null;
  }

  private static ThingId id(Names names, int thing) {
    return names.thing(thing);
  }

  private static int source(TimeSource source) {
    return source == TimeSource.HUB ? 1 : 0;
  }

  private static TimeSource source(int head) {
    return (head & 32) != 0 ? TimeSource.HUB : TimeSource.DEVICE;
  }

  private static int type(Value value) {
    if (value instanceof Value.Bool bool) {
      return bool.value() ? TRUE : FALSE;
    } else if (value instanceof Value.Int) {
      return INT;
    } else if (value instanceof Value.Num number) {
      // A float says exactly the same in half the room.
      return Double.doubleToRawLongBits((float) number.value())
              == Double.doubleToRawLongBits(number.value())
          ? FLOAT
          : DOUBLE;
    }
    return value instanceof Value.Text ? TEXT : DATA;
  }

  private static void value(Packer out, int type, Value value) {
    if (value instanceof Value.Int integer) {
      out.zigzag(integer.value());
    } else if (value instanceof Value.Num number) {
      if (type == FLOAT) {
        out.fixed32(Float.floatToRawIntBits((float) number.value()));
      } else {
        out.fixed64(Double.doubleToRawLongBits(number.value()));
      }
    } else if (value instanceof Value.Text text) {
      out.text(text.value());
    } else if (value instanceof Value.Data data) {
      out.octets(data.value().shared());
    }
  }

  private static Value value(Unpacker in, int type) {
    return switch (type) {
      case FALSE -> new Value.Bool(false);
      case TRUE -> new Value.Bool(true);
      case INT -> new Value.Int(in.zigzag());
      case FLOAT -> new Value.Num(Float.intBitsToFloat(in.fixed32()));
      case DOUBLE -> new Value.Num(Double.longBitsToDouble(in.fixed64()));
      case TEXT -> new Value.Text(in.text());
      default -> new Value.Data(Bytes.wrap(in.octets()));
    };
  }

  /** A value by itself. */
  static void value(Packer out, Value value) {
    int type = type(value);
    out.octet(type);
    value(out, type, value);
  }

  static Value value(Unpacker in) {
    return value(in, in.octet());
  }

  private static void skip(Unpacker in, int type) {
    switch (type) {
      case INT -> in.varint();
      case FLOAT -> in.fixed32();
      case DOUBLE -> in.fixed64();
      case TEXT, DATA -> in.skip();
      default -> {}
    }
  }

  static void thing(Packer out, Thing thing) {
    out.text(thing.id().value()).text(thing.base().toString()).text(thing.profile());
    words(out, thing.terms());
    words(out, thing.labels());
  }

  static Thing thing(Unpacker in) {
    return new Thing(
        new ThingId(in.text()), URI.create(in.text()), in.text(), words(in), words(in));
  }

  static void words(Packer out, Map<String, String> words) {
    out.varint(words.size());
    words.forEach((name, word) -> out.text(name).text(word));
  }

  static Map<String, String> words(Unpacker in) {
    int count = in.small();
    Map<String, String> words = new HashMap<>();
    for (int i = 0; i < count; i++) {
      words.put(in.text(), in.text());
    }
    return words;
  }
}
