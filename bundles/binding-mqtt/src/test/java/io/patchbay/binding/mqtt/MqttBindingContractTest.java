package io.patchbay.binding.mqtt;

import static org.awaitility.Awaitility.await;

import io.patchbay.camel.mqtt.ConnectionPool;
import io.patchbay.camel.mqtt.Mosquitto;
import io.patchbay.camel.mqtt.MqttConnections.Phase;
import io.patchbay.camel.mqtt.NamedConnections;
import io.patchbay.southbound.DownlinkPort;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Request;
import io.patchbay.testkit.PushingBindingContract;
import io.patchbay.testkit.RecordingUplinkPort;
import io.patchbay.testkit.camel.PlainContexts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/** The contract of bindings, against mosquitto and a device on the HiveMQ client. */
final class MqttBindingContractTest extends PushingBindingContract {
  private final Mosquitto broker;
  private final ConnectionPool pool;
  private Device device;

  MqttBindingContractTest(@TempDir Path folder) throws Exception {
    Path rights = folder.resolve("rights.acl");
    Files.writeString(rights, "topic deny cmd/dev/forbidden\ntopic readwrite #\n");
    broker = Mosquitto.start("acl_file " + rights);
    pool = NamedConnections.pool(folder.resolve("state"));
    Runnable unused = NamedConnections.open(pool, "local", broker.uri());
    device = new Device(broker.port());
  }

  @AfterEach
  void closePeer() {
    device.close();
  }

  @AfterEach
  void closeBroker() throws Exception {
    running().stop();
    NamedConnections.close(pool);
    broker.close();
  }

  @Override
  protected Running start(RecordingUplinkPort hub) throws Exception {
    PlainContexts contexts = new PlainContexts(hub, Map.of("pool", pool));
    MqttBinding binding = new MqttBinding(PlainContexts.NO_BUNDLE, contexts, hub, pool);
    binding.changed(Set.of(Requests.interest("", "tele/{device}/value")));
    awaitListening();
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

  private void awaitListening() throws Exception {
    pool.subscribe("local", Map.of("tele/+/value", 1))
        .toCompletableFuture()
        .get(limit().toSeconds(), TimeUnit.SECONDS);
  }

  @Override
  protected Request reading(int number, Instant deadline) {
    return Requests.read(
        Requests.wire("cmd/dev/get", "" + number, Map.of("answer", "stat/dev/value")), deadline);
  }

  @Override
  protected Request writing(int number, Instant deadline) {
    return Requests.write(Requests.wire("cmd/dev/set", "" + number, Map.of()), deadline);
  }

  @Override
  protected Request refused(Instant deadline) {
    return Requests.write(Requests.wire("cmd/dev/forbidden", "1", Map.of()), deadline);
  }

  @Override
  protected Request unanswered(Instant deadline) {
    return Requests.read(
        Requests.wire("cmd/dev/ignore", "1", Map.of("answer", "stat/dev/value")), deadline);
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
    broker.stop();
    await().atMost(limit()).until(() -> !up());
  }

  @Override
  protected void healPeer() throws Exception {
    broker.startAgain();
    await().atMost(limit()).until(this::up);
    List<Integer> before = device.written;
    device = new Device(broker.port());
    device.written.addAll(before);
  }

  private boolean up() {
    boolean[] up = new boolean[1];
    pool.watch(status -> up[0] = status.phase() == Phase.UP).close();
    return up[0];
  }

  @Override
  protected void peerSends(int number) throws Exception {
    device.send("tele/dev/value", "" + number);
  }
}
