package io.patchbay.profiles.media;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import com.fasterxml.jackson.dataformat.cbor.CBORGenerator;
import io.patchbay.southbound.DecodeException;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Value;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.TreeMap;

/** CBOR (RFC 8949) as it is used here: bounded as JSON is; a map's integer keys become text. */
final class Cbor {
  private static final CBORFactory FACTORY =
      CBORFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(Json.DEEPEST)
                  .maxNumberLength(400)
                  .maxStringLength(1 << 20)
                  .maxNameLength(4_096)
                  .build())
          .disable(com.fasterxml.jackson.core.JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(com.fasterxml.jackson.core.JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .build();

  private static final ObjectMapper MAPPER =
      new ObjectMapper(FACTORY).enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY);

  /** The labels of SenML in CBOR, from -6 to 8 (RFC 8428, clause 6). */
  private static final String[] SENML = {
    "bs", "bv", "bu", "bt", "bn", "bver", "n", "u", "v", "vs", "vb", "s", "t", "ut", "vd"
  };

  private static final int FIRST_LABEL = -6;

  private Cbor() {}

  /** Writes something into a generator. */
  interface Script {
    void write(CBORGenerator to) throws IOException;
  }

  /** Walks over a payload that must be one well-formed CBOR item to its last octet. */
  static void document(byte[] octets, Json.Walk walk) throws DecodeException {
    try (JsonParser parser = FACTORY.createParser(octets)) {
      JsonToken first = parser.nextToken();
      if (first == null) {
        throw Json.undecodable("the payload is empty, expected CBOR");
      }
      walk.over(parser, first);
      long end = parser.currentLocation().getByteOffset();
      if (parser.nextToken() != null) {
        throw Json.undecodable("something follows the end of the CBOR item at octet " + end);
      }
    } catch (JsonProcessingException e) {
      throw Json.undecodable("not CBOR: " + Json.shortened(e.getOriginalMessage(), 160));
    } catch (IOException | RuntimeException e) {
      // the parser of a device's octets must not end a route, whatever it throws
      throw Json.undecodable("not CBOR: " + Json.shortened(String.valueOf(e.getMessage()), 160));
    }
  }

  /** As a tree, for what needs all of it. */
  static JsonNode tree(byte[] octets) throws DecodeException {
    JsonNode[] tree = {MissingNode.getInstance()};
    document(octets, (parser, first) -> tree[0] = MAPPER.readTree(parser));
    return tree[0];
  }

  static Bytes octets(JsonNode node) throws DecodeException {
    try {
      return Bytes.wrap(MAPPER.writeValueAsBytes(node));
    } catch (JsonProcessingException e) {
      throw Json.undecodable("not CBOR: " + e.getOriginalMessage());
    }
  }

  /** The label of SenML that stands for a map's key: itself when it is a text already. */
  static String senmlLabel(String key) {
    for (int i = 0; i < SENML.length; i++) {
      if (key.equals(Integer.toString(FIRST_LABEL + i))) {
        return SENML[i];
      }
    }
    return key;
  }

  /** The key of a label. */
  static long senmlKey(String label) {
    for (int i = 0; i < SENML.length; i++) {
      if (SENML[i].equals(label)) {
        return FIRST_LABEL + (long) i;
      }
    }
    throw new IllegalArgumentException(label + " is no label of SenML");
  }

  static Bytes written(Script script) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (CBORGenerator to = FACTORY.createGenerator(out)) {
      script.write(to);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Bytes.wrap(out.toByteArray());
  }

  static void value(CBORGenerator to, Value value) throws IOException {
    if (value instanceof Value.Bool bool) {
      to.writeBoolean(bool.value());
    } else if (value instanceof Value.Int integer) {
      to.writeNumber(integer.value());
    } else if (value instanceof Value.Num number) {
      double n = number.value();
      if (n == Math.rint(n) && Math.abs(n) < 1L << 53) {
        to.writeNumber((long) n);
      } else {
        to.writeNumber(n);
      }
    } else if (value instanceof Value.Data data) {
      to.writeBinary(data.value().shared());
    } else {
      to.writeString(value.text());
    }
  }

  /** A map of values, in the order of their names. */
  static Bytes map(Map<String, Value> values) {
    return written(
        to -> {
          to.writeStartObject(null, values.size());
          for (Map.Entry<String, Value> entry : new TreeMap<>(values).entrySet()) {
            to.writeFieldName(entry.getKey());
            value(to, entry.getValue());
          }
          to.writeEndObject();
        });
  }
}
