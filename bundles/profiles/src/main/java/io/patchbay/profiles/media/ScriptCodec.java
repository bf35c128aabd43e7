package io.patchbay.profiles.media;

import com.fasterxml.jackson.databind.JsonNode;
import io.patchbay.profiles.javascript.Script;
import io.patchbay.profiles.javascript.ScriptException;
import io.patchbay.southbound.DecodeException;
import io.patchbay.southbound.Rejection;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Value;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A payload codec in JavaScript, as network servers of LoRaWAN use them: {@code decodeUplink} and
 * {@code encodeDownlink} (LoRa Alliance TS013-1.0.0), {@code Decode} and {@code Encode} of
 * ChirpStack v3, or {@code Decoder} and {@code Encoder} of The Things Network v2. Compiled when it
 * is first used.
 */
final class ScriptCodec implements PayloadCodec {
  /** Octets that a script is given. */
  private static final int MOST_OCTETS = 1 << 14;

  private static final List<String> KNOWN = List.of("file", "source", "variables");
  private static final List<String> DECODES = List.of("decodeUplink", "Decode", "Decoder");
  private static final List<String> ENCODES = List.of("encodeDownlink", "Encode", "Encoder");

  private final String source;
  private final String shown;
  private final Map<String, String> variables;
  private volatile @Nullable Script script;

  private ScriptCodec(String source, String shown, Map<String, String> variables) {
    this.source = source;
    this.shown = shown;
    this.variables = variables;
  }

  /**
   * @throws IllegalArgumentException naming what is wrong
   */
  static ScriptCodec of(JsonNode definition) {
    JsonNode given = definition;
    if (given.isTextual()) {
      return new ScriptCodec(given.textValue(), "script", Map.of());
    }
    BinaryField.only("javascript", given, KNOWN);
    if (!given.path("source").isTextual()) {
      throw new IllegalArgumentException(
          given.has("file")
              ? "there is no script '"
                  + given.path("file").asText()
                  + "' beside the profile; accepted: the name of a file in the profile's own folder"
                  + " that ends in .js and has at most 256 KiB"
              : "a codec in javascript has a 'file' or a 'source'");
    }
    Map<String, String> variables = new LinkedHashMap<>();
    given
        .path("variables")
        .properties()
        .forEach(entry -> variables.put(entry.getKey(), entry.getValue().asText()));
    return new ScriptCodec(
        given.path("source").textValue(), given.path("file").asText("script"), variables);
  }

  @Override
  public void check() {
    try {
      Set<String> functions = script().functions();
      if (DECODES.stream().noneMatch(functions::contains)
          && ENCODES.stream().noneMatch(functions::contains)) {
        throw new IllegalArgumentException(
            shown + ": it has no function decodeUplink(input), nor any other that is known here");
      }
    } catch (ScriptException e) {
      throw new IllegalArgumentException(said(e), e);
    }
  }

  private Script script() throws ScriptException {
    Script compiled = script;
    if (compiled == null) {
      compiled = Script.compile(source);
      script = compiled;
    }
    return compiled;
  }

  private String said(ScriptException e) {
    return shown + (e.line() > 0 ? ":" + e.line() : "") + ": " + e.detail();
  }

  @Override
  public Unpacked unpack(byte[] octets, Envelope envelope) throws DecodeException {
    if (octets.length > MOST_OCTETS) {
      throw new DecodeException(
          Rejection.TOO_LARGE, octets.length + " octets for a script; accepted: " + MOST_OCTETS);
    }
    try {
      Script compiled = script();
      String function = function(compiled, DECODES);
      JsonNode result = decoded(compiled, function, octets, envelope);
      if (!function.equals("decodeUplink")) {
        return new Unpacked(result, Optional.empty());
      }
      List<String> errors = texts(result.path("errors"));
      if (!errors.isEmpty()) {
        throw Json.undecodable(shown + ": " + Json.shortened(String.join("; ", errors), 256));
      }
      return new Unpacked(result.path("data"), Optional.empty(), texts(result.path("warnings")));
    } catch (ScriptException e) {
      throw new DecodeException(
          e.overrun() ? Rejection.OVERRUN : Rejection.UNDECODABLE, Json.shortened(said(e), 256));
    }
  }

  private JsonNode decoded(Script compiled, String function, byte[] octets, Envelope envelope)
      throws ScriptException {
    return switch (function) {
      case "Decoder" -> compiled.call(function, envelope.received(), octets, envelope.port());
      case "Decode" ->
          compiled.call(function, envelope.received(), envelope.port(), octets, variables);
      default ->
          compiled.call(
              function,
              envelope.received(),
              Map.of(
                  "bytes",
                  octets,
                  "fPort",
                  envelope.port(),
                  "recvTime",
                  envelope.received(),
                  "variables",
                  variables));
    };
  }

  private String function(Script compiled, List<String> names) throws DecodeException {
    for (String name : names) {
      if (compiled.functions().contains(name)) {
        return name;
      }
    }
    throw Json.undecodable(shown + ": it has no function " + names.get(0));
  }

  @Override
  public Packed pack(Map<String, Value> values) {
    try {
      Script compiled = script();
      String function = function(compiled, ENCODES);
      Map<String, Object> data = new LinkedHashMap<>();
      values.forEach((name, value) -> data.put(name, plain(value)));
      Instant now = Instant.now();
      int port = values.get("port") instanceof Value.Int number ? (int) number.value() : 1;
      JsonNode result =
          switch (function) {
            case "Encoder" -> compiled.call(function, now, data, port);
            case "Encode" -> compiled.call(function, now, port, data, variables);
            default -> compiled.call(function, now, Map.of("data", data, "variables", variables));
          };
      List<String> errors = texts(result.path("errors"));
      if (!errors.isEmpty()) {
        throw new IllegalArgumentException(
            shown + ": " + Json.shortened(String.join("; ", errors), 256));
      }
      return new Packed(
          octets(function.equals("encodeDownlink") ? result.path("bytes") : result),
          result.path("fPort").asInt(0));
    } catch (ScriptException e) {
      throw new IllegalArgumentException(Json.shortened(said(e), 256), e);
    } catch (DecodeException e) {
      throw new IllegalArgumentException(e.detail(), e);
    }
  }

  private static Object plain(Value value) {
    if (value instanceof Value.Bool bool) {
      return bool.value();
    } else if (value instanceof Value.Int integer) {
      return (double) integer.value();
    } else if (value instanceof Value.Num number) {
      return number.value();
    } else if (value instanceof Value.Data data) {
      return data.value().shared();
    }
    return value.text();
  }

  private Bytes octets(JsonNode bytes) {
    if (!bytes.isArray()) {
      throw new IllegalArgumentException(shown + ": what it gave has no list of bytes");
    }
    byte[] octets = new byte[bytes.size()];
    for (int i = 0; i < octets.length; i++) {
      JsonNode octet = bytes.get(i);
      if (!octet.isIntegralNumber() || octet.asLong() < -128 || octet.asLong() > 255) {
        throw new IllegalArgumentException(
            shown + ": bytes[" + i + "] is " + octet + "; accepted: 0 to 255");
      }
      octets[i] = (byte) octet.asInt();
    }
    return Bytes.wrap(octets);
  }

  private static List<String> texts(JsonNode list) {
    List<String> texts = new ArrayList<>();
    if (list.isTextual()) {
      texts.add(list.textValue());
    }
    if (list.isArray()) {
      list.forEach(text -> texts.add(text.isTextual() ? text.textValue() : text.toString()));
    }
    return texts;
  }
}
