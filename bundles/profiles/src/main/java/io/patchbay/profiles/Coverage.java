package io.patchbay.profiles;

import com.fasterxml.jackson.databind.JsonNode;
import io.patchbay.profile.Property;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** What a profile that works still lacks: examples, semantic keys, users of what it defines. */
final class Coverage {
  private Coverage() {}

  static void check(YamlDocument document, ProfileReader.Read read, Report report) {
    examples(document, read, report);
    semantics(document, read, report);
    words(document, report);
    unused(document, read, report);
  }

  private static void examples(YamlDocument document, ProfileReader.Read read, Report report) {
    Set<String> shown = new TreeSet<>();
    for (Entry example : read.examples()) {
      names(example.node().path("readings"), shown);
      names(example.node().path("write"), shown);
      example.node().path("things").forEach(readings -> names(readings, shown));
    }
    List<String> missing = new ArrayList<>(new TreeSet<>(read.profile().properties().keySet()));
    int all = missing.size();
    missing.removeAll(shown);
    if (!missing.isEmpty()) {
      report.warn(
          document.line("/examples"),
          "the examples show "
              + (all - missing.size())
              + " of "
              + all
              + " properties ("
              + 100 * (all - missing.size()) / all
              + " %); not shown: "
              + String.join(", ", missing));
    }
  }

  private static void names(JsonNode readings, Set<String> shown) {
    readings
        .properties()
        .forEach(
            reading -> {
              if (!reading.getValue().isNull()) {
                shown.add(reading.getKey());
              }
            });
  }

  /** A physical quantity that says what it is can be compared with others of its kind. */
  private static void semantics(YamlDocument document, ProfileReader.Read read, Report report) {
    for (Property property : new TreeMap<>(read.profile().properties()).values()) {
      if (property.semantic().isEmpty() && !property.schema().unit().isEmpty()) {
        report.warn(
            document.line(YamlDocument.below("/properties", property.name())),
            "property '"
                + property.name()
                + "' has a unit, but no semantic key (3303/5700 = temperature)");
      }
    }
  }

  /** Texts that are accepted, and that no word of the wire stands for. */
  private static void words(YamlDocument document, Report report) {
    document
        .root()
        .path("properties")
        .properties()
        .forEach(
            property -> {
              JsonNode options = property.getValue().path("enum");
              JsonNode values = property.getValue().path("values");
              if (options.isArray() && values.isObject()) {
                Set<String> given = new TreeSet<>();
                values.forEach(value -> given.add(value.asText()));
                for (JsonNode option : options) {
                  if (!given.contains(option.asText())) {
                    report.warn(
                        document.line("/properties/" + property.getKey() + "/enum"),
                        "'" + option.asText() + "' of enum is used by no word of 'values'");
                  }
                }
              }
            });
  }

  private static void unused(YamlDocument document, ProfileReader.Read read, Report report) {
    Set<String> used = new TreeSet<>();
    for (FormSite site : read.sites()) {
      site.form().term("codec").ifPresent(used::add);
    }
    for (Map.Entry<String, JsonNode> codec : document.root().path("codecs").properties()) {
      if (!used.contains(codec.getValue().toString())) {
        report.warn(
            document.line(YamlDocument.below("/codecs", codec.getKey())),
            "codec '" + codec.getKey() + "' is used by no form");
      }
    }
  }
}
