package io.patchbay.journal.sqlite;

import io.patchbay.southbound.DeliveryId;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Origin;
import io.patchbay.southbound.Target;
import io.patchbay.store.CommandStore;
import io.patchbay.store.KeptFrame;
import io.patchbay.store.OrderStore;
import io.patchbay.store.Registered;
import io.patchbay.store.Selection;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Command;
import io.patchbay.thing.CommandId;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Value;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Kept frames, registered things, orders, commands and selections in octets; rare, so words are
 * written out.
 */
final class FrameFormat {
  private static final int VERSION = 1;
  private static final int READ = 0;
  private static final int WRITE = 1;
  private static final int INVOKE = 2;

  private FrameFormat() {}

  static byte[] write(KeptFrame kept) {
    Frame frame = kept.frame();
    Packer out = new Packer(256 + frame.payload().length());
    out.octet(VERSION).text(kept.reason()).text(kept.detail());
    text(out, kept.thing().map(ThingId::value));
    out.octet(kept.truncated() ? 1 : 0);
    Origin origin = frame.origin();
    out.text(origin.scheme()).text(origin.connection()).text(origin.address());
    UplinkFormat.words(out, origin.terms());
    text(out, frame.target().map(target -> target.thing().value()));
    text(out, frame.target().map(Target::property));
    out.octets(frame.payload().shared()).text(frame.mediaType());
    out.zigzag(frame.received().toEpochMilli());
    out.octet(frame.time().isPresent() ? 1 : 0);
    frame.time().ifPresent(time -> out.zigzag(time.toEpochMilli()));
    text(out, frame.delivery().map(DeliveryId::value));
    text(out, frame.delivery().map(delivery -> delivery.kind().name()));
    return out.octet(frame.retained() ? 1 : 0).toArray();
  }

  static KeptFrame kept(long id, KeptFrame.Kind kind, byte[] data) {
    Unpacker in = new Unpacker(data);
    version(in);
    String reason = in.text();
    String detail = in.text();
    Optional<ThingId> thing = optional(in).map(ThingId::new);
    boolean truncated = in.octet() == 1;
    Origin origin = new Origin(in.text(), in.text(), in.text(), UplinkFormat.words(in));
    Optional<String> target = optional(in);
    Optional<String> property = optional(in);
    Bytes payload = Bytes.wrap(in.octets());
    String mediaType = in.text();
    Instant received = Instant.ofEpochMilli(in.zigzag());
    Optional<Instant> time =
        in.octet() == 1 ? Optional.of(Instant.ofEpochMilli(in.zigzag())) : Optional.empty();
    Optional<String> delivery = optional(in);
    DeliveryId.Kind deliveryKind =
        optional(in).map(DeliveryId.Kind::valueOf).orElse(DeliveryId.Kind.UNIQUE);
    boolean retained = in.octet() == 1;
    Frame frame =
        new Frame(
            origin,
            target.map(name -> new Target(new ThingId(name), property.orElse(""))),
            payload,
            mediaType,
            received,
            time,
            delivery.map(value -> new DeliveryId(value, deliveryKind)),
            retained);
    return new KeptFrame(id, kind, reason, detail, thing, frame, truncated);
  }

  static byte[] write(Registered registered) {
    Packer out = new Packer(256).octet(VERSION);
    UplinkFormat.thing(out, registered.thing());
    return out.text(registered.admission().name())
        .text(registered.origin().name())
        .zigzag(registered.since().toEpochMilli())
        .toArray();
  }

  static Registered registered(byte[] data) {
    Unpacker in = new Unpacker(data);
    version(in);
    return new Registered(
        UplinkFormat.thing(in),
        Registered.Admission.valueOf(in.text()),
        Registered.Origin.valueOf(in.text()),
        Instant.ofEpochMilli(in.zigzag()));
  }

  static byte[] write(OrderStore.Order order) {
    Packer out = new Packer(128).octet(VERSION);
    out.text(order.thing().value()).text(order.property());
    UplinkFormat.value(out, order.value());
    return out.text(order.by()).zigzag(order.since().toEpochMilli()).toArray();
  }

  static OrderStore.Order order(byte[] data) {
    Unpacker in = new Unpacker(data);
    version(in);
    return new OrderStore.Order(
        new ThingId(in.text()),
        in.text(),
        UplinkFormat.value(in),
        in.text(),
        Instant.ofEpochMilli(in.zigzag()));
  }

  static byte[] write(CommandStore.Waiting waiting) {
    Command command = waiting.command();
    Packer out = new Packer(128).octet(VERSION);
    out.text(waiting.id().value())
        .text(command.thing().value())
        .zigzag(command.deadline().toEpochMilli())
        .text(waiting.by())
        .zigzag(waiting.since().toEpochMilli());
    if (command instanceof Command.Read read) {
      out.octet(READ).varint(read.properties().size());
      read.properties().forEach(out::text);
    } else if (command instanceof Command.Write write) {
      out.octet(WRITE).text(write.property());
      UplinkFormat.value(out, write.value());
    } else if (command instanceof Command.Invoke invoke) {
      out.octet(INVOKE).text(invoke.action()).varint(invoke.input().size());
      invoke
          .input()
          .forEach(
              (name, value) -> {
                out.text(name);
                UplinkFormat.value(out, value);
              });
    }
    return out.toArray();
  }

  static CommandStore.Waiting waiting(byte[] data) {
    Unpacker in = new Unpacker(data);
    version(in);
    CommandId id = new CommandId(in.text());
    ThingId thing = new ThingId(in.text());
    Instant deadline = Instant.ofEpochMilli(in.zigzag());
    String by = in.text();
    Instant since = Instant.ofEpochMilli(in.zigzag());
    Command command =
        switch (in.octet()) {
          case READ -> new Command.Read(thing, names(in), deadline);
          case WRITE -> new Command.Write(thing, in.text(), UplinkFormat.value(in), deadline);
          default -> new Command.Invoke(thing, in.text(), values(in), deadline);
        };
    return new CommandStore.Waiting(id, command, by, since);
  }

  private static List<String> names(Unpacker in) {
    List<String> names = new ArrayList<>();
    for (int left = in.small(); left > 0; left--) {
      names.add(in.text());
    }
    return names;
  }

  private static Map<String, Value> values(Unpacker in) {
    Map<String, Value> values = new HashMap<>();
    for (int left = in.small(); left > 0; left--) {
      String name = in.text();
      values.put(name, UplinkFormat.value(in));
    }
    return values;
  }

  static byte[] write(Selection selection) {
    Packer out = new Packer(64).octet(VERSION).varint(selection.kinds().size());
    selection.kinds().forEach(kind -> out.text(kind.name()));
    text(out, selection.thing().map(ThingId::value));
    text(out, selection.profile());
    text(out, selection.property());
    return out.toArray();
  }

  static Selection selection(byte[] data) {
    Unpacker in = new Unpacker(data);
    version(in);
    int count = in.small();
    Set<Selection.Kind> kinds = EnumSet.noneOf(Selection.Kind.class);
    for (int i = 0; i < count; i++) {
      kinds.add(Selection.Kind.valueOf(in.text()));
    }
    return new Selection(kinds, optional(in).map(ThingId::new), optional(in), optional(in));
  }

  private static void version(Unpacker in) {
    int version = in.octet();
    if (version != VERSION) {
      throw new IllegalStateException(
          "a record of the journal has version " + version + ", this hub reads 1");
    }
  }

  private static void text(Packer out, Optional<String> text) {
    out.octet(text.isPresent() ? 1 : 0);
    text.ifPresent(out::text);
  }

  private static Optional<String> optional(Unpacker in) {
    return in.octet() == 1 ? Optional.of(in.text()) : Optional.empty();
  }
}
