package io.patchbay.routes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.patchbay.operation.Documents.Document;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.camel.CamelContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A thousand files that are no routes: each is refused with its line, and nothing stops. */
class MalformedFilesTest {
  private static final String WHOLE =
      """
      # a route that is right
      - route:
          id: right-%d
          from:
            uri: timer:never?delay=3600000
            steps:
              - filter:
                  simple: "${header.a} == 1"
                  steps:
                    - setHeader:
                        name: b
                        constant: "two"
              - to:
                  uri: log:x
                  parameters:
                    showAll: "true"
      """;

  private final Random random = new Random(4);
  private final List<String> wrong = new ArrayList<>();

  /** Cut where something must follow: inside a quoted text, or after a key that needs a value. */
  private void truncated() {
    List<Integer> cuts = new ArrayList<>();
    for (String before : List.of("simple: \"${hea", "constant: \"tw", "showAll: \"t")) {
      cuts.add(WHOLE.indexOf(before) + before.length());
    }
    for (int i = 0; i < 150; i++) {
      wrong.add(WHOLE.formatted(i).substring(0, cuts.get(i % cuts.size()) + i / 100));
    }
  }

  /** A value of another kind than the key takes. */
  private void wrongTypes() {
    List<String> values = List.of("[1, 2]", "{ a: 1 }", "[[]]", "{ [a]: b }", "[ { a: 1 } ]");
    List<String> places =
        List.of(
            "route: %s",
            "route: { from: %s }",
            "route: { from: { uri: %s, steps: [] } }",
            "from: { uri: 'direct:a', steps: [ { to: { uri: %s } } ] }",
            "from: { uri: 'direct:a', steps: [ { setHeader: { name: %s, constant: x } } ] }",
            "from: { uri: 'direct:a', steps: [ { filter: %s } ] }");
    for (int i = 0; i < 200; i++) {
      String value = values.get(random.nextInt(values.size()));
      String place = places.get(random.nextInt(places.size()));
      wrong.add("# number " + i + "\n- " + place.formatted(value) + "\n");
    }
  }

  /** Words that Camel does not have, at every level. */
  private void unknown() {
    for (int i = 0; i < 200; i++) {
      String word = "no" + Integer.toString(random.nextInt(1 << 20), 36) + "such";
      wrong.add(
          switch (i % 5) {
            case 0 -> "- " + word + ":\n    id: x\n";
            case 1 -> "- route:\n    " + word + ": x\n";
            case 2 -> "- from:\n    uri: direct:a\n    steps:\n      - " + word + ": log:x\n";
            case 3 -> "- from:\n    uri: timer:a?" + word + "=1\n    steps:\n      - to: log:x\n";
            default ->
                "- from:\n    uri: direct:a\n    steps:\n      - to:\n          uri: log:x\n"
                    + "          parameters:\n            "
                    + word
                    + ": 1\n";
          });
    }
  }

  /** Aliases that stand for more than a memory holds, names within themselves, endless nesting. */
  private void bombs() {
    for (int i = 0; i < 150; i++) {
      int width = 8 + random.nextInt(4);
      wrong.add(
          switch (i % 6) {
            case 0 -> laughs(width, width);
            case 1 -> "- &a [ *a ]\n";
            case 2 -> "- route: &a { from: *a }\n";
            case 3 -> "- " + "[".repeat(1_000 * width) + "\n";
            case 4 -> "- route: " + "{ a: ".repeat(1_000 * width) + "\n";
            default -> "- route:\n    id: " + "x".repeat(1 << 20) + "\n";
          });
    }
  }

  private static String laughs(int depth, int width) {
    StringBuilder text = new StringBuilder("- x0: &x0 { log: lol }\n");
    for (int i = 1; i < depth; i++) {
      text.append("- x").append(i).append(": &x").append(i).append(" [");
      text.append(("*x" + (i - 1) + ", ").repeat(width)).append("]\n");
    }
    return text + "- from: { uri: 'direct:a', steps: *x" + (depth - 1) + " }\n";
  }

  /** What comes out of a broken disk or a wrong editor. */
  private void noise() {
    for (int i = 0; i < 300; i++) {
      StringBuilder text = new StringBuilder();
      int length = 1 + random.nextInt(200);
      for (int c = 0; c < length; c++) {
        text.append((char) (1 + random.nextInt(0x2ff)));
      }
      // whatever it is, it is no list of routes
      wrong.add("\u0001" + text);
    }
  }

  @Test
  void eachIsRefusedWithItsLineAndNothingStops(@TempDir Path folder) throws Exception {
    truncated();
    wrongTypes();
    unknown();
    bombs();
    noise();
    assertThat(wrong).hasSize(1_000);
    LocalHub hub = new LocalHub();
    Path routes = Files.createDirectories(folder.resolve("routes"));
    FakeBundleContext bundle = new FakeBundleContext(Map.of("patchbay.data", folder.toString()));
    for (int i = 0; i < wrong.size(); i++) {
      Files.writeString(routes.resolve("wrong-%04d.camel.yaml".formatted(i)), wrong.get(i));
    }
    // the first to be read and the last
    Files.writeString(routes.resolve("a-right.camel.yaml"), WHOLE.formatted(1));
    Files.writeString(routes.resolve("z-right.camel.yaml"), WHOLE.formatted(2));
    RouteFiles files = new RouteFiles(bundle.context(), Map.of(), hub);
    try {
      await().atMost(Duration.ofMinutes(2)).until(() -> bundle.registered.contains("Condition"));
      List<Document> documents = files.list();
      assertThat(documents).hasSize(1_002);
      for (Document document : documents) {
        if (document.id().endsWith("right")) {
          assertThat(document.state()).as(document.id()).isEqualTo("active");
        } else {
          String text = wrong.get(Integer.parseInt(document.id().substring("wrong-".length())));
          String shown = text.substring(0, Math.min(300, text.length()));
          assertThat(document.state()).as(shown).isEqualTo("refused");
          assertThat(document.findings().get(0).line())
              .as("%s%n%s", shown, document.findings())
              .isPositive();
          assertThat(document.findings().get(0).message()).as(shown).isNotBlank();
        }
      }
      assertThat(hub.open).hasSize(2).allMatch(CamelContext::isStarted);
    } finally {
      files.deactivate();
    }
  }
}
