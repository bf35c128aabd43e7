package io.patchbay.profiles.media;

import io.patchbay.profile.DataSchema;
import io.patchbay.profile.Op;
import io.patchbay.southbound.Codec;
import io.patchbay.southbound.DecodeException;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.FrameDecoder;
import io.patchbay.southbound.Point;
import io.patchbay.southbound.Rejection;
import io.patchbay.southbound.Slot;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Value;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A form that goes down, and what comes back by it. The payload is the form's template, or without
 * one: in JSON the value (of an action the object of its inputs), in SenML one record named by
 * {@code path}, in plain text the value's text, and octets as they are. Core has put the profile's
 * words in place of values already. With a codec what is sent is what it packs, or stands in the
 * template as {@code {octets}}, with the port it says as {@code {port}}.
 */
final class FormCodec implements Codec {
  static final String VALUE = "value";

  /** What a codec has packed, in a payload template. */
  static final String OCTETS = "octets";

  /** The LoRaWAN port that a codec says, in a payload template. */
  private static final String PORT = "port";

  private final Slot slot;
  private final MediaType type;
  private final @Nullable Template template;
  private final @Nullable FrameDecoder decoder;
  private final Set<String> words;
  private final @Nullable PayloadCodec packing;

  /**
   * @param decoder of what comes back; null when nothing can
   */
  FormCodec(Slot slot, MediaType type, @Nullable FrameDecoder decoder) {
    this.slot = slot;
    this.type = type;
    this.decoder = decoder;
    words =
        slot.schema().wire().stream()
            .map(DataSchema.WireWord::wire)
            .collect(Collectors.toUnmodifiableSet());
    String payload = slot.form().term("payload").orElse(null);
    boolean text = type == MediaType.TEXT || type == MediaType.CSV || type == MediaType.XML;
    if (payload != null && type != MediaType.JSON && !text) {
      throw new IllegalArgumentException(
          "a payload template is for application/json, text/plain, text/csv and application/xml,"
              + " not for "
              + slot.form().mediaType());
    }
    template =
        payload == null
            ? null
            : type == MediaType.JSON ? Template.json(payload) : Template.text(payload);
    packing =
        slot.form()
            .term(DocumentDecoder.CODEC)
            .filter(codec -> sends(slot.form().ops()))
            .map(PayloadCodecs::of)
            .orElse(null);
  }

  private static boolean sends(Set<Op> ops) {
    return ops.contains(Op.WRITE) || ops.contains(Op.INVOKE);
  }

  @Override
  public Value decode(Frame frame) throws DecodeException {
    if (decoder == null) {
      throw new DecodeException(Rejection.NOTHING_KNOWN, "nothing is expected by this form");
    }
    List<Point> points = decoder.decode(frame);
    if (points.isEmpty()) {
      throw new DecodeException(
          Rejection.NOTHING_KNOWN, "'" + DocumentDecoder.path(slot) + "' is not in the payload");
    }
    return Meaning.value(points.get(points.size() - 1));
  }

  @Override
  public Bytes encode(Map<String, Value> values) {
    if (packing == null) {
      return written(values);
    }
    Map<String, Value> named = new HashMap<>(values);
    Value value = named.get(VALUE);
    if (value != null) {
      named.put(slot.form().term("path").orElse(slot.name()), value);
    }
    PayloadCodec.Packed sent = packing.pack(named);
    Bytes packed = sent.octets();
    if (sent.port() > 0) {
      named.put(PORT, new Value.Int(sent.port()));
    }
    if (template == null && type == MediaType.OCTETS) {
      return packed;
    }
    boolean hex = slot.form().term("octetsFormat").filter("hex"::equals).isPresent();
    named.put(
        OCTETS,
        hex ? new Value.Text(HexFormat.of().formatHex(packed.shared())) : new Value.Data(packed));
    return template == null ? Bytes.utf8(text(OCTETS, named)) : written(named);
  }

  private Bytes written(Map<String, Value> values) {
    if (template != null) {
      return Bytes.utf8(
          template.fill(
              name -> type == MediaType.XML ? Xml.escaped(text(name, values)) : text(name, values),
              name -> json(name, values)));
    }
    return switch (type) {
      case CBOR -> cbor(values);
      case SENML_CBOR -> senmlCbor(values);
      case XML ->
          throw new IllegalArgumentException("what is sent as XML needs a payload template");
      case JSON -> Bytes.utf8(values.containsKey(VALUE) ? json(VALUE, values) : object(values));
      case SENML -> Bytes.utf8(senml(values));
      case TEXT, CSV -> values.isEmpty() ? Bytes.EMPTY : Bytes.utf8(text(only(values), values));
      case OCTETS -> {
        if (values.get(VALUE) instanceof Value.Data data) {
          yield data.value();
        }
        throw new IllegalArgumentException("application/octet-stream carries data alone");
      }
    };
  }

  private static Bytes cbor(Map<String, Value> values) {
    Value value = values.get(VALUE);
    return value == null ? Cbor.map(values) : Cbor.written(to -> Cbor.value(to, value));
  }

  /** One record; labels as integers (RFC 8428, clause 6). */
  private Bytes senmlCbor(Map<String, Value> values) {
    Value value = value(only(values), values);
    String unit = slot.schema().identity() ? slot.schema().unit() : "";
    boolean number = value instanceof Value.Int || value instanceof Value.Num;
    boolean united = number && !unit.isEmpty();
    String label =
        number
            ? "v"
            : value instanceof Value.Bool ? "vb" : value instanceof Value.Data ? "vd" : "vs";
    return Cbor.written(
        to -> {
          to.writeStartArray(null, 1);
          to.writeStartObject(null, united ? 3 : 2);
          to.writeFieldId(Cbor.senmlKey("n"));
          to.writeString(slot.form().term("path").orElse(slot.name()));
          if (united) {
            to.writeFieldId(Cbor.senmlKey("u"));
            to.writeString(unit);
          }
          to.writeFieldId(Cbor.senmlKey(label));
          Cbor.value(to, value);
          to.writeEndObject();
          to.writeEndArray();
        });
  }

  private static String only(Map<String, Value> values) {
    if (values.containsKey(VALUE)) {
      return VALUE;
    }
    if (values.size() == 1) {
      return values.keySet().iterator().next();
    }
    throw new IllegalArgumentException(
        "text/plain carries one value; for several give the form a payload template");
  }

  private static Value value(String name, Map<String, Value> values) {
    Value value = values.get(name);
    if (value == null) {
      throw new IllegalArgumentException("'" + name + "' is missing, which the payload needs");
    }
    return value;
  }

  private static String text(String name, Map<String, Value> values) {
    return plain(value(name, values));
  }

  private String json(String name, Map<String, Value> values) {
    Value value = value(name, values);
    // a word of the profile that reads as a number or a boolean is one on the wire
    return value instanceof Value.Text text && words.contains(text.value()) && literal(text.value())
        ? text.value()
        : json(value);
  }

  private String object(Map<String, Value> values) {
    StringBuilder object = new StringBuilder("{");
    for (String name : new TreeMap<>(values).keySet()) {
      object
          .append(object.length() > 1 ? "," : "")
          .append('"')
          .append(Template.escaped(name))
          .append("\":")
          .append(json(name, values));
    }
    return object.append('}').toString();
  }

  /** One record; labels in the order n, u, v (RFC 8428, clause 5). */
  private String senml(Map<String, Value> values) {
    Value value = value(only(values), values);
    String name = slot.form().term("path").orElse(slot.name());
    String unit = slot.schema().identity() ? slot.schema().unit() : "";
    StringBuilder record = new StringBuilder("[{\"n\":\"").append(Template.escaped(name));
    record.append('"');
    boolean number = value instanceof Value.Int || value instanceof Value.Num;
    if (number && !unit.isEmpty()) {
      record.append(",\"u\":\"").append(Template.escaped(unit)).append('"');
    }
    if (value instanceof Value.Data data) {
      String encoded =
          Base64.getUrlEncoder().withoutPadding().encodeToString(data.value().shared());
      return record.append(",\"vd\":\"").append(encoded).append("\"}]").toString();
    }
    String label = number ? "v" : value instanceof Value.Bool ? "vb" : "vs";
    return record.append(",\"").append(label).append("\":").append(json(value)) + "}]";
  }

  private static String json(Value value) {
    return value instanceof Value.Text || value instanceof Value.Data
        ? '"' + Template.escaped(plain(value)) + '"'
        : plain(value);
  }

  /** The value in words: the shortest number, data in base64 (RFC 4648, clause 4). */
  static String plain(Value value) {
    if (value instanceof Value.Num number) {
      double n = number.value();
      return n == Math.rint(n) && Math.abs(n) < 1L << 53
          ? Long.toString((long) n)
          : Double.toString(n);
    }
    return value instanceof Value.Data data
        ? Base64.getEncoder().encodeToString(data.value().shared())
        : value.text();
  }

  /** Whether a text is a JSON number, true or false (RFC 8259, clauses 3 and 6). */
  private static boolean literal(String text) {
    return text.length() <= 40
        && text.matches("true|false|-?(0|[1-9]\\d*)(\\.\\d+)?([eE][+-]?\\d+)?");
  }
}
