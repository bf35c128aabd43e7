package io.patchbay.northbound.rest;

import static io.patchbay.northbound.rest.RestHub.problem;
import static io.patchbay.northbound.rest.RestHub.tree;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.patchbay.thing.Command;
import io.patchbay.thing.Outcome;
import io.patchbay.thing.Value;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Things over HTTP: what they are, say and shall be. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ThingsApiTest {
  private final RestHub hub;

  ThingsApiTest(@TempDir Path home) throws Exception {
    hub = new RestHub(home);
  }

  @AfterAll
  void stop() throws Exception {
    hub.stop();
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
  void retiresAThingTakesItBackAndTellsItsLife() throws Exception {
    String body = "{\"base\":\"mqtt://local\",\"profile\":\"plug\"}";
    String thing = "/api/v1/things/old";
    hub.json("PUT", thing, "operator", body);
    String why = "{\"reason\":\"replaced by plug2\"}";
    problem(hub.json("POST", thing + "/retire", "viewer", why), 403, "operator");
    problem(hub.json("POST", thing + "/retire", "operator", "{}"), 400, "lacks the key 'reason'");
    problem(hub.json("POST", thing + "/retire", "operator", "{\"reason\":\" \"}"), 400, "says why");
    problem(hub.json("POST", "/api/v1/things/gone/retire", "operator", why), 404, "no thing");
    problem(hub.get("/api/v1/things/gone/lifecycle", "viewer"), 404, "no thing");
    hub.json("PUT", "/api/v1/secrets/lwm2m-psk.new_3A1", "administrator", "{\"secret\":\"k\"}");
    assertThat(tree(hub.get("/api/v1/things/new:1/lifecycle", "viewer")).toString())
        .contains("manufactured", "never heard");
    problem(hub.get("/api/v1/things/lwm2m-psk.new_3A1/lifecycle", "viewer"), 404, "no thing");
    JsonNode retired = tree(hub.json("POST", thing + "/retire", "operator", why));
    assertThat(retired.get("admission").textValue()).isEqualTo("retired");
    assertThat(retired.get("stage").textValue()).isEqualTo("retired");
    problem(hub.json("POST", thing + "/retire", "operator", why), 422, "RETIRED");
    JsonNode life = tree(hub.get(thing + "/lifecycle", "viewer"));
    assertThat(life.get("stage").textValue()).isEqualTo("retired");
    assertThat(life.get("reason").textValue()).isEqualTo("retired by operator: replaced by plug2");
    assertThat(life.get("history")).hasSize(2);
    assertThat(tree(hub.get(thing + "/lifecycle?limit=1", "viewer")).get("history")).hasSize(1);
    problem(hub.get(thing + "/lifecycle?limit=1001", "viewer"), 400, "1 to 1000");
    assertThat(
            tree(hub.json("POST", thing + "/reinstate", "operator", why)).get("stage").textValue())
        .isEqualTo("admitted");
    assertThat(hub.rooms.acts)
        .anyMatch(act -> act.act().equals("thing.retire") && act.result().equals("done"));
    hub.json("DELETE", thing, "operator", "");
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
}
