package io.patchbay.binding.coap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.patchbay.operation.Metrics.Sample;
import io.patchbay.profile.DataSchema;
import io.patchbay.profile.Form;
import io.patchbay.profile.Keeping;
import io.patchbay.profile.Op;
import io.patchbay.profile.Profile;
import io.patchbay.profile.Property;
import io.patchbay.southbound.DeliveryId;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Interest;
import io.patchbay.southbound.Receipt;
import io.patchbay.southbound.Rejection;
import io.patchbay.southbound.Target;
import io.patchbay.testkit.RecordingUplinkPort;
import io.patchbay.testkit.camel.PlainContexts;
import io.patchbay.thing.Thing;
import java.io.ByteArrayOutputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.eclipse.californium.core.coap.CoAP.Code;
import org.eclipse.californium.core.coap.CoAP.ResponseCode;
import org.eclipse.californium.core.coap.Request;
import org.eclipse.californium.core.coap.Response;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What devices are told, against Californium, libcoap's client and datagrams made by hand. */
final class CoapBindingTest {
  private static final Duration LIMIT = Duration.ofSeconds(15);
  private static final int MAX_PAYLOAD = 8_192;

  static final Profile EMPTY = profile(Map.of());

  private final RecordingUplinkPort hub = new RecordingUplinkPort();
  private final FakeStore store = new FakeStore();
  private final int port = Requests.freePort();
  private final int devicePort = Requests.freePort();
  private final Thing thing = Requests.thing("coap://127.0.0.1:" + devicePort);
  private final Form state = Requests.form("state", Op.OBSERVE, Map.of("observe", "true"));
  private final Device device = new Device(port, devicePort);
  private CoapBinding binding = start();

  CoapBindingTest() throws Exception {}

  private CoapBinding start() throws Exception {
    return start("127.0.0.1");
  }

  private CoapBinding start(String host) throws Exception {
    CoapBinding started =
        new CoapBinding(
            PlainContexts.NO_BUNDLE,
            Requests.settings(host, port, 0, MAX_PAYLOAD),
            () -> () -> {},
            new PlainContexts(hub, Map.of()),
            hub,
            Requests.things(thing),
            () -> Map.of("test", profile()),
            store,
            store,
            store);
    started.changed(
        Set.of(
            Requests.interest("tele/{device}/value", "text/plain"),
            Requests.interest("senml/{device}", "application/senml+json"),
            Requests.interest("senml/{device}", "application/senml+cbor")));
    await().atMost(LIMIT).until(() -> started.port() == port);
    return started;
  }

  private Profile profile() {
    Property value =
        new Property(
            "value",
            "Value",
            "",
            DataSchema.of(DataSchema.Type.INTEGER),
            true,
            Optional.empty(),
            Optional.empty(),
            List.of(state),
            Keeping.ALL,
            Optional.empty(),
            Optional.empty());
    return profile(Map.of("value", value));
  }

  private static Profile profile(Map<String, Property> properties) {
    return new Profile(
        "test",
        "1",
        "Test",
        "{device}",
        List.of(),
        properties,
        Map.of(),
        Map.of(),
        List.of(),
        true,
        List.of(),
        false);
  }

  @AfterEach
  void stop() throws Exception {
    binding.stop();
    device.close();
    hub.close();
  }

  private Response post(String path, int format, byte[] payload) throws Exception {
    Request request = new Request(Code.POST);
    request.getOptions().setUriPath(path);
    if (format >= 0) {
      request.getOptions().setContentFormat(format);
    }
    request.setPayload(payload);
    Response response = device.ask(request);
    assertThat(response).isNotNull();
    return response;
  }

  private Response post(String path, int format, String payload) throws Exception {
    return post(path, format, payload.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void saysThatNobodyListensThere() throws Exception {
    Response response = post("nobody/here", ContentFormats.TEXT, "1");

    assertThat(response.getCode()).isEqualTo(ResponseCode.NOT_FOUND);
    assertThat(response.getPayloadString()).contains("nobody/here");
    assertThat(hub.offers()).isEmpty();
  }

  @Test
  void saysWhichFormatsAreRead() throws Exception {
    Response response = post("senml/node7", ContentFormats.TEXT, "1");

    assertThat(response.getCode()).isEqualTo(ResponseCode.UNSUPPORTED_CONTENT_FORMAT);
    assertThat(response.getPayloadString()).contains("application/senml+json");
    assertThat(post("senml/node7", 65_000, "1").getCode())
        .isEqualTo(ResponseCode.UNSUPPORTED_CONTENT_FORMAT);
    assertThat(hub.offers()).isEmpty();
  }

  @Test
  void saysWhyItWasRejected() throws Exception {
    hub.answer(offer -> new Receipt.Rejected(Rejection.UNDECODABLE, "no JSON at 1:1"));

    Response response = post("senml/node7", 110, "{");

    assertThat(response.getCode()).isEqualTo(ResponseCode.BAD_REQUEST);
    assertThat(response.getPayloadString()).isEqualTo("UNDECODABLE: no JSON at 1:1");
  }

  @Test
  void forbidsWhatIsNotAdmitted() throws Exception {
    hub.answer(offer -> new Receipt.Rejected(Rejection.NOT_ADMITTED, "onboarding = reject"));

    assertThat(post("senml/node7", 110, "[]").getCode()).isEqualTo(ResponseCode.FORBIDDEN);
  }

  @Test
  void saysWhenToComeBackWhenTheHubIsBusy() throws Exception {
    hub.answer(offer -> new Receipt.Busy(Duration.ofMillis(1_200)));

    Response response = post("senml/node7", 110, "[]");

    assertThat(response.getCode()).isEqualTo(ResponseCode.SERVICE_UNAVAILABLE);
    assertThat(response.getOptions().getMaxAge()).isEqualTo(2);
  }

  @Test
  void refusesWhatIsTooLargeAndTakesBlocksUpToThat() throws Exception {
    assertThat(post("senml/node7", 110, new byte[MAX_PAYLOAD + 1]).getCode())
        .isEqualTo(ResponseCode.REQUEST_ENTITY_TOO_LARGE);
    assertThat(hub.offers()).isEmpty();

    byte[] large = new byte[MAX_PAYLOAD];
    new Random(1).nextBytes(large);
    assertThat(post("senml/node7", 110, large).getCode()).isEqualTo(ResponseCode.CHANGED);
    assertThat(offered().payload().toArray()).isEqualTo(large);
  }

  @Test
  void takesNoOtherMethods() throws Exception {
    Request get = new Request(Code.GET);
    get.getOptions().setUriPath("senml/node7");
    Request delete = new Request(Code.DELETE);
    delete.getOptions().setUriPath("senml/node7");

    assertThat(device.ask(get).getCode()).isEqualTo(ResponseCode.METHOD_NOT_ALLOWED);
    assertThat(device.ask(delete).getCode()).isEqualTo(ResponseCode.METHOD_NOT_ALLOWED);
  }

  @Test
  void handsOverWhatCameAndAsWhat() throws Exception {
    assertThat(post("senml/node7", 112, "\u0080").getCode()).isEqualTo(ResponseCode.CHANGED);
    assertThat(offered().mediaType()).isEqualTo("application/senml+cbor");
    assertThat(offered().origin().connection()).isEqualTo("local");
    assertThat(offered().origin().address()).isEqualTo("senml/node7");

    assertThat(post("senml/node7", -1, "[]").getCode()).isEqualTo(ResponseCode.CHANGED);
    assertThat(offered().mediaType()).isEmpty();
  }

  @Test
  void tellsWhereItListens() throws Exception {
    Request get = new Request(Code.GET);
    get.getOptions().setUriPath(".well-known/core");

    Response response = device.ask(get);

    assertThat(response.getOptions().getContentFormat()).isEqualTo(ContentFormats.LINKS);
    assertThat(response.getPayloadString())
        .isEqualTo(
            "</senml>;ct=\"110 112\";rt=\"patchbay.uplink\";title=\"senml/{device}\","
                + "</tele>;ct=\"0\";rt=\"patchbay.uplink\";title=\"tele/{device}/value\","
                + "</rd>;ct=\"40\";rt=\"core.rd\","
                + "</rd-lookup/ep>;ct=\"40\";rt=\"core.rd-lookup-ep\","
                + "</rd-lookup/res>;ct=\"40\";rt=\"core.rd-lookup-res\","
                + "</things>;ct=\"110 112\";obs;rt=\"patchbay.property\";"
                + "title=\"things/{thing}/properties/{property}\"");

    Request filtered = new Request(Code.GET);
    filtered.getOptions().setUriPath(".well-known/core").addUriQuery("href=/tele*");
    assertThat(device.ask(filtered).getPayloadString()).startsWith("</tele>").doesNotContain("110");
  }

  @Test
  void aRetransmissionIsAnsweredAgainAndTakenOnce() throws Exception {
    try (DatagramSocket socket = new DatagramSocket()) {
      byte[] message = message(0x1234, "tele", "node7", "value", "21.5");

      byte[] first = exchange(socket, message);
      byte[] second = exchange(socket, message);

      assertThat(first[1]).isEqualTo((byte) ResponseCode.CHANGED.value);
      assertThat(second).isEqualTo(first);
      assertThat(hub.offers()).hasSize(1);
    }
  }

  @Test
  void aRetransmissionToTheNextOneHasTheSameDelivery() throws Exception {
    try (DatagramSocket socket = new DatagramSocket()) {
      byte[] message = message(0x1234, "tele", "node7", "value", "21.5");
      exchange(socket, message);
      DeliveryId first = offered().delivery().orElseThrow();

      binding.stop();
      binding = start();
      exchange(socket, message);

      assertThat(first.kind()).isEqualTo(DeliveryId.Kind.UNIQUE);
      assertThat(offered().delivery()).contains(first);
      assertThat(hub.offers()).hasSize(2);

      exchange(socket, message(0x1235, "tele", "node7", "value", "21.5"));
      assertThat(offered().delivery()).isPresent().isNotEqualTo(Optional.of(first));
    }
  }

  @Test
  void isNotAnsweredBeforeTheHubHoldsIt() throws Exception {
    hub.hold();
    try (DatagramSocket socket = new DatagramSocket()) {
      byte[] message = message(7, "tele", "node7", "value", "1");
      send(socket, message);
      await().atMost(LIMIT).until(() -> hub.offers().size() == 1);
      send(socket, message);
      assertThat(answer(socket, 300)).isEmpty();

      hub.release();
      assertThat(answer(socket, 5_000)).isPresent();
      assertThat(hub.offers()).hasSize(1);
    }
  }

  @Test
  void survivesGarbage() throws Exception {
    Random random = new Random(42);
    try (DatagramSocket socket = new DatagramSocket()) {
      byte[] good = message(1, "tele", "node7", "value", "1");
      for (int i = 0; i < 2_000; i++) {
        byte[] bad = i % 2 == 0 ? new byte[random.nextInt(64)] : good.clone();
        if (i % 2 == 0) {
          random.nextBytes(bad);
        } else {
          bad[2] = (byte) (i >> 8);
          bad[3] = (byte) i;
          bad[4 + random.nextInt(bad.length - 4)] = (byte) random.nextInt(256);
        }
        send(socket, bad);
      }
    }
    int before = hub.offers().size();
    assertThat(post("tele/node7/value", ContentFormats.TEXT, "21.5").getCode())
        .isEqualTo(ResponseCode.CHANGED);
    assertThat(hub.offers()).hasSizeGreaterThan(before);
    assertThat(offered().payload().text()).isEqualTo("21.5");
    assertThat(binding.samples())
        .filteredOn(sample -> sample.name().equals("patchbay_coap_malformed_total"))
        .singleElement()
        .satisfies(sample -> assertThat(sample.value()).isGreaterThan(500));
  }

  @Test
  void countsWhatItAnswers() throws Exception {
    post("nobody", -1, "");
    post("tele/node7/value", -1, "1");

    assertThat(binding.samples())
        .extracting(Sample::labels)
        .contains(Map.of("code", "4.04"), Map.of("code", "2.04"));
    assertThat(binding.checks())
        .singleElement()
        .extracting("message")
        .asString()
        .contains("" + port);
  }

  @Test
  void libcoapsClientIsToldTheTruth() throws Exception {
    assertThat(coapClient("-m", "post", "-t", "110", "-e", "[{\"n\":\"t\",\"v\":1}]", "senml/n1"))
        .isEmpty();
    assertThat(offered().payload().text()).isEqualTo("[{\"n\":\"t\",\"v\":1}]");
    assertThat(coapClient("-m", "put", "-t", "110", "-e", "x".repeat(3_000), "senml/n1")).isEmpty();
    assertThat(offered().payload().length()).isEqualTo(3_000);
    assertThat(coapClient("-m", "post", "-e", "1", "nobody")).contains("4.04");
  }

  @Test
  void overDtlsADeviceMayPostWhereItsIdentityOrItsCredentialSays() throws Exception {
    assertThat(binding.securePort()).isZero();
    store.put(Keys.SHARED + "node8", "secret-of-node8");
    store.allow("node8", "tele/+/value");
    await().atMost(LIMIT).until(() -> binding.securePort() > 0);

    assertThat(secure("node8", "secret-of-node8", "tele/any/value")).isEmpty();
    assertThat(hub.offers()).hasSize(1);
    assertThat(secure("node8", "secret-of-node8", "senml/any")).startsWith("4.03");
    store.put(Keys.SHARED + "node7", "hex:7365637265742d6f662d6e6f646537"); // secret-of-node7
    assertThat(secure("node7", "secret-of-node7", "tele/node7/value")).isEmpty();
    assertThat(secure("node7", "secret-of-node7", "tele/other/value"))
        .startsWith("4.03")
        .contains("'node7' may not post to 'tele/other/value'");
    assertThat(secure("node7", "wrong", "tele/node7/value")).isNotEmpty().doesNotContain("2.04");
    assertThat(secure("nobody", "secret-of-node7", "tele/node7/value")).isNotEmpty();
    assertThat(hub.offers()).hasSize(2);
  }

  /** What libcoap's client says; nothing when it was told 2.04. */
  private String secure(String identity, String key, String path) throws Exception {
    Process process =
        new ProcessBuilder(
                "coap-client-openssl",
                "-B",
                "3",
                "-u",
                identity,
                "-k",
                key,
                "-m",
                "post",
                "-e",
                "1",
                "-v",
                "4",
                "coaps://127.0.0.1:" + binding.securePort() + "/" + path)
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
    return said.strip();
  }

  private String coapClient(String... words) throws Exception {
    String[] all = new String[words.length + 3];
    all[0] = "coap-client-openssl";
    all[1] = "-B";
    all[2] = "5";
    System.arraycopy(words, 0, all, 3, words.length - 1);
    all[all.length - 1] = "coap://127.0.0.1:" + port + "/" + words[words.length - 1];
    Process process = new ProcessBuilder(all).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
    return said.strip();
  }

  @Test
  void observesADeviceAndRegistersAgainWhenItWasAway() throws Exception {
    binding.changed(
        Set.of(new Interest("127.0.0.1:" + devicePort, state, Optional.of(Requests.THING), true)));
    await().atMost(LIMIT).until(() -> heard("0"));
    assertThat(offered().target()).contains(new Target(Requests.THING, "value"));

    device.changeTo("7");
    await().atMost(LIMIT).until(() -> heard("7"));

    device.goAway();
    device.state = "8";
    device.comeBack();
    await().atMost(Duration.ofSeconds(30)).until(() -> heard("8"));
    device.changeTo("9");
    await().atMost(LIMIT).until(() -> heard("9"));

    binding.changed(Set.of());
    await().atMost(LIMIT).until(() -> device.observed.getObserverCount() == 0 || changeIsRefused());
  }

  /** RFC 7641, clause 4.5: a device takes what was acknowledged for heard. */
  @Test
  void acknowledgesANotificationWhenTheHubHoldsIt() throws Exception {
    device.close();
    try (DatagramSocket observed =
        new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), devicePort))) {
      binding.changed(
          Set.of(
              new Interest("127.0.0.1:" + devicePort, state, Optional.of(Requests.THING), true)));
      observed.setSoTimeout(10_000);
      DatagramPacket request = new DatagramPacket(new byte[200], 200);
      observed.receive(request);
      int tokens = request.getData()[0] & 0x0F;
      byte[] token = Arrays.copyOfRange(request.getData(), 4, 4 + tokens);
      byte[] id = Arrays.copyOfRange(request.getData(), 2, 4);
      observed.send(to(request, content(0x60, id, token, 1, "1")));
      await().atMost(LIMIT).until(() -> heard("1"));

      hub.hold();
      byte[] notification = content(0x40, new byte[] {0x7A, 1}, token, 2, "2");
      observed.send(to(request, notification));
      await().atMost(LIMIT).until(() -> heard("2"));
      observed.send(to(request, notification)); // nobody has told it that it came
      assertThat(answer(observed, 500)).as("acknowledged before it is kept").isEmpty();

      hub.release();
      assertThat(answer(observed, 5_000).orElseThrow()).startsWith(0x60, 0, 0x7A, 1);
      observed.send(to(request, notification));
      assertThat(answer(observed, 5_000).orElseThrow()).startsWith(0x60, 0, 0x7A, 1);
      assertThat(hub.offers().stream().filter(offer -> offer.frame().isPresent()))
          .as("once each")
          .hasSize(2);
    } finally {
      device.comeBack();
    }
  }

  private static DatagramPacket to(DatagramPacket from, byte[] message) {
    return new DatagramPacket(message, message.length, from.getSocketAddress());
  }

  /** 2.05 of text with the number of a notification (RFC 7641, clause 4). */
  private static byte[] content(int type, byte[] id, byte[] token, int number, String text) {
    ByteArrayOutputStream message = new ByteArrayOutputStream();
    message.writeBytes(new byte[] {(byte) (type | token.length), 0x45, id[0], id[1]});
    message.writeBytes(token);
    message.writeBytes(new byte[] {0x61, (byte) number, 0x60, (byte) 0xFF});
    message.writeBytes(text.getBytes(StandardCharsets.UTF_8));
    return message.toByteArray();
  }

  /** The device learns that nobody observes it any more when it says something. */
  private boolean changeIsRefused() {
    device.changeTo("10");
    return device.observed.getObserverCount() == 0;
  }

  private boolean heard(String payload) {
    return hub.offers().stream()
        .anyMatch(offer -> offer.frame().orElseThrow().payload().text().equals(payload));
  }

  private Frame offered() {
    List<RecordingUplinkPort.Offer> offers = hub.offers();
    return offers.get(offers.size() - 1).frame().orElseThrow();
  }

  /** A confirmable POST of text (RFC 7252, clause 3). */
  private static byte[] message(int id, String... segmentsAndPayload) {
    ByteArrayOutputStream message = new ByteArrayOutputStream();
    message.writeBytes(new byte[] {0x42, 2, (byte) (id >> 8), (byte) id, 0x11, 0x22});
    int before = 0;
    for (int i = 0; i < segmentsAndPayload.length - 1; i++) {
      byte[] segment = segmentsAndPayload[i].getBytes(StandardCharsets.UTF_8);
      message.write((11 - before) << 4 | segment.length);
      message.writeBytes(segment);
      before = 11;
    }
    message.write(0x10); // Content-Format 0
    message.write(0xFF);
    message.writeBytes(
        segmentsAndPayload[segmentsAndPayload.length - 1].getBytes(StandardCharsets.UTF_8));
    return message.toByteArray();
  }

  private void send(DatagramSocket socket, byte[] message) throws Exception {
    socket.send(
        new DatagramPacket(message, message.length, InetAddress.getLoopbackAddress(), port));
  }

  private byte[] exchange(DatagramSocket socket, byte[] message) throws Exception {
    send(socket, message);
    return answer(socket, 5_000).orElseThrow();
  }

  private static Optional<byte[]> answer(DatagramSocket socket, int millis) throws Exception {
    socket.setSoTimeout(millis);
    DatagramPacket packet = new DatagramPacket(new byte[2_048], 2_048);
    try {
      socket.receive(packet);
      return Optional.of(Arrays.copyOf(packet.getData(), packet.getLength()));
    } catch (SocketTimeoutException silence) {
      return Optional.empty();
    }
  }
}
