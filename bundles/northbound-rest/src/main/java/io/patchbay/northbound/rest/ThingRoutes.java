package io.patchbay.northbound.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.patchbay.access.Role;
import io.patchbay.northbound.RefusedException;
import io.patchbay.northbound.ThingState;
import io.patchbay.northbound.Things;
import io.patchbay.store.Registered;
import io.patchbay.store.Registered.Admission;
import io.patchbay.thing.Status;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Uplink.Reading;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** {@code /things}: who is there, and their latest values. */
final class ThingRoutes {
  private static final String THINGS = "/api/v1/things";
  private static final String THING = THINGS + "/{id}";

  private final Rooms rooms;
  private final Settings settings;

  ThingRoutes(Rooms rooms, Settings settings) {
    this.rooms = rooms;
    this.settings = settings;
  }

  List<Route> routes() {
    return List.of(
        Route.get(THINGS, Role.VIEWER, "Lists things, sorted by id", "ThingPage", this::list)
            .asking(
                Route.Parameter.text("profile", "id of their profile"),
                Route.Parameter.text("status", "unknown, online, offline or asleep"),
                Route.Parameter.text("admission", "admitted, waiting, rejected or retired"),
                new Route.Parameter(
                    "label", "string", "KEY=VALUE that they must have; may be repeated", true),
                Route.Parameter.text("after", "id after which the page begins"),
                Route.Parameter.number("limit", "things on a page, 1 to 1000; 100 when not given")),
        Route.act("POST", THINGS, Role.OPERATOR, "thing.register", "Registers a thing", this::add)
            .taking(Route.JSON, "NewThing")
            .giving(201, Route.JSON, "Thing"),
        Route.get(THING, Role.VIEWER, "A thing with its latest values", "Thing", this::get),
        Route.act(
                "PUT",
                THING,
                Role.OPERATOR,
                "thing.change",
                "Registers or changes a thing",
                this::put)
            .taking(Route.JSON, "NewThing")
            .giving(200, Route.JSON, "Thing"),
        Route.act(
            "DELETE",
            THING,
            Role.OPERATOR,
            "thing.remove",
            "Removes a thing; its history stays",
            this::remove),
        Route.act(
                "POST",
                THING + "/admit",
                Role.OPERATOR,
                "thing.admit",
                "Admits a thing that waits; what was held for it is taken",
                exchange -> decide(exchange, Admission.ADMITTED))
            .giving(200, Route.JSON, "Thing"),
        Route.act(
                "POST",
                THING + "/refuse",
                Role.OPERATOR,
                "thing.refuse",
                "Refuses a thing; what was held for it goes to the rejected",
                exchange -> decide(exchange, Admission.REJECTED))
            .giving(200, Route.JSON, "Thing"),
        Route.get(
            THING + "/properties",
            Role.VIEWER,
            "The latest of every property",
            "Latest",
            this::properties),
        Route.get(
            THING + "/properties/{name}",
            Role.VIEWER,
            "The latest value of a property",
            "Reading",
            this::property),
        Route.get(
                THING + "/td",
                Role.VIEWER,
                "W3C WoT Thing Description 1.1",
                "ThingDescription",
                this::describe)
            .giving(200, ThingDescription.MEDIA_TYPE, "ThingDescription"));
  }

  private void list(Exchange exchange) throws IOException {
    Map<String, String> labels = new TreeMap<>();
    for (String label : exchange.queries("label")) {
      String[] parts = label.split("=", 2);
      if (parts.length != 2 || parts[0].isEmpty()) {
        throw Problem.bad(
            "'label' is '" + label + "'; accepted: KEY=VALUE, for example room=kitchen");
      }
      labels.put(parts[0], parts[1]);
    }
    Things.Page page =
        rooms
            .things()
            .list(
                new Things.Query(
                    exchange.query("profile"),
                    exchange.word("status", Status.class),
                    exchange.word("admission", Admission.class),
                    labels,
                    exchange.query("after").orElse(""),
                    (int) exchange.number("limit", 100, 1, 1_000)));
    ObjectNode body = Json.object();
    ArrayNode things = body.putArray("things");
    page.things().forEach(state -> things.add(Json.thing(state)));
    body.put("total", page.total());
    body.put("next", page.next());
    exchange.reply(200, body);
  }

  private ThingState find(ThingId id) {
    return rooms
        .things()
        .find(id)
        .orElseThrow(
            () -> Problem.notFound("there is no thing '" + id + "'; /api/v1/things lists them"));
  }

  private void get(Exchange exchange) throws IOException {
    exchange.reply(200, Json.thing(find(exchange.thing())));
  }

  private void add(Exchange exchange) throws IOException, RefusedException {
    Fields fields = exchange.fields("id", "base", "profile", "terms", "labels");
    Thing thing = thing(fields, id(fields.text("id")));
    if (rooms.things().find(thing.id()).isPresent()) {
      throw Problem.of(
          409,
          "there is a thing '"
              + thing.id()
              + "' already; change it with PUT /api/v1/things/"
              + thing.id());
    }
    ThingState state = Stages.get(rooms.things().register(thing, Registered.Origin.API));
    exchange.set("Location", THINGS + "/" + thing.id()).reply(201, Json.thing(state));
  }

  private void put(Exchange exchange) throws IOException, RefusedException {
    Fields fields = exchange.fields("id", "base", "profile", "terms", "labels");
    ThingId id = id(exchange.path("id"));
    if (fields.has("id") && !fields.text("id").equals(id.value())) {
      throw Problem.bad("the body names '" + fields.text("id") + "', the address '" + id + "'");
    }
    boolean fresh = rooms.things().find(id).isEmpty();
    ThingState state =
        Stages.get(rooms.things().register(thing(fields, id), Registered.Origin.API));
    exchange.reply(fresh ? 201 : 200, Json.thing(state));
  }

  private static ThingId id(String text) {
    try {
      return new ThingId(text);
    } catch (IllegalArgumentException e) {
      throw Problem.bad(String.valueOf(e.getMessage()));
    }
  }

  private static Thing thing(Fields fields, ThingId id) {
    String base = fields.text("base");
    try {
      return new Thing(
          id, new URI(base), fields.text("profile"), fields.map("terms"), fields.map("labels"));
    } catch (URISyntaxException | IllegalArgumentException e) {
      throw Problem.bad("'base' is not accepted: " + e.getMessage() + "; accepted: mqtt://local");
    }
  }

  private void remove(Exchange exchange) throws IOException, RefusedException {
    if (!Stages.get(rooms.things().remove(exchange.thing()))) {
      throw Problem.notFound("there is no thing '" + exchange.thing() + "'");
    }
    exchange.done();
  }

  private void decide(Exchange exchange, Admission admission) throws IOException, RefusedException {
    find(exchange.thing());
    exchange.reply(200, Json.thing(Stages.get(rooms.things().decide(exchange.thing(), admission))));
  }

  private void properties(Exchange exchange) throws IOException {
    ObjectNode body = Json.object();
    new TreeMap<>(find(exchange.thing()).latest())
        .forEach((name, reading) -> body.set(name, Json.latest(reading)));
    exchange.reply(200, body);
  }

  private void property(Exchange exchange) throws IOException {
    ThingState state = find(exchange.thing());
    String name = exchange.path("name");
    Optional<Reading> latest = Optional.ofNullable(state.latest().get(name));
    if (latest.isEmpty()) {
      String profile = state.registered().thing().profile();
      boolean known =
          Optional.ofNullable(rooms.profiles().current().get(profile))
              .filter(found -> found.properties().containsKey(name))
              .isPresent();
      throw Problem.notFound(
          known
              ? "'" + exchange.thing() + "' has not sent its '" + name + "' yet"
              : "the profile '" + profile + "' has no property '" + name + "'");
    }
    exchange.reply(200, Json.latest(latest.get()));
  }

  private void describe(Exchange exchange) throws IOException {
    Thing thing = find(exchange.thing()).registered().thing();
    var profile = Optional.ofNullable(rooms.profiles().current().get(thing.profile()));
    ObjectNode body = ThingDescription.of(thing, profile, exchange.base(), settings.node());
    String type = exchange.negotiate(List.of(ThingDescription.MEDIA_TYPE, Route.JSON));
    exchange.reply(200, type, Json.octets(body));
  }
}
