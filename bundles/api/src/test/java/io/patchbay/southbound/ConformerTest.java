package io.patchbay.southbound;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.patchbay.profile.DataSchema;
import io.patchbay.profile.DataSchema.WireWord;
import io.patchbay.thing.Value;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ConformerTest {
  private static Conformer scaled(DataSchema.Type type, double scale, double offset) {
    return new Conformer(
        new DataSchema(
            type, "", scale, offset, Optional.empty(), Optional.empty(), List.of(), List.of()));
  }

  private static Conformer of(DataSchema.Type type) {
    return new Conformer(DataSchema.of(type));
  }

  private static void rejects(Conformer conformer, Value wire, Rejection reason) {
    assertThatThrownBy(() -> conformer.up(wire))
        .isInstanceOfSatisfying(
            DecodeException.class, e -> assertThat(e.reason()).isEqualTo(reason));
  }

  @Test
  void rejectsAnotherTypeThanTheProfiles() {
    rejects(of(DataSchema.Type.BOOLEAN), new Value.Int(1), Rejection.WRONG_TYPE);
    rejects(of(DataSchema.Type.NUMBER), new Value.Text("21"), Rejection.WRONG_TYPE);
    rejects(of(DataSchema.Type.INTEGER), new Value.Num(1.5), Rejection.WRONG_TYPE);
    rejects(of(DataSchema.Type.STRING), new Value.Bool(true), Rejection.WRONG_TYPE);
    rejects(of(DataSchema.Type.DATA), new Value.Text("aa"), Rejection.WRONG_TYPE);
    rejects(scaled(DataSchema.Type.NUMBER, 2, 0), new Value.Bool(true), Rejection.WRONG_TYPE);
  }

  @Test
  void rejectsWhatIsOutOfRange() {
    Conformer percent =
        new Conformer(
            new DataSchema(
                DataSchema.Type.NUMBER,
                "%RH",
                1,
                0,
                Optional.of(0.0),
                Optional.of(100.0),
                List.of(),
                List.of()));
    rejects(percent, new Value.Num(100.1), Rejection.OUT_OF_RANGE);
    rejects(percent, new Value.Int(-1), Rejection.OUT_OF_RANGE);
    rejects(
        scaled(DataSchema.Type.INTEGER, 1_000, 0),
        new Value.Int(Long.MAX_VALUE / 10),
        Rejection.OUT_OF_RANGE);
    rejects(scaled(DataSchema.Type.NUMBER, 10, 0), new Value.Num(1e308), Rejection.OUT_OF_RANGE);
  }

  @Test
  void rejectsATextThatIsNotAnOption() {
    Conformer mode =
        new Conformer(
            new DataSchema(
                DataSchema.Type.STRING,
                "",
                1,
                0,
                Optional.empty(),
                Optional.empty(),
                List.of("heat", "cool"),
                List.of()));
    rejects(mode, new Value.Text("explode"), Rejection.WRONG_TYPE);
  }

  @ParameterizedTest
  @CsvSource({
    "70.7, 0.5555555555555556, -17.77777777777778, 21.5",
    "294.65, 1, -273.15, 21.5",
    "215, 0.1, 0, 21.5",
    "3, 0.1, 0, 0.3",
    "-40, 0.5555555555555556, -17.77777777777778, -40.0",
    "1234567, 1e-3, 0, 1234.567",
    "7, 1e-20, 0, 7e-20",
    "7, 1e25, 0, 7e25"
  })
  void scalesWithoutBinaryNoise(double wire, double scale, double offset, double model)
      throws DecodeException {
    assertThat(scaled(DataSchema.Type.NUMBER, scale, offset).up(new Value.Num(wire)))
        .isEqualTo(new Value.Num(model));
  }

  @Test
  void keepsIntegersExact() throws DecodeException {
    assertThat(of(DataSchema.Type.INTEGER).up(new Value.Int(Long.MAX_VALUE)))
        .isEqualTo(new Value.Int(Long.MAX_VALUE));
    assertThat(scaled(DataSchema.Type.INTEGER, 2, 1).up(new Value.Int(4_503_599_627_370_497L)))
        .isEqualTo(new Value.Int(9_007_199_254_740_995L));
    assertThat(scaled(DataSchema.Type.INTEGER, 0.1, 0).up(new Value.Int(120)))
        .isEqualTo(new Value.Int(12));
    assertThat(of(DataSchema.Type.NUMBER).up(new Value.Int(3))).isEqualTo(new Value.Num(3));
  }

  @Test
  void goesDownAsItCameUp() throws DecodeException {
    Conformer fahrenheit = scaled(DataSchema.Type.NUMBER, 5.0 / 9, -160.0 / 9);
    assertThat(fahrenheit.down(new Value.Num(21.5))).isEqualTo(new Value.Num(70.7));
  }

  @Test
  void speaksTheWordsOfTheWire() throws DecodeException {
    Conformer onOff =
        new Conformer(
            new DataSchema(
                DataSchema.Type.BOOLEAN,
                "",
                1,
                0,
                Optional.empty(),
                Optional.empty(),
                List.of(),
                List.of(new WireWord("ON", "true"), new WireWord("0", "false"))));
    rejects(onOff, new Value.Text("MAYBE"), Rejection.WRONG_TYPE);
    assertThat(onOff.up(new Value.Text("ON"))).isEqualTo(new Value.Bool(true));
    assertThat(onOff.up(new Value.Int(0))).isEqualTo(new Value.Bool(false));
    assertThat(onOff.down(new Value.Bool(true))).isEqualTo(new Value.Text("ON"));
  }
}
