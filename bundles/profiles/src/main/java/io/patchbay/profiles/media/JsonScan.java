package io.patchbay.profiles.media;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import io.patchbay.southbound.DecodeException;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Value;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds the values of many paths in one pass over a document, without building a tree: the paths
 * are merged into a small trie, and what no path asks for is skipped. A name that comes twice on
 * the way to a value makes the document undecodable, because it says two things (RFC 8259, clause 4
 * leaves that open).
 */
final class JsonScan {
  private static final class Node {
    final int id;
    final Map<String, Node> names = new HashMap<>();
    final Map<Integer, Node> elements = new HashMap<>();
    final String path;
    int cell = -1;
    int repeat = -1;
    @Nullable JsonScan each;
    boolean integral;

    Node(int id, String path) {
      this.id = id;
      this.path = path;
    }
  }

  /** Elements beyond this make a document undecodable. */
  static final int MOST_ELEMENTS = 10_000;

  private final List<Node> nodes = new ArrayList<>();
  private final Node root = node("");
  private int cells;
  private int repeats;

  private Node node(String path) {
    Node node = new Node(nodes.size(), path);
    nodes.add(node);
    return node;
  }

  /**
   * Asks for a path; only before the first pass.
   *
   * @param integral whether the value is an integer of the model
   * @return the cell of {@link Found} that will hold it
   */
  int ask(JsonPath path, boolean integral) {
    Node node = at(path);
    if (node.cell < 0) {
      node.cell = cells++;
    }
    node.integral |= integral;
    return node.cell;
  }

  /**
   * Asks for what another scan finds in each element of the array at a path; only before the first
   * pass.
   *
   * @return the number of {@link Found#elements} that will hold it
   * @throws IllegalArgumentException when other paths go into the same array
   */
  int each(JsonPath path, JsonScan inner) {
    Node node = at(path);
    node.each = inner;
    node.repeat = repeats++;
    return node.repeat;
  }

  /**
   * To be called when all has been asked.
   *
   * @throws IllegalArgumentException when a path goes into an array that is repeated as well
   */
  void settle() {
    for (Node node : nodes) {
      if (node.each != null && !(node.names.isEmpty() && node.elements.isEmpty())) {
        throw new IllegalArgumentException(
            "each: '"
                + node.path
                + "' is an array whose elements are read one by one; a path into it must be"
                + " relative to its elements");
      }
    }
  }

  private Node at(JsonPath path) {
    Node node = root;
    for (JsonPath.Step step : path.steps()) {
      if (step instanceof JsonPath.Step.Name name) {
        Node parent = node;
        node =
            node.names.computeIfAbsent(
                name.name(), key -> node(parent.path.isEmpty() ? key : parent.path + "." + key));
      } else if (step instanceof JsonPath.Step.Element element) {
        Node parent = node;
        node =
            node.elements.computeIfAbsent(
                element.index(), key -> node(parent.path + "[" + key + "]"));
      }
    }
    return node;
  }

  /** What one pass found; a cell has a value, or a fault, or neither when it is absent or null. */
  static final class Found {
    private final @Nullable Value[] values;
    private final @Nullable String[] faults;
    private final boolean[] present;
    private final boolean[] visited;
    private final List<List<Found>> elements;

    private Found(int cells, int nodes, int repeats) {
      values = new Value[cells];
      faults = new String[cells];
      present = new boolean[cells];
      visited = new boolean[nodes];
      elements =
          repeats == 0 ? List.of() : new ArrayList<>(Collections.nCopies(repeats, List.of()));
    }

    /** What was found in each element of a repeated array. */
    List<Found> elements(int repeat) {
      return elements.get(repeat);
    }

    @Nullable Value value(int cell) {
      return values[cell];
    }

    /** Why the value there cannot be used. */
    @Nullable String fault(int cell) {
      return faults[cell];
    }

    /** Whether the document has the path at all, be it null. */
    boolean present(int cell) {
      return present[cell];
    }
  }

  /** One pass over a document of any format. */
  Found scan(DocumentFormat format, byte[] octets) throws DecodeException {
    Found found = new Found(cells, nodes.size(), repeats);
    format.read(octets, (parser, first) -> value(parser, first, root, found));
    return found;
  }

  /** One pass over what has been unpacked already. */
  Found scan(JsonNode document) throws DecodeException {
    Found found = new Found(cells, nodes.size(), repeats);
    try (JsonParser parser = document.traverse()) {
      value(parser, parser.nextToken(), root, found);
    } catch (IOException e) {
      throw Json.undecodable(String.valueOf(e.getMessage()));
    }
    return found;
  }

  private void value(JsonParser parser, JsonToken token, Node node, Found found)
      throws IOException, DecodeException {
    if (found.visited[node.id]) {
      throw Json.undecodable(
          "'" + Json.shortened(node.path, 128) + "' occurs twice in one JSON document");
    }
    found.visited[node.id] = true;
    if (node.cell >= 0) {
      capture(parser, token, node, found);
    }
    if (node.each != null) {
      repeat(parser, token, node, node.each, found);
    } else if (token == JsonToken.START_OBJECT) {
      if (node.names.isEmpty()) {
        parser.skipChildren();
      } else {
        members(parser, node, found);
      }
    } else if (token == JsonToken.START_ARRAY) {
      if (node.elements.isEmpty()) {
        parser.skipChildren();
      } else {
        elements(parser, node, found);
      }
    }
  }

  /** What is no array is the one element of itself: XML cannot tell one from several. */
  private static void repeat(
      JsonParser parser, JsonToken token, Node node, JsonScan inner, Found found)
      throws IOException, DecodeException {
    List<Found> all = new ArrayList<>();
    found.elements.set(node.repeat, all);
    if (token != JsonToken.START_ARRAY) {
      if (token != JsonToken.VALUE_NULL) {
        all.add(inner.element(parser, token));
      }
      return;
    }
    for (JsonToken next = parser.nextToken();
        next != null && next != JsonToken.END_ARRAY;
        next = parser.nextToken()) {
      if (all.size() == MOST_ELEMENTS) {
        throw Json.undecodable(
            "'"
                + Json.shortened(node.path, 128)
                + "' has more than "
                + MOST_ELEMENTS
                + " elements");
      }
      all.add(inner.element(parser, next));
    }
  }

  private Found element(JsonParser parser, JsonToken token) throws IOException, DecodeException {
    Found found = new Found(cells, nodes.size(), repeats);
    value(parser, token, root, found);
    return found;
  }

  private void members(JsonParser parser, Node node, Found found)
      throws IOException, DecodeException {
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      Node child = node.names.get(parser.currentName());
      JsonToken token = parser.nextToken();
      if (child != null) {
        value(parser, token, child, found);
      } else if (token.isStructStart()) {
        parser.skipChildren();
      }
    }
  }

  private void elements(JsonParser parser, Node node, Found found)
      throws IOException, DecodeException {
    int index = 0;
    for (JsonToken token = parser.nextToken();
        token != null && token != JsonToken.END_ARRAY;
        token = parser.nextToken()) {
      Node child = node.elements.get(index++);
      if (child != null) {
        value(parser, token, child, found);
      } else if (token.isStructStart()) {
        parser.skipChildren();
      }
    }
  }

  private static void capture(JsonParser parser, JsonToken token, Node node, Found found)
      throws IOException {
    int cell = node.cell;
    found.present[cell] = true;
    switch (token) {
      case VALUE_NUMBER_INT -> {
        found.values[cell] = Json.integer(parser);
        if (found.values[cell] == null) {
          found.faults[cell] =
              Json.shortened(parser.getText(), 40) + " does not fit a signed 64-bit integer";
        }
      }
      case VALUE_NUMBER_FLOAT -> {
        found.values[cell] = Json.fraction(parser, node.integral);
        if (found.values[cell] == null) {
          found.faults[cell] = Json.shortened(parser.getText(), 40) + " is not a finite number";
        }
      }
      case VALUE_STRING -> {
        String text = parser.getText();
        if (Utf8.broken(text)) {
          found.faults[cell] = "the text holds half a surrogate pair";
        } else {
          found.values[cell] = new Value.Text(text);
        }
      }
      case VALUE_EMBEDDED_OBJECT -> {
        if (parser.getEmbeddedObject() instanceof byte[] octets) {
          found.values[cell] = new Value.Data(Bytes.wrap(octets));
        }
      }
      case VALUE_TRUE -> found.values[cell] = new Value.Bool(true);
      case VALUE_FALSE -> found.values[cell] = new Value.Bool(false);
      case START_OBJECT -> found.faults[cell] = "an object is not a value";
      case START_ARRAY -> found.faults[cell] = "an array is not a value";
      default -> {
        // null: the device does not know, which is no value and no fault
      }
    }
  }
}
