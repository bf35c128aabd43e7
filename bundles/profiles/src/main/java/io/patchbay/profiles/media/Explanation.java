package io.patchbay.profiles.media;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.patchbay.profile.Form;
import io.patchbay.southbound.DecodeException;
import io.patchbay.southbound.Frame;
import io.patchbay.thing.Bytes;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/** What decoders do on the way to their points, step by step, for people. */
public final class Explanation {
  /** Characters of a document that are shown. */
  private static final int SHOWN = 600;

  private Explanation() {}

  /** What a form's codec is given and what it makes of it; nothing when it has none. */
  public static List<String> codec(Form form, Frame frame) {
    List<String> steps = new ArrayList<>();
    Optional<String> definition = form.term(DocumentDecoder.CODEC);
    if (definition.isEmpty()) {
      return steps;
    }
    try {
      JsonScan payload = new JsonScan();
      EmbeddedOctets where = EmbeddedOctets.of(form, payload);
      payload.settle();
      MediaType type = MediaType.of(form.mediaType()).orElse(MediaType.JSON);
      JsonScan.Found found =
          payload.scan(StandardMediaTypes.format(type), frame.payload().shared());
      byte[] octets = where.in(found);
      String path = form.term("octets").map(name -> " at " + name).orElse("");
      if (octets == null) {
        steps.add("codec: there are no octets" + path + ", nothing to unpack");
        return steps;
      }
      int port = where.port(found);
      steps.add(
          "octets"
              + path
              + ": "
              + HexFormat.of().formatHex(octets)
              + " ("
              + octets.length
              + ")"
              + (port > 0 ? ", port " + port : ""));
      PayloadCodec codec = PayloadCodecs.of(definition.get());
      PayloadCodec.Unpacked unpacked =
          codec.unpack(octets, new PayloadCodec.Envelope(port, frame.received()));
      steps.add("unpacked: " + Json.shortened(unpacked.document().toString(), SHOWN));
      unpacked.warnings().forEach(warning -> steps.add("warning of the codec: " + warning));
      unpacked.fault().ifPresent(fault -> steps.add("read only so far: " + fault));
    } catch (DecodeException e) {
      steps.add("the codec fails: " + e.reason() + ": " + e.detail());
    } catch (IllegalArgumentException e) {
      steps.add("the codec cannot be used: " + e.getMessage());
    }
    return steps;
  }

  /**
   * The message of a server around octets, as a form with a codec expects it.
   *
   * @param port of the LoRaWAN frame; 0 for none
   */
  public static Bytes around(Form form, Bytes octets, int port) {
    String path = form.term("octets").orElse("");
    if (path.isEmpty()) {
      return octets;
    }
    ObjectNode message = JsonNodeFactory.instance.objectNode();
    form.terms()
        .forEach(
            (term, text) -> {
              if (term.startsWith("when.$.")) {
                put(message, term.substring("when.$.".length()), text);
              }
            });
    boolean hex = form.term("octetsFormat").filter("hex"::equals).isPresent();
    put(
        message,
        path,
        hex
            ? HexFormat.of().formatHex(octets.shared())
            : java.util.Base64.getEncoder().encodeToString(octets.shared()));
    Optional<String> where = form.term("port");
    if (where.isPresent() && port > 0) {
      put(message, where.get(), port);
    }
    return Bytes.utf8(message.toString());
  }

  private static void put(ObjectNode message, String path, Object value) {
    String[] names = path.split("\\.");
    ObjectNode into = message;
    for (int i = 0; i + 1 < names.length; i++) {
      into = into.withObjectProperty(names[i]);
    }
    String last = names[names.length - 1];
    if (value instanceof Integer number) {
      into.put(last, number);
    } else {
      into.put(last, String.valueOf(value));
    }
  }
}
