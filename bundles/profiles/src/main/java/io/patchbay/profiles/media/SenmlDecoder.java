package io.patchbay.profiles.media;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.patchbay.profiles.unit.Units;
import io.patchbay.southbound.DecodeException;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.FrameDecoder;
import io.patchbay.southbound.Point;
import io.patchbay.southbound.Rejection;
import io.patchbay.southbound.Slot;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Value;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * SenML in JSON or CBOR (RFC 8428, clauses 5 and 6). A slot's {@code path} is the name of its
 * record, with or without the base name; several records of one name give several points. A
 * record's own unit wins: it is converted to the property's, or to the one that the property is
 * said to come {@code from}; not when the profile gives a scale of its own.
 */
final class SenmlDecoder implements FrameDecoder {
  /** Records beyond this make a pack undecodable. */
  static final int MOST_RECORDS = 10_000;

  /** Term of a form: the unit of records that say none, where the property's scale begins. */
  private static final String WIRE_UNIT = "#unit";

  private static final int LONGEST_NAME = 512;

  /** The version of RFC 8428, clause 4.4. */
  private static final long VERSION = 10;

  /** Smaller times are relative to now (RFC 8428, clause 4.5.3). */
  private static final double RELATIVE = 1L << 28;

  private final MediaType type;
  private final Map<String, List<Meaning>> meanings = new HashMap<>();

  /**
   * @param type one of the two of SenML
   */
  SenmlDecoder(MediaType type, List<Slot> slots) {
    this.type = type;
    for (Slot slot : slots) {
      meanings.computeIfAbsent(name(slot), name -> new ArrayList<>()).add(Meaning.of(slot));
    }
  }

  private static String name(Slot slot) {
    return slot.field().isEmpty()
        ? slot.form().term("path").orElse("")
        : slot.form().term("fields." + slot.field()).orElse(slot.field());
  }

  @Override
  public List<Point> decode(Frame frame) throws DecodeException {
    List<Point> points = new ArrayList<>();
    records(
        type,
        frame.payload().shared(),
        record -> {
          for (Meaning meaning : asked(record)) {
            points.add(point(meaning, record, frame.received()));
          }
        });
    return points;
  }

  /** The names of all records, as they are and with their base name. */
  static List<String> names(MediaType type, byte[] octets) throws DecodeException {
    List<String> names = new ArrayList<>();
    records(
        type,
        octets,
        record -> {
          names.add(record.name);
          names.add(record.baseName + record.name);
        });
    return names;
  }

  /** The text of the value of the first record of each of these names. */
  static Map<String, String> texts(MediaType type, byte[] octets) throws DecodeException {
    Map<String, String> texts = new HashMap<>();
    records(
        type,
        octets,
        record -> {
          Value value = record.value;
          if (value != null) {
            texts.putIfAbsent(record.name, value.text());
            texts.putIfAbsent(record.baseName + record.name, value.text());
          }
        });
    return texts;
  }

  private List<Meaning> asked(Pack record) {
    List<Meaning> byName = meanings.get(record.name);
    if (byName == null && !record.baseName.isEmpty()) {
      byName = meanings.get(record.baseName + record.name);
    }
    return byName == null ? List.of() : byName;
  }

  private static Point point(Meaning meaning, Pack record, Instant received) {
    try {
      Value value = record.resolved(meaning.integral());
      Optional<Instant> time = record.when(received);
      return meaning.point(inUnit(meaning.slot(), record, value), time);
    } catch (DecodeException e) {
      return meaning.bad(e.reason(), e.detail());
    }
  }

  private static Value inUnit(Slot slot, Pack record, Value value) throws DecodeException {
    String unit = record.unit.isEmpty() ? record.baseUnit : record.unit;
    String wire = slot.form().term(WIRE_UNIT).orElse("");
    String wanted = wire.isEmpty() ? slot.schema().unit() : wire;
    boolean number = value instanceof Value.Int || value instanceof Value.Num;
    if (!number
        || unit.isEmpty()
        || wanted.isEmpty()
        || unit.equals(wanted)
        || (wire.isEmpty() && !slot.schema().identity())) {
      return value;
    }
    Units.Conversion conversion =
        Units.conversion(unit, wanted)
            .orElseThrow(
                () ->
                    new DecodeException(
                        Rejection.WRONG_TYPE,
                        "unit '"
                            + Json.shortened(unit, 32)
                            + "' cannot be converted to '"
                            + wanted
                            + "'"));
    if (conversion.identity()) {
      return value;
    }
    double from = value instanceof Value.Int i ? i.value() : ((Value.Num) value).value();
    return finite(conversion.apply(from));
  }

  private static Value finite(double number) throws DecodeException {
    if (!Double.isFinite(number)) {
      throw new DecodeException(Rejection.WRONG_TYPE, "the sum or conversion is not finite");
    }
    return new Value.Num(number);
  }

  /** Somebody who looks at each record that has a value; the record is reused for the next. */
  private interface Visitor {
    void visit(Pack record) throws DecodeException;
  }

  private static void records(MediaType type, byte[] octets, Visitor visitor)
      throws DecodeException {
    boolean cbor = type == MediaType.SENML_CBOR;
    DocumentFormat format = cbor ? Cbor::document : Json::document;
    format.read(
        octets,
        (parser, first) -> {
          if (first != JsonToken.START_ARRAY) {
            throw Json.undecodable("SenML is an array of records (RFC 8428, clauses 5 and 6)");
          }
          Pack pack = new Pack();
          int count = 0;
          for (JsonToken token = parser.nextToken();
              token != null && token != JsonToken.END_ARRAY;
              token = parser.nextToken()) {
            if (token != JsonToken.START_OBJECT) {
              throw Json.undecodable("record " + count + " is not an object");
            }
            if (++count > MOST_RECORDS) {
              throw Json.undecodable("more than " + MOST_RECORDS + " records in one SenML pack");
            }
            pack.read(parser, cbor);
            if (pack.value != null || pack.fault != null) {
              visitor.visit(pack);
            }
          }
        });
  }

  /** The base fields so far, and the record being read. */
  private static final class Pack {
    private String baseName = "";
    private String baseUnit = "";
    private OptionalDouble baseTime = OptionalDouble.empty();
    private @Nullable Value baseValue;

    private String name = "";
    private String unit = "";
    private OptionalDouble time = OptionalDouble.empty();
    private @Nullable Value value;
    private @Nullable String fault;

    void read(JsonParser parser, boolean cbor) throws IOException, DecodeException {
      name = "";
      unit = "";
      time = OptionalDouble.empty();
      value = null;
      fault = null;
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String label = cbor ? Cbor.senmlLabel(parser.currentName()) : parser.currentName();
        parser.nextToken();
        field(label, parser);
      }
      if (baseName.length() + name.length() > LONGEST_NAME) {
        throw Json.undecodable("a SenML name has more than " + LONGEST_NAME + " characters");
      }
    }

    private void field(String label, JsonParser parser) throws IOException, DecodeException {
      switch (label) {
        case "bn" -> baseName = text(label, parser);
        case "bu" -> baseUnit = text(label, parser);
        case "bt" -> baseTime = OptionalDouble.of(seconds(label, parser));
        case "bv" -> baseValue = number(label, parser);
        case "bver" -> version(parser);
        case "n" -> name = text(label, parser);
        case "u" -> unit = text(label, parser);
        case "t" -> time = OptionalDouble.of(seconds(label, parser));
        case "v" -> once(number(label, parser));
        case "vs" -> once(new Value.Text(text(label, parser)));
        case "vb" -> {
          if (!parser.currentToken().isBoolean()) {
            throw wrong(label, "true or false");
          }
          once(new Value.Bool(parser.getBooleanValue()));
        }
        case "vd" -> {
          Value data =
              parser.currentToken() == JsonToken.VALUE_EMBEDDED_OBJECT
                  ? new Value.Data(Bytes.wrap(parser.getBinaryValue()))
                  : Meaning.data(text(label, parser));
          if (data == null) {
            throw wrong(label, "base64url");
          }
          once(data);
        }
        default -> {
          // RFC 8428, clause 4.4: what ends in _ must be understood or refused
          if (label.endsWith("_")) {
            throw Json.undecodable(
                "the SenML field '"
                    + Json.shortened(label, 32)
                    + "' must be understood and is not");
          }
          parser.skipChildren();
        }
      }
    }

    private void once(@Nullable Value found) throws DecodeException {
      if (value != null) {
        throw Json.undecodable("a SenML record has two values");
      }
      value = found;
    }

    private static String text(String label, JsonParser parser)
        throws IOException, DecodeException {
      if (parser.currentToken() != JsonToken.VALUE_STRING) {
        throw wrong(label, "a text");
      }
      String text = parser.getText();
      if (Utf8.broken(text)) {
        throw wrong(label, "a text without half surrogate pairs");
      }
      return text;
    }

    private @Nullable Value number(String label, JsonParser parser)
        throws IOException, DecodeException {
      JsonToken token = parser.currentToken();
      if (token != JsonToken.VALUE_NUMBER_INT && token != JsonToken.VALUE_NUMBER_FLOAT) {
        throw wrong(label, "a number");
      }
      Value number =
          token == JsonToken.VALUE_NUMBER_INT ? Json.integer(parser) : Json.fraction(parser, false);
      if (number == null) {
        fault = Json.shortened(parser.getText(), 40) + " is not a finite number of 64 bits";
      }
      return number;
    }

    private static double seconds(String label, JsonParser parser)
        throws IOException, DecodeException {
      if (!parser.currentToken().isNumeric()) {
        throw wrong(label, "a number of seconds");
      }
      return parser.getDoubleValue();
    }

    private static void version(JsonParser parser) throws IOException, DecodeException {
      if (parser.currentToken() != JsonToken.VALUE_NUMBER_INT
          || parser.getNumberType() != JsonParser.NumberType.INT
          || parser.getIntValue() > VERSION) {
        throw wrong("bver", "at most " + VERSION);
      }
    }

    private static DecodeException wrong(String label, String expected) {
      return Json.undecodable("the SenML field '" + label + "' must be " + expected);
    }

    /** Value and base value together (RFC 8428, clause 4.6). */
    Value resolved(boolean integral) throws DecodeException {
      if (value == null || fault != null) {
        throw new DecodeException(
            Rejection.WRONG_TYPE, fault == null ? "there is no value" : fault);
      }
      Value sum = value;
      if (baseValue != null && (value instanceof Value.Int || value instanceof Value.Num)) {
        sum = sum(baseValue, value);
      }
      if (integral && sum instanceof Value.Num number) {
        Value exact = Json.exact(BigDecimal.valueOf(number.value()));
        return exact == null ? sum : exact;
      }
      return sum;
    }

    private static Value sum(Value base, Value value) throws DecodeException {
      if (base instanceof Value.Int b && value instanceof Value.Int v) {
        try {
          return new Value.Int(Math.addExact(b.value(), v.value()));
        } catch (ArithmeticException e) {
          throw new DecodeException(
              Rejection.WRONG_TYPE, "base value and value together exceed 64 bits");
        }
      }
      double b = base instanceof Value.Int i ? i.value() : ((Value.Num) base).value();
      double v = value instanceof Value.Int i ? i.value() : ((Value.Num) value).value();
      return finite(b + v);
    }

    /** When it was measured; empty when the device says nothing, or just "now". */
    Optional<Instant> when(Instant received) throws DecodeException {
      double sum = baseTime.orElse(0) + time.orElse(0);
      if (sum == 0) {
        return Optional.empty();
      }
      if (!Double.isFinite(sum) || Math.abs(sum) > 1e11) {
        throw new DecodeException(Rejection.BAD_TIME, "the time lies outside 1970 to 2200");
      }
      long milliseconds = Math.round(sum * 1000);
      return Optional.of(
          DeviceTime.plausible(
              sum < RELATIVE ? received.toEpochMilli() + milliseconds : milliseconds));
    }
  }
}
