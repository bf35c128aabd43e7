package io.patchbay.binding.coap;

import static org.awaitility.Awaitility.await;

import io.patchbay.southbound.DownlinkPort;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Request;
import io.patchbay.testkit.PushingBindingContract;
import io.patchbay.testkit.RecordingUplinkPort;
import io.patchbay.testkit.camel.PlainContexts;
import io.patchbay.thing.Thing;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;

/** The contract of bindings, against a device on Californium. */
final class CoapBindingContractTest extends PushingBindingContract {
  private final int port = Requests.freePort();
  private final int devicePort = Requests.freePort();
  private final FakeStore store = new FakeStore();
  private final Device device = new Device(port, devicePort);
  private final Thing thing = Requests.thing("coap://127.0.0.1:" + devicePort);

  CoapBindingContractTest() throws Exception {}

  @AfterEach
  void closeDevice() {
    device.close();
  }

  @Override
  protected Running start(RecordingUplinkPort hub) throws Exception {
    PlainContexts contexts = new PlainContexts(hub, Map.of());
    CoapBinding binding =
        new CoapBinding(
            PlainContexts.NO_BUNDLE,
            Requests.settings("127.0.0.1", port, -1, 65_536),
            () -> () -> {},
            contexts,
            hub,
            Requests.things(thing),
            Map::of,
            store,
            store,
            store);
    binding.changed(Set.of(Requests.interest("tele/{device}/value", "text/plain")));
    await().atMost(limit()).until(() -> binding.port() == port);
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

  @Override
  protected Request reading(int number, Instant deadline) {
    return Requests.read(thing, "echo/" + number, deadline);
  }

  @Override
  protected Request writing(int number, Instant deadline) {
    return Requests.write(thing, "set", "" + number, deadline);
  }

  @Override
  protected Request refused(Instant deadline) {
    return Requests.write(thing, "forbidden", "1", deadline);
  }

  @Override
  protected Request unanswered(Instant deadline) {
    return Requests.read(thing, "silent", deadline);
  }

  @Override
  protected List<Integer> written() {
    return device.written;
  }

  @Override
  protected int number(Frame frame) {
    return Integer.parseInt(frame.payload().text());
  }

  @Override
  protected void breakPeer() {
    device.goAway();
  }

  @Override
  protected void healPeer() throws Exception {
    device.comeBack();
  }

  @Override
  protected void peerSends(int number) {
    device.send(number);
  }
}
