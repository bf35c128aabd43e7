package io.patchbay.itests.prove;

import io.patchbay.itests.Mosquitto;
import io.patchbay.itests.RunningHub;
import io.patchbay.itests.bench.Fleet;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;

/**
 * Everything that can be replaced is replaced under load: the MQTT binding again and again, another
 * binding beside it, a profile, a route, the parts that connections and components live in, core.
 * What does not come up goes back. Nothing is lost, order per device stays, nothing grows.
 */
final class SwapProof {
  private static final String MQTT = "io.patchbay.binding.mqtt";
  private static final String SIM = "io.patchbay.binding.sim";

  /** Replaced less often: who lives on them comes back with them. */
  private static final List<String> FOUNDATIONS =
      List.of("wrap-camel-components", "wrap-camel-paho", "camel-mqtt", "core");

  /** After so many replacements nothing may have grown since the first ones. */
  private static final long GROWN_HEAP_MB = 24;

  private static final long GROWN_THREADS = 6;
  private static final long GROWN_CLASSES = 600;

  @FunctionalInterface
  private interface Step {
    void run() throws IOException, InterruptedException;
  }

  private final Scene scene;
  private int versions;

  private SwapProof(Scene scene) {
    this.scene = scene;
  }

  static Proof run(Path data, Terms terms)
      throws IOException, InterruptedException, TimeoutException {
    int rounds = terms.rounds(2, 20);
    try (Scene scene = Scene.of(data, terms.things(50, 200), terms);
        Receiver receiver = new Receiver(scene.fleet)) {
      SwapProof proof = new SwapProof(scene);
      scene.api().put("/api/v1/routes/prove-http", receiver.route("&thing=" + Fleet.thing(0)));
      int perSecond = terms.perSecond(1_000, 5_000);
      scene.load(perSecond);
      scene.await(2L * perSecond);
      proof.play(rounds, terms.brief());
      scene.silence();
      long said = scene.sender.acknowledged(0).cardinality();
      scene.findings.expect(
          Drain.until(() -> receiver.taken() >= said), "the HTTP receiver did not get everything");
      scene.findings.expect(receiver.outOfOrder() == 0, "the HTTP receiver saw disorder");
      return scene.verdict(rounds, scene.findings.figure("gapMs.binding"));
    }
  }

  private void play(int rounds, boolean brief) throws IOException, InterruptedException {
    during("nothing", () -> Drain.seconds(2));
    during("bindingByFolder", this::dropBinding);
    Vitals before = warm();
    for (int round = 1; round <= rounds; round++) {
      swap(round);
      System.err.printf(
          "round %d: %d acknowledged, %d delivered, %s%n",
          round, scene.sender.acknowledged(), scene.north().delivered(), scene.findings.figures());
    }
    // In the binding's own flow, seen from inside: what comes out north shows the machine's noise,
    // too.
    scene.findings.figure(
        "gateMicros",
        (long) (scene.api().metric("patchbay_mqtt_longest_swap_seconds", "local") * 1e6));
    during("refused", this::refused);
    compare(before, Vitals.of(scene.hub()));
    for (int round = 1; round <= (brief ? 1 : 5); round++) {
      for (String folder : FOUNDATIONS) {
        during(folder, () -> replace(folder));
      }
    }
    during("newProfile", this::aNewProfileIsHeard);
  }

  /** The first replacements load what the later ones need. */
  private Vitals warm() throws IOException, InterruptedException {
    swap(0);
    return Vitals.of(scene.hub());
  }

  private void swap(int round) throws IOException, InterruptedException {
    during("binding", () -> replace("binding-mqtt"));
    during(
        "others",
        () -> {
          replace("binding-sim");
          replace("binding-sim");
          scene.api().remove("/api/v1/bundles/" + SIM);
        });
    Fleet.Kind kind = Fleet.KINDS.get(round % Fleet.KINDS.size());
    during(
        "profile",
        () ->
            scene
                .api()
                .put(
                    "/api/v1/profiles/bench-" + kind.name(),
                    kind.profile(kind.name(), true)
                        .replace("title: Load", "title: Round " + round + " of the load")));
    Path shipped = RunningHub.dist().resolve("routes/readings-to-mqtt.camel.yaml");
    String route =
        Files.readString(shipped)
            .replace(
                "steps:", "steps:\n        - setHeader: { name: round, constant: " + round + " }");
    during("route", () -> scene.api().put("/api/v1/routes/readings-to-mqtt", route));
  }

  /** Does something, and notes the longest silence meanwhile and shortly after. */
  private void during(String what, Step step) throws IOException, InterruptedException {
    scene.north().beginGap();
    step.run();
    scene.await(scene.north().delivered() + 1);
    Drain.seconds(0.3);
    scene.await(scene.north().delivered() + 1);
    scene.findings.atLeast("gapMs." + what, scene.north().longestGapMs());
  }

  private void replace(String folder) throws IOException, InterruptedException {
    HttpResponse<String> answer = scene.api().deploy(version(folder, Map.of()));
    if (answer.statusCode() != 200) {
      throw new IOException(folder + " could not be replaced: " + answer.body());
    }
  }

  private Path version(String folder, Map<String, String> headers) throws IOException {
    Path made = scene.data().resolve(folder + ".jar.new");
    versions++;
    Versions.copy(shipped(folder), made, newest(), headers);
    return made;
  }

  /** Qualifiers are compared as words. */
  private String newest() {
    return "0.1.0.prove%05d".formatted(versions);
  }

  private void dropBinding() throws IOException, InterruptedException {
    Path made = version("binding-mqtt", Map.of());
    String version = newest();
    Files.createDirectories(scene.data().resolve("deploy"));
    Files.move(
        made, scene.data().resolve("deploy/" + MQTT + ".jar"), StandardCopyOption.REPLACE_EXISTING);
    boolean runs =
        Drain.until(
            () ->
                scene
                    .api()
                    .bundle(MQTT)
                    .filter(bundle -> bundle.get("version").asText().equals(version))
                    .filter(bundle -> bundle.get("state").asText().equals("active"))
                    .isPresent());
    scene.findings.expect(runs, "a binding dropped into deploy/ does not run within a minute");
  }

  /** What does not resolve and what does not start is refused in words, and the old one runs. */
  private void refused() throws IOException, InterruptedException {
    refused(Map.of("Import-Package", "org.example.missing"), "org.example.missing");
    refused(Map.of("Bundle-Activator", "org.example.Absent"), "org.example.Absent");
  }

  private void refused(Map<String, String> headers, String why)
      throws IOException, InterruptedException {
    HttpResponse<String> answer = scene.api().deploy(version("binding-mqtt", headers));
    scene.findings.expect(
        answer.statusCode() == 422 || answer.statusCode() == 409,
        "a bundle that cannot run is answered with " + answer.statusCode());
    scene.findings.expect(
        answer.body().contains(why), "the answer does not say why: " + answer.body());
    Path bad = version("binding-mqtt", headers);
    Path file = scene.data().resolve("deploy/bad.jar");
    Files.move(bad, file);
    boolean told =
        Drain.until(
            20, () -> Files.readString(scene.data().resolve("log/patchbay.log")).contains(why));
    scene.findings.expect(told, "the log does not say that " + why + " is missing");
    boolean listed =
        Drain.until(
            20, () -> scene.api().bundle(MQTT).orElseThrow().get("problem").asText().contains(why));
    scene.findings.expect(listed, "the list of bundles does not say that " + why + " is missing");
    scene.findings.expect(
        scene.api().bundle(MQTT).orElseThrow().get("state").asText().equals("active"),
        "the binding does not run any more");
    Files.delete(file);
  }

  private void compare(Vitals before, Vitals after) {
    Findings findings = scene.findings;
    findings.figure("heapMb.before", before.heapMb());
    findings.figure("heapMb.after", after.heapMb());
    findings.figure("threads.before", before.threads());
    findings.figure("threads.after", after.threads());
    findings.figure("classes.before", before.classes());
    findings.figure("classes.after", after.classes());
    findings.expect(
        after.heapMb() - before.heapMb() <= GROWN_HEAP_MB, "the heap has grown: " + after);
    findings.expect(
        after.threads() - before.threads() <= GROWN_THREADS, "threads have grown: " + after);
    findings.expect(
        after.classes() - before.classes() <= GROWN_CLASSES, "classes have grown: " + after);
  }

  /** Core and the connections were replaced: they still tell each other what to listen for. */
  private void aNewProfileIsHeard() throws IOException, InterruptedException {
    scene
        .api()
        .put(
            "/api/v1/profiles/prove-late",
            """
            id: prove-late
            title: Came late
            thing: "late-{device}"
            match: [ { protocol: mqtt, topic: "late/{device}" } ]
            properties:
              level: { type: number, forms: [ { protocol: mqtt, topic: "late/{device}", path: l } ] }
            """);
    boolean heard =
        Drain.until(
            20,
            () -> {
              Mosquitto.publish(
                  scene.hub().mqttPort(), scene.hub().mqttLogin(), "late/one", "{\"l\":1}");
              return scene.hub().get("/api/v1/things/late-one/properties/level").statusCode()
                  == 200;
            });
    scene.findings.expect(heard, "a profile that came after core was replaced is not listened to");
  }

  static Path shipped(String folder) throws IOException {
    for (String place : List.of("bundles", "extras")) {
      Path jar = RunningHub.dist().resolve(place).resolve(folder + "-0.1.0.jar");
      if (Files.exists(jar)) {
        return jar;
      }
    }
    throw new IOException("the distribution has no " + folder + "-0.1.0.jar");
  }
}
