package io.patchbay.northbound.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.patchbay.access.Role;
import io.patchbay.operation.Health;
import io.patchbay.operation.Metrics;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** {@code /health}, {@code /metrics} and this node. */
final class OperationRoutes {
  private final Rooms rooms;
  private final Settings settings;

  OperationRoutes(Rooms rooms, Settings settings) {
    this.rooms = rooms;
    this.settings = settings;
  }

  List<Route> routes() {
    return List.of(
        Route.get(
                "/health",
                Role.VIEWER,
                "Whether the hub is well: 200, or 503; details with a token only",
                "Health",
                this::health)
            .open(),
        Route.get(
                "/metrics",
                Role.VIEWER,
                "Measurements, Prometheus text format 0.0.4",
                "Metrics",
                this::metrics)
            .giving(200, "text/plain", "Metrics"),
        Route.get("/api/v1/nodes", Role.VIEWER, "The nodes of this hub", "Nodes", this::nodes));
  }

  private void health(Exchange exchange) throws IOException {
    List<Health.Check> checks = new ArrayList<>();
    for (Health room : rooms.health()) {
      try {
        checks.addAll(room.checks());
      } catch (RuntimeException e) {
        checks.add(
            new Health.Check(
                room.getClass().getName(), Health.State.CRITICAL, "its check failed: " + e));
      }
    }
    Health.State worst =
        checks.stream().map(Health.Check::state).max(Enum::compareTo).orElse(Health.State.OK);
    ObjectNode body = Json.object().put("status", Words.of(worst));
    if (exchange.principal().isPresent()) {
      ArrayNode list = body.putArray("checks");
      for (Health.Check check : checks) {
        list.addObject()
            .put("name", check.name())
            .put("status", Words.of(check.state()))
            .put("message", check.message());
      }
    }
    exchange.reply(worst == Health.State.CRITICAL ? 503 : 200, body);
  }

  private void metrics(Exchange exchange) throws IOException {
    List<Metrics.Sample> samples = new ArrayList<>(Jvm.samples());
    for (Metrics room : rooms.metrics()) {
      samples.addAll(room.samples());
    }
    exchange.reply(200, Prometheus.MEDIA_TYPE, Prometheus.text(samples));
  }

  private void nodes(Exchange exchange) throws IOException {
    var runtime = ManagementFactory.getRuntimeMXBean();
    ObjectNode body = Json.object();
    body.putArray("nodes")
        .addObject()
        .put("id", settings.node())
        .put("version", settings.version())
        .put("java", Runtime.version().toString())
        .put("started", Instant.ofEpochMilli(runtime.getStartTime()).toString())
        .put("uptimeSeconds", runtime.getUptime() / 1000)
        .put("pid", runtime.getPid());
    exchange.reply(200, body);
  }
}
