package io.patchbay.serial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LineAddressTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "serial:",
        "tcp://",
        "tcp://host",
        "tcp://:1",
        "tcp://host:0",
        "tcp://host:70000",
        "udp://host:1",
        "serial:/dev/ttyS0?baud=fast",
        "serial:/dev/ttyS0?baud=0",
        "serial:/dev/ttyS0?parity=maybe",
        "serial:/dev/ttyS0?dataBits=9",
        "serial:/dev/ttyS0?stopBits=3",
        "serial:/dev/ttyS0?speed=9600",
        "serial:/dev/ttyS0?baud"
      })
  void refusesWhatIsNoLineAndSaysWhatIsAccepted(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LineAddress.of(text))
        .withMessageContaining("'" + text + "'")
        .withMessageContaining("accepted: ");
  }

  @Test
  void readsAPortOfThisMachine() {
    assertThat(LineAddress.of("serial:/dev/ttyUSB0?baud=19200&parity=even&dataBits=7&stopBits=2"))
        .isEqualTo(new LineAddress("", 0, "/dev/ttyUSB0", 19_200, LineAddress.Parity.EVEN, 7, 2));
    assertThat(LineAddress.of("serial:COM3").device()).isEqualTo("COM3");
  }

  @Test
  void readsASerialServer() {
    LineAddress address = LineAddress.of("tcp://[::1]:4001");
    assertThat(address.host()).isEqualTo("::1");
    assertThat(address.port()).isEqualTo(4001);
    assertThat(address.remote()).isTrue();
  }

  @Test
  void knowsHowLongCharactersTake() {
    // start bit, eight data bits, parity, stop bit: 11 bits
    assertThat(LineAddress.of("serial:/dev/x?baud=11000&parity=even").characters(3.5))
        .isEqualTo(Duration.ofNanos(3_500_000));
  }
}
