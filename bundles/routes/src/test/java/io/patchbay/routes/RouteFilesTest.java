package io.patchbay.routes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.patchbay.access.Secrets;
import io.patchbay.deployment.ShippedComponents;
import io.patchbay.northbound.RefusedException;
import io.patchbay.operation.Documents.Document;
import io.patchbay.operation.Finding;
import io.patchbay.operation.Health;
import io.patchbay.operation.Metrics;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RouteFilesTest {
  private static final String GOOD =
      """
      # A title
      - route:
          id: one
          from:
            uri: direct:in
            steps:
              - setBody:
                  constant: "%s"
      """;

  private final LocalHub hub = new LocalHub();
  private Path home = Path.of("");
  private Path data = Path.of("");
  private Optional<RouteFiles> files = Optional.empty();
  private FakeBundleContext bundle = new FakeBundleContext(Map.of());

  @BeforeEach
  void folders(@TempDir Path folder) throws IOException {
    home = Files.createDirectories(folder.resolve("home/routes"));
    data = Files.createDirectories(folder.resolve("data/routes"));
    bundle =
        new FakeBundleContext(
            Map.of(
                "patchbay.home", folder.resolve("home").toString(),
                "patchbay.data", folder.resolve("data").toString()));
  }

  @AfterEach
  void stop() throws InterruptedException {
    if (files.isPresent()) {
      files.get().deactivate();
    }
    assertThat(hub.open).isEmpty();
    assertThat(bundle.registered).isEmpty();
  }

  private RouteFiles start() {
    RouteFiles started = new RouteFiles(bundle.context(), Map.of("greeting", "hello"), hub);
    files = Optional.of(started);
    await().until(() -> bundle.registered.contains("Condition"));
    return started;
  }

  private static void write(Path folder, String id, String text) throws IOException {
    Files.writeString(folder.resolve(id + ".camel.yaml"), text);
  }

  private void change(RouteFiles running, String id, String text) throws IOException {
    write(data, id, text);
    running.install(data.resolve(id + ".camel.yaml").toFile());
  }

  private static Document document(RouteFiles running, String id) {
    return running.list().stream().filter(each -> each.id().equals(id)).findFirst().orElseThrow();
  }

  private String says() {
    for (CamelContext context : hub.open) {
      if (context.getRoute("one") != null) {
        try {
          return context
              .createProducerTemplate()
              .requestBody("direct:in", (Object) "", String.class);
        } catch (CamelExecutionException e) {
          return ""; // just being replaced
        }
      }
    }
    return "";
  }

  @Test
  void refusesWhatIsNoYamlWithItsLine() throws IOException {
    write(data, "bad", "- route:\n    from:\n   uri: [\n");
    Document bad = document(start(), "bad");
    assertThat(bad.state()).isEqualTo("refused");
    assertThat(bad.findings().get(0).line()).isPositive();
    assertThat(bad.findings().get(0).file()).endsWith("bad.camel.yaml");
  }

  private Finding finding(String text) throws IOException {
    write(home, "checked", text);
    List<Finding> findings = Checks.check(home, List.of(home.resolve("checked.camel.yaml")));
    assertThat(findings).hasSize(1);
    return findings.get(0);
  }

  @Test
  void namesTheLineOfWhatIsWrong() throws IOException {
    assertThat(finding("route:\n  from: x\n"))
        .hasToString(
            home.resolve("checked.camel.yaml")
                + ":1: error: the file must be a list: '- route:' or '- from:'");
    assertThat(finding("- from:\n    uri: direct:a\n    steps:\n      - too: log:x\n"))
        .satisfies(found -> assertThat(found.line()).isEqualTo(4))
        .satisfies(found -> assertThat(found.message()).contains("too"));
    assertThat(finding("- from:\n    uri: direct:a\n    steps:\n      - to: hub:nowhere\n"))
        .satisfies(found -> assertThat(found.line()).isEqualTo(4))
        .satisfies(found -> assertThat(found.message()).contains("the hub has no end 'nowhere'"));
    assertThat(finding("- from:\n    uri: hub:readings?bufer=5\n    steps:\n      - to: log:x\n"))
        .satisfies(found -> assertThat(found.line()).isEqualTo(2))
        .satisfies(found -> assertThat(found.message()).contains("bufer"));
    assertThat(
            finding(
                """
                - from:
                    uri: direct:a
                    steps:
                      - setBody:
                          simple: "${nothing"
                """))
        .satisfies(found -> assertThat(found.line()).isEqualTo(5));
    assertThat(finding("- from:\n    uri: direct:a\n    steps:\n      - to: nosuch:x\n"))
        .satisfies(found -> assertThat(found.line()).isEqualTo(4))
        .satisfies(
            found ->
                assertThat(found.message())
                    .startsWith("the component 'nosuch' is missing: put a bundle"));
  }

  @Test
  void aWrongFileLeavesThePreviousInService() throws IOException {
    RouteFiles running = start();
    change(running, "a", GOOD.formatted("first"));
    await().until(() -> says().equals("first"));
    String version = document(running, "a").version();
    change(running, "a", "- route:\n    nonsense: 1\n");
    await().until(() -> document(running, "a").state().equals("refused"));
    assertThat(says()).isEqualTo("first");
    assertThat(document(running, "a").version()).isEqualTo(version);
    assertThat(running.text("a")).contains(GOOD.formatted("first"));
    assertThat(running.checks())
        .anySatisfy(check -> assertThat(check.state()).isEqualTo(Health.State.WARN));
    change(running, "a", GOOD.formatted("second"));
    await().until(() -> says().equals("second"));
    assertThat(document(running, "a").findings()).isEmpty();
    assertThat(hub.open).hasSize(1);
  }

  @Test
  void whatDoesNotStartLeavesThePreviousRunningAndIsTriedAgain() throws IOException {
    RouteFiles running = start();
    change(running, "a", GOOD.formatted("first"));
    await().until(() -> says().equals("first"));
    int port;
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = taken.getLocalPort();
      String listening =
          GOOD.formatted("second")
              + "- from:\n    uri: netty-http:http://127.0.0.1:"
              + port
              + "/\n    steps:\n      - to: log:x\n";
      change(running, "a", listening);
      await().until(() -> document(running, "a").state().equals("failed"));
      assertThat(says()).isEqualTo("first");
    }
    await().until(() -> document(running, "a").state().equals("active"));
    assertThat(says()).isEqualTo("second");
  }

  @Test
  void anOverlayReplacesTheShippedOneUntilItIsRemoved() throws IOException {
    write(home, "a", GOOD.formatted("shipped"));
    RouteFiles running = start();
    assertThat(document(running, "a"))
        .satisfies(each -> assertThat(each.shipped()).isTrue())
        .satisfies(each -> assertThat(each.state()).isEqualTo("active"))
        .satisfies(each -> assertThat(each.title()).isEqualTo("A title"));
    change(running, "a", GOOD.formatted("mine"));
    await().until(() -> says().equals("mine"));
    change(running, "a", "# off\n[]\n");
    await().until(() -> document(running, "a").state().equals("disabled"));
    assertThat(hub.open).isEmpty();
    assertThat(running.remove("a")).isTrue();
    assertThat(says()).isEqualTo("shipped");
    assertThat(running.remove("a")).isFalse();
  }

  @Test
  void aRemovedFileEndsItsRoutes() throws IOException {
    RouteFiles running = start();
    change(running, "a", GOOD.formatted("first"));
    await().until(() -> says().equals("first"));
    Path file = data.resolve("a.camel.yaml");
    Files.delete(file);
    running.uninstall(file.toFile());
    await().until(() -> running.list().isEmpty());
    assertThat(hub.open).isEmpty();
  }

  @Test
  void putRefusesWhatIsWrongAndWritesNothing() throws Exception {
    RouteFiles running = start();
    assertThatThrownBy(() -> running.put("../a", GOOD)).isInstanceOf(RefusedException.class);
    assertThatThrownBy(() -> running.put("a", "- nonsense: 1\n"))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("a.camel.yaml:1: error:");
    assertThat(running.list()).isEmpty();
    assertThat(data).isEmptyDirectory();
    Document put = running.put("a", GOOD.formatted("put"));
    assertThat(put.state()).isEqualTo("active");
    assertThat(says()).isEqualTo("put");
    assertThatThrownBy(() -> running.put("a", "- nonsense: 1\n"))
        .isInstanceOf(RefusedException.class);
    assertThat(document(running, "a")).isEqualTo(put);
    assertThat(says()).isEqualTo("put");
    assertThat(data.resolve("a.camel.yaml")).hasContent(GOOD.formatted("put"));
  }

  @Test
  void handlesRouteFilesOfTheFolderAlone() {
    RouteFiles running = start();
    assertThat(running.canHandle(data.resolve("a.camel.yaml").toFile())).isTrue();
    assertThat(running.canHandle(data.resolve("a.yaml").toFile())).isFalse();
    assertThat(running.canHandle(data.resolve("examples/a.camel.yaml").toFile())).isFalse();
  }

  @Test
  void countsWhatRoutesHaveDone() throws Exception {
    RouteFiles running = start();
    running.put("a", GOOD.formatted("x"));
    assertThat(says()).isEqualTo("x");
    assertThat(running.samples())
        .contains(
            Metrics.Sample.counter(
                "patchbay_route_done_total",
                "Messages that a route of a file finished.",
                Map.of("file", "a", "route", "one"),
                1))
        .contains(
            Metrics.Sample.gauge(
                "patchbay_route_files",
                "Route files by what became of their newest text.",
                Map.of("state", "active"),
                1));
  }

  /** Names of components on their way, and those asked for last. */
  private static final class Shelf implements ShippedComponents {
    private volatile Set<String> coming = Set.of();
    private volatile Set<String> wanted = Set.of();

    @Override
    public Set<String> want(Set<String> components) {
      wanted = components;
      return coming;
    }
  }

  @Test
  void waitsForAComponentThatIsOnItsWayAndSaysWhenItIsNoLongerNamed() throws Exception {
    Shelf shelf = new Shelf();
    bundle.put(ShippedComponents.class, shelf);
    RouteFiles running = start();
    change(running, "a", GOOD.formatted("kafka: a text that only looks like it"));
    await().until(() -> document(running, "a").state().equals("active"));
    assertThat(shelf.wanted).contains("direct", "kafka");
    shelf.coming = Set.of("kafka", "of-another-file");
    String sending =
        """
        - from:
            uri: direct
            parameters: { name: b }
            steps:
              - to: kafka:readings
        """;
    change(running, "a", sending);
    await().until(() -> document(running, "a").state().equals("waiting"));
    assertThat(document(running, "a").findings())
        .hasToString(
            "["
                + data.resolve("a.camel.yaml")
                + ":5: warning: what brings kafka is being started]");
    assertThat(says()).as("the previous one stays").startsWith("kafka: a text");
    shelf.coming = Set.of();
    change(running, "a", GOOD.formatted("no component"));
    await().until(() -> document(running, "a").state().equals("active"));
    assertThat(shelf.wanted).containsExactly("direct");
    assertThat(running.remove("a")).isTrue();
    assertThat(shelf.wanted).isEmpty();
  }

  @Test
  void takesValuesFromTheSettingsAndWaitsForSecrets() throws Exception {
    Map<String, String> secrets = new ConcurrentHashMap<>();
    bundle.put(
        Secrets.class,
        new Secrets() {
          @Override
          public Optional<String> find(String name) {
            return Optional.ofNullable(secrets.get(name));
          }

          @Override
          public void put(String name, String secret) {
            secrets.put(name, secret);
          }

          @Override
          public boolean remove(String name) {
            return secrets.remove(name) != null;
          }

          @Override
          public List<String> names() {
            return List.copyOf(secrets.keySet());
          }
        });
    RouteFiles running = start();
    change(running, "a", GOOD.formatted("{{greeting}} {{absent:you}} {{secret:erp}}"));
    await().until(() -> document(running, "a").state().equals("failed"));
    assertThat(document(running, "a").findings().get(0).message())
        .isEqualTo("there is no secret named 'erp'; PUT /api/v1/secrets/erp");
    assertThat(document(running, "a").findings().get(0).line()).isEqualTo(8);
    secrets.put("erp", "hunter2");
    await().until(() -> says().equals("hello you hunter2"));
    change(running, "a", GOOD.formatted("{{nowhere}}"));
    await().until(() -> document(running, "a").state().equals("refused"));
    assertThat(document(running, "a").findings().get(0).message()).contains("nowhere");
  }
}
