package io.patchbay.binding.modbus;

import io.patchbay.binding.modbus.Ask.Said;
import io.patchbay.binding.modbus.Buses.Contact;
import io.patchbay.binding.modbus.Reading.Piece;
import io.patchbay.profile.Op;
import io.patchbay.southbound.Answer;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Request;
import io.patchbay.southbound.Wire;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Command;
import io.patchbay.thing.Outcome.Reason;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.support.AsyncProcessorSupport;
import org.jspecify.annotations.Nullable;

/** The step from {@link Request} to {@link Answer}. It holds no thread while a device thinks. */
final class Downlink extends AsyncProcessorSupport {
  /** Sets of properties that are remembered, read from their forms; when full all are forgotten. */
  private static final int MOST_PREPARED = 20_000;

  private record Key(ThingId thing, Set<String> properties) {}

  /** What a thing's poll is about: the same every time, as long as thing and profile are. */
  private record Prepared(Thing thing, Map<String, Wire> wires, Map<Integer, UnitPlan> byUnit) {
    /** Whether it is of the very forms of this request; mostly they are the same objects. */
    boolean suits(Request request) {
      return wires.equals(request.wires()) && thing.equals(request.thing());
    }
  }

  private final Buses buses;
  private final Map<Key, Prepared> prepared = new ConcurrentHashMap<>();

  Downlink(Buses buses) {
    this.buses = buses;
  }

  @Override
  public boolean process(Exchange exchange, AsyncCallback callback) {
    Request request = exchange.getIn().getBody(Request.class);
    CompletionStage<Void> unused =
        answer(request)
            .handleAsync(
                (answer, failure) -> {
                  if (failure != null) {
                    exchange.setException(failure);
                  } else {
                    exchange.getMessage().setBody(answer);
                  }
                  callback.done(false);
                  return null;
                },
                buses.answers()); // the wire's thread has no time for what core does
    return false;
  }

  private CompletionStage<Answer> answer(Request request) {
    try {
      if (request.command() instanceof Command.Read) {
        return read(request, prepared(request));
      }
      Map.Entry<String, Wire> only = request.wires().entrySet().iterator().next();
      return write(request, only.getKey(), only.getValue());
    } catch (IllegalArgumentException e) {
      return failed(Reason.NOT_ALLOWED, String.valueOf(e.getMessage()));
    }
  }

  private Prepared prepared(Request request) {
    Key key = new Key(request.thing().id(), request.wires().keySet());
    Prepared known = prepared.get(key);
    if (known != null && known.suits(request)) {
      return known;
    }
    Map<Integer, List<Point>> byUnit = new TreeMap<>();
    for (Map.Entry<String, Wire> one : new TreeMap<>(request.wires()).entrySet()) {
      Point point = Point.of(one.getKey(), one.getValue(), request.thing());
      byUnit.computeIfAbsent(point.unit(), unit -> new ArrayList<>()).add(point);
    }
    Map<Integer, UnitPlan> plans = new TreeMap<>();
    byUnit.forEach((unit, points) -> plans.put(unit, new UnitPlan(points)));
    Prepared made = new Prepared(request.thing(), request.wires(), plans);
    if (prepared.size() >= MOST_PREPARED) {
      prepared.clear();
    }
    prepared.put(key, made);
    return made;
  }

  /** What could be read is the answer; only when nothing could, why. */
  private CompletionStage<Answer> read(Request request, Prepared prepared) {
    Gathered gathered = new Gathered();
    CompletionStage<?> all = null;
    for (Map.Entry<Integer, UnitPlan> unit : prepared.byUnit().entrySet()) {
      Contact contact = buses.contact(request.thing(), unit.getKey());
      UnitPlan plan = unit.getValue();
      boolean insist = prepared.wires().size() == 1;
      all =
          all == null
              ? read(request, contact, plan, insist, gathered)
              : all.thenCompose(none -> read(request, contact, plan, insist, gathered));
    }
    return all == null
        ? failed(Reason.NOT_ALLOWED, "nothing is to be read")
        : all.thenApply(none -> gathered.answer());
  }

  private static CompletionStage<?> read(
      Request request, Contact contact, UnitPlan plan, boolean insist, Gathered gathered) {
    Unit unit = contact.unit();
    Instant deadline = request.command().deadline();
    if (!plan.modelled()) {
      return laid(request, plan, plan.laid(unit, null), insist, gathered);
    }
    return unit.models(deadline)
        .thenCompose(
            found -> {
              Models models = found.models().orElse(null);
              if (models == null) {
                gathered.fail(found.failure());
                return CompletableFuture.completedStage(gathered);
              }
              return laid(request, plan, plan.laid(unit, models), insist, gathered);
            });
  }

  private static CompletionStage<Gathered> laid(
      Request request, UnitPlan plan, UnitPlan.Laid laid, boolean insist, Gathered gathered) {
    gathered.fail(laid.missing().map(why -> new Reading.Failure(Reason.REFUSED, why)));
    return Reading.of(laid, plan, request.command().deadline(), insist)
        .thenApply(reading -> gathered.add(laid.points(), reading));
  }

  /** The frames of one request; the stages that add to it follow one another. */
  private static final class Gathered {
    private final List<Frame> frames = new ArrayList<>();
    private int absent;
    private Optional<Reading.Failure> failure = Optional.empty();

    Gathered add(List<Point> points, Reading reading) {
      for (Point point : points) {
        Piece piece = reading.piece(point.form().span()).orElse(null);
        Optional<Span> factor = point.form().factorSpan();
        Bytes payload = piece == null ? null : piece.octets();
        if (piece != null && factor.isPresent()) {
          payload =
              reading.piece(factor.get()).map(f -> joined(piece.octets(), f.octets())).orElse(null);
        }
        if (piece != null && payload != null && point.codec().absent(payload)) {
          absent++;
        } else if (piece != null && payload != null) {
          frames.add(frame(point, payload, piece.received()));
        }
      }
      fail(reading.failure());
      return this;
    }

    void fail(Optional<Reading.Failure> why) {
      failure = failure.or(() -> why);
    }

    private static Bytes joined(Bytes value, Bytes factor) {
      byte[] both = java.util.Arrays.copyOf(value.shared(), value.length() + factor.length());
      System.arraycopy(factor.shared(), 0, both, value.length(), factor.length());
      return Bytes.wrap(both);
    }

    Answer answer() {
      if (frames.isEmpty() && absent == 0 && failure.isPresent()) {
        return new Answer.Failed(failure.get().reason(), failure.get().detail());
      }
      return new Answer.Frames(frames);
    }
  }

  private static Frame frame(Point point, Bytes payload, Instant received) {
    return new Frame(
        point.origin(),
        point.target(),
        payload,
        "",
        received,
        Optional.empty(),
        Optional.empty(),
        false);
  }

  private CompletionStage<Answer> write(Request request, String name, Wire wire) {
    Point point = Point.of(name, wire, request.thing());
    Bytes payload = wire.payload().orElse(null);
    if (payload == null && point.form().fixed().isPresent()) {
      payload = point.codec().encode(Map.of()); // an action without input
    }
    if (payload == null) {
      return failed(Reason.NOT_ALLOWED, "nothing is to be written: the form needs 'value'");
    }
    Contact contact = buses.contact(request.thing(), point.unit());
    Bytes value = payload;
    return contact.unit().inTurn(() -> change(request, contact, point, value));
  }

  private static CompletionStage<Answer> change(
      Request request, Contact contact, Point point, Bytes value) {
    if (point.form().model().isEmpty()) {
      return write(request, contact, point, value);
    }
    UnitPlan plan = new UnitPlan(List.of(point));
    return contact
        .unit()
        .models(request.command().deadline())
        .thenCompose(
            found -> {
              Models models = found.models().orElse(null);
              if (models == null) {
                Reading.Failure why = found.failure().orElseThrow();
                return failed(why.reason(), why.detail());
              }
              UnitPlan.Laid laid = plan.laid(contact.unit(), models);
              return laid.points().isEmpty()
                  ? failed(Reason.REFUSED, laid.missing().orElse(""))
                  : write(request, contact, laid.points().get(0), value);
            });
  }

  /** A value with a factor is written by the factor that the device says now. */
  private static CompletionStage<Answer> write(
      Request request, Contact contact, Point point, Bytes value) {
    Span factor = point.form().factorSpan().orElse(null);
    if (factor == null || point.form().fixed().isPresent()) {
      return writeWords(request, contact, point, value);
    }
    Unit unit = contact.unit();
    return Reading.of(
            unit, List.of(factor), point.form().limits(), request.command().deadline(), true)
        .thenCompose(
            reading -> {
              Piece piece = reading.piece(factor).orElse(null);
              if (piece == null) {
                Reading.Failure why = reading.failure().orElseThrow();
                return failed(why.reason(), "its factor cannot be read: " + why.detail());
              }
              try {
                Bytes words = point.codec().words(value, piece.octets());
                return writeWords(request, contact, point, words);
              } catch (IllegalArgumentException wrong) {
                return failed(Reason.INVALID_VALUE, String.valueOf(wrong.getMessage()));
              }
            });
  }

  private static CompletionStage<Answer> writeWords(
      Request request, Contact contact, Point point, Bytes words) {
    return ask(request, contact, point, words)
        .thenCompose(reply -> written(request, contact, point, words, reply));
  }

  private static CompletionStage<Reply> ask(
      Request request, Contact contact, Point point, Bytes words) {
    PointForm form = point.form();
    Unit unit = contact.unit();
    Instant deadline = request.command().deadline();
    int address = form.span().address();
    if (form.span().table() == Table.COIL) {
      boolean on = words.at(0) != 0;
      boolean single = form.writing() == PointForm.Writing.SINGLE;
      Ask ask = single ? Ask.writeCoil(address, on) : Ask.writeCoils(address, on);
      return unit.ask(ask, deadline, form.limits().inFlight());
    }
    int mask = mask(form);
    Ask ask =
        switch (form.writing()) {
          case SINGLE -> Ask.writeRegister(address, word(words));
          case MULTIPLE -> Ask.writeRegisters(form.span(), words.shared());
          case MASK -> Ask.mask(address, ~mask & 0xFFFF, word(words) & mask);
          case MODIFY -> Ask.read(form.span());
          case EXCHANGE -> Ask.exchange(form.span(), words.shared());
        };
    CompletionStage<Reply> reply = unit.ask(ask, deadline, form.limits().inFlight());
    if (form.writing() != PointForm.Writing.MODIFY) {
      return reply;
    }
    return reply.thenCompose(
        before -> {
          @Nullable Bytes present = data(before);
          if (present == null) {
            return CompletableFuture.completedStage(before);
          }
          int word = (word(present) & ~mask) | (word(words) & mask);
          return unit.ask(Ask.writeRegister(address, word), deadline, form.limits().inFlight());
        });
  }

  /** The bits that are meant, as they are on the wire. */
  private static int mask(PointForm form) {
    int bits = form.bits().map(some -> (int) some.mask()).orElse(0xFFFF) & 0xFFFF;
    byte[] octets = {(byte) (bits >> 8), (byte) bits};
    return word(Bytes.wrap(form.order().arrange(octets, true)));
  }

  private static int word(Bytes octets) {
    return (octets.at(0) & 0xFF) << 8 | (octets.at(1) & 0xFF);
  }

  private static @Nullable Bytes data(Reply reply) {
    return reply instanceof Reply.Answered answered && answered.said() instanceof Said.Data data
        ? data.octets()
        : null;
  }

  private static CompletionStage<Answer> written(
      Request request, Contact contact, Point point, Bytes words, Reply reply) {
    if (reply instanceof Reply.Lost lost) {
      return failed(lost.reason(), lost.detail());
    } else if (reply instanceof Reply.Answered answered
        && answered.said() instanceof Said.Refusal exception) {
      return failed(
          Reading.reason(exception.code()), "the device refused it: " + exception.words());
    } else if (!point.form().readBack()) {
      return CompletableFuture.completedStage(new Answer.Frames(List.of()));
    }
    Span span = point.form().span();
    return Reading.of(
            contact.unit(),
            List.of(span),
            point.form().limits(),
            request.command().deadline(),
            true)
        .thenApply(reading -> confirmed(point, words, reading));
  }

  private static Answer confirmed(Point point, Bytes words, Reading reading) {
    Piece piece = reading.piece(point.form().span()).orElse(null);
    if (piece == null) {
      return new Answer.Failed(
          Reason.BAD_ANSWER,
          "it was written, but not read back: "
              + reading.failure().map(Reading.Failure::detail).orElse(""));
    }
    boolean some = point.form().bits().isPresent();
    int mask = mask(point.form());
    boolean same =
        some ? (word(piece.octets()) & mask) == (word(words) & mask) : piece.octets().equals(words);
    if (!same) {
      return new Answer.Failed(
          Reason.REFUSED, "the device confirmed " + words + " and then read " + piece.octets());
    }
    // the codec that reads it is that of the property's form for reading
    return point.source().ops().contains(Op.READ) && point.form().factor().isEmpty()
        ? new Answer.Frames(List.of(frame(point, piece.octets(), piece.received())))
        : new Answer.Frames(List.of());
  }

  private static CompletionStage<Answer> failed(Reason reason, String detail) {
    return CompletableFuture.completedStage(new Answer.Failed(reason, detail));
  }
}
