package io.patchbay.northbound.rest;

import static io.patchbay.northbound.rest.RestHub.problem;
import static io.patchbay.northbound.rest.RestHub.tree;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Bundles, documents, secrets, tokens, subscriptions and rejected frames over HTTP. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class AdministrationApiTest {
  private final RestHub hub;

  AdministrationApiTest(@TempDir Path home) throws Exception {
    hub = new RestHub(home);
  }

  @AfterAll
  void stop() throws Exception {
    hub.stop();
  }

  @Test
  void deploysBundlesWithinTheirBound() throws Exception {
    var upload =
        hub.request("/api/v1/bundles", "integrator")
            .header("Content-Type", "application/octet-stream")
            .POST(BodyPublishers.ofByteArray(new byte[1000]));
    assertThat(tree(hub.send(upload)).get("symbolicName").textValue()).isEqualTo("new");
    assertThat(hub.rooms.offices.uploads).allSatisfy(jar -> assertThat(jar).doesNotExist());
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
}
