package io.patchbay.profiles;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class YamlTextTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "a: [1\\nb: 2 | 2",
        "a: 1\\na: 2 | 2",
        "a: &x 1\\nb: *x | 1",
        "a: 1\\nb: *x | 2",
        "a: !!java.net.URL [x] | 1",
        "a: !foo b | 1",
        "a: 1\\n---\\nb: 2 | 2",
        "a: 1\\n? [b]\\n: 2 | 2",
        "a: 'x | 1",
        "a: 1\\n\\tb: 2 | 2",
        "a: 1\\nb: x\u0007y | 2"
      })
  void refusesAndNamesTheLine(String text, int line) {
    assertThatThrownBy(() -> YamlText.parse(text.replace("\\n", "\n").replace("\\t", "\t")))
        .isInstanceOfSatisfying(
            Flaw.class,
            flaw -> assertThat(flaw.line()).as(flaw.message()).isBetween(line, line + 1));
  }

  @Test
  void boundsDepthSizeAndAliases() {
    assertThatThrownBy(() -> YamlText.parse("[".repeat(10_000))).isInstanceOf(Flaw.class);
    assertThatThrownBy(() -> YamlText.parse("a: ".repeat(10_000))).isInstanceOf(Flaw.class);
    assertThatThrownBy(() -> YamlText.parse("- ".repeat(10_000) + "a"))
        .isInstanceOf(Flaw.class)
        .hasMessageContaining("32");
    assertThatThrownBy(() -> YamlText.decode(new byte[YamlText.LARGEST + 1]))
        .hasMessageContaining("1 MiB");
    StringBuilder bomb = new StringBuilder("a0: &a0 [x]\n");
    for (int i = 1; i < 30; i++) {
      bomb.append("a%d: &a%d [*a%d, *a%d]%n".formatted(i, i, i - 1, i - 1));
    }
    assertThatThrownBy(() -> YamlText.parse(bomb.toString())).hasMessageContaining("anchors");
    assertThatThrownBy(() -> YamlText.parse("")).hasMessageContaining("empty");
  }

  @Test
  void namesTheLineThatIsNotUtf8() {
    byte[] latin = "a: 1\nb: ü\n".getBytes(StandardCharsets.ISO_8859_1);
    assertThatThrownBy(() -> YamlText.decode(latin))
        .isInstanceOfSatisfying(Flaw.class, flaw -> assertThat(flaw.line()).isEqualTo(2));
  }

  @Test
  void readsByTheCoreSchemaOfYaml12() throws Flaw {
    YamlDocument document =
        YamlText.parse(
            "{a: ON, b: true, c: 12, d: -1.5e3, e: 0x1F, f: ~, g: \"1\", h: 0o17, i: .inf, j: 2026-03-01, k: 99999999999999999999}");
    assertThat(document.root())
        .hasToString(
            "{\"a\":\"ON\",\"b\":true,\"c\":12,\"d\":-1500.0,\"e\":31,\"f\":null,\"g\":\"1\",\"h\":15,"
                + "\"i\":\".inf\",\"j\":\"2026-03-01\",\"k\":99999999999999999999}");
  }

  @Test
  void knowsTheLineOfEverything() throws Flaw {
    YamlDocument document = YamlText.parse("a: 1\nb:\n  - x\n  - c/d: 2\n    e:\n      f\n");
    assertThat(document.line("/b")).isEqualTo(2);
    assertThat(document.line("/b/1/c~1d")).isEqualTo(4);
    assertThat(document.line("/b/1/e")).isEqualTo(5);
    assertThat(document.line("/b/1/missing")).isEqualTo(4);
    assertThat(document.line("/nothing")).isEqualTo(1);
  }
}
