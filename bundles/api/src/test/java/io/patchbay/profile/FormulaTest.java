package io.patchbay.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FormulaTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "1 + 2",
        "{a} +",
        "{a} {b}",
        "({a}",
        "{a",
        "{}",
        "{a} ? 1",
        "1..2 * {a}",
        "a + 1",
        "exec({a})",
        "min({a})",
        "max({a}, 1, 2)",
        "{a}; {b}"
      })
  void refusesWhatIsNoFormula(String text) {
    assertThatThrownBy(() -> Formula.of(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void refusesOnesThatAreTooDeepOrTooLong() {
    for (String text :
        new String[] {
          "(".repeat(200) + "{a}" + ")".repeat(200),
          "-".repeat(400) + "{a}",
          "{a}^".repeat(90) + "1"
        }) {
      assertThatThrownBy(() -> Formula.of(text)).hasMessageContaining("deeper");
    }
    assertThatThrownBy(() -> Formula.of("{a}" + "+1".repeat(300))).hasMessageContaining("500");
  }

  @Test
  void givesNothingWhenAValueIsMissingOrTheResultIsNotFinite() {
    assertThat(Formula.of("{a} + {b}").compute(Map.of("a", 1.0))).isEmpty();
    assertThat(Formula.of("1 / {a}").compute(Map.of("a", 0.0))).isEmpty();
    assertThat(Formula.of("sqrt({a})").compute(Map.of("a", -1.0))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "{a} + {b} * 2;10",
        "({a} + {b}) * 2;14",
        "{b}-{a}-1;-2",
        "-{a}^2;-16",
        "2^{b}^2;512",
        "{a} % 3;1",
        "{a} > {b} ? 1 : 0;1",
        "{a} == 4 && !({b} == 3);0",
        "{a} < 1 || {b} <= 3;1",
        "max({a}, {b}) - min({a}, {b});1",
        "round({a} / {b}, 2);1.33",
        "round(log10({a} * 25));2",
        "{a} >= 4 ? {b} != 3 ? 7 : 8 : 9;8"
      })
  void computes(String text, double expected) {
    assertThat(Formula.of(text).compute(Map.of("a", 4.0, "b", 3.0)).orElseThrow())
        .isCloseTo(expected, within(1e-9));
  }

  @Test
  void namesWhatItNeeds() {
    assertThat(Formula.of("{battery-voltage} / {a} + {a}").names())
        .containsExactlyInAnyOrder("battery-voltage", "a");
  }
}
