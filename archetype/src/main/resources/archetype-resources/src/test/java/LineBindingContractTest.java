package ${package};

import static org.awaitility.Awaitility.await;

import io.patchbay.profile.Form;
import io.patchbay.profile.Op;
import io.patchbay.southbound.DownlinkPort;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Request;
import io.patchbay.southbound.Wire;
import io.patchbay.testkit.PushingBindingContract;
import io.patchbay.testkit.RecordingUplinkPort;
import io.patchbay.testkit.camel.PlainContexts;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Command;
import io.patchbay.thing.CommandId;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Value;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;

/** The contract of bindings, against a device that speaks the protocol over a real socket. */
final class LineBindingContractTest extends PushingBindingContract {
  private static final String LOOPBACK = "127.0.0.1";
  private static final Thing THING =
      new Thing(
          new ThingId("meter7"),
          URI.create(LineProtocol.SCHEME + "://local"),
          "meter",
          Map.of("device", "meter7"),
          Map.of());

  private final int port;
  private final LineDevice device;

  LineBindingContractTest() throws Exception {
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    device = new LineDevice(port, "meter7");
  }

  @AfterEach
  void close() throws Exception {
    device.close();
  }

  @Override
  protected Running start(RecordingUplinkPort to) throws Exception {
    PlainContexts contexts = new PlainContexts(to, Map.of());
    LineBinding binding =
        new LineBinding(
            PlainContexts.NO_BUNDLE,
            contexts,
            LOOPBACK,
            port,
            new Devices(10),
            new Visitors(10, Duration.ofMinutes(10)));
    await().atMost(limit()).until(device::greeted);
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
  protected void peerSends(int number) {
    device.say("value", "" + number);
  }

  @Override
  protected Request reading(int number, Instant deadline) {
    device.holds("value", "" + number);
    return request(new Command.Read(THING.id(), List.of("value"), deadline), Optional.empty());
  }

  @Override
  protected Request writing(int number, Instant deadline) {
    return write("level", "" + number, deadline);
  }

  @Override
  protected Request refused(Instant deadline) {
    return write("locked", "1", deadline);
  }

  @Override
  protected Request unanswered(Instant deadline) {
    return request(new Command.Read(THING.id(), List.of("silent"), deadline), Optional.empty());
  }

  @Override
  protected List<Integer> written() {
    return device.written().stream().map(Integer::valueOf).toList();
  }

  @Override
  protected int number(Frame frame) {
    return Integer.parseInt(frame.payload().text());
  }

  @Override
  protected void breakPeer() throws Exception {
    device.away(true);
  }

  @Override
  protected void healPeer() throws Exception {
    device.away(false);
  }

  private static Request write(String property, String text, Instant deadline) {
    Value value = new Value.Text(text);
    return request(
        new Command.Write(THING.id(), property, value, deadline), Optional.of(Bytes.utf8(text)));
  }

  private static Request request(Command command, Optional<Bytes> payload) {
    String property =
        command instanceof Command.Read read
            ? read.properties().get(0)
            : ((Command.Write) command).property();
    String address = "{device}/" + property;
    Form form =
        new Form(LineProtocol.SCHEME, Set.of(Op.READ, Op.WRITE), "", Map.of("address", address));
    String filled = "meter7/" + property;
    Wire wire = new Wire(form, filled, Map.of("address", filled), payload);
    return new Request(CommandId.fresh(), command, THING, Map.of(property, wire));
  }
}
