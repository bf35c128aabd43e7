package io.patchbay.binding.lwm2m;

import static org.awaitility.Awaitility.await;

import io.patchbay.profile.Form;
import io.patchbay.profile.Op;
import io.patchbay.southbound.DownlinkPort;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Request;
import io.patchbay.southbound.Wire;
import io.patchbay.store.Registered.Admission;
import io.patchbay.testkit.BindingContract;
import io.patchbay.testkit.RecordingUplinkPort;
import io.patchbay.testkit.camel.PlainContexts;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Command;
import io.patchbay.thing.CommandId;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Value;
import java.net.DatagramSocket;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/** The contract of bindings, against a device on Leshan's client. */
final class Lwm2mBindingContractTest extends BindingContract {
  private static final ThingId THING = new ThingId("dev1");
  private static final Pattern NUMBER = Pattern.compile("\"v\":([0-9]+)");

  @SuppressWarnings("NullAway.Init")
  @TempDir
  Path data;

  private final FakeHub rooms = new FakeHub();
  private int port;
  private final Deque<TestDevice> devices = new ArrayDeque<>();

  @AfterEach
  void closeDevice() {
    devices.forEach(TestDevice::close);
  }

  @Override
  protected Running start(RecordingUplinkPort hub) throws Exception {
    if (port == 0) {
      try (DatagramSocket free = new DatagramSocket(0)) {
        port = free.getLocalPort();
      }
      rooms.register("dev1", "dev1", Admission.ADMITTED);
      hub.answer(rooms::answer);
    }
    PlainContexts contexts = new PlainContexts(hub, Map.of());
    Lwm2mBinding binding =
        new TestBinding(hub, rooms, data).contexts(contexts).port(port).started();
    if (devices.isEmpty()) {
      healPeer();
    }
    return new Running() {
      @Override
      public DownlinkPort downlink() {
        return contexts.downlink();
      }

      @Override
      public void stop() throws Exception {
        binding.stop();
      }
    };
  }

  private Request request(Command command, String name, String path, Op op, String payload) {
    Form form = new Form("lwm2m", Set.of(op), FakeHub.SENML, Map.of("path", path));
    Wire wire =
        new Wire(
            form,
            "dev1",
            form.terms(),
            payload.isEmpty() ? Optional.empty() : Optional.of(Bytes.utf8(payload)));
    return new Request(CommandId.fresh(), command, rooms.thing(THING), Map.of(name, wire));
  }

  private Request read(String path, Instant deadline) {
    return request(
        new Command.Read(THING, List.of("target"), deadline), "target", path, Op.READ, "");
  }

  private Request write(int number, Instant deadline) {
    return request(
        new Command.Write(THING, "target", new Value.Int(number), deadline),
        "target",
        "/3308/0/5900",
        Op.WRITE,
        "[{\"n\":\"/3308/0/5900\",\"v\":" + number + "}]");
  }

  @Override
  protected Request reading(int number, Instant deadline) {
    devices.element().setPoint.set(5900, (double) number);
    return read("/3308/0/5900", deadline);
  }

  @Override
  protected Request writing(int number, Instant deadline) {
    return write(number, deadline);
  }

  @Override
  protected Request refused(Instant deadline) {
    return write(-1, deadline);
  }

  @Override
  protected Request unanswered(Instant deadline) {
    return read("/3308/0/" + TestDevice.SILENT, deadline);
  }

  @Override
  protected List<Integer> written() {
    return devices.element().setPoint.written.stream()
        .map(value -> ((Number) value).intValue())
        .toList();
  }

  @Override
  protected int number(Frame frame) {
    Matcher number = NUMBER.matcher(frame.payload().text());
    return number.find() ? Integer.parseInt(number.group(1)) : -1;
  }

  @Override
  protected void breakPeer() {
    devices.element().vanish();
  }

  @Override
  protected void healPeer() throws Exception {
    TestDevice device = TestDevice.plain("dev1", port);
    devices.push(device);
    await().atMost(limit()).until(() -> device.registered.get() == 1);
  }
}
