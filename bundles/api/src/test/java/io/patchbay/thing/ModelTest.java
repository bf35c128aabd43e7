package io.patchbay.thing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ModelTest {

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "-a", "a/b", "a b", "a\n", "ä", "../x", "a#"})
  void refusesNamesThatWouldNotSurviveATopicOrUrl(String name) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ThingId(name))
        .withMessageContaining("accepted");
  }

  @Test
  void refusesNamesOver128Characters() {
    assertThat(new ThingId("a".repeat(128)).value()).hasSize(128);
    assertThatIllegalArgumentException().isThrownBy(() -> new ThingId("a".repeat(129)));
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
  void refusesNumbersThatAreNotFinite(double number) {
    assertThatIllegalArgumentException().isThrownBy(() -> new Value.Num(number));
  }

  @Test
  void refusesAThingWhoseBaseNamesNoProtocol() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> thing("local"))
        .withMessageContaining("mqtt://local");
  }

  @Test
  void refusesAReadOfNothing() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Command.Read(new ThingId("a"), List.of(), Instant.EPOCH));
  }

  @Test
  void knowsProtocolAndConnectionFromItsBase() {
    assertThat(thing("mqtt://local").scheme()).isEqualTo("mqtt");
    assertThat(thing("mqtt://local").connection()).isEqualTo("local");
    assertThat(thing("modbus+tcp://10.0.0.5:502").scheme()).isEqualTo("modbus");
    assertThat(thing("modbus+tcp://10.0.0.5:502").connection()).isEqualTo("10.0.0.5:502");
  }

  @Test
  void bytesAreEqualByContentAndShowNoMoreThan32() {
    assertThat(Bytes.copyOf(new byte[] {1, 2}))
        .isEqualTo(Bytes.wrap(new byte[] {1, 2}))
        .hasToString("0102");
    assertThat(Bytes.wrap(new byte[33]).toString()).endsWith("(33 octets)");
    assertThat(Bytes.utf8("abc").first(2).text()).isEqualTo("ab");
  }

  private static Thing thing(String base) {
    return new Thing(new ThingId("a"), URI.create(base), "p", Map.of(), Map.of());
  }
}
