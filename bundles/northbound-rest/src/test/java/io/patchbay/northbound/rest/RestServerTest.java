package io.patchbay.northbound.rest;

import static io.patchbay.northbound.rest.RestHub.problem;
import static io.patchbay.northbound.rest.RestHub.tree;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.patchbay.operation.Health.Check;
import io.patchbay.operation.Health.State;
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
