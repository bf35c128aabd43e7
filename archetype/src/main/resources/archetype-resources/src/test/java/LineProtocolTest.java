package ${package};

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.patchbay.profile.DataSchema;
import io.patchbay.profile.Form;
import io.patchbay.profile.Op;
import io.patchbay.southbound.Codec;
import io.patchbay.southbound.DecodeException;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Origin;
import io.patchbay.southbound.Rejection;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Value;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class LineProtocolTest {
  private static final Instant NOW = Instant.parse("2026-11-01T12:00:15Z");

  private final Codec number = codec(DataSchema.Type.NUMBER);

  @ParameterizedTest
  @ValueSource(strings = {"", "meter7 1", "meter7 1 t", "me ter", "meter7 x t 1", "m/7 1 t 1"})
  void refusesWhatIsNoLine(String text) {
    assertThat(Line.parse(text)).isEmpty();
  }

  @Test
  void refusesAFormWithoutAnAddress() {
    Form form = new Form(LineProtocol.SCHEME, Set.of(Op.OBSERVE), "", Map.of());
    DataSchema schema = DataSchema.of(DataSchema.Type.NUMBER);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> new LineProtocol().compile(form, schema))
        .withMessageContaining("address");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "warm", "NaN", "1e999"})
  void refusesWhatIsNoNumber(String text) {
    assertThatExceptionOfType(DecodeException.class)
        .isThrownBy(() -> number.decode(frame(text)))
        .satisfies(e -> assertThat(e.reason()).isEqualTo(Rejection.UNDECODABLE));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"21.5|21.5", "-3|-3", "1e3|1000"})
  void readsNumbers(String text, double value) throws Exception {
    assertThat(number.decode(frame(text))).isEqualTo(new Value.Num(value));
  }

  @Test
  void aRepetitionIsTheSameDelivery() {
    Frame first = Line.parse("meter7 41 temperature 21.5").orElseThrow().frame("local", NOW);
    Frame again = Line.parse("meter7 41 temperature 21.5").orElseThrow().frame("local", NOW);
    Frame next = Line.parse("meter7 42 temperature 21.5").orElseThrow().frame("local", NOW);

    assertThat(first.origin().address()).isEqualTo("meter7/temperature");
    assertThat(again.delivery()).isEqualTo(first.delivery());
    assertThat(next.delivery()).isNotEqualTo(first.delivery());
  }

  private static Codec codec(DataSchema.Type type) {
    Map<String, String> terms = Map.of("address", "{device}/temperature");
    Form form = new Form(LineProtocol.SCHEME, Set.of(Op.OBSERVE), "", terms);
    return new LineProtocol().compile(form, DataSchema.of(type));
  }

  private static Frame frame(String text) {
    Origin origin = new Origin(LineProtocol.SCHEME, "local", "meter7/temperature");
    return Frame.of(origin, Bytes.utf8(text), NOW);
  }
}
