package io.patchbay.northbound.rest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.patchbay.access.Role;
import io.patchbay.northbound.DesiredValues;
import io.patchbay.northbound.DesiredValues.Desired;
import io.patchbay.northbound.RefusedException;
import io.patchbay.northbound.ThingState;
import io.patchbay.profile.DataSchema;
import io.patchbay.profile.Property;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Value;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** {@code /things/{id}/desired}: what the properties of a thing shall be. */
final class DesiredRoutes {
  private static final String DESIRED = "/api/v1/things/{id}/desired";
  private static final String PROPERTY = DESIRED + "/{property}";

  private final Rooms rooms;

  DesiredRoutes(Rooms rooms) {
    this.rooms = rooms;
  }

  List<Route> routes() {
    return List.of(
        Route.get(
            DESIRED,
            Role.VIEWER,
            "What is desired of a thing, and how far it has come",
            "DesiredValues",
            this::list),
        Route.get(
            PROPERTY,
            Role.VIEWER,
            "What is desired of a property, what is reported, and why not yet",
            "Desired",
            this::get),
        Route.act(
                "PUT",
                PROPERTY,
                Role.OPERATOR,
                "desired.order",
                "Orders a value: written until the device reports it, and again when it drifts",
                this::put)
            .taking(Route.JSON, "Value")
            .giving(200, Route.JSON, "Desired"),
        Route.act(
            "DELETE",
            PROPERTY,
            Role.OPERATOR,
            "desired.withdraw",
            "Ends an order; what the thing's file or its profile says counts again",
            this::withdraw));
  }

  private void list(Exchange exchange) throws IOException {
    thing(exchange);
    ObjectNode body = Json.object();
    ArrayNode all = body.putArray("desired");
    rooms.desired().of(exchange.thing()).forEach(desired -> all.add(json(desired)));
    exchange.reply(200, body);
  }

  private ThingState thing(Exchange exchange) {
    ThingId id = exchange.thing();
    return rooms
        .things()
        .find(id)
        .orElseThrow(() -> Problem.notFound("there is no thing '" + id + "'"));
  }

  private void get(Exchange exchange) throws IOException {
    thing(exchange);
    exchange.reply(200, json(find(exchange)));
  }

  private Desired find(Exchange exchange) {
    String property = exchange.path("property");
    return rooms
        .desired()
        .find(exchange.thing(), property)
        .orElseThrow(
            () ->
                Problem.notFound(
                    "nothing is desired of '" + property + "' of '" + exchange.thing() + "'"));
  }

  private void put(Exchange exchange) throws IOException, RefusedException {
    String property = exchange.path("property");
    Optional<DataSchema> schema =
        Optional.ofNullable(
                rooms.profiles().current().get(thing(exchange).registered().thing().profile()))
            .map(profile -> profile.properties().get(property))
            .map(Property::schema);
    JsonNode body = exchange.json();
    JsonNode given =
        body.isObject() ? Fields.of(body, "the body", List.of("value")).node("value") : body;
    Value value = Json.value("value", given, schema);
    exchange.reply(
        200,
        json(Stages.get(rooms.desired().order(exchange.thing(), property, value, exchange.who()))));
  }

  private void withdraw(Exchange exchange) throws IOException, RefusedException {
    Desired desired = find(exchange);
    if (!Stages.get(rooms.desired().withdraw(exchange.thing(), exchange.path("property")))) {
      throw Problem.of(
          409,
          "it is desired by the "
              + Words.of(desired.source())
              + " ("
              + desired.by()
              + "), not by an administrator; change it there, or order another value");
    }
    exchange.done();
  }

  /** Refuses a write of a property that has a standing order. */
  static void refuseWrite(Optional<DesiredValues> room, ThingId thing, String property) {
    Optional<Desired> standing = room.flatMap(desired -> desired.find(thing, property));
    if (standing.isPresent()) {
      String place = "/api/v1/things/" + thing + "/desired/" + property;
      throw Problem.of(
          409,
          "'"
              + property
              + "' of '"
              + thing
              + "' has a standing order: "
              + standing.get().value().text()
              + ", by the "
              + Words.of(standing.get().source())
              + "; change it with PUT "
              + place
              + " or end it with DELETE");
    }
  }

  private static ObjectNode json(Desired desired) {
    ObjectNode node = Json.object();
    node.put("thing", desired.thing().value());
    node.put("property", desired.property());
    node.set("desired", Json.value(desired.value()));
    desired.reported().ifPresent(reading -> node.set("reported", Json.latest(reading)));
    desired.delta().ifPresent(delta -> node.put("delta", delta));
    node.put("state", Words.of(desired.state()));
    node.put("detail", desired.detail());
    node.put("source", Words.of(desired.source()));
    node.put("by", desired.by());
    node.put("since", desired.since().toString());
    node.put("attempts", desired.attempts());
    desired.written().ifPresent(time -> node.put("written", time.toString()));
    desired.next().ifPresent(time -> node.put("next", time.toString()));
    return node;
  }
}
