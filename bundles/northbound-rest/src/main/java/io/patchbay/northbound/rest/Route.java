package io.patchbay.northbound.rest;

import io.patchbay.access.Role;
import io.patchbay.northbound.RefusedException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One operation of the API: what dispatches it and what describes it are the same record.
 *
 * @param path {@code /api/v1/things/{id}}; a last part {@code {id*}} takes the rest of the path
 * @param role least role that may call it; empty when anybody may
 * @param act name in the audit; empty for what changes nothing
 * @param query parameters it knows
 * @param takes media types of the body by name of their schema; empty when it takes none
 * @param gives media types of the answer by name of their schema; empty when it gives none
 */
record Route(
    String method,
    String path,
    Optional<Role> role,
    String act,
    String summary,
    List<Parameter> query,
    Map<String, String> takes,
    Map<String, String> gives,
    int success,
    Handler handler) {

  /** Does the work. */
  @FunctionalInterface
  interface Handler {
    void handle(Exchange exchange) throws IOException, RefusedException;
  }

  /**
   * A query parameter.
   *
   * @param type {@code string}, {@code integer}, {@code date-time}
   */
  record Parameter(String name, String type, String description, boolean repeated) {
    static Parameter text(String name, String description) {
      return new Parameter(name, "string", description, false);
    }

    static Parameter number(String name, String description) {
      return new Parameter(name, "integer", description, false);
    }

    static Parameter time(String name, String description) {
      return new Parameter(name, "date-time", description, false);
    }
  }

  static final String JSON = "application/json";

  static Route get(String path, Role role, String summary, String schema, Handler handler) {
    return new Route(
        "GET",
        path,
        Optional.of(role),
        "",
        summary,
        List.of(),
        Map.of(),
        Map.of(JSON, schema),
        200,
        handler);
  }

  static Route act(
      String method, String path, Role role, String act, String summary, Handler handler) {
    return new Route(
        method, path, Optional.of(role), act, summary, List.of(), Map.of(), Map.of(), 204, handler);
  }

  Route open() {
    return new Route(
        method, path, Optional.empty(), act, summary, query, takes, gives, success, handler);
  }

  Route asking(Parameter... parameters) {
    return new Route(
        method, path, role, act, summary, List.of(parameters), takes, gives, success, handler);
  }

  Route taking(String mediaType, String schema) {
    Map<String, String> all = new HashMap<>(takes);
    all.put(mediaType, schema);
    return new Route(
        method, path, role, act, summary, query, Map.copyOf(all), gives, success, handler);
  }

  Route giving(int status, String mediaType, String schema) {
    Map<String, String> all = new HashMap<>(gives);
    all.put(mediaType, schema);
    return new Route(
        method, path, role, act, summary, query, takes, Map.copyOf(all), status, handler);
  }

  /** What the named parts of the path hold; empty when it does not match. */
  Optional<Map<String, String>> match(List<String> segments) {
    String[] parts = path.substring(1).split("/", -1);
    boolean rest = parts[parts.length - 1].endsWith("*}");
    if (rest ? segments.size() < parts.length : segments.size() != parts.length) {
      return Optional.empty();
    }
    Map<String, String> found = new HashMap<>();
    for (int i = 0; i < parts.length; i++) {
      String part = parts[i];
      if (part.endsWith("*}")) {
        String all = String.join("/", segments.subList(i, segments.size()));
        found.put(part.substring(1, part.length() - 2), all);
      } else if (part.startsWith("{")) {
        found.put(part.substring(1, part.length() - 1), segments.get(i));
      } else if (!part.equals(segments.get(i))) {
        return Optional.empty();
      }
    }
    return Optional.of(found);
  }

  /** Names of the parts of the path. */
  List<String> names() {
    List<String> names = new ArrayList<>();
    for (String part : path.split("/", -1)) {
      if (part.startsWith("{")) {
        names.add(part.substring(1, part.length() - 1).replace("*", ""));
      }
    }
    return names;
  }

  /** More literal text means a narrower path. */
  int literals() {
    int literals = 0;
    for (String part : path.split("/", -1)) {
      literals += part.startsWith("{") ? 0 : 1;
    }
    return literals;
  }
}
