package io.patchbay.binding.lwm2m;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.patchbay.testkit.RecordingUplinkPort;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.eclipse.californium.core.CoapClient;
import org.eclipse.californium.core.coap.CoAP;
import org.eclipse.californium.core.config.CoapConfig;
import org.eclipse.californium.core.network.CoapEndpoint;
import org.eclipse.californium.elements.config.Configuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What nobody should send does no harm to those who are good. */
final class Lwm2mGarbageTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private final RecordingUplinkPort hub = new RecordingUplinkPort();
  private final FakeHub rooms = new FakeHub();
  private Lwm2mBinding binding;

  @BeforeEach
  void start(@TempDir Path data) {
    hub.answer(rooms::answer);
    binding =
        new TestBinding(hub, rooms, data)
            .securePort(0)
            .unsecured("dev*")
            .registrations(3)
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

  @Test
  void anotherOnesKeyIsNoGood() throws Exception {
    rooms.secrets.put("lwm2m-psk.safe1", "0123456789abcdef");
    await().atMost(LIMIT).until(() -> binding.port(true) != 0);
    try (TestDevice device =
        new TestDevice(
            "safe1",
            binding.port(true),
            "another key".getBytes(StandardCharsets.UTF_8),
            false,
            300,
            "")) {
      await().during(Duration.ofSeconds(2)).atMost(LIMIT).until(() -> device.registered.get() == 0);
    }
  }

  @Test
  void servesGoodDevicesWhileItComes() throws Exception {
    try (TestDevice device = TestDevice.plain("dev1", binding.port(false));
        DatagramSocket socket = new DatagramSocket()) {
      awaitHeard("/3308/0/5900");
      Random random = new Random(7);
      for (int i = 0; i < 3_000; i++) {
        byte[] garbage = new byte[random.nextInt(200)];
        random.nextBytes(garbage);
        if (garbage.length > 3 && i % 2 == 0) {
          garbage[0] = 0x40; // a confirmable message, up to here
          garbage[1] = 0x02;
        }
        socket.send(
            new DatagramPacket(
                garbage, garbage.length, InetAddress.getLoopbackAddress(), binding.port(false)));
      }
      device.temperature.set(5700, 21.5d);
      awaitHeard("\"v\":21.5");
      assertThat(device.send("/3303/0/5700").isSuccess()).isTrue();
    }
  }

  @Test
  void refusesWhatIsMadeToExhaustIt() throws Exception {
    CoapEndpoint endpoint =
        CoapEndpoint.builder()
            .setConfiguration(
                Configuration.createStandardWithoutFile()
                    .set(CoapConfig.MAX_RESOURCE_BODY_SIZE, 1 << 20))
            .build();
    endpoint.start();
    try (TestDevice device = TestDevice.plain("dev1", binding.port(false))) {
      awaitHeard("/3308/0/5900");
      for (String odd : List.of("lt=soon&b=U", "lt=8&b=W", "lt=300&lwm2m=0.x&b=U")) {
        assertThat(post(endpoint, "rd?ep=dev7&" + odd, 40, "</3303/0>".getBytes(US_ASCII)))
            .as(odd)
            .isEqualTo(CoAP.ResponseCode.BAD_REQUEST);
      }
      post(endpoint, "rd?ep=dev7&lt=300&lwm2m=1.1&b=U", 40, "</3303/0>".getBytes(US_ASCII));
      byte[] nested = new byte[20_000];
      Arrays.fill(nested, (byte) 0x81); // arrays of CBOR in each other
      assertThat(post(endpoint, "dp", 112, nested)).isEqualTo(CoAP.ResponseCode.BAD_REQUEST);
      Arrays.fill(nested, (byte) '[');
      assertThat(post(endpoint, "dp", 110, nested)).isEqualTo(CoAP.ResponseCode.BAD_REQUEST);
      byte[] long24 = {(byte) 0xD8, 0x00, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, 0x01};
      assertThat(post(endpoint, "dp", 11542, long24)).isEqualTo(CoAP.ResponseCode.BAD_REQUEST);
      assertThat(post(endpoint, "rd?ep=dev8&lt=300&lwm2m=1.1&b=U", 40, new byte[200_000]))
          .isNotEqualTo(CoAP.ResponseCode.CREATED);
      device.temperature.set(5700, 21.5d);
      awaitHeard("\"v\":21.5");
    } finally {
      endpoint.destroy();
    }
  }

  private CoAP.ResponseCode post(CoapEndpoint from, String path, int format, byte[] payload)
      throws Exception {
    CoapClient client = new CoapClient("coap://127.0.0.1:" + binding.port(false) + "/" + path);
    client.setEndpoint(from);
    client.setTimeout(LIMIT.toMillis());
    return Optional.ofNullable(client.post(payload, format)).orElseThrow().getCode();
  }
}
