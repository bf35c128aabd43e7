package io.patchbay.profiles;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.patchbay.northbound.Recorder.Problem;
import io.patchbay.northbound.Recorder.Recorded;
import io.patchbay.northbound.Recorder.Recording;
import io.patchbay.operation.Recordings;
import io.patchbay.profiles.media.Literals;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Rejection;
import io.patchbay.thing.SenMl;
import io.patchbay.thing.Status;
import io.patchbay.thing.Thing;
import io.patchbay.thing.Uplink;
import io.patchbay.thing.Value;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.osgi.service.component.annotations.Component;

/** Recordings as examples of a profile, and as files. */
@Component(service = Recordings.class)
public final class RecordingFiles implements Recordings {
  static final int VERSION = 1;
  private static final JsonMapper JSON = new JsonMapper();
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  /** Term of a part of a divided frame: its octets are not what the device sent. */
  private static final String PART = "#part";

  /** What a problem of one place begins with. */
  private static final Pattern PLACE = Pattern.compile("([A-Za-z_][A-Za-z0-9_-]*): ");

  @Override
  public String examples(List<Recorded> frames) {
    StringBuilder out = new StringBuilder("examples:\n");
    for (Recorded recorded : frames) {
      Optional<String> not = noExample(recorded);
      if (not.isPresent()) {
        out.append("  # a frame of ").append(recorded.frame().received());
        out.append(" is no example: ").append(not.get()).append('\n');
      } else {
        out.append("  - ").append(line(example(recorded))).append('\n');
      }
    }
    return out.toString();
  }

  private static Optional<String> noExample(Recorded recorded) {
    if (recorded.frame().origin().terms().containsKey(PART)) {
      return Optional.of("it is a part of a larger one");
    }
    return recorded.problems().stream()
        .filter(problem -> !shownByExamples(problem.reason()))
        .map(problem -> problem.reason() + ", which examples cannot show")
        .findFirst();
  }

  private static boolean shownByExamples(Rejection reason) {
    return switch (reason) {
      case UNDECODABLE, WRONG_TYPE, OUT_OF_RANGE, BAD_TIME -> true;
      default -> false;
    };
  }

  private static ObjectNode example(Recorded recorded) {
    Frame frame = recorded.frame();
    ObjectNode example = NODES.objectNode();
    example.put("protocol", frame.origin().scheme());
    if (frame.target().isPresent()) {
      example.put("read", frame.target().get().property());
    } else {
      example.put("address", frame.origin().address());
    }
    if (!frame.mediaType().isEmpty()) {
      example.put("mediaType", frame.mediaType());
    }
    Optional<String> text = text(frame);
    text.ifPresentOrElse(
        words -> example.put("payload", words),
        () -> example.put("payloadHex", HexFormat.of().formatHex(frame.payload().shared())));
    meaning(example, recorded.meaning());
    rejected(example, recorded.problems());
    return example;
  }

  /** The payload when it is text that a person can read and an editor keeps as it is. */
  private static Optional<String> text(Frame frame) {
    try {
      String text =
          StandardCharsets.UTF_8
              .newDecoder()
              .decode(ByteBuffer.wrap(frame.payload().shared()))
              .toString();
      return text.chars().allMatch(c -> (c >= ' ' && c != 0x7F && c != 0xFEFF) || c == '\n')
          ? Optional.of(text)
          : Optional.empty();
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
  }

  private static void meaning(ObjectNode example, List<Uplink> meaning) {
    Map<String, List<JsonNode>> readings = new LinkedHashMap<>();
    ObjectNode events = NODES.objectNode();
    for (Uplink uplink : meaning) {
      if (uplink instanceof Uplink.Reading reading) {
        readings
            .computeIfAbsent(reading.property(), name -> new ArrayList<>())
            .add(node(reading.value()));
      } else if (uplink instanceof Uplink.Occurrence occurrence) {
        ObjectNode data = events.putObject(occurrence.event());
        new TreeMap<>(occurrence.data()).forEach((name, value) -> data.set(name, node(value)));
      } else if (uplink instanceof Uplink.StatusChange change) {
        example.put("status", change.status() == Status.ONLINE ? "online" : "offline");
      }
    }
    if (!readings.isEmpty()) {
      ObjectNode node = example.putObject("readings");
      readings.forEach(
          (name, values) -> {
            if (values.size() == 1) {
              node.set(name, values.get(0));
            } else {
              ArrayNode all = node.putArray(name);
              values.forEach(all::add);
            }
          });
    }
    if (!events.isEmpty()) {
      example.set("events", events);
    }
  }

  private static JsonNode node(Value value) {
    if (value instanceof Value.Bool bool) {
      return NODES.booleanNode(bool.value());
    } else if (value instanceof Value.Int integer) {
      return NODES.numberNode(integer.value());
    } else if (value instanceof Value.Num number) {
      long whole = (long) number.value();
      return whole == number.value() ? NODES.numberNode(whole) : NODES.numberNode(number.value());
    }
    return NODES.textNode(Literals.text(value));
  }

  private static void rejected(ObjectNode example, List<Problem> problems) {
    ObjectNode places = NODES.objectNode();
    for (Problem problem : problems) {
      Matcher place = PLACE.matcher(problem.detail());
      if (place.lookingAt()) {
        places.put(place.group(1), problem.reason().name());
      } else {
        example.put("rejected", problem.reason().name());
        return;
      }
    }
    if (!places.isEmpty()) {
      example.set("rejected", places);
    }
  }

  @Override
  public String text(Recording recording) {
    Thing thing = recording.thing();
    ObjectNode head = NODES.objectNode();
    head.put("patchbay", "recording").put("version", VERSION);
    head.put("thing", thing.id().value()).put("base", thing.base().toString());
    head.put("profile", thing.profile());
    ObjectNode terms = head.putObject("terms");
    new TreeMap<>(thing.terms()).forEach(terms::put);
    StringBuilder out = new StringBuilder(line(head)).append('\n');
    for (Recorded recorded : recording.frames()) {
      out.append(line(frame(recorded))).append('\n');
    }
    return out.toString();
  }

  private static ObjectNode frame(Recorded recorded) {
    Frame frame = recorded.frame();
    ObjectNode node = NODES.objectNode();
    node.put("received", frame.received().toString());
    node.put("scheme", frame.origin().scheme());
    node.put("connection", frame.origin().connection());
    node.put("address", frame.origin().address());
    if (!frame.origin().terms().isEmpty()) {
      ObjectNode terms = node.putObject("terms");
      new TreeMap<>(frame.origin().terms()).forEach(terms::put);
    }
    frame.target().ifPresent(target -> node.put("property", target.property()));
    if (!frame.mediaType().isEmpty()) {
      node.put("mediaType", frame.mediaType());
    }
    frame.time().ifPresent(time -> node.put("time", time.toString()));
    if (frame.retained()) {
      node.put("retained", true);
    }
    node.put("payload", Base64.getEncoder().encodeToString(frame.payload().shared()));
    node.put("profile", recorded.profile());
    if (!recorded.heldBack().isEmpty()) {
      ArrayNode heldBack = node.putArray("heldBack");
      new TreeSet<>(recorded.heldBack()).forEach(heldBack::add);
    }
    if (!recorded.problems().isEmpty()) {
      ArrayNode problems = node.putArray("problems");
      problems(recorded).forEach(problems::add);
    }
    node.put("senml", SenMl.text(kept(recorded)));
    return node;
  }

  /** What of a frame the hub kept: readings and events that were not held back. */
  static List<Uplink> kept(Recorded recorded) {
    List<Uplink> kept = new ArrayList<>();
    for (int i = 0; i < recorded.meaning().size(); i++) {
      Uplink uplink = recorded.meaning().get(i);
      if (!recorded.heldBack().contains(i) && !(uplink instanceof Uplink.StatusChange)) {
        kept.add(uplink);
      }
    }
    return kept;
  }

  /** What was wrong with a frame, as files say it. */
  static List<String> problems(Recorded recorded) {
    return recorded.problems().stream()
        .map(problem -> problem.reason() + ": " + problem.detail())
        .toList();
  }

  private static String line(ObjectNode node) {
    try {
      return JSON.writeValueAsString(node);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of texts and numbers can be written", e);
    }
  }
}
