package io.patchbay.binding.coap;

import static java.util.Map.entry;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** The numbers of the media types that payloads have here (RFC 7252, clause 12.3). */
final class ContentFormats {
  static final int TEXT = 0;
  static final int LINKS = 40;

  private static final Map<Integer, String> NAMES =
      Map.ofEntries(
          entry(TEXT, "text/plain"),
          entry(LINKS, "application/link-format"),
          entry(41, "application/xml"),
          entry(42, "application/octet-stream"),
          entry(50, "application/json"),
          entry(60, "application/cbor"),
          entry(110, "application/senml+json"),
          entry(112, "application/senml+cbor"),
          entry(432, "application/td+json"));

  private static final Map<String, Integer> NUMBERS = new HashMap<>();

  static {
    NAMES.forEach((number, name) -> NUMBERS.put(name, number));
    NUMBERS.put("text/xml", 41);
  }

  private ContentFormats() {}

  static Optional<String> name(int number) {
    return Optional.ofNullable(NAMES.get(number));
  }

  /**
   * @param mediaType with or without parameters
   */
  static OptionalInt number(String mediaType) {
    Integer number = NUMBERS.get(bare(mediaType));
    return number == null ? OptionalInt.empty() : OptionalInt.of(number);
  }

  static String bare(String mediaType) {
    int parameters = mediaType.indexOf(';');
    return (parameters < 0 ? mediaType : mediaType.substring(0, parameters))
        .strip()
        .toLowerCase(Locale.ROOT);
  }
}
