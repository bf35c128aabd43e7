package io.patchbay.northbound.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.patchbay.store.Selection;
import io.patchbay.thing.ThingId;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Which uplinks a client wants. */
final class Selections {
  static final Route.Parameter[] PARAMETERS = {
    Route.Parameter.text("thing", "id of a thing"),
    Route.Parameter.text("profile", "id of a profile"),
    Route.Parameter.text("property", "name of a property or event"),
    new Route.Parameter(
        "kind",
        "string",
        "reading, occurrence, status, discovered; several divided by commas; all when not given",
        true)
  };

  private Selections() {}

  static boolean given(Exchange exchange) {
    for (Route.Parameter parameter : PARAMETERS) {
      if (!exchange.queries(parameter.name()).isEmpty()) {
        return true;
      }
    }
    return false;
  }

  static Selection of(Exchange exchange) {
    Set<Selection.Kind> kinds = EnumSet.noneOf(Selection.Kind.class);
    for (String list : exchange.queries("kind")) {
      for (String word : list.split(",", -1)) {
        kinds.add(Words.parse("kind", word, Selection.Kind.class));
      }
    }
    Optional<ThingId> thing =
        exchange
            .query("thing")
            .map(
                text -> {
                  if (!ThingId.valid(text)) {
                    throw Problem.bad("'thing' is '" + text + "', which cannot name a thing");
                  }
                  return new ThingId(text);
                });
    return new Selection(
        kinds.isEmpty() ? EnumSet.allOf(Selection.Kind.class) : kinds,
        thing,
        exchange.query("profile"),
        exchange.query("property"));
  }

  static ObjectNode json(Selection selection) {
    ObjectNode node = Json.object();
    ArrayNode kinds = node.putArray("kinds");
    new TreeSet<>(selection.kinds()).forEach(kind -> kinds.add(Words.of(kind)));
    selection.thing().ifPresent(thing -> node.put("thing", thing.value()));
    selection.profile().ifPresent(profile -> node.put("profile", profile));
    selection.property().ifPresent(property -> node.put("property", property));
    return node;
  }
}
