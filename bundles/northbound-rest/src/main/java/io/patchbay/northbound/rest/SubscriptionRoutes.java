package io.patchbay.northbound.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.patchbay.access.Role;
import io.patchbay.store.Cursor;
import io.patchbay.store.Journal;
import io.patchbay.store.Ledger;
import io.patchbay.store.Recorded;
import io.patchbay.store.Selection;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * {@code /subscriptions}: durable ones and their sums; and a cursor for systems outside. Nothing is
 * kept between calls: each opens the cursor at its acknowledged place, so that a system that
 * crashed gets again what it has not acknowledged.
 */
final class SubscriptionRoutes {
  private static final String SUBSCRIPTIONS = "/api/v1/subscriptions";
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");
  private static final int BATCH = 1_000;

  private final Rooms rooms;

  SubscriptionRoutes(Rooms rooms) {
    this.rooms = rooms;
  }

  List<Route> routes() {
    return List.of(
        Route.get(
            SUBSCRIPTIONS,
            Role.VIEWER,
            "Durable subscriptions with their sums",
            "Subscriptions",
            this::list),
        Route.get(
                SUBSCRIPTIONS + "/{name}/next",
                Role.OPERATOR,
                "What comes after the last acknowledged; the first call creates the subscription",
                "Batch",
                this::next)
            .asking(parameters()),
        Route.act(
                "POST",
                SUBSCRIPTIONS + "/{name}/ack",
                Role.OPERATOR,
                "",
                "Acknowledges everything up to and with a sequence",
                this::acknowledge)
            .taking(Route.JSON, "Acknowledgement"),
        Route.act(
            "DELETE",
            SUBSCRIPTIONS + "/{name}",
            Role.INTEGRATOR,
            "subscription.remove",
            "Removes a subscription and its place",
            this::remove),
        Route.get(
            "/api/v1/ledger", Role.VIEWER, "The sums of the journal", "Ledger", this::ledger));
  }

  private static Route.Parameter[] parameters() {
    Route.Parameter[] all =
        java.util.Arrays.copyOf(Selections.PARAMETERS, Selections.PARAMETERS.length + 2);
    all[all.length - 2] =
        Route.Parameter.text("start", "where a new one begins: oldest or now; now when not given");
    all[all.length - 1] =
        Route.Parameter.number("max", "uplinks at a time, 1 to 1000; 100 when not given");
    return all;
  }

  private static String name(Exchange exchange) {
    String name = exchange.path("name");
    if (!NAME.matcher(name).matches()) {
      throw Problem.bad("'" + name + "' cannot name a subscription; accepted: " + NAME.pattern());
    }
    return name;
  }

  private Optional<Ledger.Account> account(String name) {
    return rooms.journal().ledger().subscriptions().stream()
        .filter(account -> account.subscription().equals(name))
        .findFirst();
  }

  private static Cursor open(
      Journal journal, String name, Selection selection, Journal.Start start) {
    try {
      return journal.open(name, selection, start);
    } catch (IllegalStateException e) {
      throw Problem.of(
          409, "the subscription '" + name + "' is being read by another, a route or another call");
    }
  }

  private void next(Exchange exchange) throws IOException {
    String name = name(exchange);
    Optional<Ledger.Account> account = account(name);
    Selection selection = Selections.of(exchange);
    if (account.isPresent()) {
      Selection kept = account.get().selection();
      if (Selections.given(exchange) && !kept.equals(selection)) {
        throw Problem.of(
            409,
            "the subscription '"
                + name
                + "' selects "
                + Selections.json(kept)
                + " and keeps it; remove it first, or leave the parameters out");
      }
      selection = kept;
    }
    Journal.Start start = exchange.word("start", Journal.Start.class).orElse(Journal.Start.NOW);
    int max = (int) exchange.number("max", 100, 1, BATCH);
    ObjectNode body = Json.object();
    ArrayNode uplinks = body.putArray("uplinks");
    try (Cursor cursor = open(rooms.journal(), name, selection, start)) {
      List<Recorded> batch = cursor.next(max);
      batch.forEach(recorded -> uplinks.add(Json.recorded(recorded)));
      if (!batch.isEmpty()) {
        body.put("last", batch.get(batch.size() - 1).sequence());
      }
    }
    exchange.reply(200, body);
  }

  private void acknowledge(Exchange exchange) throws IOException {
    String name = name(exchange);
    long sequence = exchange.fields("sequence").integer("sequence");
    Ledger.Account account = account(name).orElseThrow(() -> unknown(name));
    if (sequence < 1 || sequence > rooms.journal().ledger().last()) {
      throw Problem.bad("'sequence' is " + sequence + ", which the journal has not given");
    }
    try (Cursor cursor = open(rooms.journal(), name, account.selection(), Journal.Start.NOW)) {
      // A cursor counts what it has handed out: hand out again what is acknowledged here.
      List<Recorded> batch;
      do {
        batch = cursor.next(BATCH);
        if (!batch.isEmpty()) {
          long reached = batch.get(batch.size() - 1).sequence();
          cursor.acknowledge(Math.min(reached, sequence));
          if (reached >= sequence) {
            break;
          }
        }
      } while (!batch.isEmpty());
    }
    exchange.done();
  }

  private static Problem unknown(String name) {
    return Problem.notFound(
        "there is no subscription '" + name + "'; " + SUBSCRIPTIONS + " lists them");
  }

  private void remove(Exchange exchange) {
    String name = name(exchange);
    if (account(name).isEmpty()) {
      throw unknown(name);
    }
    rooms.journal().forget(name);
    exchange.done();
  }

  private void list(Exchange exchange) throws IOException {
    ObjectNode body = Json.object();
    body.set("subscriptions", accounts(rooms.journal().ledger()));
    exchange.reply(200, body);
  }

  private void ledger(Exchange exchange) throws IOException {
    Ledger ledger = rooms.journal().ledger();
    ObjectNode body = Json.object();
    body.put("accepted", ledger.accepted());
    body.put("rejected", ledger.rejected());
    body.put("held", ledger.held());
    body.put("first", ledger.first());
    body.put("last", ledger.last());
    body.set("subscriptions", accounts(ledger));
    exchange.reply(200, body);
  }

  private static ArrayNode accounts(Ledger ledger) {
    ArrayNode accounts = Json.array();
    for (Ledger.Account account : ledger.subscriptions()) {
      ObjectNode node = accounts.addObject();
      node.put("name", account.subscription());
      node.set("selection", Selections.json(account.selection()));
      node.put("accepted", account.accepted());
      node.put("delivered", account.delivered());
      node.put("pending", account.pending());
      ObjectNode dropped = node.putObject("dropped");
      account.dropped().forEach(dropped::put);
    }
    return accounts;
  }
}
