package io.patchbay.profiles;

import static org.assertj.core.api.Assertions.assertThat;

import io.patchbay.operation.Finding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A thousand files that are wrong: each is refused with its line, and what is in service stays. */
class MalformedProfilesTest {
  private static final int EACH = 125;

  @TempDir Path root = Path.of(".");
  private Path hot = Path.of(".");
  private final Random random = new Random(2026);
  private final List<String> shipped = new ArrayList<>();

  @BeforeEach
  void read() throws Exception {
    hot = Files.createDirectories(root.resolve("data/device-profiles"));
    for (Path file : TextFile.below(ShippedProfilesTest.SHIPPED)) {
      String text = Scripts.read(file);
      // one that extends another cannot stand alone here
      if (!text.contains("\nextends:")) {
        shipped.add(text);
      }
    }
  }

  private String any() {
    return shipped.get(random.nextInt(shipped.size()));
  }

  private <T> T one(List<T> all) {
    return all.get(random.nextInt(all.size()));
  }

  /** Cut off inside a mapping. */
  private String truncated() {
    String text = any();
    List<Integer> places = new ArrayList<>();
    for (int at = text.indexOf("- {"); at >= 0; at = text.indexOf("- {", at + 1)) {
      places.add(at);
    }
    return text.substring(0, one(places) + 3 + random.nextInt(3));
  }

  /** A value of another type, or a word that is none. */
  private String wrongType() {
    String text = any();
    List<List<String>> changes =
        List.of(
            List.of("\nproperties:\n", "\nproperties: 5\nactions:\n"),
            List.of("\nproperties:\n", "\nproperties: [a]\nactions:\n"),
            List.of("\nexamples:\n", "\nexamples: none\njournal: 1\nevents:\n"),
            List.of("    type: number\n", "    type: [number]\n"),
            List.of("    type: number\n", "    type: decimal\n"),
            List.of("    type: number\n", "    type: { number: true }\n"),
            List.of("    forms:", "    froms:"),
            List.of("\ntitle: ", "\nversion: { a: 1 }\ntitle: "),
            List.of("\nid: ", "\nid: [x]\nidentity: "),
            List.of("{ protocol: mqtt", "{ protocol: [mqtt]"),
            List.of("    type: number\n", "    type: number\n    minimum: low\n"),
            List.of("    type: number\n", "    type: number\n    scale: 0\n"),
            List.of("    type: number\n", "    type: number\n    values: 7\n"),
            List.of("    type: number\n", "    type: number\n    deadband: wide\n"));
    while (true) {
      List<String> change = one(changes);
      if (text.contains(change.get(0))) {
        return text.replace(change.get(0), change.get(1));
      }
    }
  }

  /** In a circle, or from nowhere. */
  private String extending() {
    String base = one(List.of("bad", "nowhere", "5", "[a]", "{ a: 1 }", "''"));
    return any()
        .replaceFirst("\nid: [^\n]*", "\nid: bad")
        .replaceFirst("\ntitle: ", "\nextends: " + base + "\ntitle: ");
  }

  /** YAML that is small, and would become large. */
  private String bomb() {
    int size = 5 + random.nextInt(30);
    String levels = "a".repeat(size);
    return switch (random.nextInt(6)) {
      case 0 -> "id: bomb\na: &a [x, x]\nb: &b [*a, *a, *a]\nc: [*b, *b, *b]\n# " + levels;
      case 1 -> "id: bomb\ntitle: " + "[".repeat(33 + size * 1_000);
      case 2 -> "id: bomb\nproperties: " + "{ a: ".repeat(33 + size) + "1" + " }".repeat(33 + size);
      case 3 -> "id: bomb\ntitle: " + "x".repeat((1 << 20) + size);
      case 4 -> "id: bomb\ntitle: [" + "1,".repeat(60_000) + "]";
      default -> "id: bomb\n<<: &m { x: 1 }\nproperties: *m\n# " + levels;
    };
  }

  /** Octets that are no text, or a text that is no YAML. */
  private String garbage() {
    StringBuilder text = new StringBuilder("id: garbage\ntitle: x\nproperties:\n");
    String letters = "{}[]:,&*#?|-<>=!%@\\\"'\t\u0000 abc\n";
    for (int i = 0; i < 40 + random.nextInt(200); i++) {
      text.append(letters.charAt(random.nextInt(letters.length())));
    }
    return text.append("\n  - {").toString();
  }

  /** Right as YAML, and wrong as a profile. */
  private String wrongTerm() {
    List<String> forms =
        List.of(
            "{ protocol: mqtt, topic: \"a/{device\", path: x }",
            "{ protocol: mqtt, topic: \"a/{device}\", path: \"x[\" }",
            "{ protocol: mqtt, topic: \"a/{device}\", path: \"x..y\" }",
            "{ protocol: mqtt, topic: \"a/{device}\", each: \"[x]\" }",
            "{ protocol: mqtt, topic: \"a/{device}\", codec: none, octets: d }",
            "{ protocol: mqtt, topic: \"a/{device}\", codec: c }",
            "{ protocol: mqtt, topic: \"a/{device}\", mediaType: text/csv, separator: ab }",
            "{ protocol: mqtt, topic: \"a/{device}\", timeFormat: days }",
            "{ protocol: mqtt, topic: \"a/{device}\", op: deleteproperty }",
            "{ protocol: mqtt, topic: \"a/{device}\", mediaType: image/png }",
            "{ use: nothing }",
            "{ topic: a }");
    return "id: wrong\ntitle: Wrong\ncodecs:\n  c:\n    binary: { fields: [\"v u8\"] }\n"
        + "properties:\n  p:\n    type: number\n    forms:\n      - "
        + one(forms)
        + "\n# "
        + random.nextInt();
  }

  private String wrongCodec() {
    List<String> codecs =
        List.of(
            "{ binary: { fields: [\"v u9\"] } }",
            "{ binary: { fields: [\"v\"] } }",
            "{ binary: { fields: [\"v u8 /0\"] } }",
            "{ binary: { tag: 1 } }",
            "{ binary: { tag: 1, blocks: { \"0102\": [\"v u8\"] } } }",
            "{ binary: { fields: [{ type: u8, bits: { v: 0-8 } }] } }",
            "{ binary: [] }",
            "{ ternary: {} }",
            "{ binary: { fields: [\"v u8\"] }, other: 1 }",
            "5");
    return "id: wrong\ntitle: Wrong\ncodecs:\n  c: "
        + one(codecs)
        + "\nproperties:\n  p:\n    type: number\n    forms:\n      - { protocol: mqtt, topic:"
        + " \"a/{device}\", codec: c, octets: d, path: v }\n# "
        + random.nextInt();
  }

  /** A script that cannot be compiled, or takes or reaches for what is not its own. */
  private String wrongScript() {
    List<String> scripts =
        List.of(
            "function decodeUplink(input) { return {; }",
            "for (;;);",
            "var s = 'x'; for (;;) s += s;",
            "java.lang.System.exit(1);",
            "var n = 2n ** 1000000n;",
            "Object.prototype.v = 1;",
            "eval('1');",
            "var nothing = 1;",
            "function decodeUplink(input) { for (;;); }",
            "function decodeUplink(input) { return decodeUplink(input); }",
            "function decodeUplink(input) { var a = []; for (;;) a.push(new Array(1000).fill(1)); }",
            "function decodeUplink(input) { return { data: new Array(1e9) }; }",
            "function decodeUplink(input) { return { data: Packages.java.lang.System.getenv() }; }",
            "function decodeUplink(input) { return { get data() { throw new Error('no'); } }; }",
            "function decodeUplink(input) { var a = {}; a.a = a; return { data: a }; }",
            "function decodeUplink(input) { return 5; }");
    return "id: wrong\ntitle: Wrong\ncodecs:\n  c:\n    javascript: |\n      "
        + one(scripts)
        + "\nproperties:\n  v:\n    type: number\n    forms:\n      - { protocol: mqtt, topic:"
        + " \"a/{device}\", mediaType: application/octet-stream, codec: c, path: v }\n"
        + "examples:\n  - { topic: a/b, payloadHex: \"01\", readings: { v: 1 } }\n# "
        + random.nextInt();
  }

  private String wrongFormula() {
    List<String> formulas =
        List.of(
            "{q}",
            "{p} +",
            "1 + 1",
            "exec({p})",
            "{c} * 2",
            "(".repeat(200) + "{p}",
            "{p}".repeat(300),
            "{p} ? 1",
            "{t} + 1");
    return "id: wrong\ntitle: Wrong\nproperties:\n  p:\n    type: number\n    forms:\n      - {"
        + " protocol: mqtt, topic: \"a/{device}\", path: p }\n  t:\n    type: string\n    forms:\n"
        + "      - { protocol: mqtt, topic: \"a/{device}\", path: t }\n  c:\n    type: number\n"
        + "    compute: \""
        + one(formulas)
        + "\"\n# "
        + random.nextInt();
  }

  @Test
  void eachIsRefusedWithItsLineAndStopsNothing() throws IOException {
    Shelf shelf =
        new Shelf(
            Files.createDirectories(root.resolve("home/device-profiles")),
            hot,
            root.resolve("data/state/profiles"),
            Texts.check(),
            all -> {});
    shelf.load();
    Path good = Files.writeString(hot.resolve("good.yaml"), Texts.plug("good", "W"));
    shelf.offer(good);
    assertThat(shelf.current()).containsOnlyKeys("good");

    List<Function<MalformedProfilesTest, String>> kinds =
        List.of(
            MalformedProfilesTest::truncated,
            MalformedProfilesTest::wrongType,
            MalformedProfilesTest::extending,
            MalformedProfilesTest::bomb,
            MalformedProfilesTest::garbage,
            MalformedProfilesTest::wrongTerm,
            MalformedProfilesTest::wrongCodec,
            MalformedProfilesTest::wrongScript,
            MalformedProfilesTest::wrongFormula);
    Instant start = Instant.now();
    int refused = 0;
    for (int i = 0; i < EACH; i++) {
      for (Function<MalformedProfilesTest, String> kind : kinds) {
        String text = kind.apply(this);
        Path file = Files.writeString(hot.resolve("bad.yaml"), text);
        shelf.offer(file);
        List<Finding> findings = shelf.refusals();
        assertThat(findings).as(text).isNotEmpty();
        for (Finding finding : findings) {
          assertThat(finding.file()).isEqualTo("device-profiles/bad.yaml");
          assertThat(finding.message()).isNotBlank();
          assertThat(finding.line() > 0 || finding.message().contains("1 MiB"))
              .as(finding.toString())
              .isTrue();
        }
        assertThat(shelf.current()).containsOnlyKeys("good");
        refused++;
      }
    }
    assertThat(refused).isGreaterThan(1_000);
    assertThat(Duration.between(start, Instant.now())).isLessThan(Duration.ofMinutes(2));
  }
}
