package io.patchbay.binding.lwm2m;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.patchbay.dtls.Authority;
import io.patchbay.store.Registered.Admission;
import io.patchbay.testkit.RecordingUplinkPort;
import io.patchbay.thing.Stage;
import io.patchbay.thing.Uplink;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import org.eclipse.californium.core.coap.CoAP;
import org.eclipse.californium.core.coap.Request;
import org.eclipse.californium.core.coap.Response;
import org.eclipse.californium.core.coap.Token;
import org.eclipse.californium.core.network.serialization.UdpDataParser;
import org.eclipse.californium.core.network.serialization.UdpDataSerializer;
import org.eclipse.californium.elements.AddressEndpointContext;
import org.eclipse.californium.elements.DtlsEndpointContext;
import org.eclipse.californium.elements.EndpointContext;
import org.eclipse.californium.elements.MapBasedEndpointContext;
import org.eclipse.californium.elements.RawData;
import org.eclipse.californium.elements.RawDataChannel;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.californium.scandium.DTLSConnector;
import org.eclipse.californium.scandium.config.DtlsConfig;
import org.eclipse.californium.scandium.config.DtlsConnectorConfig;
import org.eclipse.californium.scandium.dtls.pskstore.SinglePskStore;
import org.eclipse.leshan.core.ResponseCode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who may come with a certificate or a public key, and when that ends. */
final class Lwm2mSecureTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private final RecordingUplinkPort hub = new RecordingUplinkPort();
  private final FakeHub rooms = new FakeHub();
  private Path folder = Path.of("target");
  private Path trusted;
  private static Authority authority;
  private static Authority.Identity own;
  private static Authority.Identity dev1;
  private Lwm2mBinding binding;

  @BeforeAll
  static void found(@TempDir Path kept) throws Exception {
    authority = new Authority(kept.resolve("ca"), "customer");
    own = authority.issue("localhost");
    dev1 = authority.issue("dev1");
  }

  @BeforeEach
  void start(@TempDir Path temporary) throws Exception {
    folder = temporary;
    trusted = folder.resolve("trust");
    authority.publish(trusted);
    hub.answer(rooms::answer);
    binding = started(0);
  }

  private Lwm2mBinding started(int securePort) {
    return new TestBinding(hub, rooms, folder)
        .port(-1)
        .securePort(securePort)
        .identity(own, trusted)
        .started();
  }

  @AfterEach
  void stop() throws Exception {
    binding.stop();
    hub.close();
  }

  private void awaitHeard(String words) {
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () ->
                assertThat(hub.acknowledged())
                    .anyMatch(
                        offer ->
                            offer.frame().isPresent()
                                && offer.frame().get().payload().text().contains(words)));
  }

  private double registered() {
    return binding.samples().stream()
        .filter(sample -> sample.name().equals("patchbay_lwm2m_devices"))
        .mapToDouble(sample -> sample.value())
        .sum();
  }

  private boolean suspended() {
    return hub.acknowledged().stream()
        .flatMap(offer -> offer.uplinks().stream())
        .anyMatch(
            uplink ->
                uplink instanceof Uplink.StatusChange change && change.stage() == Stage.SUSPENDED);
  }

  @Test
  void refusesACertificateOfAnotherName() throws Exception {
    try (TestDevice device = TestDevice.certified("dev2", binding.port(true), dev1, own)) {
      await().atMost(LIMIT).until(() -> device.refused.contains(ResponseCode.FORBIDDEN));
      assertThat(rooms.things).isEmpty();
    }
  }

  @Test
  void refusesACertificateOfAnotherAuthority() throws Exception {
    Authority other = new Authority(folder.resolve("other"), "somebody");
    try (TestDevice device =
        TestDevice.certified("dev1", binding.port(true), other.issue("dev1"), own)) {
      await()
          .during(Duration.ofSeconds(2))
          .atMost(LIMIT)
          .until(() -> device.registered.get() == 0 && rooms.things.isEmpty());
    }
  }

  @Test
  void refusesAPublicKeyThatNobodyHas() throws Exception {
    try (TestDevice device = TestDevice.raw("dev1", binding.port(true), dev1, own)) {
      await()
          .during(Duration.ofSeconds(2))
          .atMost(LIMIT)
          .until(() -> device.registered.get() == 0 && rooms.things.isEmpty());
    }
  }

  @Test
  void aRetiredDeviceIsEndedAndRefusedUntilItIsTakenBack() throws Exception {
    rooms.register("dev1", "dev1", Admission.ADMITTED);
    try (TestDevice device = TestDevice.certified("dev1", binding.port(true), dev1, own)) {
      await().atMost(LIMIT).until(() -> device.registered.get() == 1);
      awaitHeard("/3308/0/5900");
      rooms.register("dev1", "dev1", Admission.RETIRED);
      await().atMost(LIMIT).until(() -> registered() == 0);
      device.update();
      await().atMost(LIMIT).until(() -> device.refused.contains(ResponseCode.FORBIDDEN));
      assertThat(registered()).isZero();
      rooms.register("dev1", "dev1", Admission.ADMITTED);
      await().atMost(LIMIT).until(() -> device.registered.get() == 2);
    }
  }

  @Test
  void aCertificateIsGoodUntilItIsRevoked() throws Exception {
    Authority.Identity identity = dev1;
    try (TestDevice device = TestDevice.certified("dev1", binding.port(true), identity, own)) {
      await().atMost(LIMIT).until(() -> device.registered.get() == 1);
      awaitHeard("/3308/0/5900");
      device.temperature.set(5700, 21.5d);
      awaitHeard("\"v\":21.5");
      assertThat(device.send("/3303/0/5700")).isEqualTo(ResponseCode.CHANGED);
      authority.revoke(identity, trusted);
      await().atMost(LIMIT).until(this::suspended);
      int before = device.registered.get();
      device.update();
      await()
          .during(Duration.ofSeconds(2))
          .atMost(LIMIT)
          .until(() -> device.registered.get() == before && device.updated.get() == 0);
    }
  }

  @Test
  void anAlternativeNameMayBeTheEndpoint() throws Exception {
    Authority.Identity identity = authority.issue("sensor", "uri:urn:dev:os:32473-7");
    try (TestDevice device =
        TestDevice.certified("urn:dev:os:32473-7", binding.port(true), identity, own)) {
      await().atMost(LIMIT).until(() -> device.registered.get() == 1);
      device.temperature.set(5700, 21.5d);
      assertThat(device.send("/3303/0/5700")).isEqualTo(ResponseCode.CHANGED);
    }
  }

  @Test
  void aPublicKeyIsGoodUntilItIsTakenAway() throws Exception {
    Authority.Identity identity = dev1;
    rooms.secrets.put(
        "lwm2m-rpk.dev1",
        Base64.getEncoder().encodeToString(identity.chain().get(0).getPublicKey().getEncoded()));
    try (TestDevice device = TestDevice.raw("dev1", binding.port(true), identity, own)) {
      await().atMost(LIMIT).until(() -> device.registered.get() == 1);
      awaitHeard("/3308/0/5900");
      rooms.secrets.clear();
      await().atMost(LIMIT).until(this::suspended);
    }
  }

  @Test
  void aCertifiedDeviceNeedNotRegisterAgain() throws Exception {
    int port = binding.port(true);
    try (TestDevice device = TestDevice.certified("dev1", port, dev1, own)) {
      awaitHeard("/3308/0/5900");
      binding.stop();
      binding = started(port);
      // its session was lost with the hub: the device begins another when it is not answered
      device.update();
      await().atMost(Duration.ofSeconds(60)).until(() -> device.updated.get() > 0);
      device.temperature.set(5700, 22.5d);
      awaitHeard("\"v\":22.5");
      assertThat(device.registered).hasValue(1);
    }
  }

  @Test
  void servesGoodDevicesWhileHandshakesAreLeftHalfOpen() throws Exception {
    try (TestDevice device = TestDevice.certified("dev1", binding.port(true), dev1, own);
        DatagramSocket socket = new DatagramSocket()) {
      awaitHeard("/3308/0/5900");
      Random random = new Random(7);
      for (int i = 0; i < 10_000; i++) {
        byte[] garbage = new byte[14 + random.nextInt(200)];
        random.nextBytes(garbage);
        garbage[0] = i % 2 == 0 ? 22 : garbage[0]; // a record of handshake, up to here
        garbage[1] = (byte) 0xFE;
        garbage[2] = (byte) 0xFD;
        garbage[13] = i % 4 == 0 ? 1 : garbage[13]; // a ClientHello, it says
        socket.send(
            new DatagramPacket(
                garbage, garbage.length, InetAddress.getLoopbackAddress(), binding.port(true)));
      }
      device.temperature.set(5700, 21.5d);
      awaitHeard("\"v\":21.5");
    }
  }

  /** A client with a key, of which each datagram that comes is told. */
  private DTLSConnector client(RawDataChannel heard) throws IOException {
    rooms.secrets.put("lwm2m-psk.dev1", "0123456789abcdef");
    DTLSConnector client =
        new DTLSConnector(
            DtlsConnectorConfig.builder(new Configuration())
                .set(DtlsConfig.DTLS_ROLE, DtlsConfig.DtlsRole.CLIENT_ONLY)
                .setAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .setPskStore(new SinglePskStore("dev1", "0123456789abcdef".getBytes(UTF_8)))
                .build());
    client.setRawDataReceiver(heard);
    client.start();
    return client;
  }

  private EndpointContext server() {
    return new AddressEndpointContext(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), binding.port(true)));
  }

  /** RFC 7252, clause 4.1; Californium itself takes it for a bug. */
  @Test
  void anEmptyMessageWithAPayloadIsMalformedOverDtlsToo() throws Exception {
    DTLSConnector device = client(raw -> {});
    try {
      byte[] octets = {0x40, 0, 0, 1, (byte) 0xFF, 'x'};
      device.send(RawData.outbound(octets, server(), null, false));
      await().atMost(LIMIT).until(() -> malformed() == 1);
    } finally {
      device.destroy();
    }
  }

  /** It has not heard the answer, began anew and says the same again: it is answered there. */
  @Test
  void whatIsRepeatedInANewSessionIsAnsweredThere() throws Exception {
    Request register = Request.newPost();
    register.setType(CoAP.Type.CON);
    register.setMID(1);
    register.setToken(Token.EMPTY);
    register.getOptions().addUriPath("rd").setContentFormat(40);
    register.getOptions().addUriQuery("ep=dev1").addUriQuery("lt=300");
    register.getOptions().addUriQuery("lwm2m=1.1").addUriQuery("b=U");
    register.setPayload("</3303/0>".getBytes(UTF_8));
    byte[] octets = new UdpDataSerializer().getByteArray(register);
    List<Response> answers = new CopyOnWriteArrayList<>();
    DTLSConnector device =
        client(
            raw -> {
              if (new UdpDataParser().parseMessage(raw.getBytes()) instanceof Response answer) {
                answers.add(answer);
              }
            });
    try {
      device.send(RawData.outbound(octets, server(), null, false));
      await().atMost(LIMIT).until(() -> answers.size() == 1);
      EndpointContext anew =
          MapBasedEndpointContext.setEntries(
              server(), DtlsEndpointContext.ATTRIBUE_HANDSHAKE_MODE_FORCE_FULL);
      device.send(RawData.outbound(octets, anew, null, false));
      await().atMost(LIMIT).until(() -> answers.size() == 2);
      assertThat(answers)
          .extracting(answer -> answer.getOptions().getLocationPathString())
          .allMatch(path -> path.startsWith("rd/"))
          .containsOnly(answers.get(0).getOptions().getLocationPathString());
      assertThat(registered()).isEqualTo(1);
    } finally {
      device.destroy();
    }
  }

  private double malformed() {
    return binding.samples().stream()
        .filter(sample -> sample.name().equals("patchbay_lwm2m_malformed_total"))
        .findFirst()
        .orElseThrow()
        .value();
  }
}
