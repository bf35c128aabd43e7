package io.patchbay.profiles.media;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.lang.ref.WeakReference;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;

/** The kinds of payload codec that a profile's {@code codecs} can define. */
public final class PayloadCodecs {
  /** Compiles definitions of one kind. */
  private interface Kind {
    PayloadCodec compile(JsonNode definition);
  }

  private static final Map<String, Kind> KINDS =
      Map.of("binary", BinaryCodec::of, "javascript", ScriptCodec::of);
  private static final JsonMapper JSON = new JsonMapper();

  /** What is compiled, as long as a decoder or an encoder uses it. */
  private static final Map<String, WeakReference<PayloadCodec>> COMPILED = new HashMap<>();

  private PayloadCodecs() {}

  /**
   * @param definition as JSON: an object of one member, the kind
   * @throws IllegalArgumentException naming what is wrong
   */
  static PayloadCodec of(String definition) {
    try {
      synchronized (COMPILED) {
        COMPILED.values().removeIf(known -> known.refersTo(null));
        WeakReference<PayloadCodec> known = COMPILED.get(definition);
        PayloadCodec codec = known == null ? null : known.get();
        if (codec == null) {
          codec = of(JSON.readTree(definition));
          COMPILED.put(definition, new WeakReference<>(codec));
        }
        return codec;
      }
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("the codec is no JSON: " + e.getOriginalMessage(), e);
    }
  }

  private static PayloadCodec of(JsonNode definition) {
    String kind =
        definition.isObject() && definition.size() == 1 ? definition.fieldNames().next() : "";
    Kind known = KINDS.get(kind);
    if (known == null) {
      throw new IllegalArgumentException(
          "a codec has one kind; accepted: " + String.join(", ", new TreeSet<>(KINDS.keySet())));
    }
    return known.compile(definition.get(kind));
  }

  /**
   * Whether a definition can be used.
   *
   * @throws IllegalArgumentException naming what is wrong
   */
  public static void check(JsonNode definition) {
    of(definition).check();
  }
}
