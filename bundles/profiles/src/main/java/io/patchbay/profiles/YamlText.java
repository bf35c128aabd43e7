package io.patchbay.profiles;

import static io.patchbay.profiles.YamlDocument.below;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.events.AliasEvent;
import org.yaml.snakeyaml.events.CollectionStartEvent;
import org.yaml.snakeyaml.events.Event;
import org.yaml.snakeyaml.events.NodeEvent;
import org.yaml.snakeyaml.events.ScalarEvent;
import org.yaml.snakeyaml.events.SequenceStartEvent;
import org.yaml.snakeyaml.parser.ParserImpl;
import org.yaml.snakeyaml.reader.ReaderException;
import org.yaml.snakeyaml.reader.StreamReader;

/**
 * Reads YAML by the core schema of YAML 1.2 (clause 10.3), so that {@code ON} is a text, and only
 * what a form needs: one document, no anchors, no tags, every key once, at most 1 MiB, 50,000
 * values and 32 levels.
 */
final class YamlText {
  static final int LARGEST = 1 << 20;
  private static final int DEEPEST = 32;

  /** Values beyond this make a file too large, however short they are. */
  private static final int MOST_NODES = 50_000;

  private static final Pattern INTEGER = Pattern.compile("[-+]?[0-9]{1,40}");
  private static final Pattern HEX = Pattern.compile("0x[0-9a-fA-F]{1,15}");
  private static final Pattern OCTAL = Pattern.compile("0o[0-7]{1,20}");
  private static final Pattern FLOAT =
      Pattern.compile("[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?");

  private final ParserImpl events;
  private final Map<String, Integer> lines = new HashMap<>();

  /** Whether the line of everything is noted. */
  private final boolean noting;

  private int nodes;

  private YamlText(String text, boolean noting) {
    events = new ParserImpl(new StreamReader(text), new LoaderOptions());
    this.noting = noting;
  }

  /** The text of a file, which must be UTF-8 and of bearable size. */
  static String decode(byte[] octets) throws Flaw {
    if (octets.length > LARGEST) {
      throw new Flaw(0, "the file has " + octets.length + " octets; accepted: at most 1 MiB");
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(octets)).toString();
    } catch (CharacterCodingException e) {
      throw new Flaw(badLine(octets), "not UTF-8");
    }
  }

  private static int badLine(byte[] octets) {
    CharBuffer good = CharBuffer.allocate(octets.length);
    StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(octets), good, true);
    return 1 + (int) good.flip().chars().filter(c -> c == '\n').count();
  }

  /** With the line of everything in it. */
  static YamlDocument parse(String text) throws Flaw {
    return parse(text, true);
  }

  /** Without lines, for a text that is right in all likelihood; that is quicker. */
  static YamlDocument values(String text) throws Flaw {
    return parse(text, false);
  }

  private static YamlDocument parse(String text, boolean noting) throws Flaw {
    if (text.length() > LARGEST) {
      throw new Flaw(0, "the text is longer than 1 MiB");
    }
    try {
      YamlText reader = new YamlText(text, noting);
      return new YamlDocument(reader.document(), reader.lines);
    } catch (MarkedYAMLException e) {
      int line = e.getProblemMark() == null ? 0 : e.getProblemMark().getLine() + 1;
      throw new Flaw(line, "not YAML: " + said(e));
    } catch (ReaderException e) {
      int line =
          1
              + (int)
                  text.codePoints()
                      .limit(Math.max(0, e.getPosition()))
                      .filter(c -> c == '\n')
                      .count();
      throw new Flaw(
          line, "not YAML: the character U+%04X is not allowed".formatted(e.getCodePoint()));
    } catch (YAMLException e) {
      throw new Flaw(0, "not YAML: " + e.getMessage());
    }
  }

  private static String said(MarkedYAMLException e) {
    String problem = e.getProblem() == null ? "" : e.getProblem().strip();
    return e.getContext() == null ? problem : e.getContext().strip() + ", " + problem;
  }

  private JsonNode document() throws Flaw {
    events.getEvent();
    if (events.checkEvent(Event.ID.StreamEnd)) {
      throw new Flaw(0, "the file is empty");
    }
    events.getEvent();
    JsonNode root = node(events.getEvent(), "", 0);
    events.getEvent();
    if (!events.checkEvent(Event.ID.StreamEnd)) {
      throw new Flaw(line(events.peekEvent()), "a second document begins; accepted: one per file");
    }
    return root;
  }

  private static int line(Event event) {
    return event.getStartMark().getLine() + 1;
  }

  private JsonNode node(Event event, String pointer, int depth) throws Flaw {
    if (noting) {
      lines.putIfAbsent(pointer, line(event));
    }
    if (++nodes > MOST_NODES) {
      throw new Flaw(line(event), "more than " + MOST_NODES + " values in one file");
    }
    if (depth > DEEPEST) {
      throw new Flaw(line(event), "nested deeper than " + DEEPEST + " levels");
    }
    if (event instanceof AliasEvent || ((NodeEvent) event).getAnchor() != null) {
      throw new Flaw(line(event), "anchors (&) and aliases (*) are not accepted; quote the text");
    }
    if (event instanceof ScalarEvent scalar) {
      return scalar(scalar);
    }
    if (event instanceof CollectionStartEvent collection && collection.getTag() != null) {
      throw new Flaw(line(event), "the tag " + collection.getTag() + " is not accepted");
    }
    if (event instanceof SequenceStartEvent) {
      ArrayNode array = JsonNodeFactory.instance.arrayNode();
      while (!events.checkEvent(Event.ID.SequenceEnd)) {
        String element = noting ? pointer + '/' + array.size() : "";
        array.add(node(events.getEvent(), element, depth + 1));
      }
      events.getEvent();
      return array;
    }
    return mapping(pointer, depth);
  }

  private ObjectNode mapping(String pointer, int depth) throws Flaw {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    while (!events.checkEvent(Event.ID.MappingEnd)) {
      Event key = events.getEvent();
      if (!(key instanceof ScalarEvent name)) {
        throw new Flaw(line(key), "a key must be a text");
      }
      if (name.getAnchor() != null || name.getTag() != null) {
        throw new Flaw(line(key), "a key must be a plain text, without anchor or tag");
      }
      String member = noting ? below(pointer, name.getValue()) : "";
      if (object.has(name.getValue())) {
        String first = noting ? ", first in line " + lines.get(member) : "";
        throw new Flaw(line(key), "'" + name.getValue() + "' is there twice" + first);
      }
      if (noting) {
        lines.put(member, line(key));
      }
      object.set(name.getValue(), node(events.getEvent(), member, depth + 1));
    }
    events.getEvent();
    return object;
  }

  private static JsonNode scalar(ScalarEvent event) throws Flaw {
    JsonNodeFactory make = JsonNodeFactory.instance;
    String text = event.getValue();
    String tag = event.getTag();
    if (tag != null && !tag.equals("tag:yaml.org,2002:str") && !tag.equals("!")) {
      throw new Flaw(line(event), "the tag " + tag + " is not accepted; accepted: !!str, none");
    }
    if (!event.isPlain() || tag != null) {
      return make.textNode(text);
    }
    switch (text) {
      case "", "~", "null", "Null", "NULL" -> {
        return make.nullNode();
      }
      case "true", "True", "TRUE" -> {
        return make.booleanNode(true);
      }
      case "false", "False", "FALSE" -> {
        return make.booleanNode(false);
      }
      default -> {
        return number(text);
      }
    }
  }

  private static JsonNode number(String text) {
    JsonNodeFactory make = JsonNodeFactory.instance;
    if (INTEGER.matcher(text).matches()) {
      BigInteger integer = new BigInteger(text);
      return integer.bitLength() < 64
          ? make.numberNode(integer.longValue())
          : make.numberNode(integer);
    }
    if (HEX.matcher(text).matches()) {
      return make.numberNode(Long.parseLong(text.substring(2), 16));
    }
    if (OCTAL.matcher(text).matches()) {
      return make.numberNode(Long.parseLong(text.substring(2), 8));
    }
    if (text.length() <= 64 && FLOAT.matcher(text).matches()) {
      double number = Double.parseDouble(text);
      return Double.isFinite(number) ? make.numberNode(number) : make.textNode(text);
    }
    return make.textNode(text);
  }
}
