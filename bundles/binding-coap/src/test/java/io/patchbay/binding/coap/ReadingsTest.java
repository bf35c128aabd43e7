package io.patchbay.binding.coap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.patchbay.store.Recorded;
import io.patchbay.testkit.RecordingUplinkPort;
import io.patchbay.testkit.camel.PlainContexts;
import io.patchbay.thing.Quality;
import io.patchbay.thing.TimeSource;
import io.patchbay.thing.Uplink;
import io.patchbay.thing.Value;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.eclipse.californium.core.CoapHandler;
import org.eclipse.californium.core.CoapObserveRelation;
import org.eclipse.californium.core.CoapResponse;
import org.eclipse.californium.core.coap.CoAP.Code;
import org.eclipse.californium.core.coap.CoAP.ResponseCode;
import org.eclipse.californium.core.coap.Request;
import org.eclipse.californium.core.coap.Response;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The hub's values, read and observed. */
final class ReadingsTest {
  private static final Duration LIMIT = Duration.ofSeconds(15);
  private static final String PATH = "things/dev/properties/value";
  private static final int NON = 1;

  private final RecordingUplinkPort hub = new RecordingUplinkPort();
  private final FakeStore store = new FakeStore();
  private final int port = Requests.freePort();
  private final Device device = new Device(port, Requests.freePort());
  private final Map<String, Uplink.Reading> latest = new ConcurrentHashMap<>();
  private CoapBinding binding;

  ReadingsTest() throws Exception {}

  @BeforeEach
  void start() throws Exception {
    binding =
        new CoapBinding(
            PlainContexts.NO_BUNDLE,
            Requests.settings("127.0.0.1", port, -1, 8_192),
            () -> () -> {},
            new PlainContexts(hub, Map.of()),
            hub,
            Requests.twin(Requests.thing("coap://local"), latest),
            Map::of,
            store,
            store,
            store);
    binding.changed(Set.of(Requests.interest("tele/{device}/value", "text/plain")));
    await().atMost(LIMIT).until(() -> binding.port() == port);
  }

  @AfterEach
  void stop() throws Exception {
    binding.stop();
    device.close();
    hub.close();
  }

  private void says(double value) {
    Instant now = Instant.ofEpochMilli(1_700_000_000_500L);
    Uplink.Reading reading =
        new Uplink.Reading(
            Requests.THING,
            "value",
            new Value.Num(value),
            "Cel",
            now,
            TimeSource.HUB,
            now,
            Quality.GOOD);
    latest.put("value", reading);
    store.publish(new Recorded(1, "test@1", reading));
  }

  private Response get(String path, int accept) throws Exception {
    Request request = new Request(Code.GET);
    request.getOptions().setUriPath(path);
    if (accept >= 0) {
      request.getOptions().setAccept(accept);
    }
    Response response = device.ask(request);
    assertThat(response).isNotNull();
    return response;
  }

  private double observers() {
    return binding.samples().stream()
        .filter(sample -> sample.name().equals("patchbay_coap_observers"))
        .findFirst()
        .orElseThrow()
        .value();
  }

  @Test
  void saysWhatIsNotThereOrNotSpoken() throws Exception {
    assertThat(get(PATH, -1).getCode()).isEqualTo(ResponseCode.NOT_FOUND);
    assertThat(get("things/other/properties/value", -1).getCode())
        .isEqualTo(ResponseCode.NOT_FOUND);
    assertThat(get("things/dev/value", -1).getCode()).isEqualTo(ResponseCode.NOT_FOUND);
    says(21.5);
    assertThat(get(PATH, 41).getCode()).isEqualTo(ResponseCode.NOT_ACCEPTABLE);
  }

  @Test
  void isReadAsSenMl() throws Exception {
    says(21.5);

    Response text = get(PATH, -1);
    assertThat(text.getOptions().getContentFormat()).isEqualTo(110);
    assertThat(text.getPayloadString())
        .isEqualTo("[{\"n\":\"dev/value\",\"u\":\"Cel\",\"v\":21.5,\"t\":1700000000.5}]");
    Response binary = get(PATH, 112);
    assertThat(binary.getOptions().getContentFormat()).isEqualTo(112);
    assertThat(HexFormat.of().formatHex(binary.getPayload()))
        .isEqualTo(
            "81a4" // an array of one map of four
                + "00"
                + "69"
                + "6465762f76616c7565" // name "dev/value"
                + "01"
                + "63"
                + "43656c" // unit "Cel"
                + "02"
                + "fb4035800000000000" // value 21.5
                + "06"
                + "fb41d954fc40200000"); // time
  }

  @Test
  void isObservedUntilTheObserverLeaves() throws Exception {
    says(1);
    assertThat(store.receivers()).isZero();
    List<String> heard = new CopyOnWriteArrayList<>();
    CoapObserveRelation relation =
        device.observe(
            PATH,
            new CoapHandler() {
              @Override
              public void onLoad(CoapResponse response) {
                heard.add(response.getResponseText());
              }

              @Override
              public void onError() {
                heard.add("error");
              }
            });
    await().atMost(LIMIT).until(() -> heard.size() == 1);
    assertThat(observers()).isEqualTo(1);
    for (int i = 2; i <= 30; i++) {
      says(i);
    }
    await().atMost(LIMIT).until(() -> heard.get(heard.size() - 1).contains("\"v\":30,"));
    assertThat(heard).doesNotContain("error");

    relation.proactiveCancel();

    await().atMost(LIMIT).until(() -> observers() == 0);
    await().atMost(LIMIT).until(() -> store.receivers() == 0);
  }

  @Test
  void nowAndThenAnObserverIsAskedWhetherItIsThere() throws Exception {
    says(1);
    try (DatagramSocket socket = new DatagramSocket()) {
      socket.setSoTimeout(10_000);
      send(socket, observe());
      byte[] first = receive(socket);
      assertThat(first[1]).isEqualTo((byte) ResponseCode.CONTENT.value);
      boolean asked = false;
      for (int i = 2; i < 40 && !asked; i++) {
        says(i);
        byte[] notification = receive(socket);
        asked = (notification[0] >> 4 & 3) == 0; // confirmable (RFC 7252, clause 3)
        if (asked) {
          send(socket, new byte[] {0x70, 0, notification[2], notification[3]}); // not any more
        }
      }
      assertThat(asked).isTrue();
      await().atMost(LIMIT).until(() -> observers() == 0);
    }
  }

  @Test
  void onePeerHasNoMoreThanItsShare() throws Exception {
    says(1);
    try (DatagramSocket socket = new DatagramSocket()) {
      socket.setSoTimeout(10_000);
      for (int i = 0; i < 80; i++) {
        byte[] message = observe();
        message[3] = (byte) i;
        message[4] = (byte) i;
        send(socket, message);
        byte[] unused = receive(socket);
      }
    }
    assertThat(observers()).isEqualTo(64);
  }

  /** A GET that observes, not confirmable (RFC 7641, clause 2). */
  private static byte[] observe() {
    return HexFormat.of()
        .parseHex(
            "52011234"
                + "0102"
                + "60" // token, Observe 0
                + "56"
                + "7468696e6773" // things
                + "03"
                + "646576"
                + "0a"
                + "70726f70657274696573"
                + "05"
                + "76616c7565");
  }

  private void send(DatagramSocket socket, byte[] message) throws Exception {
    assertThat(message[0] >> 4 & 3).isIn(NON, 3);
    socket.send(
        new DatagramPacket(message, message.length, InetAddress.getLoopbackAddress(), port));
  }

  private static byte[] receive(DatagramSocket socket) throws Exception {
    DatagramPacket packet = new DatagramPacket(new byte[2_048], 2_048);
    socket.receive(packet);
    return Arrays.copyOf(packet.getData(), packet.getLength());
  }
}
