package io.patchbay.profiles;

import static org.assertj.core.api.Assertions.assertThat;

import io.patchbay.profiles.unit.Units;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UnitsTest {
  @Test
  void unitsOfDifferentKindsAreNotConverted() {
    assertThat(Units.conversion("V", "A")).isEmpty();
    assertThat(Units.conversion("Cel", "nope")).isEmpty();
    assertThat(Units.senml("degF")).isFalse();
    assertThat(Units.senml("°C")).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "212, degF, Cel, 100", "-40, [degF], Cel, -40", "273.15, K, Cel, 0", "20, Cel, K, 293.15",
    "1.5, kW, W, 1500", "1, kWh, Wh, 1000", "3.6, MJ, kWh, 1", "230000, mV, V, 230",
    "1, bar, hPa, 1000", "14.5037737730209, psi, bar, 1", "1, mbar, Pa, 100", "36, km/h, m/s, 10",
    "0.5, /, %, 50", "30, dBm, dBW, 0", "1, mi, km, 1.609344", "1, uS/cm, S/m, 0.0001",
    "1, kvarh, varh, 1000", "60, 1/min, 1/s, 1", "2, g, kg, 0.002"
  })
  void convertsTheUsual(double given, String from, String to, double expected) {
    assertThat(Units.conversion(from, to).orElseThrow().apply(given)).isEqualTo(expected);
  }

  @Test
  void namesTheNearest() {
    assertThat(Units.nearest("Watt", true)).first().isEqualTo("W");
    assertThat(Units.nearest("cel", true)).first().isEqualTo("Cel");
    assertThat(Units.nearest("degF", true)).contains("Cel", "K");
    assertThat(Units.nearest("kwh", false)).first().isEqualTo("kWh");
  }
}
