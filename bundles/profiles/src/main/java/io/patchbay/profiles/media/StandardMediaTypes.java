package io.patchbay.profiles.media;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BinaryNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.patchbay.profile.Form;
import io.patchbay.profile.Match;
import io.patchbay.profile.Op;
import io.patchbay.southbound.Codec;
import io.patchbay.southbound.DecodeException;
import io.patchbay.southbound.Divider;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.FrameDecoder;
import io.patchbay.southbound.MediaTypes;
import io.patchbay.southbound.Point;
import io.patchbay.southbound.Slot;
import io.patchbay.thing.Value;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** JSON, CBOR, SenML in both, CSV, XML, plain text and octets. */
@Component(service = MediaTypes.class)
public final class StandardMediaTypes implements MediaTypes {
  @Activate
  public StandardMediaTypes() {}

  @Override
  public boolean knows(String mediaType) {
    return MediaType.of(mediaType).isPresent();
  }

  @Override
  public FrameDecoder decoder(List<Slot> slots) {
    Map<MediaType, List<Slot>> byType = new EnumMap<>(MediaType.class);
    for (Slot slot : slots) {
      byType.computeIfAbsent(type(slot.form()), type -> new ArrayList<>()).add(slot);
    }
    Map<MediaType, FrameDecoder> decoders = new EnumMap<>(MediaType.class);
    byType.forEach((type, some) -> decoders.put(type, decoder(type, some)));
    if (decoders.isEmpty()) {
      throw new IllegalArgumentException("a decoder needs at least one slot");
    }
    return decoders.size() == 1
        ? decoders.values().iterator().next()
        : frame -> several(decoders, frame);
  }

  private static FrameDecoder decoder(MediaType type, List<Slot> slots) {
    try {
      return compile(type, slots);
    } catch (IllegalArgumentException e) {
      if (slots.size() == 1) {
        throw new IllegalArgumentException(place(slots.get(0)) + ": " + e.getMessage(), e);
      }
      // one of them is wrong: find out which
      slots.forEach(slot -> decoder(type, List.of(slot)));
      throw e;
    }
  }

  private static String place(Slot slot) {
    return slot.field().isEmpty() ? slot.name() : slot.name() + "." + slot.field();
  }

  private static FrameDecoder compile(MediaType type, List<Slot> slots) {
    return switch (type) {
      case JSON, CBOR, XML -> new DocumentDecoder(format(type), Optional.empty(), slots);
      case CSV -> csv(slots);
      case SENML, SENML_CBOR -> new SenmlDecoder(type, slots);
      case TEXT, OCTETS -> plain(type, slots);
    };
  }

  static DocumentFormat format(MediaType type) {
    return switch (type) {
      case CBOR -> Cbor::document;
      case XML -> Xml::document;
      case TEXT -> (octets, walk) -> one(new TextNode(Utf8.text(octets)), walk);
      case OCTETS -> (octets, walk) -> one(new BinaryNode(octets), walk);
      default -> Json::document;
    };
  }

  private static void one(JsonNode value, Json.Walk walk) throws DecodeException {
    try (JsonParser parser = value.traverse()) {
      walk.over(parser, parser.nextToken());
    } catch (IOException e) {
      throw Json.undecodable(String.valueOf(e.getMessage()));
    }
  }

  /** Each row is read; forms that lay rows out in different ways have decoders of their own. */
  private static FrameDecoder csv(List<Slot> slots) {
    Map<String, List<Slot>> layouts = new LinkedHashMap<>();
    slots.forEach(
        slot ->
            layouts.computeIfAbsent(Csv.layout(slot.form()), key -> new ArrayList<>()).add(slot));
    List<FrameDecoder> decoders = new ArrayList<>();
    layouts.values().stream()
        .map(some -> new DocumentDecoder(Csv.of(some.get(0).form()), Optional.of(""), some))
        .forEach(decoders::add);
    return together(decoders);
  }

  private static FrameDecoder plain(MediaType type, List<Slot> slots) {
    List<Slot> packed = new ArrayList<>(slots);
    packed.removeIf(slot -> slot.form().term(DocumentDecoder.CODEC).isEmpty());
    List<Slot> bare = new ArrayList<>(slots);
    bare.removeAll(packed);
    List<FrameDecoder> decoders = new ArrayList<>();
    if (!bare.isEmpty()) {
      decoders.add(type == MediaType.TEXT ? PlainDecoder.text(bare) : PlainDecoder.octets(bare));
    }
    if (!packed.isEmpty()) {
      decoders.add(new DocumentDecoder(format(type), Optional.empty(), packed));
    }
    return together(decoders);
  }

  private static FrameDecoder together(List<FrameDecoder> decoders) {
    if (decoders.size() == 1) {
      return decoders.get(0);
    }
    return frame -> {
      List<Point> points = new ArrayList<>();
      for (FrameDecoder decoder : decoders) {
        points.addAll(decoder.decode(frame));
      }
      return points;
    };
  }

  /**
   * Slots of several media types on one address: the frame's own media type decides; when it says
   * none of them, whatever can read the payload does.
   */
  private static List<Point> several(Map<MediaType, FrameDecoder> decoders, Frame frame)
      throws DecodeException {
    FrameDecoder said = MediaType.of(frame.mediaType()).map(decoders::get).orElse(null);
    if (said != null) {
      return said.decode(frame);
    }
    List<Point> points = new ArrayList<>();
    DecodeException first = null;
    boolean read = false;
    for (FrameDecoder decoder : decoders.values()) {
      try {
        points.addAll(decoder.decode(frame));
        read = true;
      } catch (DecodeException e) {
        first = first == null ? e : first;
      }
    }
    if (!read && first != null) {
      throw first;
    }
    return points;
  }

  private static MediaType type(Form form) {
    return MediaType.of(form.mediaType())
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "mediaType '"
                        + form.mediaType()
                        + "' is not decoded here; accepted: "
                        + MediaType.ACCEPTED));
  }

  @Override
  public Codec codec(Slot slot) {
    MediaType type = type(slot.form());
    Set<Op> ops = slot.form().ops();
    @Nullable FrameDecoder decoder =
        ops.contains(Op.READ) || ops.contains(Op.OBSERVE) ? decoder(type, List.of(slot)) : null;
    return new FormCodec(slot, type, decoder);
  }

  @Override
  public Divider divider(Form form) {
    MediaType type = type(form);
    if (type != MediaType.JSON && type != MediaType.CBOR) {
      throw new IllegalArgumentException(
          "parts are divided of application/json and application/cbor, not of " + form.mediaType());
    }
    return PartsDivider.of(form, type);
  }

  @Override
  public Predicate<Frame> test(Match match) {
    MediaType type = type(match.form());
    return switch (type) {
      case JSON, CBOR, XML -> document(format(type), "", match);
      case CSV -> document(Csv.of(match.form()), "[0]", match);
      case SENML, SENML_CBOR -> quiet(frame -> senml(type, match, frame));
      case TEXT ->
          quiet(frame -> texts(match, Map.of("", Utf8.text(frame.payload().shared()).strip())));
      case OCTETS -> frame -> match.has().isEmpty() && match.equal().isEmpty();
    };
  }

  private interface Test {
    boolean passes(Frame frame) throws DecodeException;
  }

  private static Predicate<Frame> quiet(Test test) {
    return frame -> {
      try {
        return test.passes(frame);
      } catch (DecodeException e) {
        return false;
      }
    };
  }

  /**
   * @param below where the paths begin
   */
  private static Predicate<Frame> document(DocumentFormat format, String below, Match match) {
    JsonScan scan = new JsonScan();
    Function<String, Integer> ask =
        path -> {
          boolean joined = below.isEmpty() || path.isEmpty() || path.startsWith("[");
          return scan.ask(JsonPath.of(below + (joined ? "" : ".") + path), false);
        };
    List<Integer> has = match.has().stream().map(ask).toList();
    Map<Integer, String> equal = new HashMap<>();
    match.equal().forEach((path, text) -> equal.put(ask.apply(path), text));
    return quiet(
        frame -> {
          JsonScan.Found found = scan.scan(format, frame.payload().shared());
          return has.stream().allMatch(found::present)
              && equal.entrySet().stream()
                  .allMatch(
                      entry ->
                          Optional.ofNullable(found.value(entry.getKey()))
                              .map(Value::text)
                              .filter(entry.getValue()::equals)
                              .isPresent());
        });
  }

  private static boolean senml(MediaType type, Match match, Frame frame) throws DecodeException {
    byte[] octets = frame.payload().shared();
    Set<String> names = new HashSet<>(SenmlDecoder.names(type, octets));
    return !names.isEmpty()
        && names.containsAll(match.has())
        && (match.equal().isEmpty() || texts(match, SenmlDecoder.texts(type, octets), names));
  }

  private static boolean texts(Match match, Map<String, String> texts, Set<String> names) {
    return names.containsAll(match.equal().keySet())
        && match.equal().entrySet().stream()
            .allMatch(entry -> entry.getValue().equals(texts.get(entry.getKey())));
  }

  private static boolean texts(Match match, Map<String, String> texts) {
    return texts.keySet().containsAll(match.has()) && texts(match, texts, texts.keySet());
  }
}
