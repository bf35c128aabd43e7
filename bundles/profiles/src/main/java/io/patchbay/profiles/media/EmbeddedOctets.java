package io.patchbay.profiles.media;

import io.patchbay.profile.Form;
import io.patchbay.southbound.DecodeException;
import io.patchbay.southbound.Rejection;
import io.patchbay.thing.Value;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Where the octets for a codec are: in the payload at the path {@code octets}, as text of the form
 * {@code octetsFormat}, with a LoRaWAN port at the path {@code port}; or they are the payload.
 */
final class EmbeddedOctets {
  private static final int NONE = -1;

  private final int cell;
  private final int port;
  private final boolean hex;

  private EmbeddedOctets(int cell, int port, boolean hex) {
    this.cell = cell;
    this.port = port;
    this.hex = hex;
  }

  /**
   * @throws IllegalArgumentException naming the term that is wrong
   */
  static EmbeddedOctets of(Form form, JsonScan payload) {
    boolean whole =
        MediaType.of(form.mediaType())
            .filter(type -> type == MediaType.OCTETS || type == MediaType.TEXT)
            .isPresent();
    String octets = form.term("octets").orElse(null);
    if (whole == (octets != null)) {
      throw new IllegalArgumentException(
          whole
              ? "'octets' is for a payload with parts; of " + form.mediaType() + " it is the whole"
              : "'octets', the path of what the codec reads, is missing");
    }
    String format = form.term("octetsFormat").orElse("base64");
    if (!format.equals("base64") && !format.equals("hex")) {
      throw new IllegalArgumentException(
          "octetsFormat '" + format + "' is not known; accepted: base64, hex");
    }
    return new EmbeddedOctets(
        payload.ask(JsonPath.of(octets == null ? "" : octets), false),
        form.term("port").map(path -> payload.ask(JsonPath.of(path), false)).orElse(NONE),
        format.equals("hex"));
  }

  /** What forms have in common that are unpacked once. */
  static String key(Form form) {
    return form.term("octets").orElse("")
        + '\n'
        + form.term("octetsFormat").orElse("")
        + '\n'
        + form.term("port").orElse("")
        + '\n'
        + form.required(DocumentDecoder.CODEC);
  }

  /** The octets; null when the payload has none there. */
  byte @Nullable [] in(JsonScan.Found found) throws DecodeException {
    Value value = found.value(cell);
    if (value instanceof Value.Data data) {
      return data.value().shared();
    } else if (value instanceof Value.Text text) {
      return octets(text.value().strip());
    } else if (value == null && found.fault(cell) == null) {
      return null;
    }
    throw new DecodeException(
        Rejection.WRONG_TYPE,
        "where the octets should be: "
            + (value == null ? found.fault(cell) : "'" + value.text() + "' is no text"));
  }

  private byte[] octets(String text) throws DecodeException {
    try {
      if (hex) {
        return HexFormat.of().parseHex(text.startsWith("0x") ? text.substring(2) : text);
      }
    } catch (IllegalArgumentException e) {
      throw Json.undecodable("the octets are not hexadecimal: " + Json.shortened(text, 40));
    }
    Value data = Meaning.data(text);
    if (data instanceof Value.Data octets) {
      return octets.value().shared();
    }
    throw Json.undecodable("the octets are not base64: " + Json.shortened(text, 40));
  }

  int port(JsonScan.Found found) {
    return port != NONE && found.value(port) instanceof Value.Int number
        ? (int) Math.max(0, Math.min(255, number.value()))
        : 0;
  }
}
