package io.patchbay.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;

/** Uses the files of routes/examples in a running hub as a person would. */
public final class Examples {
  public static final Duration LIMIT = Duration.ofSeconds(60);
  public static final Path FOLDER = RunningHub.dist().resolve("routes/examples");

  private static final ObjectMapper JSON = new ObjectMapper();

  private final RunningHub hub;

  public Examples(RunningHub hub) {
    this.hub = hub;
  }

  /** Copies an example into the hot folder as it is, and waits until it runs. */
  public void use(String id) throws Exception {
    use(id, "", "");
  }

  /** Changed in one place. */
  public void use(String id, String from, String to) throws Exception {
    String text = Files.readString(FOLDER.resolve(id + ".camel.yaml"));
    assertThat(text).contains(from);
    drop(id, from.isEmpty() ? text : text.replace(from, to));
    await().atMost(LIMIT).untilAsserted(() -> assertThat(state(id)).isEqualTo("active"));
  }

  /** Puts a route file into the hot folder at once, as a whole. */
  public void drop(String id, String text) throws Exception {
    Path beside = Files.createTempFile(hub.data(), "drop", ".part");
    Files.writeString(beside, text);
    Files.move(beside, file(id), StandardCopyOption.REPLACE_EXISTING);
  }

  public Path file(String id) {
    return hub.data().resolve("routes").resolve(id + ".camel.yaml");
  }

  /** State and, when something is wrong, what: {@code active}. */
  public String state(String id) throws Exception {
    for (JsonNode route : JSON.readTree(hub.get("/api/v1/routes").body()).path("routes")) {
      if (route.path("id").asText().equals(id)) {
        JsonNode findings = route.path("findings");
        return route.path("state").asText() + (findings.isEmpty() ? "" : " " + findings);
      }
    }
    return "";
  }

  /** {@code active}, {@code resolved}, …; empty when the hub has no such bundle. */
  public String bundle(String symbolicName) throws Exception {
    for (JsonNode bundle : JSON.readTree(hub.get("/api/v1/bundles").body()).path("bundles")) {
      if (bundle.path("symbolicName").asText().equals(symbolicName)) {
        return bundle.path("state").asText();
      }
    }
    return "";
  }

  public void secret(String name, String secret) throws Exception {
    String body = JSON.writeValueAsString(java.util.Map.of("secret", secret));
    int status =
        hub.send(
                hub.request("/api/v1/secrets/" + name)
                    .header("Content-Type", "application/json")
                    .PUT(HttpRequest.BodyPublishers.ofString(body)))
            .statusCode();
    assertThat(status).isBetween(200, 204);
  }

  public boolean known(String thing) throws Exception {
    return hub.get("/api/v1/things/" + thing).statusCode() == 200;
  }

  public void publish(String topic, String payload) throws Exception {
    Mosquitto.publish(hub.mqttPort(), hub.mqttLogin(), topic, payload);
  }
}
