package io.patchbay.profiles.media;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import io.patchbay.southbound.DecodeException;
import io.patchbay.southbound.Rejection;
import io.patchbay.thing.Value;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import org.jspecify.annotations.Nullable;

/** The JSON parser as it is used here: bounded, UTF-8 only, nothing beyond RFC 8259. */
final class Json {
  static final int DEEPEST = 64;
  private static final int LONGEST_TEXT = 1 << 20;

  static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(DEEPEST)
                  .maxNumberLength(400)
                  .maxStringLength(LONGEST_TEXT)
                  .maxNameLength(4_096)
                  .build())
          // names come from devices: the JVM's table of interned strings is not for them
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
          .enable(StreamReadFeature.USE_FAST_DOUBLE_PARSER)
          .build();

  private Json() {}

  /** Something that walks over the one value of a document, leaving the parser at its end. */
  @FunctionalInterface
  interface Walk {
    void over(JsonParser parser, JsonToken first) throws IOException, DecodeException;
  }

  /** Walks over a payload that must be one well-formed JSON document to its last octet. */
  static void document(byte[] octets, Walk walk) throws DecodeException {
    Utf8.check(octets);
    // the parser would guess UTF-16 and UTF-32 from these; RFC 8259, clause 8.1 allows UTF-8 alone
    for (int i = 0; i < Math.min(4, octets.length); i++) {
      if (octets[i] == 0) {
        throw undecodable("octet " + i + " is 0: JSON must be UTF-8");
      }
    }
    try (JsonParser parser = FACTORY.createParser(octets)) {
      JsonToken first = parser.nextToken();
      if (first == null) {
        throw undecodable("the payload is empty, expected JSON");
      }
      walk.over(parser, first);
      if (parser.nextToken() != null) {
        throw undecodable(
            "something follows the end of the JSON document at octet "
                + parser.currentTokenLocation().getByteOffset());
      }
    } catch (JsonProcessingException e) {
      throw undecodable(
          "not JSON at octet "
              + (e.getLocation() == null ? -1 : e.getLocation().getByteOffset())
              + ": "
              + shortened(e.getOriginalMessage(), 160));
    } catch (IOException e) {
      throw undecodable("not JSON: " + shortened(String.valueOf(e.getMessage()), 160));
    }
  }

  static DecodeException undecodable(String detail) {
    return new DecodeException(Rejection.UNDECODABLE, detail);
  }

  /** An integer token that a signed 64-bit integer holds; otherwise null. */
  static @Nullable Value integer(JsonParser parser) throws IOException {
    return parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER
        ? null
        : new Value.Int(parser.getLongValue());
  }

  /**
   * A number with fraction or exponent; null when it is not finite.
   *
   * @param integral whether 21.0 and 2e3 shall be exact integers
   */
  static @Nullable Value fraction(JsonParser parser, boolean integral) throws IOException {
    if (integral && !parser.isNaN()) {
      Value exact = exact(parser.getDecimalValue());
      if (exact != null) {
        return exact;
      }
    }
    double number = parser.getDoubleValue();
    return Double.isFinite(number) ? new Value.Num(number) : null;
  }

  static @Nullable Value exact(BigDecimal number) {
    // a huge exponent must not become a huge integer
    if (number.signum() != 0 && Math.abs((long) number.precision() - number.scale()) > 20) {
      return null;
    }
    try {
      BigInteger integer = number.toBigIntegerExact();
      return integer.bitLength() < 64 ? new Value.Int(integer.longValue()) : null;
    } catch (ArithmeticException fraction) {
      return null;
    }
  }

  static String shortened(String text, int length) {
    return text.length() <= length ? text : text.substring(0, length) + "…";
  }
}
