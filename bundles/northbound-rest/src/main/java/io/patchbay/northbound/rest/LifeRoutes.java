package io.patchbay.northbound.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.patchbay.access.DeviceCredentials;
import io.patchbay.access.Role;
import io.patchbay.access.Secrets;
import io.patchbay.northbound.Lifecycles.Step;
import io.patchbay.northbound.RefusedException;
import io.patchbay.northbound.ThingState;
import io.patchbay.thing.Stage;
import io.patchbay.thing.Status;
import io.patchbay.thing.ThingId;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.regex.Pattern;

/** {@code /things/{id}/lifecycle}: the stages of a thing's life; retire, and take back. */
final class LifeRoutes {
  private static final String THING = "/api/v1/things/{id}";
  private static final int LONGEST_REASON = 500;

  /** What a device's key is named. */
  private static final Pattern KEY = Pattern.compile("[a-z0-9]+-(?:psk|rpk)\\.(.+)");

  private final Rooms rooms;

  LifeRoutes(Rooms rooms) {
    this.rooms = rooms;
  }

  /** What decides, when somebody has said why. */
  private interface Decision {
    CompletionStage<ThingState> decide(ThingId thing, String why, String by);
  }

  List<Route> routes() {
    return List.of(
        Route.get(
                THING + "/lifecycle",
                Role.VIEWER,
                "At which stage of its life a thing is, since when and why, and the stages before",
                "Lifecycle",
                this::get)
            .asking(Route.Parameter.number("limit", "1 to 1000 steps, 100 when left out")),
        Route.act(
                "POST",
                THING + "/retire",
                Role.OPERATOR,
                "thing.retire",
                "Takes a thing out of service for good: what comes from it is refused, its session"
                    + " ends; its credentials stay, and are of no use",
                exchange -> decide(exchange, rooms.lifecycles()::retire))
            .taking(Route.JSON, "LifeReason")
            .giving(200, Route.JSON, "Thing"),
        Route.act(
                "POST",
                THING + "/reinstate",
                Role.OPERATOR,
                "thing.reinstate",
                "Takes a retired thing back",
                exchange -> decide(exchange, rooms.lifecycles()::reinstate))
            .taking(Route.JSON, "LifeReason")
            .giving(200, Route.JSON, "Thing"));
  }

  private static Problem none(ThingId id) {
    return Problem.notFound("there is no thing '" + id + "'; /api/v1/things lists them");
  }

  private void get(Exchange exchange) throws IOException {
    ThingId id = exchange.thing();
    List<Step> steps =
        rooms
            .lifecycles()
            .life(id, (int) exchange.number("limit", 100, 1, 1_000))
            .or(() -> expected(id).map(List::of))
            .orElseThrow(() -> none(id));
    ObjectNode body = Json.object();
    body.put("thing", id.value());
    body.setAll(json(steps.get(0)));
    ArrayNode history = body.putArray("history");
    steps.forEach(step -> history.add(json(step)));
    exchange.reply(200, body);
  }

  /** A device that has a credential and was never heard: no thing yet, and its life has begun. */
  private Optional<Step> expected(ThingId id) {
    String name = id.value().replace("_", "_5F").replace(":", "_3A");
    boolean key =
        rooms.find(Secrets.class).stream()
            .flatMap(all -> all.names().stream())
            .map(KEY::matcher)
            .anyMatch(secret -> secret.matches() && secret.group(1).equals(name));
    boolean login =
        rooms.find(DeviceCredentials.class).stream()
            .flatMap(all -> all.list().stream())
            .anyMatch(credential -> credential.user().equals(id.value()));
    return key || login
        ? Optional.of(
            new Step(
                Stage.MANUFACTURED,
                Status.UNKNOWN,
                "it has a credential, and was never heard",
                Instant.EPOCH))
        : Optional.empty();
  }

  private static ObjectNode json(Step step) {
    ObjectNode node = Json.object();
    node.put("stage", Words.of(step.stage()));
    node.put("reason", step.reason());
    if (!step.since().equals(Instant.EPOCH)) {
      node.put("since", step.since().toString());
    }
    node.put("status", Words.of(step.status()));
    return node;
  }

  private void decide(Exchange exchange, Decision decision) throws IOException, RefusedException {
    String why = exchange.fields("reason").text("reason");
    if (why.isBlank() || why.length() > LONGEST_REASON) {
      throw Problem.bad("'reason' says why, in 1 to " + LONGEST_REASON + " characters");
    }
    ThingId id = exchange.thing();
    if (rooms.things().find(id).isEmpty()) {
      throw none(id);
    }
    exchange.reply(200, Json.thing(Stages.get(decision.decide(id, why, exchange.who()))));
  }
}
