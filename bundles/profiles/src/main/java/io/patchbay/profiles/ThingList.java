package io.patchbay.profiles;

import com.fasterxml.jackson.databind.JsonNode;
import io.patchbay.operation.Finding;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Value;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A file of things: one, or a list of them.
 *
 * @param desired what their properties shall be
 * @param things with the line they begin in; empty when something is wrong
 */
record ThingList(
    Map<Thing, Integer> things, Map<ThingId, Map<String, Value>> desired, List<Finding> findings) {
  private static final String BASE = "mqtt://local";

  ThingList {
    findings = List.copyOf(findings);
  }

  boolean refused() {
    return findings.stream().anyMatch(f -> f.severity() == Finding.Severity.ERROR);
  }

  static ThingList read(String file, String text) {
    Report report = new Report(file);
    Map<Thing, Integer> things = new LinkedHashMap<>();
    Map<ThingId, Map<String, Value>> desired = new LinkedHashMap<>();
    try {
      Entry root = Entry.root(YamlText.parse(text), report);
      Map<ThingId, Integer> lines = new LinkedHashMap<>();
      for (Entry entry : root.node().isArray() ? root.elements() : List.of(root)) {
        thing(entry, things, desired, lines);
      }
    } catch (Flaw flaw) {
      report.error(flaw.line(), flaw.message());
    }
    return report.refused()
        ? new ThingList(Map.of(), Map.of(), report.findings())
        : new ThingList(things, desired, report.findings());
  }

  private static void thing(
      Entry entry,
      Map<Thing, Integer> things,
      Map<ThingId, Map<String, Value>> desired,
      Map<ThingId, Integer> lines) {
    entry.only("id", "profile", "base", "terms", "labels", "desired");
    String id = entry.needed("id");
    String profile = entry.needed("profile");
    Map<String, String> terms = entry.get("terms").textMap();
    Map<String, String> labels = entry.get("labels").textMap();
    try {
      if (!id.isEmpty()) {
        ThingId name = new ThingId(id);
        Integer earlier = lines.put(name, entry.line());
        if (earlier != null) {
          entry.error("thing '" + id + "' is there twice, first in line " + earlier);
        }
        Map<String, Value> values = new LinkedHashMap<>();
        entry
            .get("desired")
            .members()
            .forEach((property, said) -> value(said).ifPresent(v -> values.put(property, v)));
        desired.put(name, values);
        URI base = new URI(entry.get("base").text(BASE));
        things.put(new Thing(name, base, profile, terms, labels), entry.line());
      }
    } catch (IllegalArgumentException e) {
      entry.error(String.valueOf(e.getMessage()));
    } catch (URISyntaxException e) {
      entry.get("base").error("base is no URI: " + e.getMessage() + "; accepted: " + BASE);
    }
  }

  /** In the type it is written in; the profile's type is known when it is written to the device. */
  private static Optional<Value> value(Entry said) {
    JsonNode node = said.node();
    if (node.isBoolean()) {
      return Optional.of(new Value.Bool(node.booleanValue()));
    } else if (node.isIntegralNumber() && node.canConvertToLong()) {
      return Optional.of(new Value.Int(node.longValue()));
    } else if (node.isNumber() && Double.isFinite(node.doubleValue())) {
      return Optional.of(new Value.Num(node.doubleValue()));
    } else if (node.isTextual()) {
      return Optional.of(new Value.Text(node.textValue()));
    }
    said.error("a desired value is a number, true, false or a text");
    return Optional.empty();
  }
}
