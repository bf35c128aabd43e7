package io.patchbay.profiles.media;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.patchbay.profile.Form;
import io.patchbay.southbound.DecodeException;
import io.patchbay.southbound.DeliveryId;
import io.patchbay.southbound.Divider;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Origin;
import io.patchbay.southbound.Rejection;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Value;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Divides a document by {@code each}: the elements of an array, or, when a name is {@code @key},
 * the members of an object. {@code names} give the terms of a part: paths in it, or with {@code $.}
 * in the whole; {@code time} is the same for a time that all parts have.
 */
final class PartsDivider implements Divider {
  /** Parts beyond this make a frame undecodable. */
  static final int MOST_PARTS = 1_000;

  private static final String KEY = "@key";
  private static final String WHOLE = "$.";
  private static final int LONGEST_DELIVERY = 56;

  private final ObjectMapper mapper;
  private final boolean text;
  private final JsonPath each;
  private final Map<String, JsonPath> ofPart = new HashMap<>();
  private final Map<String, JsonPath> ofWhole = new HashMap<>();
  private final @Nullable String key;
  private final @Nullable JsonPath time;
  private final DeviceTime format;

  private PartsDivider(Form form, MediaType type) {
    text = type == MediaType.JSON;
    mapper =
        JsonMapper.builder(Json.FACTORY)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();
    each = JsonPath.of(form.required(DocumentDecoder.EACH));
    String keyed = null;
    for (Map.Entry<String, String> term : form.terms().entrySet()) {
      if (term.getKey().startsWith("names.")) {
        String name = term.getKey().substring("names.".length());
        String path = term.getValue();
        if (path.equals(KEY)) {
          keyed = name;
        } else if (path.startsWith(WHOLE)) {
          ofWhole.put(name, JsonPath.of(path.substring(WHOLE.length())));
        } else {
          ofPart.put(name, JsonPath.of(path));
        }
      }
    }
    key = keyed;
    String at = form.term("time").orElse(null);
    if (at != null && !at.startsWith(WHOLE)) {
      throw new IllegalArgumentException(
          "time of parts is one they have in common, $.PATH; one of its own goes into the forms");
    }
    time = at == null ? null : JsonPath.of(at.substring(WHOLE.length()));
    format = DeviceTime.of(form);
  }

  /**
   * @throws IllegalArgumentException naming the term that is wrong
   */
  static PartsDivider of(Form form, MediaType type) {
    return new PartsDivider(form, type);
  }

  @Override
  public List<Frame> divide(Frame frame) throws DecodeException {
    JsonNode whole = tree(frame.payload().shared());
    Map<String, String> terms = new HashMap<>(frame.origin().terms());
    names(ofWhole, whole, terms);
    Optional<Instant> at = time == null ? frame.time() : time(whole, time);
    JsonNode parts = found(whole, each);
    if (parts.size() > MOST_PARTS) {
      throw Json.undecodable(
          "'" + each.text() + "' has " + parts.size() + " parts; accepted: " + MOST_PARTS);
    }
    List<Frame> frames = new ArrayList<>();
    if (key == null && parts.isArray()) {
      for (JsonNode part : parts) {
        frames.add(part(frame, part, terms, at, frames.size()));
      }
    } else if (key != null && parts.isObject()) {
      for (Map.Entry<String, JsonNode> member : parts.properties()) {
        Map<String, String> named = new HashMap<>(terms);
        named.put(key, member.getKey());
        frames.add(part(frame, member.getValue(), named, at, frames.size()));
      }
    } else if (!parts.isMissingNode() && !parts.isNull()) {
      throw Json.undecodable(
          "'" + each.text() + "' must be " + (key == null ? "an array" : "an object"));
    }
    return frames;
  }

  private JsonNode tree(byte[] octets) throws DecodeException {
    if (!text) {
      return Cbor.tree(octets);
    }
    Utf8.check(octets);
    try {
      return mapper.readTree(octets);
    } catch (JsonProcessingException e) {
      throw Json.undecodable("not JSON: " + Json.shortened(e.getOriginalMessage(), 160));
    } catch (IOException e) {
      throw Json.undecodable("not JSON: " + e.getMessage());
    }
  }

  private static JsonNode found(JsonNode from, JsonPath path) {
    JsonNode at = from;
    for (JsonPath.Step step : path.steps()) {
      at =
          step instanceof JsonPath.Step.Name name
              ? at.path(name.name())
              : at.path(((JsonPath.Step.Element) step).index());
    }
    return at;
  }

  private static void names(Map<String, JsonPath> paths, JsonNode from, Map<String, String> terms) {
    paths.forEach(
        (name, path) -> {
          JsonNode value = found(from, path);
          if (value.isValueNode() && !value.isNull()) {
            terms.put(name, value.asText());
          }
        });
  }

  private Optional<Instant> time(JsonNode whole, JsonPath path) throws DecodeException {
    JsonNode said = found(whole, path);
    if (said.isMissingNode() || said.isNull()) {
      return Optional.empty();
    } else if (!said.isNumber() && !said.isTextual()) {
      throw new DecodeException(Rejection.BAD_TIME, "the time at '" + path.text() + "' is none");
    }
    return Optional.of(
        format.read(
            said.isIntegralNumber() && said.canConvertToLong()
                ? new Value.Int(said.longValue())
                : new Value.Text(said.asText())));
  }

  private Frame part(
      Frame frame, JsonNode part, Map<String, String> terms, Optional<Instant> at, int index)
      throws DecodeException {
    Map<String, String> named = new HashMap<>(terms);
    names(ofPart, part, named);
    Origin origin = frame.origin();
    return new Frame(
        new Origin(origin.scheme(), origin.connection(), origin.address(), named),
        Optional.empty(),
        payload(part),
        frame.mediaType(),
        frame.received(),
        at,
        frame.delivery().map(delivery -> new DeliveryId(id(delivery, index), delivery.kind())),
        frame.retained());
  }

  private Bytes payload(JsonNode part) throws DecodeException {
    try {
      return text ? Bytes.wrap(mapper.writeValueAsBytes(part)) : Cbor.octets(part);
    } catch (JsonProcessingException e) {
      throw Json.undecodable("a part cannot stand alone: " + e.getOriginalMessage());
    }
  }

  private static String id(DeliveryId delivery, int index) {
    String value = delivery.value();
    if (value.length() > LONGEST_DELIVERY) {
      try {
        byte[] hash =
            MessageDigest.getInstance("SHA-256").digest(value.getBytes(StandardCharsets.UTF_8));
        value = HexFormat.of().formatHex(hash, 0, 20);
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("every Java platform has SHA-256", e);
      }
    }
    return value + "#" + index;
  }
}
