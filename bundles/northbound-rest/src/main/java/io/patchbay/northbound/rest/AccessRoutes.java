package io.patchbay.northbound.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.patchbay.access.Audit;
import io.patchbay.access.DeviceCredentials.DeviceCredential;
import io.patchbay.access.Role;
import io.patchbay.access.Tokens;
import java.io.IOException;
import java.util.List;

/** Tokens, device credentials, secrets and the audit: for administrators alone. */
final class AccessRoutes {
  private static final String API = "/api/v1/";
  private static final int LEAST_PASSWORD = 8;
  private static final int MOST_PASSWORD = 256;

  private final Rooms rooms;

  AccessRoutes(Rooms rooms) {
    this.rooms = rooms;
  }

  List<Route> routes() {
    return List.of(
        Route.get(
            API + "tokens",
            Role.ADMINISTRATOR,
            "Lists tokens, without the tokens themselves",
            "Tokens",
            this::tokens),
        act("POST", "tokens", "token.issue", "Makes a token; it is shown this once", this::issue)
            .taking(Route.JSON, "NewToken")
            .giving(201, Route.JSON, "IssuedToken"),
        act("DELETE", "tokens/{name}", "token.revoke", "Revokes a token", this::revoke),
        Route.get(
            API + "credentials",
            Role.ADMINISTRATOR,
            "Lists device credentials, without passwords",
            "Credentials",
            this::credentials),
        act(
                "PUT",
                "credentials/{user}",
                "credential.put",
                "Creates or replaces a device credential",
                this::putCredential)
            .taking(Route.JSON, "NewCredential"),
        act(
            "DELETE",
            "credentials/{user}",
            "credential.remove",
            "Removes a device credential; its sessions end",
            this::removeCredential),
        Route.get(
            API + "secrets",
            Role.ADMINISTRATOR,
            "Lists the names of secrets",
            "Secrets",
            this::secrets),
        act(
                "PUT",
                "secrets/{name}",
                "secret.put",
                "Keeps a secret, encrypted; it is never shown again",
                this::putSecret)
            .taking(Route.JSON, "NewSecret"),
        act("DELETE", "secrets/{name}", "secret.remove", "Removes a secret", this::removeSecret),
        Route.get(
                API + "audit",
                Role.ADMINISTRATOR,
                "Administrative acts, newest first",
                "Audit",
                this::audit)
            .asking(Route.Parameter.number("limit", "1 to 10000; 100 when not given")));
  }

  private static Route act(
      String method, String path, String act, String summary, Route.Handler handler) {
    return Route.act(method, API + path, Role.ADMINISTRATOR, act, summary, handler);
  }

  private void tokens(Exchange exchange) throws IOException {
    ObjectNode body = Json.object();
    ArrayNode tokens = body.putArray("tokens");
    for (Tokens.Token token : rooms.tokens().list()) {
      tokens
          .addObject()
          .put("name", token.name())
          .put("role", Words.of(token.role()))
          .put("issued", token.issued().toString());
    }
    exchange.reply(200, body);
  }

  private void issue(Exchange exchange) throws IOException {
    Fields fields = exchange.fields("name", "role");
    Role role = Words.parse("role", fields.text("role"), Role.class);
    String name = fields.text("name");
    String token;
    try {
      token = rooms.tokens().issue(name, role);
    } catch (IllegalArgumentException e) {
      throw Problem.of(409, String.valueOf(e.getMessage()));
    }
    ObjectNode body =
        Json.object().put("name", name).put("role", Words.of(role)).put("token", token);
    exchange.reply(201, body);
  }

  private void revoke(Exchange exchange) throws IOException {
    String name = exchange.path("name");
    if (!rooms.tokens().revoke(name)) {
      throw Problem.notFound("there is no token '" + name + "'");
    }
    exchange.done();
  }

  private void credentials(Exchange exchange) throws IOException {
    ObjectNode body = Json.object();
    ArrayNode credentials = body.putArray("credentials");
    for (DeviceCredential credential : rooms.credentials().list()) {
      ObjectNode node = credentials.addObject();
      node.put("user", credential.user());
      node.set("publish", Json.texts(credential.publish()));
      node.set("subscribe", Json.texts(credential.subscribe()));
      node.put("loopbackOnly", credential.loopbackOnly());
    }
    exchange.reply(200, body);
  }

  private void putCredential(Exchange exchange) throws IOException {
    Fields fields = exchange.fields("password", "publish", "subscribe", "loopbackOnly");
    String password = fields.text("password");
    if (password.length() < LEAST_PASSWORD || password.length() > MOST_PASSWORD) {
      throw Problem.bad(
          "'password' has "
              + password.length()
              + " characters; accepted: "
              + LEAST_PASSWORD
              + " to "
              + MOST_PASSWORD);
    }
    try {
      rooms
          .credentials()
          .put(
              new DeviceCredential(
                  exchange.path("user"),
                  fields.texts("publish"),
                  fields.texts("subscribe"),
                  fields.flag("loopbackOnly", false)),
              password);
    } catch (IllegalArgumentException e) {
      throw Problem.bad(String.valueOf(e.getMessage()));
    }
    exchange.done();
  }

  private void removeCredential(Exchange exchange) throws IOException {
    if (!rooms.credentials().remove(exchange.path("user"))) {
      throw Problem.notFound("there is no device credential '" + exchange.path("user") + "'");
    }
    exchange.done();
  }

  private void secrets(Exchange exchange) throws IOException {
    ObjectNode body = Json.object();
    body.set("secrets", Json.texts(rooms.secrets().names()));
    exchange.reply(200, body);
  }

  private void putSecret(Exchange exchange) throws IOException {
    String secret = exchange.fields("secret").text("secret");
    try {
      rooms.secrets().put(exchange.path("name"), secret);
    } catch (IllegalArgumentException e) {
      throw Problem.bad(String.valueOf(e.getMessage()));
    }
    exchange.done();
  }

  private void removeSecret(Exchange exchange) throws IOException {
    if (!rooms.secrets().remove(exchange.path("name"))) {
      throw Problem.notFound("there is no secret '" + exchange.path("name") + "'");
    }
    exchange.done();
  }

  private void audit(Exchange exchange) throws IOException {
    ObjectNode body = Json.object();
    ArrayNode acts = body.putArray("acts");
    for (Audit.Act act : rooms.audit().recent((int) exchange.number("limit", 100, 1, 10_000))) {
      acts.addObject()
          .put("at", act.at().toString())
          .put("who", act.who())
          .put("act", act.act())
          .put("on", act.on())
          .put("result", act.result());
    }
    exchange.reply(200, body);
  }
}
