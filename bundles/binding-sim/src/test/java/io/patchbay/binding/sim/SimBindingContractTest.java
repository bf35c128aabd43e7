package io.patchbay.binding.sim;

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
import java.lang.annotation.Annotation;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** The contract of bindings; the peer is a simulated device, and its switch takes it away. */
final class SimBindingContractTest extends BindingContract {
  private static final Thing THING =
      new Thing(new ThingId("sim-1"), URI.create("sim://local"), "sim-sensor", Map.of(), Map.of());

  @Override
  protected Running start(RecordingUplinkPort hub) throws Exception {
    PlainContexts contexts = new PlainContexts(hub, Map.of());
    SimBinding binding =
        new SimBinding(PlainContexts.NO_BUNDLE, new NoneAnnounced(), contexts, hub);
    return new Running() {
      @Override
      public DownlinkPort downlink() {
        return contexts.downlink();
      }

      @Override
      public void stop() {
        binding.stop();
      }
    };
  }

  @Override
  protected Request reading(int number, Instant deadline) {
    // a wave that stands still
    return read(Map.of("wave", "sine", "low", "" + number, "high", "" + number), deadline);
  }

  @Override
  protected Request writing(int number, Instant deadline) {
    return write("memory", "" + number, deadline);
  }

  @Override
  protected Request refused(Instant deadline) {
    return write("sine", "1", deadline);
  }

  @Override
  protected Request unanswered(Instant deadline) {
    return read(Map.of("wave", "silent"), deadline);
  }

  @Override
  protected List<Integer> written() throws Exception {
    return List.of(number(frame(read(Map.of("wave", "memory"), Instant.now().plus(limit())))));
  }

  @Override
  protected int number(Frame frame) {
    return (int) Double.parseDouble(frame.payload().text());
  }

  @Override
  protected void breakPeer() throws Exception {
    frame(write("power", "false", Instant.now().plus(limit())));
  }

  @Override
  protected void healPeer() throws Exception {
    frame(write("power", "true", Instant.now().plus(limit())));
  }

  private Frame frame(Request request) throws Exception {
    var answer =
        (Answer.Frames)
            running()
                .downlink()
                .send(request)
                .toCompletableFuture()
                .get(limit().toSeconds(), TimeUnit.SECONDS);
    return answer.frames().get(0);
  }

  private static Request read(Map<String, String> terms, Instant deadline) {
    return new Request(
        CommandId.fresh(),
        new Command.Read(THING.id(), List.of("value"), deadline),
        THING,
        Map.of("value", wire(terms, Optional.empty())));
  }

  private static Request write(String wave, String text, Instant deadline) {
    return new Request(
        CommandId.fresh(),
        new Command.Write(THING.id(), "value", new Value.Text(text), deadline),
        THING,
        Map.of("value", wire(Map.of("wave", wave), Optional.of(Bytes.utf8(text)))));
  }

  private static Wire wire(Map<String, String> terms, Optional<Bytes> payload) {
    Form form = new Form("sim", Set.of(Op.READ, Op.WRITE), "", terms);
    return new Wire(form, "", terms, payload);
  }

  private record NoneAnnounced() implements SimBinding.Config {
    @Override
    public int things() {
      return 0;
    }

    @Override
    public String profile() {
      return "sim-sensor";
    }

    @Override
    public Class<? extends Annotation> annotationType() {
      return SimBinding.Config.class;
    }
  }
}
