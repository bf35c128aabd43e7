package io.patchbay.profiles;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Origin;
import io.patchbay.southbound.Target;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.ThingId;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A recording file, read line by line: what {@link RecordingFiles} writes and nothing else. */
final class RecordingLines implements AutoCloseable {
  /** Octets of a line; the largest that is written has some 350 KiB of payload. */
  static final int LONGEST = 8 << 20;

  /** Lines of a file. */
  static final int MOST = 100_000;

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private static final Optional<String> RECORDING = Optional.of("recording");
  private static final List<String> HEAD =
      List.of("patchbay", "version", "thing", "base", "profile", "terms");
  private static final List<String> FRAME =
      List.of(
          "received",
          "scheme",
          "connection",
          "address",
          "terms",
          "property",
          "mediaType",
          "time",
          "retained",
          "payload",
          "profile",
          "heldBack",
          "problems",
          "senml");

  /**
   * A frame as it was recorded.
   *
   * @param number of the line, from 1
   * @param profile {@code id@version} that read it
   * @param heldBack places of what was not kept
   * @param problems as they are written
   * @param senml of what was kept
   */
  record Line(
      int number,
      Frame frame,
      String profile,
      Set<Integer> heldBack,
      List<String> problems,
      String senml) {}

  private final InputStream in;
  private final ThingId thing;
  private int number;

  private RecordingLines(InputStream in) throws IOException, Flaw {
    this.in = in;
    Optional<Fields> head = fields(HEAD);
    if (head.isEmpty() || !head.get().optional("patchbay").equals(RECORDING)) {
      throw new Flaw(1, "no recording: its first line says {\"patchbay\":\"recording\",…}");
    }
    Fields fields = head.get();
    int version = fields.need("version").asInt(-1);
    if (version != RecordingFiles.VERSION) {
      throw new Flaw(1, "version " + version + "; accepted: " + RecordingFiles.VERSION);
    }
    String name = fields.text("thing");
    if (!ThingId.valid(name)) {
      throw new Flaw(1, "'thing': '" + Fields.cut(name) + "' names no thing");
    }
    thing = new ThingId(name);
    fields.text("profile");
  }

  static RecordingLines open(Path file) throws IOException, Flaw {
    InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
    try {
      return new RecordingLines(in);
    } catch (IOException | Flaw | RuntimeException e) {
      in.close();
      throw e;
    }
  }

  ThingId thing() {
    return thing;
  }

  /** Empty at the end. */
  Optional<Line> next() throws IOException, Flaw {
    Optional<Fields> fields = fields(FRAME);
    return fields.isEmpty() ? Optional.empty() : Optional.of(line(fields.get()));
  }

  private Line line(Fields fields) throws Flaw {
    byte[] payload;
    try {
      payload = Base64.getDecoder().decode(fields.text("payload"));
    } catch (IllegalArgumentException e) {
      throw fields.flaw("payload", "is no Base64");
    }
    Frame frame =
        new Frame(
            new Origin(
                fields.text("scheme"),
                fields.text("connection"),
                fields.text("address"),
                fields.texts("terms")),
            fields.optional("property").map(property -> new Target(thing, property)),
            Bytes.wrap(payload),
            fields.optional("mediaType").orElse(""),
            fields.time("received", fields.text("received")),
            fields.has("time")
                ? Optional.of(fields.time("time", fields.text("time")))
                : Optional.empty(),
            Optional.empty(),
            fields.truth("retained"));
    return new Line(
        number,
        frame,
        fields.text("profile"),
        fields.places("heldBack"),
        fields.list("problems"),
        fields.text("senml"));
  }

  private Optional<Fields> fields(List<String> keys) throws IOException, Flaw {
    number++;
    Optional<byte[]> octets = octets();
    if (octets.isEmpty()) {
      return Optional.empty();
    } else if (number > MOST) {
      throw new Flaw(number, "more than " + MOST + " lines; divide the recording");
    }
    try {
      String text =
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(octets.get())).toString();
      return Optional.of(new Fields(number, JSON.readTree(text), keys));
    } catch (CharacterCodingException e) {
      throw new Flaw(number, "no UTF-8");
    } catch (JsonProcessingException e) {
      throw new Flaw(
          number,
          "no JSON (cut off?): " + Fields.cut(String.valueOf(e.getOriginalMessage())).strip());
    }
  }

  /** The next line without its end. */
  private Optional<byte[]> octets() throws IOException, Flaw {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    int octet = in.read();
    if (octet < 0) {
      return Optional.empty();
    }
    for (; octet >= 0 && octet != '\n'; octet = in.read()) {
      if (line.size() == LONGEST) {
        throw new Flaw(number, "longer than " + LONGEST + " octets, the most of a line");
      }
      line.write(octet);
    }
    return Optional.of(line.toByteArray());
  }

  @Override
  public void close() throws IOException {
    in.close();
  }

  /** The members of one line. */
  private record Fields(int line, JsonNode node) {
    Fields(int line, JsonNode node, List<String> keys) throws Flaw {
      this(line, node);
      if (!node.isObject()) {
        throw new Flaw(line, "no JSON object");
      }
      for (Iterator<String> names = node.fieldNames(); names.hasNext(); ) {
        String name = names.next();
        if (!keys.contains(name)) {
          throw new Flaw(
              line, "unknown key '" + cut(name) + "'; accepted: " + String.join(", ", keys));
        }
      }
    }

    static String cut(String text) {
      return text.length() <= 120 ? text : text.substring(0, 120) + "…";
    }

    Flaw flaw(String key, String what) {
      return new Flaw(line, "'" + key + "' " + what);
    }

    boolean has(String key) {
      return node.has(key);
    }

    JsonNode need(String key) throws Flaw {
      JsonNode found = node.get(key);
      if (found == null) {
        throw flaw(key, "is missing");
      }
      return found;
    }

    String text(String key) throws Flaw {
      return text(key, need(key));
    }

    private String text(String key, JsonNode found) throws Flaw {
      if (!found.isTextual()) {
        throw flaw(key, "is " + cut(found.toString()) + "; accepted: a text");
      }
      return found.textValue();
    }

    Optional<String> optional(String key) throws Flaw {
      return has(key) ? Optional.of(text(key)) : Optional.empty();
    }

    Instant time(String key, String text) throws Flaw {
      try {
        return Instant.parse(text);
      } catch (DateTimeException e) {
        throw flaw(
            key, "is '" + cut(text) + "'; accepted: a time such as 2026-01-31T12:00:00.250Z");
      }
    }

    boolean truth(String key) throws Flaw {
      if (!has(key)) {
        return false;
      }
      JsonNode found = need(key);
      if (!found.isBoolean()) {
        throw flaw(key, "is " + cut(found.toString()) + "; accepted: true or false");
      }
      return found.booleanValue();
    }

    Map<String, String> texts(String key) throws Flaw {
      Map<String, String> texts = new LinkedHashMap<>();
      if (has(key)) {
        JsonNode found = need(key);
        if (!found.isObject()) {
          throw flaw(key, "is " + cut(found.toString()) + "; accepted: an object of texts");
        }
        for (Map.Entry<String, JsonNode> entry : found.properties()) {
          texts.put(entry.getKey(), text(key + "." + cut(entry.getKey()), entry.getValue()));
        }
      }
      return texts;
    }

    private JsonNode array(String key) throws Flaw {
      JsonNode found = has(key) ? need(key) : JSON.createArrayNode();
      if (!found.isArray()) {
        throw flaw(key, "is " + cut(found.toString()) + "; accepted: a list");
      }
      return found;
    }

    List<String> list(String key) throws Flaw {
      List<String> texts = new ArrayList<>();
      for (JsonNode each : array(key)) {
        texts.add(text(key, each));
      }
      return texts;
    }

    Set<Integer> places(String key) throws Flaw {
      Set<Integer> places = new HashSet<>();
      for (JsonNode each : array(key)) {
        if (!each.isInt() || each.intValue() < 0) {
          throw flaw(key, "has " + cut(each.toString()) + "; accepted: places, counted from 0");
        }
        places.add(each.intValue());
      }
      return places;
    }
  }
}
