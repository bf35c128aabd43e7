package io.patchbay.profiles.media;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.patchbay.southbound.DecodeException;
import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/**
 * XML 1.0 as a document of names: an element's attributes are {@code @name}, its text is its value
 * or, beside others, {@code #text}; elements of one name become an array. The root's own name is
 * the first of every path; namespaces do not matter. No DTD and no entity of one is ever read.
 */
final class Xml {
  /** Elements and attributes beyond this make a document undecodable. */
  private static final int MOST_NODES = 100_000;

  private static final int LONGEST_TEXT = 1 << 20;
  private static final int HEAD = 128;
  private static final Pattern ENCODING =
      Pattern.compile("<\\?xml[^>]*encoding\\s*=\\s*[\"']([A-Za-z][A-Za-z0-9._-]*)[\"']");
  private static final XMLInputFactory FACTORY = factory();

  private final XMLStreamReader reader;
  private int nodes;

  private Xml(XMLStreamReader reader) {
    this.reader = reader;
  }

  private static XMLInputFactory factory() {
    XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
    factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
    factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
    factory.setProperty(XMLInputFactory.IS_COALESCING, true);
    // without one the JDK's parser writes what devices sent wrong to the error output
    factory.setXMLReporter((message, type, information, location) -> {});
    factory.setXMLResolver(
        (publicId, systemId, base, namespace) -> {
          throw new XMLStreamException("'" + systemId + "' is not read");
        });
    return factory;
  }

  static void document(byte[] octets, Json.Walk walk) throws DecodeException {
    JsonNode root = tree(octets);
    try (JsonParser parser = root.traverse()) {
      walk.over(parser, parser.nextToken());
    } catch (IOException e) {
      throw Json.undecodable("not XML: " + e.getMessage());
    }
  }

  private static JsonNode tree(byte[] octets) throws DecodeException {
    try {
      XMLStreamReader reader = FACTORY.createXMLStreamReader(new StringReader(text(octets)));
      try {
        return new Xml(reader).root();
      } finally {
        reader.close();
      }
    } catch (XMLStreamException | RuntimeException e) {
      // the JDK's parser throws its own errors for some broken encodings
      throw Json.undecodable("not XML: " + Json.shortened(said(e), 160));
    }
  }

  /**
   * In the encoding that is declared, or by its mark, or UTF-8 (XML 1.0, appendix F). The parser's
   * own decoders write what is wrong to the error output.
   */
  private static String text(byte[] octets) throws DecodeException {
    Charset charset = StandardCharsets.UTF_8;
    String head = new String(octets, 0, Math.min(octets.length, HEAD), StandardCharsets.ISO_8859_1);
    Matcher declared = ENCODING.matcher(head);
    try {
      if (head.startsWith("\u00FE\u00FF") || head.startsWith("\u00FF\u00FE")) {
        charset = StandardCharsets.UTF_16;
      } else if (declared.find()) {
        charset = Charset.forName(declared.group(1));
      }
      String text = charset.newDecoder().decode(ByteBuffer.wrap(octets)).toString();
      return text.startsWith("\uFEFF") ? text.substring(1) : text;
    } catch (CharacterCodingException | IllegalArgumentException e) {
      throw Json.undecodable(
          "the XML is not " + (declared.reset().find() ? declared.group(1) : charset.name()));
    }
  }

  private static String said(Exception e) {
    return String.valueOf(e.getMessage()).replaceAll("\\s+", " ").strip();
  }

  private JsonNode root() throws XMLStreamException, DecodeException {
    ObjectNode document = JsonNodeFactory.instance.objectNode();
    while (reader.hasNext()) {
      int event = reader.next();
      refuse(event);
      if (event == XMLStreamConstants.START_ELEMENT) {
        String name = reader.getLocalName();
        document.set(name, element(1));
      }
    }
    return document;
  }

  private static void refuse(int event) throws DecodeException {
    if (event == XMLStreamConstants.DTD) {
      throw Json.undecodable("the XML has a document type (DTD), which is not accepted");
    } else if (event == XMLStreamConstants.ENTITY_REFERENCE) {
      throw Json.undecodable("the XML refers to an entity, which is not accepted");
    }
  }

  private JsonNode element(int depth) throws XMLStreamException, DecodeException {
    if (depth > Json.DEEPEST) {
      throw Json.undecodable("the XML is nested deeper than " + Json.DEEPEST + " levels");
    }
    ObjectNode element = JsonNodeFactory.instance.objectNode();
    for (int i = 0; i < reader.getAttributeCount(); i++) {
      count();
      element.put("@" + reader.getAttributeLocalName(i), reader.getAttributeValue(i));
    }
    StringBuilder text = new StringBuilder();
    while (true) {
      int event = reader.next();
      refuse(event);
      if (event == XMLStreamConstants.START_ELEMENT) {
        String name = reader.getLocalName();
        add(element, name, element(depth + 1));
      } else if (event == XMLStreamConstants.CHARACTERS || event == XMLStreamConstants.CDATA) {
        text.append(reader.getText());
        if (text.length() > LONGEST_TEXT) {
          throw Json.undecodable("a text in the XML has more than " + LONGEST_TEXT + " characters");
        }
      } else if (event == XMLStreamConstants.END_ELEMENT) {
        String value = text.toString().strip();
        if (element.isEmpty()) {
          return value.isEmpty()
              ? JsonNodeFactory.instance.nullNode()
              : JsonNodeFactory.instance.textNode(value);
        }
        if (!value.isEmpty()) {
          element.put("#text", value);
        }
        return element;
      }
    }
  }

  private void add(ObjectNode parent, String name, JsonNode child) throws DecodeException {
    count();
    JsonNode present = parent.get(name);
    if (present == null) {
      parent.set(name, child);
    } else if (present instanceof ArrayNode several) {
      several.add(child);
    } else {
      parent.set(name, parent.arrayNode().add(present).add(child));
    }
  }

  private void count() throws DecodeException {
    if (++nodes > MOST_NODES) {
      throw Json.undecodable("the XML has more than " + MOST_NODES + " elements and attributes");
    }
  }

  /** A text as it stands between tags or in an attribute. */
  static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
