package io.patchbay.binding.coap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.patchbay.dtls.Authority;
import io.patchbay.dtls.Handshakes;
import io.patchbay.operation.Metrics.Sample;
import io.patchbay.southbound.Answer;
import io.patchbay.southbound.Request;
import io.patchbay.testkit.RecordingUplinkPort;
import io.patchbay.testkit.camel.PlainContexts;
import io.patchbay.thing.Thing;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.eclipse.californium.core.CoapExchange;
import org.eclipse.californium.core.CoapResource;
import org.eclipse.californium.core.CoapServer;
import org.eclipse.californium.core.coap.CoAP.Code;
import org.eclipse.californium.core.coap.CoAP.ResponseCode;
import org.eclipse.californium.core.coap.Response;
import org.eclipse.californium.core.config.CoapConfig;
import org.eclipse.californium.core.network.CoapEndpoint;
import org.eclipse.californium.elements.AddressEndpointContext;
import org.eclipse.californium.elements.auth.RawPublicKeyIdentity;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.californium.elements.config.UdpConfig;
import org.eclipse.californium.scandium.DTLSConnector;
import org.eclipse.californium.scandium.config.DtlsConfig;
import org.eclipse.californium.scandium.config.DtlsConfig.DtlsRole;
import org.eclipse.californium.scandium.config.DtlsConnectorConfig;
import org.eclipse.californium.scandium.dtls.CertificateType;
import org.eclipse.californium.scandium.dtls.pskstore.MultiPskStore;
import org.eclipse.californium.scandium.dtls.pskstore.SinglePskStore;
import org.eclipse.californium.scandium.dtls.x509.SingleCertificateProvider;
import org.eclipse.californium.scandium.dtls.x509.StaticCertificateVerifier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** DTLS both ways, with keys in common, raw public keys and certificates, against Californium. */
final class SecureTest {
  static {
    CoapConfig.register();
    UdpConfig.register();
    DtlsConfig.register();
  }

  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final byte[] KEY = "secret-of-node8".getBytes(StandardCharsets.UTF_8);

  private Path folder = Path.of("target");
  private final RecordingUplinkPort hub = new RecordingUplinkPort();
  private final FakeStore store = new FakeStore();
  private final int devicePort = Requests.freePort();
  private final PlainContexts contexts = new PlainContexts(hub, Map.of());
  private Authority authority;
  private Authority.Identity own;
  private Path trusted;
  private CoapBinding binding;

  SecureTest() throws Exception {}

  @BeforeEach
  void start(@TempDir Path temporary) throws Exception {
    folder = temporary;
    authority = new Authority(folder.resolve("ca"), "customer");
    own = authority.issue("hub");
    trusted = folder.resolve("trust");
    authority.publish(trusted);
    binding =
        new CoapBinding(
            PlainContexts.NO_BUNDLE,
            new DoorSettings(
                "127.0.0.1",
                0,
                0,
                8_192,
                Optional.of(own.keystore()),
                Authority.PASSWORD,
                Optional.of(trusted),
                folder.resolve("registrations"),
                List.of()),
            () -> () -> {},
            contexts,
            hub,
            Requests.things(thing()),
            Map::of,
            store,
            store,
            store);
    store.put(Keys.SHARED + "node8", "secret-of-node8");
    binding.changed(Set.of(Requests.interest("tele/{device}/value", "text/plain")));
    await().atMost(LIMIT).until(() -> binding.securePort() > 0);
  }

  private Thing thing() {
    return Requests.thing("coap+dtls://127.0.0.1:" + devicePort);
  }

  @AfterEach
  void stop() throws Exception {
    binding.stop();
    hub.close();
  }

  /** A device that comes. */
  private static final class Client implements AutoCloseable {
    private final CoapEndpoint endpoint;
    private final int port;

    private Client(int port, Consumer<DtlsConnectorConfig.Builder> settings) throws Exception {
      this(port, 0, settings);
    }

    private Client(int port, int connectionId, Consumer<DtlsConnectorConfig.Builder> settings)
        throws Exception {
      this.port = port;
      Configuration configuration =
          new Configuration()
              .set(CoapConfig.ACK_TIMEOUT, 300, TimeUnit.MILLISECONDS)
              .set(CoapConfig.MAX_RETRANSMIT, 2)
              .set(DtlsConfig.DTLS_ROLE, DtlsRole.CLIENT_ONLY)
              .set(DtlsConfig.DTLS_CONNECTION_ID_LENGTH, connectionId)
              .set(DtlsConfig.DTLS_RETRANSMISSION_TIMEOUT, 500, TimeUnit.MILLISECONDS);
      DtlsConnectorConfig.Builder builder =
          DtlsConnectorConfig.builder(configuration)
              .setAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      settings.accept(builder);
      endpoint =
          CoapEndpoint.builder()
              .setConfiguration(configuration)
              .setConnector(new DTLSConnector(builder.build()))
              .build();
      endpoint.start();
    }

    /** Null when no answer came. */
    Response post(String path) throws InterruptedException {
      var request = new org.eclipse.californium.core.coap.Request(Code.POST);
      request.getOptions().setUriPath(path);
      request.setPayload("1");
      request.setDestinationContext(
          new AddressEndpointContext(
              new InetSocketAddress(InetAddress.getLoopbackAddress(), port)));
      endpoint.sendRequest(request);
      return request.waitForResponse(3_000);
    }

    void isTold(ResponseCode code, String path) throws InterruptedException {
      Response response = post(path);
      assertThat(response).as(path).isNotNull();
      assertThat(response.getCode()).as(response.getPayloadString()).isEqualTo(code);
    }

    @Override
    public void close() {
      endpoint.destroy();
    }
  }

  private static void withKey(DtlsConnectorConfig.Builder builder) {
    builder.setPskStore(new SinglePskStore("node8", KEY));
  }

  private Consumer<DtlsConnectorConfig.Builder> with(Authority.Identity identity) throws Exception {
    var verifier =
        StaticCertificateVerifier.builder().setTrustedCertificates(authority.certificate()).build();
    return builder ->
        builder
            .setCertificateIdentityProvider(
                new SingleCertificateProvider(
                    identity.key(),
                    identity.chain().toArray(X509Certificate[]::new),
                    CertificateType.X_509))
            .setCertificateVerifier(verifier);
  }

  @Test
  void somebodyElsesCertificateIsNotBelieved() throws Exception {
    Authority.Identity stranger = new Authority(folder.resolve("other"), "other").issue("node9");
    try (Client device = new Client(binding.securePort(), with(stranger))) {
      assertThat(device.post("tele/node9/value")).isNull();
    }
    assertThat(hub.offers()).isEmpty();
    assertThat(handshakes("failed")).isPositive();
  }

  @Test
  void aCertificateOfTheCustomersAuthorityPostsAsItsCommonNameUntilItIsRevoked() throws Exception {
    Authority.Identity identity = authority.issue("node9");
    try (Client device = new Client(binding.securePort(), with(identity))) {
      device.isTold(ResponseCode.CHANGED, "tele/node9/value");
      device.isTold(ResponseCode.FORBIDDEN, "tele/node8/value");
      assertThat(hub.offers()).hasSize(1);
      assertThat(binding.sessions()).isEqualTo(1);

      authority.revoke(identity, trusted);

      await().atMost(LIMIT).until(() -> binding.sessions() == 0);
      assertThat(device.post("tele/node9/value")).isNull();
      assertThat(hub.offers()).hasSize(1);
    }
  }

  @Test
  void libcoapsClientPostsWithACertificate() throws Exception {
    Authority.Identity identity = authority.issue("node9");
    Process process =
        new ProcessBuilder(
                "coap-client-openssl",
                "-B",
                "5",
                "-c",
                identity.pem("cert").toString(),
                "-j",
                identity.pem("key").toString(),
                "-C",
                trusted.resolve("customer.pem").toString(),
                "-m",
                "post",
                "-e",
                "1",
                "coaps://127.0.0.1:" + binding.securePort() + "/tele/node9/value")
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(15, TimeUnit.SECONDS)).isTrue();
    assertThat(said).isBlank();
    assertThat(hub.offers()).hasSize(1);
  }

  @Test
  void aRawPublicKeyPostsAsItsOwnerUntilItIsTakenAway() throws Exception {
    Authority.Identity identity = authority.issue("unused");
    Consumer<DtlsConnectorConfig.Builder> raw =
        builder ->
            builder
                .setCertificateIdentityProvider(
                    new SingleCertificateProvider(
                        identity.key(), identity.chain().get(0).getPublicKey()))
                .setCertificateVerifier(
                    StaticCertificateVerifier.builder()
                        .setTrustedRPKs(new RawPublicKeyIdentity(own.chain().get(0).getPublicKey()))
                        .build());
    try (Client device = new Client(binding.securePort(), raw)) {
      assertThat(device.post("tele/node10/value")).isNull();
    }
    store.put(
        Keys.PUBLIC + "node10",
        Base64.getEncoder().encodeToString(identity.chain().get(0).getPublicKey().getEncoded()));
    try (Client device = new Client(binding.securePort(), raw)) {
      device.isTold(ResponseCode.CHANGED, "tele/node10/value");
      device.isTold(ResponseCode.FORBIDDEN, "tele/node8/value");

      int before = binding.sessions();
      store.remove(Keys.PUBLIC + "node10");

      await().atMost(LIMIT).until(() -> binding.sessions() < before);
      assertThat(device.post("tele/node10/value")).isNull();
    }
    assertThat(hub.offers()).hasSize(1);
  }

  @Test
  void aDeviceThatComesFromAnotherAddressKeepsItsSession() throws Exception {
    try (Relay relay = new Relay(binding.securePort());
        Client device = new Client(relay.port(), SecureTest::withKey)) {
      device.isTold(ResponseCode.CHANGED, "tele/node8/value");
      double before = handshakes("done");

      relay.rebind();

      device.isTold(ResponseCode.CHANGED, "tele/node8/value");
      device.isTold(ResponseCode.CHANGED, "tele/node8/value");
      assertThat(handshakes("done")).isEqualTo(before);
      assertThat(binding.sessions()).isEqualTo(1);
      assertThat(hub.offers()).hasSize(3);
    }
  }

  @Test
  void withoutConnectionIdItDoesNot() throws Exception {
    try (Relay relay = new Relay(binding.securePort());
        Client device = new Client(relay.port(), -1, SecureTest::withKey)) {
      device.isTold(ResponseCode.CHANGED, "tele/node8/value");

      relay.rebind();

      assertThat(device.post("tele/node8/value")).isNull();
    }
  }

  @Test
  void aReplacedKeyEndsTheSessionAtOnce() throws Exception {
    try (Client device = new Client(binding.securePort(), SecureTest::withKey)) {
      device.isTold(ResponseCode.CHANGED, "tele/node8/value");

      store.put(Keys.SHARED + "node8", "another");

      Response next = device.post("tele/node8/value");
      assertThat(next == null || next.getCode() == ResponseCode.UNAUTHORIZED).isTrue();
      await().atMost(LIMIT).until(() -> binding.sessions() == 0);
      assertThat(device.post("tele/node8/value")).isNull();
    }
    assertThat(hub.offers()).hasSize(1);
  }

  @Test
  void aChangedDeviceCredentialEndsTheSession() throws Exception {
    try (Client device = new Client(binding.securePort(), SecureTest::withKey)) {
      device.isTold(ResponseCode.CHANGED, "tele/node8/value");
      double before = handshakes("done");

      store.allow("node8", "nothing");
      binding.changed("node8");

      await().atMost(LIMIT).until(() -> binding.sessions() == 0);
      device.isTold(ResponseCode.FORBIDDEN, "tele/node8/value");
      assertThat(handshakes("done")).isGreaterThan(before);
    }
  }

  @Test
  void survivesGarbage() throws Exception {
    Random random = new Random(42);
    try (DatagramSocket socket = new DatagramSocket()) {
      for (int i = 0; i < 3_000; i++) {
        byte[] bad = new byte[random.nextInt(200)];
        random.nextBytes(bad);
        if (bad.length > 14 && i % 2 == 0) {
          byte[] header = {22, (byte) 254, (byte) 253, 0, 0, 0, 0, 0, 0, 0, 0, 0};
          System.arraycopy(header, 0, bad, 0, header.length);
          bad[12] = (byte) (bad.length - 13);
          bad[13] = (byte) (i % 21);
        }
        socket.send(
            new DatagramPacket(
                bad, bad.length, InetAddress.getLoopbackAddress(), binding.securePort()));
      }
    }
    try (Client device = new Client(binding.securePort(), SecureTest::withKey)) {
      device.isTold(ResponseCode.CHANGED, "tele/node8/value");
    }
    assertThat(sample("patchbay_coap_dtls_dropped_total", Map.of())).isGreaterThan(1_000);
  }

  @Test
  void noMoreHandshakesBeginThanCanBeUnderWay() {
    Handshakes handshakes = new Handshakes("patchbay_coap", new Configuration());
    byte[] hello = new byte[64];
    hello[0] = 22;
    hello[13] = 1;
    DatagramPacket packet = new DatagramPacket(hello, hello.length);
    for (int i = 0; i < 256; i++) {
      assertThat(handshakes.onReceiving(packet)).isTrue();
      handshakes.startHandshake();
    }
    assertThat(handshakes.onReceiving(packet)).isFalse();
    handshakes.endHandshake(false);
    assertThat(handshakes.onReceiving(packet)).isTrue();
  }

  @Test
  void asksADeviceWithAKeyInCommon() throws Exception {
    try (Server device =
        new Server(
            builder -> {
              MultiPskStore keys = new MultiPskStore();
              keys.setKey("the-hub", KEY);
              builder.setPskStore(keys);
            })) {
      assertThat(ask()).isInstanceOf(Answer.Failed.class);
      store.put(Keys.OUTGOING + "127.0.0.1", "the-hub:wrong");
      assertThat(ask()).isInstanceOf(Answer.Failed.class);

      store.put(Keys.OUTGOING + "127.0.0.1", "the-hub:secret-of-node8");

      await().atMost(LIMIT.multipliedBy(3)).until(() -> ask() instanceof Answer.Frames);
      assertThat(device.asked.get()).isPositive();
    }
  }

  @Test
  void asksADeviceWithACertificateIfItIsThatOfTheDevice() throws Exception {
    Authority.Identity identity = authority.issue("valve");
    try (Server device = new Server(with(identity))) {
      assertThat(ask()).isInstanceOf(Answer.Frames.class);
      assertThat(device.asked.get()).isEqualTo(1);
    }
    Authority.Identity stranger = new Authority(folder.resolve("other"), "other").issue("valve");
    try (Server device = new Server(with(stranger))) {
      assertThat(ask()).isInstanceOf(Answer.Failed.class);
      assertThat(device.asked.get()).isZero();
    }
  }

  private Answer ask() throws Exception {
    Request request = Requests.read(thing(), "value", Instant.now().plusSeconds(4));
    return contexts.downlink().send(request).toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  /** A device that is asked. */
  private final class Server implements AutoCloseable {
    private final CoapServer server;
    private final AtomicInteger asked = new AtomicInteger();

    private Server(Consumer<DtlsConnectorConfig.Builder> settings) throws Exception {
      Configuration configuration =
          new Configuration().set(DtlsConfig.DTLS_ROLE, DtlsRole.SERVER_ONLY);
      DtlsConnectorConfig.Builder builder =
          DtlsConnectorConfig.builder(configuration)
              .setAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), devicePort));
      settings.accept(builder);
      server = new CoapServer(configuration);
      server.addEndpoint(
          CoapEndpoint.builder()
              .setConfiguration(configuration)
              .setConnector(new DTLSConnector(builder.build()))
              .build());
      server.add(
          new CoapResource("value") {
            @Override
            public void handleGET(CoapExchange exchange) {
              asked.incrementAndGet();
              exchange.respond(ResponseCode.CONTENT, "7", ContentFormats.TEXT);
            }
          });
      server.start();
    }

    @Override
    public void close() {
      server.destroy();
    }
  }

  private double handshakes(String result) {
    return sample("patchbay_coap_dtls_handshakes_total", Map.of("result", result));
  }

  private double sample(String name, Map<String, String> labels) {
    return binding.samples().stream()
        .filter(sample -> sample.name().equals(name) && sample.labels().equals(labels))
        .mapToDouble(Sample::value)
        .sum();
  }
}
