package io.patchbay.northbound.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.patchbay.access.Role;
import io.patchbay.store.Recorded;
import io.patchbay.thing.SenMl;
import io.patchbay.thing.Uplink.Reading;
import java.io.IOException;
import java.time.Instant;
import java.util.List;

/** {@code /things/{id}/readings}: history, newest first. */
final class ReadingRoutes {
  private static final String CSV = "text/csv";

  /** Later than any reading; the journal takes times up to 2200. */
  private static final Instant END = Instant.parse("2300-01-01T00:00:00Z");

  private final Rooms rooms;

  ReadingRoutes(Rooms rooms) {
    this.rooms = rooms;
  }

  List<Route> routes() {
    return List.of(
        Route.get(
                "/api/v1/things/{id}/readings",
                Role.VIEWER,
                "History of a thing, newest first",
                "Readings",
                this::history)
            .asking(
                Route.Parameter.text("property", "name of a property; all when not given"),
                Route.Parameter.time("from", "inclusive"),
                Route.Parameter.time("to", "exclusive"),
                Route.Parameter.number("limit", "1 to 100000; 1000 when not given"))
            .giving(200, SenMl.MEDIA_TYPE, "SenMl")
            .giving(200, CSV, "Csv"));
  }

  private void history(Exchange exchange) throws IOException {
    String type = exchange.negotiate(List.of(Route.JSON, SenMl.MEDIA_TYPE, CSV));
    Instant from = exchange.time("from", () -> Instant.EPOCH);
    Instant to = exchange.time("to", () -> END);
    if (to.isBefore(from)) {
      throw Problem.bad("'to' lies before 'from'");
    }
    int limit = (int) exchange.number("limit", 1_000, 1, 100_000);
    List<Recorded> recorded =
        rooms
            .journal()
            .history(exchange.thing(), exchange.query("property").orElse(""), from, to, limit);
    List<Recorded> readings =
        recorded.stream().filter(one -> one.uplink() instanceof Reading).toList();
    if (readings.isEmpty() && rooms.things().find(exchange.thing()).isEmpty()) {
      throw Problem.notFound("there is no thing '" + exchange.thing() + "' and no history of one");
    }
    switch (type) {
      case SenMl.MEDIA_TYPE ->
          exchange.reply(200, type, SenMl.bytes(readings.stream().map(Recorded::uplink).toList()));
      case CSV -> exchange.reply(200, CSV + ";charset=utf-8", csv(readings));
      default -> exchange.reply(200, json(exchange, readings));
    }
  }

  private static ObjectNode json(Exchange exchange, List<Recorded> readings) {
    ObjectNode body = Json.object();
    body.put("thing", exchange.thing().value());
    ArrayNode list = body.putArray("readings");
    for (Recorded recorded : readings) {
      if (recorded.uplink() instanceof Reading reading) {
        ObjectNode one = Json.object();
        one.put("property", reading.property());
        one.setAll(Json.latest(reading));
        one.put("sequence", recorded.sequence());
        one.put("profile", recorded.profile());
        list.add(one);
      }
    }
    return body;
  }

  /** RFC 4180. */
  static String csv(List<Recorded> readings) {
    StringBuilder out = new StringBuilder("time,thing,property,value,unit,quality,received\r\n");
    for (Recorded recorded : readings) {
      if (recorded.uplink() instanceof Reading reading) {
        out.append(reading.time()).append(',');
        field(out, reading.thing().value()).append(',');
        field(out, reading.property()).append(',');
        field(out, reading.value().text()).append(',');
        field(out, reading.unit()).append(',');
        out.append(Words.of(reading.quality()))
            .append(',')
            .append(reading.received())
            .append("\r\n");
      }
    }
    return out.toString();
  }

  private static StringBuilder field(StringBuilder out, String text) {
    boolean quoted = text.chars().anyMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
    return quoted
        ? out.append('"').append(text.replace("\"", "\"\"")).append('"')
        : out.append(text);
  }
}
