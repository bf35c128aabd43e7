package io.patchbay.itests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.patchbay.itests.prove.Versions;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A room's climate and its switch, as the north sees them: the same whatever the device speaks. And
 * what the journeys that say so do alike.
 */
final class Climate {
  private static final ObjectMapper JSON = new ObjectMapper();

  private Climate() {}

  static JsonNode property(RunningHub hub, String thing, String property)
      throws IOException, InterruptedException {
    return JSON.readTree(hub.get("/api/v1/things/" + thing + "/properties/" + property).body());
  }

  static JsonNode value(RunningHub hub, String thing, String property)
      throws IOException, InterruptedException {
    return property(hub, thing, property).path("value");
  }

  /** The one call that commands every device. */
  static HttpResponse<String> putSwitch(RunningHub hub, String thing, boolean on)
      throws IOException, InterruptedException {
    return hub.send(
        hub.request("/api/v1/things/" + thing + "/properties/switch")
            .header("Content-Type", "application/json")
            .PUT(BodyPublishers.ofString(Boolean.toString(on))));
  }

  /** What came north of it last, octet for octet but for its name and the time. */
  static Optional<String> record(Mosquitto.Listener north, String thing, String property) {
    String topic = "patchbay/things/" + thing + "/properties/" + property + " ";
    return north.messages().stream()
        .filter(message -> message.startsWith(topic))
        .map(message -> message.substring(topic.length()))
        .map(senml -> senml.replace("\"n\":\"" + thing + "/", "\"n\":\"THING/"))
        .map(senml -> senml.replaceAll("\"t\":[0-9.]+", "\"t\":TIME"))
        .reduce((first, last) -> last);
  }

  /** Things whose temperature is 21.5 °C and whose switch is off cannot be told apart. */
  static void areTheSame(Mosquitto.Listener north, List<String> things) {
    for (String thing : things) {
      assertThat(record(north, thing, "temperature"))
          .as(thing)
          .contains("[{\"n\":\"THING/temperature\",\"u\":\"Cel\",\"v\":21.5,\"t\":TIME}]");
      assertThat(record(north, thing, "switch"))
          .as(thing)
          .contains("[{\"n\":\"THING/switch\",\"vb\":false,\"t\":TIME}]");
    }
  }

  /** Another version of a bundle takes the place of the one that runs. */
  static void replace(RunningHub hub, Path data, String bundle, int round)
      throws IOException, InterruptedException {
    Path jar = data.resolve(bundle + ".jar.new");
    Versions.copy(
        RunningHub.dist().resolve("bundles/" + bundle + "-0.1.0.jar"),
        jar,
        "0.1.0.journey" + round,
        Map.of());
    HttpResponse<String> answer =
        hub.send(
            hub.request("/api/v1/bundles")
                .header("Content-Type", "application/java-archive")
                .POST(BodyPublishers.ofFile(jar)));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
  }

  /** What libcoap's client prints. */
  static String coap(String... words) throws IOException, InterruptedException {
    return said(false, with(List.of("coap-client-notls", "-B", "10"), words)).strip();
  }

  static List<String> with(List<String> command, String... words) {
    List<String> all = new ArrayList<>(command);
    all.addAll(List.of(words));
    return all;
  }

  /**
   * What a program prints.
   *
   * @param well whether it must say that all went well
   */
  static String said(boolean well, List<String> command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    if (well) {
      assertThat(process.exitValue()).as(said).isZero();
    }
    return said;
  }
}
