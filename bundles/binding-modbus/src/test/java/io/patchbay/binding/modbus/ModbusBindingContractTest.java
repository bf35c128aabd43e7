package io.patchbay.binding.modbus;

import static org.assertj.core.api.Assertions.assertThat;

import io.patchbay.profile.Form;
import io.patchbay.profile.Op;
import io.patchbay.southbound.Answer;
import io.patchbay.southbound.DownlinkPort;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Request;
import io.patchbay.southbound.Wire;
import io.patchbay.testkit.BindingContract;
import io.patchbay.testkit.RecordingUplinkPort;
import io.patchbay.testkit.camel.PlainContexts;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Command;
import io.patchbay.thing.CommandId;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Value;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The contract of bindings, over TCP. */
final class ModbusBindingContractTest extends BindingContract {
  private static final int ADDRESS = 8;
  private static final int ILLEGAL = 9;
  private static final int SILENT_UNIT = 9;

  private FakeUnits units = new FakeUnits();
  private int port;

  @Override
  protected Running start(RecordingUplinkPort port) throws Exception {
    if (this.port == 0) {
      healPeer();
    }
    PlainContexts contexts = new PlainContexts(port, Map.of());
    Buses buses = new Buses(port);
    ModbusBinding binding = new ModbusBinding(PlainContexts.NO_BUNDLE, contexts, buses);
    return new Running() {
      @Override
      public DownlinkPort downlink() {
        return contexts.downlink();
      }

      @Override
      public void stop() {
        binding.stop();
        buses.stop();
      }
    };
  }

  @AfterEach
  void closePeer() throws Exception {
    units.close();
  }

  @Override
  protected Request reading(int number, Instant deadline) {
    units.set(1, ADDRESS, number);
    return read("1", deadline);
  }

  @Override
  protected Request writing(int number, Instant deadline) {
    return write(ADDRESS, number, deadline);
  }

  @Override
  protected Request refused(Instant deadline) {
    return write(ILLEGAL, 1, deadline);
  }

  @Override
  protected Request unanswered(Instant deadline) {
    return read("" + SILENT_UNIT, deadline);
  }

  @Override
  protected List<Integer> written() {
    return units.taken;
  }

  @Override
  protected int number(Frame frame) {
    return ((frame.payload().at(0) & 0xFF) << 8) | (frame.payload().at(1) & 0xFF);
  }

  @Override
  protected void breakPeer() throws Exception {
    units.close();
  }

  @Override
  protected void healPeer() throws Exception {
    units = new FakeUnits();
    units.silent.add(SILENT_UNIT);
    units.illegal.add(ILLEGAL);
    port = units.listen(port);
  }

  /** Of two changes of one register neither undoes the other, though they come together. */
  @Test
  void changesOfBitsFollowOneAnother() throws Exception {
    RecordingUplinkPort hub = new RecordingUplinkPort();
    Running running = start(hub);
    try {
      units.set(1, ADDRESS, 0);
      units.thinking = number -> Duration.ofMillis(5);
      List<CompletionStage<Answer>> answers = new ArrayList<>();
      for (int bit = 0; bit < 8; bit++) {
        Map<String, String> terms =
            Map.of("address", "" + ADDRESS, "bit", "" + bit, "write", "modify");
        Bytes payload = Bytes.wrap(new byte[] {0, (byte) (1 << bit)});
        answers.add(
            running
                .downlink()
                .send(
                    new Request(
                        CommandId.fresh(),
                        new Command.Write(
                            thing().id(), "value", new Value.Int(1), Instant.now().plusSeconds(10)),
                        thing(),
                        Map.of("value", wire(terms, Optional.of(payload))))));
      }
      for (CompletionStage<Answer> answer : answers) {
        assertThat(answer.toCompletableFuture().get(20, TimeUnit.SECONDS))
            .isInstanceOf(Answer.Frames.class);
      }
      assertThat(units.register(1, ADDRESS)).isEqualTo(0xFF);
    } finally {
      running.stop();
      hub.close();
    }
  }

  /** A number goes down by the factor that the device says at that moment. */
  @Test
  void aFactorIsAskedForBeforeAValueIsWritten() throws Exception {
    RecordingUplinkPort hub = new RecordingUplinkPort();
    Running running = start(hub);
    try {
      units.set(1, ADDRESS + 3, 0xFFFE);
      Map<String, String> terms = Map.of("address", "" + ADDRESS, "factor", "" + (ADDRESS + 3));
      Request write =
          new Request(
              CommandId.fresh(),
              new Command.Write(
                  thing().id(), "value", new Value.Num(12.34), Instant.now().plusSeconds(10)),
              thing(),
              Map.of(
                  "value",
                  wire(
                      terms,
                      Optional.of(Bytes.wrap("12.34".getBytes(StandardCharsets.US_ASCII))))));
      assertThat(running.downlink().send(write).toCompletableFuture().get(20, TimeUnit.SECONDS))
          .isInstanceOf(Answer.Frames.class);
      assertThat(units.register(1, ADDRESS)).isEqualTo(1_234);
      units.set(1, ADDRESS + 3, 0x8000);
      assertThat(running.downlink().send(write).toCompletableFuture().get(20, TimeUnit.SECONDS))
          .isInstanceOfSatisfying(
              Answer.Failed.class, failed -> assertThat(failed.detail()).contains("no factor"));
    } finally {
      running.stop();
      hub.close();
    }
  }

  private Thing thing() {
    return new Thing(
        new ThingId("meter"),
        URI.create("modbus+tcp://127.0.0.1:" + port),
        "meter",
        Map.of(),
        Map.of());
  }

  private Request read(String unit, Instant deadline) {
    return new Request(
        CommandId.fresh(),
        new Command.Read(thing().id(), List.of("value"), deadline),
        thing(),
        Map.of("value", wire(Map.of("address", "" + ADDRESS, "unit", unit), Optional.empty())));
  }

  private Request write(int address, int number, Instant deadline) {
    byte[] word = {(byte) (number >> 8), (byte) number};
    return new Request(
        CommandId.fresh(),
        new Command.Write(thing().id(), "value", new Value.Int(number), deadline),
        thing(),
        Map.of("value", wire(Map.of("address", "" + address), Optional.of(Bytes.wrap(word)))));
  }

  private static Wire wire(Map<String, String> terms, Optional<Bytes> payload) {
    Op op = payload.isPresent() ? Op.WRITE : Op.READ;
    return new Wire(new Form("modbus", Set.of(op), "", terms), "", terms, payload);
  }
}
