package io.patchbay.northbound.rest;

import static io.patchbay.northbound.rest.RestHub.tree;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.patchbay.operation.Health.Check;
import io.patchbay.operation.Health.State;
import io.patchbay.thing.Command;
import io.patchbay.thing.Outcome;
import io.patchbay.thing.Value;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class RestServerTest {
  private final RestHub hub;

  RestServerTest(@TempDir Path home) throws Exception {
    Files.createDirectories(home.resolve("console/assets"));
    Files.writeString(home.resolve("console/index.html"), "<!doctype html><title>Patchbay</title>");
    Files.writeString(home.resolve("console/assets/a.js"), "1");
    Files.writeString(home.resolve("secret.txt"), "never");
    hub = new RestHub(home);
  }

  @BeforeAll
  void listens() {
    assertThat(hub.port()).isPositive();
  }

  @AfterAll
  void stop() throws Exception {
    hub.stop();
  }

  private static void problem(HttpResponse<String> response, int status, String words)
      throws Exception {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    assertThat(response.headers().firstValue("Content-Type")).hasValue("application/problem+json");
    assertThat(tree(response).get("status").intValue()).isEqualTo(status);
    assertThat(tree(response).get("detail").textValue()).contains(words);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/api/v1/things?bogus=1|400|accepted: profile, status, admission, label, after, limit",
        "/api/v1/things?limit=0|400|an integer from 1 to 1000",
        "/api/v1/things?limit=1&limit=2|400|accepted: once",
        "/api/v1/things?status=gone|400|unknown, online, offline, asleep",
        "/api/v1/things?label=kitchen|400|KEY=VALUE",
        "/api/v1/things?access_token=x|400|never belongs into an address",
        "/api/v1/things/no%20name|404|another form",
        "/api/v1/things/nobody|404|there is no thing 'nobody'",
        "/api/v1/things/plug1/properties/volume|404|has no property 'volume'",
        "/api/v1/things/plug1/readings?from=yesterday|400|2026-01-31T12:00:00Z",
        "/api/v1/things/plug1/readings?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z|400|before",
        "/api/v1/nothing|404|openapi.json",
        "/api/v1/routes|503|room of the routes",
        "/api/v1/commands/c99|404|there is no command",
        "/api/v1/subscriptions/a%20b/next|400|cannot name a subscription",
        "/api/v1/bundles/none|404|no bundle is named"
      })
  void saysWhatIsWrongWithARequest(String path, int status, String words) throws Exception {
    HttpResponse<String> response = hub.get(path, "administrator");
    problem(response, status, words);
  }

  @Test
  void asksForATokenInTheHeader() throws Exception {
    HttpResponse<String> response = hub.get("/api/v1/things", "");
    problem(response, 401, "Authorization: Bearer TOKEN");
    assertThat(response.headers().firstValue("WWW-Authenticate"))
        .hasValue("Bearer realm=\"patchbay\"");
    problem(hub.get("/api/v1/things", "wrong"), 401, "not valid");
    problem(
        hub.send(hub.request("/api/v1/things", "").header("Authorization", "Basic YTpi")),
        401,
        "no bearer token");
  }

  @ParameterizedTest
  @CsvSource({
    "viewer,PUT,/api/v1/things/plug1/properties/limit,operator",
    "viewer,PUT,/api/v1/things/plug1/desired/limit,operator",
    "viewer,DELETE,/api/v1/things/plug1/desired/limit,operator",
    "operator,PUT,/api/v1/things/plug1/recorder,integrator",
    "operator,GET,/api/v1/things/plug1/recording,integrator",
    "viewer,DELETE,/api/v1/things/plug1,operator",
    "operator,POST,/api/v1/bundles,integrator",
    "operator,PUT,/api/v1/profiles/x,integrator",
    "integrator,GET,/api/v1/tokens,administrator",
    "integrator,GET,/api/v1/audit,administrator",
    "integrator,PUT,/api/v1/credentials/x,administrator",
    "integrator,PUT,/api/v1/secrets/x,administrator"
  })
  void refusesWhatTheRoleDoesNotInclude(String token, String method, String path, String needed)
      throws Exception {
    problem(hub.json(method, path, token, "{}"), 403, "needs the role " + needed);
  }

  @Test
  void refusesOtherMethodsTypesAndSizes() throws Exception {
    HttpResponse<String> patch = hub.json("PATCH", "/api/v1/things/plug1", "operator", "{}");
    problem(patch, 405, "PATCH is not offered");
    assertThat(patch.headers().firstValue("Allow")).hasValue("DELETE, GET, HEAD, PUT");
    problem(
        hub.send(
            hub.request("/api/v1/things", "operator")
                .header("Content-Type", "text/plain")
                .POST(BodyPublishers.ofString("x"))),
        415,
        "accepted: application/json");
    problem(
        hub.json("POST", "/api/v1/things", "operator", "\"" + "x".repeat(20_000) + "\""),
        413,
        "16384");
    problem(
        hub.send(
            hub.request("/api/v1/things", "operator")
                .header("Content-Type", "application/json")
                .POST(
                    BodyPublishers.ofInputStream(
                        () -> new java.io.ByteArrayInputStream(new byte[20_000])))),
        413,
        "16384");
    problem(
        hub.send(
            hub.request("/api/v1/things/plug1/readings", "viewer").header("Accept", "image/png")),
        406,
        "offered: application/json, application/senml+json, text/csv");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{|not JSON",
        "{} {}|not JSON",
        "{\"id\":\"a\",\"id\":\"b\"}|Duplicate",
        "[]|no JSON object",
        "{\"id\":\"a\",\"colour\":1}|accepted: id, base, profile, terms, labels",
        "{\"id\":\"a\"}|lacks the key 'base'",
        "{\"id\":5,\"base\":\"mqtt://local\",\"profile\":\"plug\"}|accepted: text",
        "{\"id\":\"a b\",\"base\":\"mqtt://local\",\"profile\":\"plug\"}|not a thing's name",
        "{\"id\":\"a\",\"base\":\"local\",\"profile\":\"plug\"}|names no protocol",
        "{\"id\":\"a\",\"base\":\"mqtt://local\",\"profile\":\"plug\",\"labels\":{\"a\":1}}|labels.a"
      })
  void readsJsonStrictly(String body, String words) throws Exception {
    problem(hub.json("POST", "/api/v1/things", "operator", body), 400, words);
  }

  @Test
  void boundsTheDepthOfJson() throws Exception {
    String deep = "[".repeat(2_000) + "]".repeat(2_000);
    problem(hub.json("POST", "/api/v1/things", "operator", deep), 400, "not JSON");
  }

  @Test
  void registersChangesAndRemovesAThing() throws Exception {
    String body =
        "{\"id\":\"lamp\",\"base\":\"mqtt://local\",\"profile\":\"plug\",\"labels\":{\"room\":\"hall\"}}";
    HttpResponse<String> made = hub.json("POST", "/api/v1/things", "operator", body);
    assertThat(made.statusCode()).isEqualTo(201);
    assertThat(made.headers().firstValue("Location")).hasValue("/api/v1/things/lamp");
    problem(hub.json("POST", "/api/v1/things", "operator", body), 409, "already");
    problem(
        hub.json("PUT", "/api/v1/things/lamp", "operator", body.replace("plug", "no")),
        422,
        "accepted: plug");
    JsonNode page = tree(hub.get("/api/v1/things?label=room%3Dhall", "viewer"));
    assertThat(page.get("things")).hasSize(1);
    assertThat(hub.json("PUT", "/api/v1/things/lamp", "operator", body).statusCode())
        .isEqualTo(200);
    assertThat(
            tree(hub.json("POST", "/api/v1/things/lamp/admit", "operator", ""))
                .get("admission")
                .textValue())
        .isEqualTo("admitted");
    assertThat(
            tree(hub.json("POST", "/api/v1/things/lamp/refuse", "operator", ""))
                .get("admission")
                .textValue())
        .isEqualTo("rejected");
    assertThat(hub.json("DELETE", "/api/v1/things/lamp", "operator", "").statusCode())
        .isEqualTo(204);
    problem(hub.json("DELETE", "/api/v1/things/lamp", "operator", ""), 404, "no thing");
    assertThat(hub.rooms.acts)
        .anyMatch(act -> act.act().equals("thing.remove") && act.result().equals("done"));
    assertThat(hub.rooms.acts)
        .anyMatch(
            act -> act.act().equals("thing.change") && act.result().contains("accepted: plug"));
  }

  @Test
  void tellsTheLatestValue() throws Exception {
    JsonNode power = tree(hub.get("/api/v1/things/plug1/properties/power", "viewer"));
    assertThat(power.toString())
        .isEqualTo(
            "{\"value\":21.5,\"unit\":\"W\",\"time\":\"2026-01-31T12:00:00.500Z\","
                + "\"received\":\"2026-01-31T12:00:00.520Z\",\"quality\":\"good\",\"source\":\"device\"}");
    problem(hub.get("/api/v1/things/plug1/properties/limit", "viewer"), 404, "has not sent");
  }

  @Test
  void ordersWhatAPropertyShallBe() throws Exception {
    String path = "/api/v1/things/plug1/desired/limit";
    problem(hub.get("/api/v1/things/gone/desired", "viewer"), 404, "no thing");
    problem(hub.get(path, "viewer"), 404, "nothing is desired");
    problem(hub.json("PUT", path, "operator", "9000"), 422, "0 to 5000");
    problem(hub.json("PUT", path, "operator", "null"), 400, "accepted: a number");
    HttpResponse<String> ordered = hub.json("PUT", path, "operator", "{\"value\":7}");
    assertThat(ordered.statusCode()).isEqualTo(200);
    assertThat(tree(ordered).get("state").textValue()).isEqualTo("never-heard");
    assertThat(tree(hub.get(path, "viewer")).get("desired").doubleValue()).isEqualTo(7);
    assertThat(tree(hub.get("/api/v1/things/plug1/desired", "viewer")).get("desired")).hasSize(2);
    String write = "/api/v1/things/plug1/properties/limit";
    problem(hub.json("PUT", write, "operator", "8"), 409, "change it with PUT " + path);
    assertThat(hub.json("DELETE", path, "operator", "").statusCode()).isEqualTo(204);
    problem(hub.json("DELETE", path, "operator", ""), 404, "nothing is desired");
    problem(
        hub.json("DELETE", "/api/v1/things/plug1/desired/on", "operator", ""),
        409,
        "by the profile");
    assertThat(hub.json("PUT", write, "operator", "8").statusCode()).isNotEqualTo(409);
  }

  @Test
  void recordsFramesForWhoeverMayReadThem() throws Exception {
    String recorder = "/api/v1/things/plug1/recorder";
    String recording = "/api/v1/things/plug1/recording";
    problem(hub.get("/api/v1/things/gone/recorder", "viewer"), 404, "no thing");
    assertThat(tree(hub.get(recorder, "viewer")).get("on").booleanValue()).isFalse();
    problem(hub.get(recording, "integrator"), 409, "is not recorded");
    assertThat(tree(hub.json("PUT", recorder, "integrator", "")).get("on").booleanValue()).isTrue();
    assertThat(hub.get(recording, "integrator").body()).isEqualTo("recording of plug1");
    assertThat(
            hub.send(hub.request(recording, "integrator").header("Accept", "application/yaml"))
                .body())
        .startsWith("examples:");
    assertThat(hub.get("/api/v1/audit", "administrator").body()).contains("recorder.export");
    assertThat(
            hub.send(hub.request("/api/v1/rejected", "viewer").header("Accept", "application/yaml"))
                .body())
        .startsWith("examples:");
    assertThat(hub.json("DELETE", recorder, "integrator", "").statusCode()).isEqualTo(204);
    problem(
        hub.json("DELETE", "/api/v1/things/plug2/recorder", "integrator", ""), 409, "record: true");
  }

  @Test
  void writesAndInvokes() throws Exception {
    String path = "/api/v1/things/plug1/properties/limit";
    hub.rooms.outcome = CompletableFuture.completedFuture(new Outcome.Done(List.of()));
    HttpResponse<String> done = hub.json("PUT", path, "operator", "{\"value\":7}");
    assertThat(done.statusCode()).isEqualTo(200);
    assertThat(tree(done).get("outcome").textValue()).isEqualTo("done");
    Command.Write write = (Command.Write) hub.rooms.commands.get(hub.rooms.commands.size() - 1);
    assertThat(write.value()).isEqualTo(new Value.Num(7));
    assertThat(hub.json("PUT", path, "operator", "12.5").statusCode()).isEqualTo(200);
    problem(hub.json("PUT", path, "operator", "99999999999999999999"), 400, "64 bits");
    problem(hub.json("PUT", path, "operator", "null"), 400, "accepted: a number");
    problem(
        hub.json("PUT", "/api/v1/things/gone/properties/limit", "operator", "1"), 404, "no thing");

    hub.rooms.outcome =
        CompletableFuture.completedFuture(new Outcome.Failed(Outcome.Reason.REFUSED, "too hot"));
    assertThat(tree(hub.json("PUT", path, "operator", "1")).get("reason").textValue())
        .isEqualTo("refused");
    hub.rooms.outcome =
        CompletableFuture.completedFuture(
            new Outcome.Failed(Outcome.Reason.INVALID_VALUE, "accepted: 0 to 5000"));
    problem(hub.json("PUT", path, "operator", "-1"), 400, "0 to 5000");
    hub.rooms.outcome =
        CompletableFuture.completedFuture(
            new Outcome.Failed(Outcome.Reason.BUSY, "its lane is full"));
    problem(hub.json("PUT", path, "operator", "1"), 503, "lane");

    hub.rooms.outcome = new CompletableFuture<>();
    HttpResponse<String> waiting =
        hub.json("POST", "/api/v1/things/plug1/actions/toggle?wait=0", "operator", "{\"on\":true}");
    assertThat(waiting.statusCode()).isEqualTo(202);
    String place = waiting.headers().firstValue("Location").orElseThrow();
    assertThat(tree(hub.get(place, "viewer")).get("state").textValue()).isEqualTo("waiting");
    assertThat(tree(hub.get(place, "viewer")).get("command").get("input").toString())
        .isEqualTo("{\"on\":true}");
  }

  @Test
  void givesHistoryInThreeForms() throws Exception {
    hub.rooms.append(FakeRooms.reading("hist", 1));
    hub.rooms.append(FakeRooms.reading("hist", 2.5));
    String path = "/api/v1/things/hist/readings?limit=10&from=2026-01-01T00:00:00Z";
    assertThat(tree(hub.get(path, "viewer")).get("readings")).hasSize(2);
    HttpResponse<String> senml =
        hub.send(
            hub.request(path, "viewer").header("Accept", "application/senml+json;q=1, */*;q=0.1"));
    assertThat(senml.headers().firstValue("Content-Type")).hasValue("application/senml+json");
    assertThat(senml.body())
        .contains("{\"n\":\"hist/power\",\"u\":\"W\",\"v\":2.5,\"t\":1769860800.5}");
    HttpResponse<String> csv = hub.send(hub.request(path, "viewer").header("Accept", "text/csv"));
    assertThat(csv.body().split("\r\n", -1))
        .startsWith("time,thing,property,value,unit,quality,received")
        .contains("2026-01-31T12:00:00.500Z,hist,power,1,W,good,2026-01-31T12:00:00.520Z");
    problem(hub.get("/api/v1/things/never/readings", "viewer"), 404, "no history");
  }

  @Test
  void describesAThingAsWotDoes() throws Exception {
    HttpResponse<String> response = hub.get("/api/v1/things/plug1/td", "viewer");
    assertThat(response.headers().firstValue("Content-Type")).hasValue("application/td+json");
    JsonNode td = tree(response);
    assertThat(td.get("@context").textValue()).isEqualTo("https://www.w3.org/2022/wot/td/v1.1");
    assertThat(td.get("id").textValue()).isEqualTo("urn:patchbay:node-1:plug1");
    assertThat(td.get("title").textValue()).isNotEmpty();
    assertThat(td.get("securityDefinitions").has(td.get("security").get(0).textValue())).isTrue();
    Set<String> known =
        Set.of(
            "readproperty",
            "writeproperty",
            "observeproperty",
            "unobserveproperty",
            "invokeaction",
            "subscribeevent",
            "unsubscribeevent");
    for (String kind : List.of("properties", "actions", "events")) {
      for (JsonNode affordance : td.get(kind)) {
        assertThat(affordance.get("forms")).isNotEmpty();
        for (JsonNode form : affordance.get("forms")) {
          assertThat(form.get("href").textValue()).isNotEmpty();
          form.get("op").forEach(op -> assertThat(known).contains(op.textValue()));
        }
      }
    }
    JsonNode power = td.get("properties").get("power");
    assertThat(power.get("type").textValue()).isEqualTo("number");
    assertThat(power.get("unit").textValue()).isEqualTo("W");
    assertThat(power.get("readOnly").booleanValue()).isTrue();
    assertThat(td.get("properties").get("limit").get("forms").get(0).get("op").toString())
        .contains("writeproperty");
    assertThat(td.get("base").textValue()).startsWith("http://127.0.0.1:" + hub.port());
    assertThat(hub.get("/api/v1/things/plug1/properties/power", "viewer").statusCode())
        .isEqualTo(200);
  }

  @Test
  void deploysBundlesWithinTheirBound() throws Exception {
    var upload =
        hub.request("/api/v1/bundles", "integrator")
            .header("Content-Type", "application/octet-stream")
            .POST(BodyPublishers.ofByteArray(new byte[1000]));
    assertThat(tree(hub.send(upload)).get("symbolicName").textValue()).isEqualTo("new");
    assertThat(hub.rooms.uploads).allSatisfy(jar -> assertThat(jar).doesNotExist());
    var small = upload.copy().POST(BodyPublishers.ofByteArray(new byte[3]));
    problem(hub.send(small), 422, "not a readable jar");
    var large = upload.copy().POST(BodyPublishers.ofByteArray(new byte[1_100_000]));
    problem(hub.send(large), 413, "1048576");
    assertThat(tree(hub.get("/api/v1/bundles", "viewer")).get("bundles")).hasSize(1);
    problem(
        hub.json("POST", "/api/v1/bundles/io.patchbay.core/stop", "integrator", ""),
        422,
        "platform");
    assertThat(
            hub.json("DELETE", "/api/v1/bundles/io.patchbay.binding.sim", "integrator", "")
                .statusCode())
        .isEqualTo(204);
  }

  @Test
  void keepsDocuments() throws Exception {
    var put =
        hub.request("/api/v1/profiles/acme/plug", "integrator").header("Content-Type", "text/yaml");
    problem(
        hub.send(put.copy().PUT(BodyPublishers.ofString("id: other"))), 422, "acme/plug.yaml:1");
    problem(
        hub.send(put.copy().PUT(BodyPublishers.ofByteArray(new byte[] {-1, -2}))), 400, "UTF-8");
    assertThat(hub.send(put.copy().PUT(BodyPublishers.ofString("id: acme/plug"))).statusCode())
        .isEqualTo(200);
    assertThat(hub.get("/api/v1/profiles/acme/plug", "viewer").body()).isEqualTo("id: acme/plug");
    assertThat(tree(hub.get("/api/v1/profiles", "viewer")).get("profiles")).hasSize(1);
    assertThat(hub.json("DELETE", "/api/v1/profiles/acme/plug", "integrator", "").statusCode())
        .isEqualTo(204);
    problem(hub.json("DELETE", "/api/v1/profiles/acme/plug", "integrator", ""), 404, "no profile");
  }

  @Test
  void keepsSecretsToItself() throws Exception {
    String password = "correct horse";
    String body = "{\"password\":\"" + password + "\",\"publish\":[\"a/#\"],\"loopbackOnly\":true}";
    assertThat(hub.json("PUT", "/api/v1/credentials/dev1", "administrator", body).statusCode())
        .isEqualTo(204);
    problem(
        hub.json("PUT", "/api/v1/credentials/dev1", "administrator", "{\"password\":\"x\"}"),
        400,
        "8 to 256");
    HttpResponse<String> listed = hub.get("/api/v1/credentials", "administrator");
    assertThat(listed.body()).contains("dev1").doesNotContain(password);
    assertThat(
            hub.json("PUT", "/api/v1/secrets/cloud", "administrator", "{\"secret\":\"s3\"}")
                .statusCode())
        .isEqualTo(204);
    assertThat(hub.get("/api/v1/secrets", "administrator").body())
        .contains("cloud")
        .doesNotContain("s3");
    assertThat(hub.get("/api/v1/audit", "administrator").body())
        .contains("credential.put")
        .doesNotContain(password)
        .doesNotContain("s3\"");
    assertThat(hub.json("DELETE", "/api/v1/credentials/dev1", "administrator", "").statusCode())
        .isEqualTo(204);
  }

  @Test
  void issuesAndRevokesTokens() throws Exception {
    String body = "{\"name\":\"fresh\",\"role\":\"viewer\"}";
    HttpResponse<String> issued = hub.json("POST", "/api/v1/tokens", "administrator", body);
    assertThat(issued.statusCode()).isEqualTo(201);
    String token = tree(issued).get("token").textValue();
    assertThat(hub.get("/api/v1/things", token).statusCode()).isEqualTo(200);
    problem(hub.json("POST", "/api/v1/tokens", "administrator", body), 409, "already");
    problem(
        hub.json("POST", "/api/v1/tokens", "administrator", body.replace("viewer", "king")),
        400,
        "viewer, operator, integrator, administrator");
    assertThat(hub.json("DELETE", "/api/v1/tokens/fresh", "administrator", "").statusCode())
        .isEqualTo(204);
    problem(hub.get("/api/v1/things", token), 401, "not valid");
  }

  @Test
  void readsADurableSubscription() throws Exception {
    String next = "/api/v1/subscriptions/erp/next?thing=sub&start=oldest&max=2";
    for (int i = 1; i <= 3; i++) {
      hub.rooms.append(FakeRooms.reading("sub", i));
    }
    JsonNode batch = tree(hub.get(next, "operator"));
    assertThat(batch.get("uplinks")).hasSize(2);
    assertThat(tree(hub.get(next, "operator"))).as("not acknowledged: again").isEqualTo(batch);
    String ack = "{\"sequence\":" + batch.get("last").longValue() + "}";
    assertThat(hub.json("POST", "/api/v1/subscriptions/erp/ack", "operator", ack).statusCode())
        .isEqualTo(204);
    JsonNode rest = tree(hub.get("/api/v1/subscriptions/erp/next", "operator"));
    assertThat(rest.get("uplinks")).hasSize(1);
    problem(hub.get("/api/v1/subscriptions/erp/next?thing=other", "operator"), 409, "keeps it");
    JsonNode account = tree(hub.get("/api/v1/subscriptions", "viewer")).get("subscriptions").get(0);
    assertThat(account.get("accepted").longValue()).isEqualTo(3);
    assertThat(account.get("delivered").longValue()).isEqualTo(2);
    assertThat(account.get("pending").longValue()).isEqualTo(1);
    problem(
        hub.json("POST", "/api/v1/subscriptions/erp/ack", "operator", "{\"sequence\":99999999}"),
        400,
        "has not given");
    assertThat(hub.json("DELETE", "/api/v1/subscriptions/erp", "integrator", "").statusCode())
        .isEqualTo(204);
    problem(
        hub.json("DELETE", "/api/v1/subscriptions/erp", "integrator", ""), 404, "no subscription");
  }

  @Test
  void replaysAndDiscardsRejected() throws Exception {
    assertThat(
            tree(hub.get("/api/v1/rejected", "viewer")).get("counts").get("UNDECODABLE").intValue())
        .isEqualTo(1);
    assertThat(
            tree(hub.json("POST", "/api/v1/rejected/1/replay", "operator", ""))
                .get("receipt")
                .textValue())
        .isEqualTo("stored");
    problem(
        hub.json("POST", "/api/v1/rejected/2/replay", "operator", ""), 422, "no rejected frame");
    assertThat(hub.json("DELETE", "/api/v1/rejected/1", "operator", "").statusCode())
        .isEqualTo(204);
    problem(hub.json("DELETE", "/api/v1/rejected/x", "operator", ""), 404, "no id");
  }

  @Test
  void tellsHealthAndDetailsOnlyWithAToken() throws Exception {
    HttpResponse<String> open = hub.get("/health", "");
    assertThat(open.statusCode()).isEqualTo(200);
    assertThat(open.body()).isEqualTo("{\"status\":\"ok\"}");
    assertThat(tree(hub.get("/health", "viewer")).get("checks").size()).isGreaterThan(1);
    hub.rooms.checks = List.of(new Check("core", State.CRITICAL, "no disk"));
    try {
      assertThat(hub.get("/health", "").statusCode()).isEqualTo(503);
      assertThat(hub.get("/health", "").body()).doesNotContain("no disk");
    } finally {
      hub.rooms.checks = List.of(new Check("core", State.OK, "fine"));
    }
    problem(hub.get("/health", "wrong"), 401, "not valid");
  }

  @Test
  void writesMetricsForPrometheus() throws Exception {
    problem(hub.get("/metrics", ""), 401, "no token");
    String text = hub.get("/metrics", "viewer").body();
    assertThat(text)
        .contains(
            "# TYPE patchbay_test_total counter\npatchbay_test_total{kind=\"a\\\"b\\\\c\\nd\"} 3\n")
        .contains("patchbay_test_ratio 0.5\n")
        .contains("# TYPE jvm_memory_used_bytes gauge");
    Pattern line = Pattern.compile("#.*|[a-zA-Z_:][a-zA-Z0-9_:]*(\\{.*\\})? \\S+");
    assertThat(text.lines()).allMatch(one -> line.matcher(one).matches());
    assertThat(text.lines().filter(one -> one.startsWith("# TYPE"))).doesNotHaveDuplicates();
  }

  @Test
  void describesEveryOperationInOpenApi() throws Exception {
    HttpResponse<String> response = hub.get("/api/v1/openapi.json", "");
    JsonNode api = tree(response);
    assertThat(api.get("openapi").textValue()).startsWith("3.1");
    Matcher references =
        Pattern.compile("#/components/schemas/([A-Za-z]+)").matcher(response.body());
    while (references.find()) {
      assertThat(api.get("components").get("schemas").has(references.group(1)))
          .as(references.group(1))
          .isTrue();
    }
    Set<String> ids = new HashSet<>();
    api.get("paths")
        .properties()
        .forEach(
            path ->
                path.getValue()
                    .properties()
                    .forEach(
                        operation -> {
                          assertThat(ids.add(operation.getValue().get("operationId").textValue()))
                              .isTrue();
                          assertThat(operation.getValue().get("responses")).isNotEmpty();
                          Matcher names = Pattern.compile("\\{([a-z]+)\\}").matcher(path.getKey());
                          while (names.find()) {
                            String name = names.group(1);
                            assertThat(operation.getValue().get("parameters"))
                                .anyMatch(one -> one.get("name").textValue().equals(name));
                          }
                        }));
    assertThat(ids).hasSizeGreaterThan(40).contains("getApiV1OpenapiJson".replace("ApiV1", ""));
    assertThat(response.body()).doesNotContain("null");
  }

  @Test
  void servesTheConsoleAndNothingElse() throws Exception {
    HttpResponse<String> index = hub.get("/", "");
    assertThat(index.body()).contains("Patchbay");
    assertThat(index.headers().firstValue("Cache-Control")).hasValue("no-store");
    assertThat(index.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
    assertThat(index.headers().firstValue("Content-Security-Policy")).isPresent();
    assertThat(index.headers().firstValue("Server")).isEmpty();
    assertThat(hub.get("/assets/a.js", "").headers().firstValue("Cache-Control").orElseThrow())
        .contains("immutable");
    for (String path :
        List.of(
            "/../secret.txt",
            "/%2e%2e/secret.txt",
            "/..%2fsecret.txt",
            "/assets/%2e%2e/%2e%2e/secret.txt")) {
      assertThat(raw("GET " + path + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))
          .as(path)
          .doesNotContain("never");
    }
  }

  @Test
  void survivesGarbage() throws Exception {
    assertThat(raw("\u0000\u0001garbage\r\n\r\n")).startsWith("HTTP/1.1 400");
    assertThat(
            raw("GET /api/v1/things HTTP/1.1\r\nHost: a\r\nX: " + "y".repeat(40_000) + "\r\n\r\n"))
        .startsWith("HTTP/1.1 431");
    assertThat(raw("POST /api/v1/things HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n"))
        .startsWith("HTTP/1.1 400");
    assertThat(raw("GET /api/v1/things/%zz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 400");
    assertThat(raw("TRACE / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")).contains(" 40");
    assertThat(hub.get("/health", "").statusCode()).isEqualTo(200);
  }

  private String raw(String request) throws Exception {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), hub.port())) {
      socket.setSoTimeout(10_000);
      OutputStream out = socket.getOutputStream();
      out.write(request.getBytes(StandardCharsets.ISO_8859_1));
      out.flush();
      InputStream in = socket.getInputStream();
      return new String(in.readNBytes(2_000), StandardCharsets.ISO_8859_1);
    }
  }
}
