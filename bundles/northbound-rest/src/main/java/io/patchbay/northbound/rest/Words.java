package io.patchbay.northbound.rest;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Words of the API: enumerations in lower case, parts of an address. */
final class Words {
  private Words() {}

  static String of(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  static <E extends Enum<E>> E parse(String name, String text, Class<E> type) {
    E[] constants = type.getEnumConstants();
    for (E constant : constants) {
      if (of(constant).equals(text)) {
        return constant;
      }
    }
    throw Problem.bad(
        "'"
            + name
            + "' is '"
            + text
            + "'; accepted: "
            + Arrays.stream(constants).map(Words::of).collect(Collectors.joining(", ")));
  }

  /** The parts of a path, decoded. */
  static List<String> segments(String path) {
    List<String> segments = new ArrayList<>();
    for (String part : path.substring(1).split("/", -1)) {
      segments.add(decode(part, false));
    }
    return segments;
  }

  /** Percent-decoding (RFC 3986, clause 2.1). */
  static String decode(String text, boolean plusIsSpace) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(text.length());
    byte[] octets = text.getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < octets.length; i++) {
      if (octets[i] == '+' && plusIsSpace) {
        out.write(' ');
      } else if (octets[i] == '%') {
        int high = i + 2 < octets.length ? Character.digit(octets[i + 1], 16) : -1;
        int low = i + 2 < octets.length ? Character.digit(octets[i + 2], 16) : -1;
        if (high < 0 || low < 0) {
          throw Problem.bad("'" + text + "' is not percent-encoded rightly");
        }
        out.write(high << 4 | low);
        i += 2;
      } else {
        out.write(octets[i]);
      }
    }
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(out.toByteArray()))
          .toString();
    } catch (CharacterCodingException e) {
      throw Problem.bad("'" + text + "' is not UTF-8 when decoded");
    }
  }
}
