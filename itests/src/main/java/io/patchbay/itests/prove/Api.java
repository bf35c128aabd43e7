package io.patchbay.itests.prove;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.patchbay.itests.RunningHub;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Optional;

/** The hub's HTTP API as a proof uses it. */
final class Api {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final RunningHub hub;

  Api(RunningHub hub) {
    this.hub = hub;
  }

  JsonNode get(String path) throws IOException, InterruptedException {
    return json(path, hub.get(path));
  }

  /** Puts a profile or a route into service. */
  void put(String path, String yaml) throws IOException, InterruptedException {
    JsonNode unused =
        json(
            path,
            hub.send(
                hub.request(path)
                    .header("Content-Type", "application/yaml")
                    .PUT(BodyPublishers.ofString(yaml))));
  }

  /** Puts a bundle into service; its answer, whatever it is. */
  HttpResponse<String> deploy(Path jar) throws IOException, InterruptedException {
    return hub.send(
        hub.request("/api/v1/bundles")
            .header("Content-Type", "application/java-archive")
            .POST(BodyPublishers.ofFile(jar)));
  }

  void remove(String path) throws IOException, InterruptedException {
    JsonNode unused = json(path, hub.send(hub.request(path).DELETE()));
  }

  private static JsonNode json(String path, HttpResponse<String> response) throws IOException {
    if (response.statusCode() / 100 != 2) {
      throw new IOException(path + " answers " + response.statusCode() + ": " + response.body());
    }
    return JSON.readTree(response.body().isEmpty() ? "{}" : response.body());
  }

  /** A bundle as the hub lists it. */
  Optional<JsonNode> bundle(String symbolicName) throws IOException, InterruptedException {
    for (JsonNode bundle : get("/api/v1/bundles").get("bundles")) {
      if (bundle.get("symbolicName").asText().equals(symbolicName)) {
        return Optional.of(bundle);
      }
    }
    return Optional.empty();
  }

  /** The sum of all samples of a name whose labels contain a text. */
  double metric(String name, String label) throws IOException, InterruptedException {
    double sum = 0;
    for (String line : hub.get("/metrics").body().split("\n")) {
      if (line.startsWith(name)
          && line.contains(label)
          && " {".indexOf(line.charAt(name.length())) >= 0) {
        sum += Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1));
      }
    }
    return sum;
  }

  /** Accepted = delivered + pending + dropped, for every durable subscription. */
  void checkLedger(String when, Findings findings) throws IOException, InterruptedException {
    for (JsonNode account : get("/api/v1/ledger").get("subscriptions")) {
      long dropped = 0;
      for (JsonNode reason : account.get("dropped")) {
        dropped += reason.asLong();
      }
      long sum = account.get("delivered").asLong() + account.get("pending").asLong() + dropped;
      findings.expect(
          account.get("accepted").asLong() == sum,
          when + ": accepted is not delivered + pending + dropped: " + account);
    }
  }
}
