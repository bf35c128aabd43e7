package io.patchbay.northbound.rest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.patchbay.access.Role;
import java.io.IOException;
import java.io.InputStream;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** OpenAPI 3.1, written from the table that dispatches: the two cannot differ. */
final class OpenApi {
  static final String PATH = "/api/v1/openapi.json";

  private OpenApi() {}

  /** Makes the document when somebody asks. */
  interface Source {
    JsonNode document() throws IOException;
  }

  /** The route that answers with it. */
  static Route route(Source source) {
    return Route.get(
            PATH,
            Role.VIEWER,
            "This description",
            "OpenApi",
            exchange -> exchange.reply(200, source.document()))
        .open();
  }

  static ObjectNode document(List<Route> routes, String version) throws IOException {
    ObjectNode root = Json.object();
    root.put("openapi", "3.1.0");
    root.putObject("info")
        .put("title", "Patchbay")
        .put("version", version)
        .put("summary", "An integration hub for heterogeneous devices")
        .putObject("license")
        .put("name", "Apache-2.0")
        .put("identifier", "Apache-2.0");
    root.putArray("servers").addObject().put("url", "/");
    root.putArray("security").addObject().putArray("token");
    ObjectNode paths = root.putObject("paths");
    routes.stream()
        .sorted(Comparator.comparing(Route::path).thenComparing(Route::method))
        .forEach(
            route -> {
              String path = route.path().replace("*}", "}");
              JsonNode item = paths.get(path);
              ObjectNode operations =
                  item instanceof ObjectNode known ? known : paths.putObject(path);
              operations.set(route.method().toLowerCase(Locale.ROOT), operation(route));
            });
    ObjectNode components = root.putObject("components");
    components
        .putObject("securitySchemes")
        .putObject("token")
        .put("type", "http")
        .put("scheme", "bearer");
    components.set("schemas", schemas());
    return root;
  }

  /** The shapes of bodies, by name. */
  static JsonNode schemas() throws IOException {
    try (InputStream in = OpenApi.class.getResourceAsStream("schemas.json")) {
      if (in == null) {
        throw new IOException("the bundle lacks its schemas.json");
      }
      return Json.parse(in.readAllBytes());
    }
  }

  private static ObjectNode operation(Route route) {
    ObjectNode operation = Json.object();
    operation.put("operationId", id(route));
    operation.put("summary", route.summary());
    operation.put(
        "description",
        route
            .role()
            .map(role -> "Needs the role " + Words.of(role) + ".")
            .orElse("Needs no token."));
    if (route.role().isEmpty()) {
      operation.putArray("security");
    }
    ArrayNode parameters = operation.putArray("parameters");
    for (String name : route.names()) {
      ObjectNode parameter = parameters.addObject();
      parameter.put("name", name).put("in", "path").put("required", true);
      parameter.putObject("schema").put("type", "string");
    }
    for (Route.Parameter query : route.query()) {
      ObjectNode parameter = parameters.addObject();
      parameter
          .put("name", query.name())
          .put("in", "query")
          .put("description", query.description());
      schema(parameter.putObject("schema"), query);
    }
    if (!route.takes().isEmpty()) {
      ObjectNode body = operation.putObject("requestBody");
      content(body.putObject("content"), route.takes());
    }
    ObjectNode responses = operation.putObject("responses");
    ObjectNode success = responses.putObject(Integer.toString(route.success()));
    success.put("description", route.summary());
    if (!route.gives().isEmpty()) {
      content(success.putObject("content"), route.gives());
    }
    ObjectNode otherwise = responses.putObject("default");
    otherwise.put("description", "A problem (RFC 9457)");
    content(otherwise.putObject("content"), Map.of("application/problem+json", "Problem"));
    return operation;
  }

  private static void schema(ObjectNode schema, Route.Parameter query) {
    ObjectNode one = schema;
    if (query.repeated()) {
      schema.put("type", "array");
      one = schema.putObject("items");
    }
    boolean time = query.type().equals("date-time");
    one.put("type", time ? "string" : query.type());
    if (time) {
      one.put("format", "date-time");
    }
  }

  private static void content(ObjectNode content, Map<String, String> byType) {
    new TreeMap<>(byType)
        .forEach(
            (type, name) ->
                content
                    .putObject(type)
                    .putObject("schema")
                    .put("$ref", "#/components/schemas/" + name));
  }

  /** {@code getThingsIdReadings} */
  private static String id(Route route) {
    StringBuilder id = new StringBuilder(route.method().toLowerCase(Locale.ROOT));
    for (String part : route.path().replace("/api/v1", "").split("[^A-Za-z0-9]+", -1)) {
      if (!part.isEmpty()) {
        id.append(Character.toUpperCase(part.charAt(0))).append(part.substring(1));
      }
    }
    return id.toString();
  }
}
