package io.patchbay.profiles;

import static io.patchbay.profiles.YamlDocument.below;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Puts a profile together: what it {@code extends} below its own, and the named {@code forms} into
 * those that {@code use} them. What comes from another file is said to be in the line of {@code
 * extends}.
 */
final class Composition {
  /** Profiles one upon the other. */
  private static final int DEEPEST = 8;

  private static final String EXTENDS = "extends";
  private static final String USE = "use";

  /** What belongs to a profile alone, and is not inherited. */
  private static final Set<String> OWN =
      Set.of("$schema", "id", "version", "title", "description", EXTENDS, "match", "examples");

  /** Lists of forms; every list named {@code forms} is one, too. */
  private static final Set<String> LISTS = Set.of("/match", "/status", "/parts");

  /** Where other profiles are. */
  @FunctionalInterface
  interface Bases {
    Bases NONE = id -> Optional.empty();

    /** The text of a profile. */
    Optional<String> text(String id);
  }

  /**
   * A profile put together.
   *
   * @param bases ids of what it extends, the nearest first
   * @param texts of these, one after the other
   */
  record Composed(YamlDocument document, List<String> bases, String texts) {
    Composed {
      bases = List.copyOf(bases);
    }
  }

  private final Report report;
  private final Bases bases;
  private final Map<String, Integer> lines;
  private final List<String> chain = new ArrayList<>();
  private final StringBuilder texts = new StringBuilder();

  private Composition(YamlDocument document, Bases bases, Report report) {
    this.report = report;
    this.bases = bases;
    this.lines = new HashMap<>(document.lines());
  }

  static Composed compose(YamlDocument document, Bases bases, Report report) {
    Composition composition = new Composition(document, bases, report);
    if (!(document.root() instanceof ObjectNode own)) {
      return new Composed(document, List.of(), "");
    }
    Scripts.inline(own);
    ObjectNode all = own;
    if (own.has(EXTENDS)) {
      all = composition.extended(own, own.path("id").asText(""));
      // from here on it is as if all of it stood in one file
      all.remove(EXTENDS);
    }
    composition.use(all, "", all.path("forms"));
    return new Composed(
        new YamlDocument(all, composition.lines), composition.chain, composition.texts.toString());
  }

  /** A text up to its examples, and from where the next key or document begins a line. */
  static String withoutExamples(String text) {
    int from = text.indexOf("\nexamples:");
    if (from < 0) {
      return text;
    }
    int end = text.indexOf('\n', from + 1);
    while (end >= 0 && end + 1 < text.length() && !beginsKey(text, end + 1)) {
      end = text.indexOf('\n', end + 1);
    }
    return end < 0 ? text.substring(0, from + 1) : text.substring(0, from) + text.substring(end);
  }

  private static boolean beginsKey(String text, int at) {
    return " \t\r\n#-".indexOf(text.charAt(at)) < 0 || text.startsWith("---", at);
  }

  private int extendsLine() {
    return lines.getOrDefault("/" + EXTENDS, 0);
  }

  private ObjectNode extended(ObjectNode own, String id) {
    JsonNode said = own.path(EXTENDS);
    String name = said.isTextual() ? said.textValue() : "";
    if (name.isEmpty()) {
      report.error(extendsLine(), "extends must be the id of another profile");
      return own;
    }
    chain.add(name);
    if (name.equals(id) || chain.indexOf(name) < chain.size() - 1) {
      report.error(
          extendsLine(), "extends goes in a circle: " + id + " → " + String.join(" → ", chain));
      return own;
    } else if (chain.size() > DEEPEST) {
      report.error(extendsLine(), "more than " + DEEPEST + " profiles extend one another");
      return own;
    }
    Optional<String> text = bases.text(name);
    if (text.isEmpty()) {
      report.error(extendsLine(), "extends: there is no profile '" + name + "'");
      return own;
    }
    texts.append(text.get());
    try {
      if (YamlText.values(withoutExamples(text.get())).root() instanceof ObjectNode base) {
        Scripts.inline(base);
        ObjectNode whole = base.has(EXTENDS) ? extended(base, id) : base;
        whole.remove(OWN);
        inherit(whole, "");
        merge(whole, own);
        return whole;
      }
      report.error(extendsLine(), "extends: profile '" + name + "' is no mapping");
    } catch (Flaw flaw) {
      report.error(extendsLine(), "extends: profile '" + name + "': " + flaw.message());
    }
    return own;
  }

  private void inherit(JsonNode node, String pointer) {
    lines.putIfAbsent(pointer, extendsLine());
    if (node instanceof ObjectNode object) {
      object.fieldNames().forEachRemaining(name -> inherit(object.get(name), below(pointer, name)));
    }
  }

  /** What is its own wins; null takes away; lists are replaced. */
  private static void merge(ObjectNode base, ObjectNode own) {
    for (Map.Entry<String, JsonNode> member : own.properties()) {
      JsonNode value = member.getValue();
      JsonNode present = base.get(member.getKey());
      if (value.isNull()) {
        base.remove(member.getKey());
      } else if (present instanceof ObjectNode below && value instanceof ObjectNode above) {
        merge(below, above);
      } else {
        base.set(member.getKey(), value);
      }
    }
  }

  private void use(JsonNode node, String pointer, JsonNode forms) {
    if (node instanceof ArrayNode array) {
      boolean areForms = LISTS.contains(pointer) || pointer.endsWith("/forms");
      for (int i = 0; i < array.size(); i++) {
        JsonNode element = array.get(i);
        if (!areForms) {
          use(element, pointer + '/' + i, forms);
        } else if (element instanceof ObjectNode form && form.has(USE)) {
          fill(form, pointer + '/' + i, forms);
        }
      }
    } else if (node instanceof ObjectNode object && !pointer.equals("/examples")) {
      for (Map.Entry<String, JsonNode> member : object.properties()) {
        if (member.getValue().isContainerNode()) {
          use(member.getValue(), below(pointer, member.getKey()), forms);
        }
      }
    }
  }

  private void fill(ObjectNode form, String pointer, JsonNode forms) {
    String name = form.remove(USE).asText("");
    if (!(forms.get(name) instanceof ObjectNode shared)) {
      Set<String> known = new TreeSet<>();
      forms.fieldNames().forEachRemaining(known::add);
      report.error(
          lines.getOrDefault(below(pointer, USE), 0),
          "use: there is no form '"
              + name
              + "' among the profile's 'forms'; accepted: "
              + String.join(", ", known));
      return;
    }
    for (Map.Entry<String, JsonNode> member : shared.properties()) {
      if (!form.has(member.getKey())) {
        form.set(member.getKey(), member.getValue().deepCopy());
        Integer line = lines.get(below("/forms/" + name, member.getKey()));
        if (line != null) {
          lines.putIfAbsent(below(pointer, member.getKey()), line);
        }
      }
    }
  }
}
