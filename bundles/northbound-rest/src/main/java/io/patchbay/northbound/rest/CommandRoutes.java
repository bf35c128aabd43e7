package io.patchbay.northbound.rest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.patchbay.access.Role;
import io.patchbay.northbound.Commands;
import io.patchbay.northbound.DesiredValues;
import io.patchbay.northbound.ThingState;
import io.patchbay.profile.Action;
import io.patchbay.profile.DataSchema;
import io.patchbay.profile.Profile;
import io.patchbay.profile.Property;
import io.patchbay.thing.Command;
import io.patchbay.thing.CommandId;
import io.patchbay.thing.Outcome;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Value;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** What goes down to things: writes, actions, fresh reads, and how they went. */
final class CommandRoutes {
  private static final String THING = "/api/v1/things/{id}";

  private static final Route.Parameter TIMEOUT =
      Route.Parameter.number(
          "timeout",
          "seconds after which the command is not sent any more, 1 to 86400; 30 when not given");
  private static final Route.Parameter WAIT =
      Route.Parameter.number(
          "wait", "seconds that the answer waits for the outcome, 0 to 30; 3 when not given");

  private final Rooms rooms;

  CommandRoutes(Rooms rooms) {
    this.rooms = rooms;
  }

  List<Route> routes() {
    return List.of(
        down(
                "PUT",
                THING + "/properties/{name}",
                "Writes a property: 200 with the outcome, or 202; 409 when a value of it is desired",
                this::write)
            .taking(Route.JSON, "Value"),
        down(
            "POST",
            THING + "/properties/{name}/read",
            "Asks the device for a property now",
            this::read),
        down("POST", THING + "/actions/{name}", "Invokes an action", this::invoke)
            .taking(Route.JSON, "ActionInput"),
        Route.get(
            "/api/v1/commands/{id}",
            Role.VIEWER,
            "State and history of a command",
            "Command",
            this::find));
  }

  private static Route down(String method, String path, String summary, Route.Handler handler) {
    return Route.act(method, path, Role.OPERATOR, "", summary, handler)
        .asking(TIMEOUT, WAIT)
        .giving(200, Route.JSON, "Outcome");
  }

  private Optional<Profile> profile(ThingId id) {
    ThingState state =
        rooms
            .things()
            .find(id)
            .orElseThrow(() -> Problem.notFound("there is no thing '" + id + "'"));
    return Optional.ofNullable(
        rooms.profiles().current().get(state.registered().thing().profile()));
  }

  private void write(Exchange exchange) throws IOException {
    String name = exchange.path("name");
    Optional<DataSchema> schema =
        profile(exchange.thing())
            .map(profile -> profile.properties().get(name))
            .map(Property::schema);
    DesiredRoutes.refuseWrite(rooms.find(DesiredValues.class), exchange.thing(), name);
    JsonNode body = exchange.json();
    JsonNode given =
        body.isObject() ? Fields.of(body, "the body", List.of("value")).node("value") : body;
    Value value = Json.value("value", given, schema);
    submit(exchange, new Command.Write(exchange.thing(), name, value, deadline(exchange)));
  }

  private void read(Exchange exchange) throws IOException {
    profile(exchange.thing());
    List<String> properties = List.of(exchange.path("name"));
    submit(exchange, new Command.Read(exchange.thing(), properties, deadline(exchange)));
  }

  private void invoke(Exchange exchange) throws IOException {
    String name = exchange.path("name");
    Map<String, DataSchema> schemas =
        profile(exchange.thing())
            .map(profile -> profile.actions().get(name))
            .map(Action::input)
            .orElse(Map.of());
    Map<String, Value> input = new TreeMap<>();
    if (exchange.header("Content-Type").isPresent()) {
      JsonNode body = exchange.json();
      if (!body.isObject()) {
        throw Problem.bad("the body is no JSON object; accepted: the action's input, by name");
      }
      for (Map.Entry<String, JsonNode> entry : body.properties()) {
        Optional<DataSchema> schema = Optional.ofNullable(schemas.get(entry.getKey()));
        input.put(entry.getKey(), Json.value(entry.getKey(), entry.getValue(), schema));
      }
    }
    submit(exchange, new Command.Invoke(exchange.thing(), name, input, deadline(exchange)));
  }

  private static Instant deadline(Exchange exchange) {
    return Instant.now().plusSeconds(exchange.number("timeout", 30, 1, 86_400));
  }

  private void submit(Exchange exchange, Command command) throws IOException {
    long wait = exchange.number("wait", 3, 0, 30);
    Commands.Ticket ticket = rooms.commands().submit(command, exchange.who());
    try {
      Outcome outcome = ticket.outcome().toCompletableFuture().get(wait, TimeUnit.SECONDS);
      answer(exchange, ticket.id(), outcome);
    } catch (TimeoutException e) {
      accepted(exchange, ticket.id());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      accepted(exchange, ticket.id());
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  private void accepted(Exchange exchange, CommandId id) throws IOException {
    String place = "/api/v1/commands/" + id;
    ObjectNode body =
        rooms
            .commands()
            .find(id)
            .map(Json::command)
            .orElseGet(() -> Json.object().put("id", id.value()).put("state", "queued"));
    exchange.set("Location", place).reply(202, body.put("href", place));
  }

  /** What was asked wrongly is a problem; what the device or the way to it did is an outcome. */
  private static void answer(Exchange exchange, CommandId id, Outcome outcome) throws IOException {
    if (outcome instanceof Outcome.Failed failed) {
      switch (failed.reason()) {
        case UNKNOWN_THING, UNKNOWN_AFFORDANCE -> throw Problem.notFound(failed.detail());
        case NOT_ALLOWED -> throw Problem.of(405, failed.detail()).with("Allow", "GET, HEAD");
        case INVALID_VALUE -> throw Problem.bad(failed.detail());
        case BUSY -> throw Problem.of(503, failed.detail()).with("Retry-After", "1");
        case INTERNAL -> throw Problem.of(500, failed.detail());
        default -> {
          // an outcome
        }
      }
    }
    exchange
        .set("Location", "/api/v1/commands/" + id)
        .reply(200, Json.outcome(outcome).put("command", id.value()));
  }

  private void find(Exchange exchange) throws IOException {
    CommandId id = new CommandId(exchange.path("id"));
    exchange.reply(
        200,
        rooms
            .commands()
            .find(id)
            .map(Json::command)
            .orElseThrow(
                () ->
                    Problem.notFound(
                        "there is no command '" + id + "'; ended ones are kept for a while only")));
  }
}
