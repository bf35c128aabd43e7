package io.patchbay.binding.lwm2m;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.patchbay.profile.Op;
import io.patchbay.southbound.Interest;
import io.patchbay.southbound.Receipt;
import io.patchbay.testkit.RecordingUplinkPort;
import io.patchbay.thing.ThingId;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.eclipse.californium.core.CoapClient;
import org.eclipse.californium.core.CoapResponse;
import org.eclipse.californium.core.coap.CoAP;
import org.eclipse.californium.core.coap.EmptyMessage;
import org.eclipse.californium.core.coap.MediaTypeRegistry;
import org.eclipse.californium.core.coap.Message;
import org.eclipse.californium.core.coap.Request;
import org.eclipse.californium.core.coap.Response;
import org.eclipse.californium.core.coap.Token;
import org.eclipse.californium.core.network.serialization.UdpDataParser;
import org.eclipse.californium.core.network.serialization.UdpDataSerializer;
import org.eclipse.leshan.core.request.ContentFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the hub asks a device that has registered, answered octet by octet. */
final class Lwm2mGreetingTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private static final int DEVICES = 100;

  /** Resource 5700 in TLV. */
  private static byte[] temperature(double value) {
    return ByteBuffer.allocate(12).putInt(0xE8164408).putDouble(value).array();
  }

  private final RecordingUplinkPort hub = new RecordingUplinkPort();
  private final FakeHub rooms = new FakeHub();
  private Lwm2mBinding binding;
  private Path data;

  @BeforeEach
  void start(@TempDir Path folder) {
    data = folder;
    binding = started(0);
  }

  private Lwm2mBinding started(int port) {
    hub.answer(rooms::answer);
    return new TestBinding(hub, rooms, data)
        .port(port)
        .securePort(0)
        .unsecured("dev*")
        .registrations(DEVICES)
        .started();
  }

  @AfterEach
  void stop() throws Exception {
    binding.stop();
    hub.close();
  }

  private record Heard(Request request, InetSocketAddress from) {}

  private static Heard next(DatagramSocket socket) throws IOException {
    while (true) {
      DatagramPacket packet = new DatagramPacket(new byte[2_048], 2_048);
      if (receive(socket, packet) instanceof Request request) {
        return new Heard(request, (InetSocketAddress) packet.getSocketAddress());
      }
    }
  }

  private static Message receive(DatagramSocket socket, DatagramPacket packet) throws IOException {
    socket.receive(packet);
    return new UdpDataParser().parseMessage(Arrays.copyOf(packet.getData(), packet.getLength()));
  }

  private static void send(DatagramSocket socket, byte[] octets, InetSocketAddress to)
      throws IOException {
    socket.send(new DatagramPacket(octets, octets.length, to));
  }

  private static void answer(DatagramSocket socket, Heard heard) throws IOException {
    answer(socket, heard, CoAP.ResponseCode.CONTENT);
  }

  private static void answer(DatagramSocket socket, Heard heard, CoAP.ResponseCode code)
      throws IOException {
    Response response = new Response(code);
    response.setType(CoAP.Type.ACK);
    response.setMID(heard.request().getMID());
    response.setToken(heard.request().getToken());
    if (heard.request().getOptions().hasObserve()) {
      response.getOptions().setObserve(1);
    }
    if (code == CoAP.ResponseCode.CONTENT) {
      response.getOptions().setContentFormat(ContentFormat.TLV.getCode());
      response.setPayload(temperature(20.5));
    }
    send(socket, new UdpDataSerializer().getByteArray(response), heard.from());
  }

  /** How the hub takes what is said as the request wanted it. */
  private static CoAP.Type notified(DatagramSocket socket, Request observe, InetSocketAddress hub)
      throws IOException {
    Response notification = new Response(CoAP.ResponseCode.CONTENT);
    notification.setType(CoAP.Type.CON);
    notification.setMID(77);
    notification.setToken(observe.getToken());
    notification.getOptions().setObserve(2).setContentFormat(ContentFormat.TLV.getCode());
    notification.setPayload(temperature(21.5));
    send(socket, new UdpDataSerializer().getByteArray(notification), hub);
    while (true) {
      Message message = receive(socket, new DatagramPacket(new byte[2_048], 2_048));
      if (message.getMID() == 77 && message.getRawCode() == 0) {
        return message.getType();
      }
    }
  }

  private void register(DatagramSocket socket, String endpoint) throws IOException {
    register(socket, endpoint, "1.0", "</3303/0>");
  }

  private void register(DatagramSocket socket, String endpoint, String version, String objects)
      throws IOException {
    register(socket, endpoint, version, objects, 1);
  }

  private void register(
      DatagramSocket socket, String endpoint, String version, String objects, int mid)
      throws IOException {
    socket.setSoTimeout((int) LIMIT.toMillis());
    Request register = Request.newPost();
    register.setType(CoAP.Type.CON);
    register.setMID(mid);
    register.setToken(new byte[] {1});
    register.getOptions().addUriPath("rd").setContentFormat(40);
    register.getOptions().addUriQuery("ep=" + endpoint).addUriQuery("lt=300");
    register.getOptions().addUriQuery("lwm2m=" + version).addUriQuery("b=U");
    register.setPayload(objects.getBytes(UTF_8));
    send(
        socket,
        new UdpDataSerializer().getByteArray(register),
        new InetSocketAddress(InetAddress.getLoopbackAddress(), binding.port(false)));
  }

  /** Answers what it is asked until it shall be observed, other than by this token. */
  private static Heard observed(DatagramSocket socket, Token but) throws IOException {
    while (true) {
      Heard asked = next(socket);
      if (!asked.request().getOptions().hasObserve()) {
        answer(socket, asked);
      } else if (!asked.request().getToken().equals(but)) {
        return asked;
      }
    }
  }

  private static List<String> query(Heard heard) {
    return Stream.of(heard.request().getOptions().getUriQueryString().split("&")).toList();
  }

  /** Answers what it is asked until it is told when to notify, and that, too. */
  private static List<String> told(DatagramSocket socket, CoAP.ResponseCode answer)
      throws IOException {
    while (true) {
      Heard asked = next(socket);
      if (asked.request().getCode() == CoAP.Code.PUT) {
        assertThat(asked.request().getOptions().getUriPathString()).isEqualTo("3303/0/5700");
        answer(socket, asked, answer);
        return query(asked);
      }
      answer(socket, asked);
    }
  }

  /** What was asked when the server was built anew is asked again. */
  @Test
  void whatWasBrokenOffIsAskedAgain() throws Exception {
    rooms.profiles.clear();
    List<DatagramSocket> sockets = new ArrayList<>();
    List<Heard> asked = new ArrayList<>();
    try {
      for (int i = 0; i < DEVICES; i++) {
        DatagramSocket socket = new DatagramSocket();
        sockets.add(socket);
        register(socket, "dev" + i);
        asked.add(observed(socket, Token.EMPTY));
      }
      rooms.secrets.put("lwm2m-psk.safe1", "0123456789abcdef"); // opens DTLS
      for (int i = 0; i < DEVICES; i++) {
        Request before = asked.get(i).request();
        Heard again = observed(sockets.get(i), before.getToken());
        assertThat(again.request().getOptions().getUriPathString())
            .isEqualTo(before.getOptions().getUriPathString());
        answer(sockets.get(i), again);
        // what it says as it was asked first is no reason to reset it: it would say no more
        assertThat(notified(sockets.get(i), asked.get(i).request(), again.from()))
            .isEqualTo(CoAP.Type.ACK);
      }
      assertThat(binding.port(true)).isNotZero();
      assertThat(hub.acknowledged().stream().flatMap(offer -> offer.frame().stream()))
          .filteredOn(frame -> frame.payload().text().contains("21.5"))
          .hasSize(DEVICES);
    } finally {
      sockets.forEach(DatagramSocket::close);
    }
  }

  /** It was not answered: to itself it has registered once, and forgot nothing. */
  @Test
  void whatItSaysWhileItRepeatsItsRegistrationCounts() throws Exception {
    rooms.profiles.clear();
    try (DatagramSocket socket = new DatagramSocket()) {
      register(socket, "dev1");
      Heard first = observed(socket, Token.EMPTY);
      answer(socket, first);
      register(socket, "dev1", "1.0", "</3303/0>", 2);
      Heard again = observed(socket, first.request().getToken());
      assertThat(notified(socket, first.request(), again.from())).isEqualTo(CoAP.Type.ACK);
      answer(socket, again);
      await()
          .atMost(LIMIT)
          .untilAsserted(
              () ->
                  assertThat(hub.acknowledged().stream().flatMap(offer -> offer.frame().stream()))
                      .filteredOn(frame -> frame.payload().text().contains("21.5"))
                      .hasSize(1));
    }
  }

  /** It need not register or be heard for that. */
  @Test
  void whoDidNotAnswerIsAskedAgain() throws Exception {
    rooms.profiles.clear();
    try (DatagramSocket socket = new DatagramSocket()) {
      register(socket, "dev1");
      Heard asked = observed(socket, Token.EMPTY);
      EmptyMessage reset = new EmptyMessage(CoAP.Type.RST);
      reset.setMID(asked.request().getMID());
      send(socket, new UdpDataSerializer().getByteArray(reset), asked.from());
      Heard again = observed(socket, asked.request().getToken());
      assertThat(again.request().getOptions().getUriPathString())
          .isEqualTo(asked.request().getOptions().getUriPathString());
    }
  }

  private void wanted(Map<String, String> terms) {
    rooms.profiles.put("climate", FakeHub.climate(Set.of(Op.READ, Op.WRITE), terms));
    binding.changed(
        Set.of(
            new Interest(
                "local",
                FakeHub.form("/3303/0/5700", Set.of(Op.OBSERVE), terms),
                Optional.of(new ThingId("dev1")),
                true)));
  }

  /** It is told that before it is observed, and again when the profile says otherwise. */
  @Test
  void saysWhenToNotify() throws Exception {
    wanted(Map.of("pmin", "10", "st", "0.5"));
    try (DatagramSocket socket = new DatagramSocket()) {
      register(socket, "dev1", "1.0", "</3303/0>,</3308/0>");
      assertThat(told(socket, CoAP.ResponseCode.CHANGED)).containsExactly("pmin=10", "st=0.5");
      answer(socket, observed(socket, Token.EMPTY));
      wanted(Map.of("pmin", "20"));
      assertThat(told(socket, CoAP.ResponseCode.CHANGED))
          .as("what is wanted no more has no value")
          .containsExactly("pmin=20", "st");
      int port = binding.port(false);
      await()
          .atMost(LIMIT)
          .until(
              () ->
                  Files.readString(data.resolve("lwm2m/registrations.jsonl"))
                      .contains("\"pmin=20\""));
      binding.stop();
      rooms.profiles.put(
          "climate", FakeHub.climate(Set.of(Op.READ, Op.WRITE), Map.of("pmin", "30")));
      binding = started(port);
      Heard next = next(socket);
      assertThat(next.request().getCode()).isEqualTo(CoAP.Code.PUT);
      assertThat(query(next)).containsExactly("pmin=30");
    }
  }

  @Test
  void observesWhoDecidesHimselfWhenToNotify() throws Exception {
    wanted(Map.of("pmin", "10"));
    try (DatagramSocket socket = new DatagramSocket()) {
      register(socket, "dev1", "1.0", "</3303/0>,</3308/0>");
      assertThat(told(socket, CoAP.ResponseCode.METHOD_NOT_ALLOWED)).containsExactly("pmin=10");
      answer(socket, observed(socket, Token.EMPTY));
      wanted(Map.of());
      assertThat(told(socket, CoAP.ResponseCode.METHOD_NOT_ALLOWED)).containsExactly("pmin");
      wanted(Map.of("pmin", "10"));
      assertThat(told(socket, CoAP.ResponseCode.CHANGED)).containsExactly("pmin=10");
    }
  }

  @Test
  void asksForWhatAProfileWantsFromNowOn() throws Exception {
    try (DatagramSocket socket = new DatagramSocket()) {
      register(socket, "dev1", "1.0", "</3303/0>,</3308/0>");
      Heard first = observed(socket, Token.EMPTY);
      assertThat(first.request().getOptions().getUriPathString()).isEqualTo("3303/0/5700");
      answer(socket, first);
      rooms.profiles.put(
          "climate", FakeHub.climate(Set.of(Op.OBSERVE, Op.READ, Op.WRITE), Map.of()));
      binding.changed(
          Set.of(
              new Interest(
                  "local",
                  FakeHub.form("/3308/0/5900", Set.of(Op.OBSERVE), Map.of()),
                  Optional.of(new ThingId("dev1")),
                  true)));
      Heard second = observed(socket, first.request().getToken());
      assertThat(second.request().getOptions().getUriPathString()).isEqualTo("3308/0/5900");
    }
  }

  private void awaitTogether(String... words) {
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () ->
                assertThat(
                        hub.acknowledged().stream()
                            .flatMap(offer -> offer.frame().stream())
                            .map(frame -> frame.payload().text()))
                    .anySatisfy(text -> assertThat(text).contains(words)));
  }

  /** One request, and notifications with all of it, after the binding was replaced, too. */
  @Test
  void observesTogetherWhatTheProfileSays() throws Exception {
    rooms.profiles.put(
        "climate",
        FakeHub.climate(
            Set.of(Op.OBSERVE, Op.READ, Op.WRITE), Map.of("observe", "together", "pmax", "300")));
    int port = binding.port(false);
    try (TestDevice device = TestDevice.plain("dev1", port)) {
      awaitTogether("/3303/0/5700", "20.5", "/3308/0/5900");
      device.temperature.set(5700, 21.5d);
      awaitTogether("/3303/0/5700", "21.5", "/3308/0/5900");
      binding.stop();
      binding = started(port);
      device.setPoint.set(5900, 7d);
      awaitTogether("/3303/0/5700", "/3308/0/5900", "7.0");
      assertThat(device.registered).hasValue(1);
    }
  }

  @Test
  void observesOneByOneWhoRefusesThat() throws Exception {
    rooms.profiles.put(
        "climate",
        FakeHub.climate(Set.of(Op.OBSERVE, Op.READ, Op.WRITE), Map.of("observe", "together")));
    try (DatagramSocket socket = new DatagramSocket()) {
      register(socket, "dev1", "1.1", "</>;rt=\"oma.lwm2m\";ct=\"110\",</3303/0>,</3308/0>");
      Heard both = observed(socket, Token.EMPTY);
      assertThat(both.request().getCode()).isEqualTo(CoAP.Code.FETCH);
      answer(socket, both, CoAP.ResponseCode.METHOD_NOT_ALLOWED);
      Heard one = observed(socket, both.request().getToken());
      assertThat(one.request().getCode()).isEqualTo(CoAP.Code.GET);
      assertThat(one.request().getOptions().getUriPathString()).isEqualTo("3303/0/5700");
    }
  }

  @Test
  void aNewcomerIsToldToComeAgainWhenThereIsNoRoom() throws Exception {
    CoapClient client =
        new CoapClient(
            "coap://127.0.0.1:" + binding.port(false) + "/rd?ep=dev1&lt=300&lwm2m=1.1&b=U");
    client.setTimeout(LIMIT.toMillis());
    try {
      hub.answer(offer -> new Receipt.Busy(Duration.ofMillis(100)));
      CoapResponse later = client.post("</3303/0>", MediaTypeRegistry.APPLICATION_LINK_FORMAT);
      assertThat(later.getCode())
          .as(later.getResponseText())
          .isEqualTo(CoAP.ResponseCode.SERVICE_UNAVAILABLE);
      assertThat(later.getOptions().getMaxAge()).isPositive();
      hub.answer(rooms::answer);
      assertThat(client.post("</3303/0>", MediaTypeRegistry.APPLICATION_LINK_FORMAT).getCode())
          .isEqualTo(CoAP.ResponseCode.CREATED);
    } finally {
      client.shutdown();
    }
  }
}
