package io.patchbay.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class AddressPatternTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "a/#/b",
        "a/b#",
        "a+/b",
        "a/{}",
        "a/{9x}",
        "a/{b",
        "a/b}",
        "a/{b}{c}",
        "a/}b{"
      })
  void refusesWhatItCannotMatch(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> AddressPattern.of(text));
  }

  @ParameterizedTest
  @CsvSource({
    "tele/{device}/SENSOR, tele/plug1",
    "tele/{device}/SENSOR, tele/plug1/SENSOR/more",
    "tele/{device}/SENSOR, tele//SENSOR",
    "tele/{device}, /tele/plug1",
    "a/{x}/{x}, a/1/2",
    "a/pre-{x}, a/pre-",
    "a/+, a",
    "a/+, a/b/c",
    "a/b/#, a"
  })
  void doesNotMatch(String pattern, String address) {
    assertThat(AddressPattern.of(pattern).match(address)).isEmpty();
  }

  @Test
  void namesWhatItFinds() {
    assertThat(
            AddressPattern.of("application/{app}/device/{eui}/event/up")
                .match("application/7/device/a1/event/up"))
        .contains(Map.of("app", "7", "eui", "a1"));
    assertThat(AddressPattern.of("{id}/status/switch:{n}").match("shelly-1/status/switch:0"))
        .contains(Map.of("id", "shelly-1", "n", "0"));
    assertThat(AddressPattern.of("a/{x}/{x}").match("a/1/1")).contains(Map.of("x", "1"));
  }

  @ParameterizedTest
  @CsvSource({"a/#, a", "a/#, a/b/c", "#, x/y", "a/+/c, a/b/c", "a/+, a/"})
  void matchesWildcardsAsMqttDoes(String pattern, String address) {
    assertThat(AddressPattern.of(pattern).match(address)).contains(Map.of());
  }

  @Test
  void prefersTheNarrowerPattern() {
    assertThat(AddressPattern.of("zigbee2mqtt/{device}").specificity())
        .isGreaterThan(AddressPattern.of("{base}/{device}").specificity())
        .isLessThan(AddressPattern.of("zigbee2mqtt/bridge").specificity());
    assertThat(AddressPattern.of("a/#").specificity())
        .isLessThan(AddressPattern.of("a/+").specificity());
  }

  @Test
  void becomesTheFilterThatCoversIt() {
    assertThat(AddressPattern.of("{id}/status/switch:{n}").filter()).isEqualTo("+/status/+");
    assertThat(AddressPattern.of("a/{b}/#").filter()).isEqualTo("a/+/#");
    assertThat(AddressPattern.of("a/{b}/x{c}").names()).containsExactly("b", "c");
  }

  @Test
  void fillsOnlyWhenEveryNameHasATerm() {
    assertThat(AddressPattern.fill("cmnd/{device}/{what}", Map.of("device", "plug1"))).isEmpty();
    assertThat(AddressPattern.fill("cmnd/{device}/Power", Map.of("device", "plug1")))
        .contains("cmnd/plug1/Power");
    assertThat(AddressPattern.fill("no names", Map.of())).contains("no names");
  }
}
