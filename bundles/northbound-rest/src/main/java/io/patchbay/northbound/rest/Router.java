package io.patchbay.northbound.rest;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** The table of all operations: finds the one that is meant. */
final class Router {
  private final List<Route> routes;

  Router(List<Route> routes) {
    this.routes = new ArrayList<>(routes);
    this.routes.sort(Comparator.comparingInt(Route::literals).reversed());
  }

  List<Route> routes() {
    return List.copyOf(routes);
  }

  /** A route and what the parts of its path hold. */
  record Found(Route route, Map<String, String> path) {}

  /**
   * @throws Problem 404 for an unknown path, 405 for a known one that has not this method
   */
  Found find(String method, List<String> segments) {
    String wanted = method.equals("HEAD") ? "GET" : method;
    Set<String> allowed = new TreeSet<>();
    int literals = 0;
    for (Route route : routes) {
      Optional<Map<String, String>> path = route.match(segments);
      if (path.isEmpty() || route.literals() < literals) {
        continue;
      }
      if (route.method().equals(wanted)) {
        return new Found(route, path.get());
      }
      literals = route.literals(); // a wider path is not what is meant
      allowed.add(route.method());
      if (route.method().equals("GET")) {
        allowed.add("HEAD");
      }
    }
    String address = "/" + String.join("/", segments);
    if (allowed.isEmpty()) {
      throw Problem.notFound(
          "there is nothing at " + address + "; /api/v1/openapi.json describes what there is");
    }
    String methods = String.join(", ", allowed);
    throw Problem.of(405, method + " is not offered at " + address + "; offered: " + methods)
        .with("Allow", methods);
  }
}
