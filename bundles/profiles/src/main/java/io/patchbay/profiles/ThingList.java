package io.patchbay.profiles;

import io.patchbay.operation.Finding;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A file of things: one, or a list of them.
 *
 * @param things with the line they begin in; empty when something is wrong
 */
record ThingList(Map<Thing, Integer> things, List<Finding> findings) {
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
    try {
      Entry root = Entry.root(YamlText.parse(text), report);
      Map<ThingId, Integer> lines = new LinkedHashMap<>();
      for (Entry entry : root.node().isArray() ? root.elements() : List.of(root)) {
        thing(entry, things, lines);
      }
    } catch (Flaw flaw) {
      report.error(flaw.line(), flaw.message());
    }
    return new ThingList(report.refused() ? Map.of() : things, report.findings());
  }

  private static void thing(Entry entry, Map<Thing, Integer> things, Map<ThingId, Integer> lines) {
    entry.only("id", "profile", "base", "terms", "labels");
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
        URI base = new URI(entry.get("base").text(BASE));
        things.put(new Thing(name, base, profile, terms, labels), entry.line());
      }
    } catch (IllegalArgumentException e) {
      entry.error(String.valueOf(e.getMessage()));
    } catch (URISyntaxException e) {
      entry.get("base").error("base is no URI: " + e.getMessage() + "; accepted: " + BASE);
    }
  }
}
