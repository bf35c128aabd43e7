package io.patchbay.binding.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.patchbay.profile.DataSchema;
import io.patchbay.profile.Form;
import io.patchbay.profile.Op;
import io.patchbay.southbound.Answer;
import io.patchbay.southbound.Request;
import io.patchbay.southbound.Wire;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Command;
import io.patchbay.thing.CommandId;
import io.patchbay.thing.Outcome;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Value;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class SimDevicesTest {
  private static final Instant NOW = Instant.parse("2026-11-01T12:00:15Z");
  private static final Thing THING =
      new Thing(new ThingId("sim-1"), URI.create("sim://local"), "sim-sensor", Map.of(), Map.of());

  private final SimDevices devices = new SimDevices(() -> NOW);
  private final SimProtocol protocol = new SimProtocol();

  @Test
  void refusesAWriteToAWave() {
    Answer answer = answer(write("temperature", form("sine"), "1"));

    assertThat(answer)
        .isInstanceOfSatisfying(
            Answer.Failed.class,
            failed -> assertThat(failed.reason()).isEqualTo(Outcome.Reason.REFUSED));
  }

  @Test
  void refusesAReadWithoutAForm() {
    Answer answer =
        answer(
            new Request(
                CommandId.fresh(),
                new Command.Read(THING.id(), List.of("missing"), NOW),
                THING,
                Map.of()));

    assertThat(answer).isInstanceOf(Answer.Failed.class);
  }

  @Test
  void refusesAWaveItDoesNotKnow() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> protocol.compile(form("triangle"), number()))
        .withMessageContaining("sine, saw, memory, power, silent");
  }

  @Test
  void answersAWaveWithTheValueOfThatMoment() throws Exception {
    var answer = (Answer.Frames) answer(read("temperature", form("saw")));

    var frame = answer.frames().get(0);
    assertThat(frame.time()).contains(NOW);
    assertThat(protocol.compile(form("saw"), number()).decode(frame)).isEqualTo(new Value.Num(25));
  }

  @Test
  void remembersWhatWasWritten() throws Exception {
    answer(write("setpoint", form("memory"), "19.5"));

    var answer = (Answer.Frames) answer(read("setpoint", form("memory")));

    assertThat(protocol.compile(form("memory"), number()).decode(answer.frames().get(0)))
        .isEqualTo(new Value.Num(19.5));
  }

  @Test
  void aDeviceThatIsSwitchedOffAnswersOnlyItsSwitch() {
    answer(write("power", form("power"), "false"));

    assertThat(answer(read("temperature", form("sine"))))
        .isInstanceOfSatisfying(
            Answer.Failed.class,
            failed -> assertThat(failed.reason()).isEqualTo(Outcome.Reason.UNREACHABLE));
    var power = (Answer.Frames) answer(read("power", form("power")));
    assertThat(power.frames().get(0).payload().text()).isEqualTo("false");

    answer(write("power", form("power"), "true"));
    assertThat(answer(read("temperature", form("sine")))).isInstanceOf(Answer.Frames.class);
  }

  /** Not for a command whose time is not over. */
  private Answer answer(Request request) {
    return devices.answer(request).toCompletableFuture().join();
  }

  private static DataSchema number() {
    return DataSchema.of(DataSchema.Type.NUMBER);
  }

  private static Form form(String wave) {
    return new Form("sim", Set.of(Op.READ), "", Map.of("wave", wave));
  }

  private static Request read(String property, Form form) {
    return new Request(
        CommandId.fresh(),
        new Command.Read(THING.id(), List.of(property), NOW),
        THING,
        Map.of(property, new Wire(form, "", Map.of(), Optional.empty())));
  }

  private static Request write(String property, Form form, String text) {
    return new Request(
        CommandId.fresh(),
        new Command.Write(THING.id(), property, new Value.Text(text), NOW),
        THING,
        Map.of(property, new Wire(form, "", Map.of(), Optional.of(Bytes.utf8(text)))));
  }
}
