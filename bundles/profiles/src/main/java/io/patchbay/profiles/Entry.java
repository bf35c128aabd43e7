package io.patchbay.profiles;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A place in a YAML file, read with suspicion: what has the wrong type is reported with its line
 * and then taken as absent.
 */
final class Entry {
  private final YamlDocument document;
  private final Report report;
  private final JsonNode node;
  private final @Nullable Entry around;

  /** In what is around it: of a member, or the number of an element. */
  private final String name;

  private Entry(
      YamlDocument document, Report report, JsonNode node, @Nullable Entry around, String name) {
    this.document = document;
    this.report = report;
    this.node = node;
    this.around = around;
    this.name = name;
  }

  static Entry root(YamlDocument document, Report report) {
    return new Entry(document, report, document.root(), null, "");
  }

  /** Put together when something is to be said of it, which is seldom. */
  String pointer() {
    return around == null ? "" : YamlDocument.below(around.pointer(), name);
  }

  int line() {
    return document.line(pointer());
  }

  JsonNode node() {
    return node;
  }

  boolean present() {
    return !node.isMissingNode() && !node.isNull();
  }

  void error(String message) {
    report.error(line(), message);
  }

  void warn(String message) {
    report.warn(line(), message);
  }

  private String name() {
    String pointer = pointer();
    return pointer.isEmpty()
        ? "the file"
        : "'" + pointer.substring(1).replace('/', '.').replace("~1", "/").replace("~0", "~") + "'";
  }

  Entry get(String name) {
    JsonNode child = node.isObject() ? node.get(name) : null;
    return new Entry(
        document, report, child == null ? MissingNode.getInstance() : child, this, name);
  }

  /** Members in the order of the file. */
  Map<String, Entry> members() {
    Map<String, Entry> members = new LinkedHashMap<>();
    if (present()) {
      if (node.isObject()) {
        node.fieldNames().forEachRemaining(name -> members.put(name, get(name)));
      } else {
        error(name() + " must be a mapping (name: value)");
      }
    }
    return members;
  }

  /** Elements of a list. */
  List<Entry> elements() {
    List<Entry> elements = new ArrayList<>();
    if (present()) {
      if (node.isArray()) {
        for (int i = 0; i < node.size(); i++) {
          elements.add(new Entry(document, report, node.get(i), this, Integer.toString(i)));
        }
      } else {
        error(name() + " must be a list (lines that begin with -)");
      }
    }
    return elements;
  }

  /** Refuses members of other names. */
  void only(String... names) {
    List<String> accepted = Arrays.asList(names);
    for (Map.Entry<String, Entry> member : members().entrySet()) {
      if (!accepted.contains(member.getKey())) {
        member
            .getValue()
            .error(
                "'"
                    + member.getKey()
                    + "' is not known here; accepted: "
                    + String.join(", ", accepted));
      }
    }
  }

  /** A text, a number or a boolean, as text. */
  Optional<String> text() {
    if (!present()) {
      return Optional.empty();
    }
    if (!node.isValueNode()) {
      error(name() + " must be a text");
      return Optional.empty();
    }
    return Optional.of(node.asText());
  }

  String text(String otherwise) {
    return text().orElse(otherwise);
  }

  /** A text that must be there. */
  String needed(String name) {
    Entry entry = get(name);
    if (!entry.present()) {
      error("'" + name + "' is missing");
      return "";
    }
    return entry.text("");
  }

  Optional<Double> number() {
    if (present() && !node.isNumber()) {
      error(name() + " must be a number");
    }
    return node.isNumber() ? Optional.of(node.doubleValue()) : Optional.empty();
  }

  Optional<Boolean> bool() {
    if (present() && !node.isBoolean()) {
      error(name() + " must be true or false");
    }
    return node.isBoolean() ? Optional.of(node.booleanValue()) : Optional.empty();
  }

  /** A list of texts; one text alone is a list of one. */
  List<String> texts() {
    if (present() && node.isValueNode()) {
      return List.of(node.asText());
    }
    return elements().stream().flatMap(element -> element.text().stream()).toList();
  }

  /** A mapping of texts. */
  Map<String, String> textMap() {
    return members().entrySet().stream()
        .collect(
            Collectors.toMap(
                Map.Entry::getKey,
                member -> member.getValue().text(""),
                (a, b) -> b,
                LinkedHashMap::new));
  }

  /** What is in it as flat text: {@code a.b} for a member of a mapping, {@code a.0} of a list. */
  Map<String, String> flat() {
    Map<String, String> flat = new LinkedHashMap<>();
    flatten("", node, flat);
    return flat;
  }

  private static void flatten(String name, JsonNode node, Map<String, String> flat) {
    String below = name.isEmpty() ? "" : name + ".";
    if (node.isObject()) {
      node.fieldNames().forEachRemaining(member -> flatten(below + member, node.get(member), flat));
    } else if (node.isArray()) {
      for (int i = 0; i < node.size(); i++) {
        flatten(below + i, node.get(i), flat);
      }
    } else if (!node.isNull() && !node.isMissingNode()) {
      flat.put(name, node.asText());
    }
  }
}
