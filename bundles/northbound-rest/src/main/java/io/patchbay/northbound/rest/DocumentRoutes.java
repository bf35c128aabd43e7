package io.patchbay.northbound.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.patchbay.access.Role;
import io.patchbay.northbound.RefusedException;
import io.patchbay.operation.Documents;
import io.patchbay.operation.Documents.Document;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** {@code /profiles} and {@code /routes}: the text files that the hub lives by. */
final class DocumentRoutes {
  private static final String YAML = "application/yaml";
  private static final String[] TEXTS = {YAML, "text/yaml", "application/x-yaml", "text/plain"};

  private final Rooms rooms;

  DocumentRoutes(Rooms rooms) {
    this.rooms = rooms;
  }

  List<Route> routes() {
    List<Route> routes = new ArrayList<>();
    for (String kind : List.of("profile", "route")) {
      String all = "/api/v1/" + kind + "s";
      String one = all + "/{id*}";
      routes.add(
          Route.get(
              all,
              Role.VIEWER,
              "Lists " + kind + "s",
              "Documents",
              exchange -> list(kind, exchange)));
      routes.add(
          Route.get(
                  one,
                  Role.VIEWER,
                  "The text of a " + kind,
                  "Yaml",
                  exchange -> text(kind, exchange))
              .giving(200, YAML, "Yaml"));
      Route put =
          Route.act(
              "PUT",
              one,
              Role.INTEGRATOR,
              kind + ".put",
              "Checks a " + kind + " and puts it into service; when refused the previous one stays",
              exchange -> put(kind, exchange));
      for (String type : TEXTS) {
        put = put.taking(type, "Yaml");
      }
      routes.add(put.giving(200, Route.JSON, "Document"));
      routes.add(
          Route.act(
              "DELETE",
              one,
              Role.INTEGRATOR,
              kind + ".remove",
              "Removes a " + kind + " of the data directory; a shipped one comes back",
              exchange -> remove(kind, exchange)));
    }
    return routes;
  }

  private void list(String kind, Exchange exchange) throws IOException {
    ObjectNode body = Json.object();
    ArrayNode documents = body.putArray(kind + "s");
    rooms.documents(kind).list().forEach(document -> documents.add(json(document)));
    exchange.reply(200, body);
  }

  private void text(String kind, Exchange exchange) throws IOException {
    String id = exchange.path("id");
    String text =
        rooms
            .documents(kind)
            .text(id)
            .orElseThrow(() -> Problem.notFound("there is no " + kind + " '" + id + "'"));
    exchange.reply(200, YAML + ";charset=utf-8", text);
  }

  private void put(String kind, Exchange exchange) throws IOException, RefusedException {
    String text = exchange.text(TEXTS);
    exchange.reply(200, json(rooms.documents(kind).put(exchange.path("id"), text)));
  }

  private void remove(String kind, Exchange exchange) throws IOException {
    Documents documents = rooms.documents(kind);
    String id = exchange.path("id");
    if (!documents.remove(id)) {
      boolean shipped = documents.list().stream().anyMatch(document -> document.id().equals(id));
      throw shipped
          ? Problem.of(
              409,
              "the "
                  + kind
                  + " '"
                  + id
                  + "' is part of the distribution; put one of the same id to overlay it")
          : Problem.notFound("there is no " + kind + " '" + id + "'");
    }
    exchange.done();
  }

  private static ObjectNode json(Document document) {
    ObjectNode node = Json.object();
    node.put("id", document.id());
    node.put("title", document.title());
    node.put("version", document.version());
    node.put("shipped", document.shipped());
    node.put("state", document.state());
    ArrayNode findings = node.putArray("findings");
    document
        .findings()
        .forEach(
            finding ->
                findings
                    .addObject()
                    .put("severity", Words.of(finding.severity()))
                    .put("file", finding.file())
                    .put("line", finding.line())
                    .put("message", finding.message()));
    return node;
  }
}
