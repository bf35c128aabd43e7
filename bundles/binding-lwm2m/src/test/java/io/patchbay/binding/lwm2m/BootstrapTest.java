package io.patchbay.binding.lwm2m;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.patchbay.access.Secrets;
import io.patchbay.operation.Metrics;
import io.patchbay.testkit.RecordingUplinkPort;
import io.patchbay.thing.ThingId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.eclipse.californium.core.CoapClient;
import org.eclipse.californium.core.CoapResponse;
import org.eclipse.californium.core.coap.CoAP;
import org.eclipse.californium.core.network.CoapEndpoint;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.leshan.core.request.ContentFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Devices on Leshan's client come to be given their account, whole and cut off. */
final class BootstrapTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final byte[] FIRST = "made in the works".getBytes(StandardCharsets.UTF_8);
  private static final byte[] WRONG = "made at home".getBytes(StandardCharsets.UTF_8);

  private final RecordingUplinkPort hub = new RecordingUplinkPort();
  private final FakeHub rooms = new FakeHub();
  private final CountDownLatch silence = new CountDownLatch(1);

  @SuppressWarnings("NullAway.Init")
  @TempDir
  Path folder;

  private Lwm2mBinding binding;

  @BeforeEach
  void start() throws Exception {
    hub.answer(rooms::answer);
    rooms.secrets.put("lwm2m-bs-psk.dev1", new String(FIRST, StandardCharsets.UTF_8));
    rooms.secrets.put("lwm2m-bs-psk.dev2", new String(WRONG, StandardCharsets.UTF_8));
    binding = started(rooms.keys(), 0, 0);
  }

  private Lwm2mBinding started(Secrets secrets, int securePort, int bootstrapPort) {
    return new TestBinding(hub, rooms, folder)
        .port(-1)
        .securePort(securePort)
        .bootstrap(
            new BootstrapSettings(0, bootstrapPort, List.of("dev3"), Duration.ofSeconds(77), "U"))
        .secrets(secrets)
        .started();
  }

  @AfterEach
  void stop() throws Exception {
    silence.countDown();
    binding.stop();
    hub.close();
  }

  private TestDevice device(String endpoint, String identity, byte[] key, Runnable account)
      throws Exception {
    return TestDevice.bootstrapping(
        endpoint, identity, binding.bootstrapPort(true), key, ContentFormat.TLV, account);
  }

  private TestDevice device() throws Exception {
    return device("dev1", "dev1", FIRST, () -> {});
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

  private double counted(String result) {
    return binding.samples().stream()
        .filter(sample -> sample.name().equals("patchbay_lwm2m_bootstraps_total"))
        .filter(sample -> result.equals(sample.labels().get("result")))
        .mapToDouble(Metrics.Sample::value)
        .sum();
  }

  private void neverGiven(TestDevice device) {
    await().atMost(LIMIT).until(() -> device.bootstrapsFailed.get() > 0);
    assertThat(device.registered).hasValue(0);
    assertThat(rooms.secrets).doesNotContainKeys("lwm2m-next.dev1", "lwm2m-psk.dev1");
  }

  @Test
  void refusesAKeyThatIsNotTheDevices() throws Exception {
    try (TestDevice device = device("dev1", "dev1", WRONG, () -> {})) {
      neverGiven(device);
    }
  }

  @Test
  void refusesTheNameOfAnother() throws Exception {
    try (TestDevice device = device("dev1", "dev2", WRONG, () -> {})) {
      neverGiven(device);
      assertThat(counted("refused")).isPositive();
      assertThat(counted("done")).isZero();
    }
  }

  @Test
  void refusesWithoutDtlsWhoIsNotListedOrHasAKey() throws Exception {
    assertThat(posted("ep=dev1").getCode()).isEqualTo(CoAP.ResponseCode.FORBIDDEN);
    assertThat(posted("ep=somebody").getResponseText()).contains("not listed");
    assertThat(posted("").getCode()).isEqualTo(CoAP.ResponseCode.FORBIDDEN);
    rooms.secrets.put("lwm2m-psk.dev3", "it has one");
    assertThat(posted("ep=dev3").getResponseText()).contains("has a key");
    assertThat(rooms.secrets).doesNotContainKeys("lwm2m-next.dev1", "lwm2m-next.dev3");
  }

  @Test
  void refusesAFormatThatNobodyWrites() throws Exception {
    assertThat(posted("ep=dev3&pct=4711").getCode()).isEqualTo(CoAP.ResponseCode.BAD_REQUEST);
  }

  @Test
  void asksWhoComesTooOftenToWait() throws Exception {
    for (int i = 0; i < 6; i++) {
      assertThat(posted("ep=dev3").getCode()).isEqualTo(CoAP.ResponseCode.CHANGED);
    }
    CoapResponse response = posted("ep=dev3");
    assertThat(response.getCode()).isEqualTo(CoAP.ResponseCode.SERVICE_UNAVAILABLE);
    assertThat(response.getOptions().getMaxAge()).isPositive();
  }

  private CoapResponse posted(String query) throws Exception {
    CoapEndpoint own = CoapEndpoint.builder().setConfiguration(new Configuration()).build();
    CoapClient client =
        new CoapClient("coap://127.0.0.1:" + binding.bootstrapPort(false) + "/bs?" + query);
    client.setEndpoint(own);
    try {
      return client.post("", 0);
    } finally {
      client.shutdown();
      own.destroy();
    }
  }

  @Test
  void tellsNobodyAKeyThatCannotBeKept() throws Exception {
    binding.stop();
    Secrets full =
        new Secrets() {
          private final Secrets kept = rooms.keys();

          @Override
          public Optional<String> find(String name) {
            return kept.find(name);
          }

          @Override
          public void put(String name, String secret) throws IOException {
            throw new IOException("no space left on device");
          }

          @Override
          public boolean remove(String name) throws IOException {
            return kept.remove(name);
          }

          @Override
          public List<String> names() {
            return kept.names();
          }
        };
    binding = started(full, 0, 0);
    CountDownLatch told = new CountDownLatch(1);
    try (TestDevice device = device("dev1", "dev1", FIRST, told::countDown)) {
      neverGiven(device);
      assertThat(told.getCount()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(
      ints = {ContentFormat.TLV_CODE, ContentFormat.SENML_CBOR_CODE, ContentFormat.SENML_JSON_CODE})
  void aDeviceRegistersWithTheAccountThatItWasGiven(int format) throws Exception {
    try (TestDevice device =
        TestDevice.bootstrapping(
            "dev1",
            "dev1",
            binding.bootstrapPort(true),
            FIRST,
            ContentFormat.fromCode(format),
            () -> {})) {
      awaitHeard("/3308/0/5900");
      assertThat(rooms.things).containsKey(new ThingId("dev1"));
      device.temperature.set(5700, 21.5d);
      awaitHeard("\"v\":21.5");
      await().atMost(LIMIT).until(() -> !rooms.secrets.containsKey("lwm2m-next.dev1"));
      assertThat(rooms.secrets.get("lwm2m-psk.dev1")).matches("hex:[0-9a-f]{32}");
      assertThat(counted("done")).isEqualTo(1);
      // and it stays: what it has registered with is the same key
      device.update();
      await().atMost(LIMIT).until(() -> device.updated.get() > 0);
      device.temperature.set(5700, 22.5d);
      awaitHeard("\"v\":22.5");
      assertThat(device.registered).hasValue(1);
    }
  }

  @Test
  void whoIsListedIsGivenItsFirstKeyWithoutDtls() throws Exception {
    try (TestDevice device =
        TestDevice.bootstrapping(
            "dev3", "", binding.bootstrapPort(false), null, ContentFormat.TLV, () -> {})) {
      await().atMost(LIMIT).until(() -> device.registered.get() == 1);
      await().atMost(LIMIT).until(() -> rooms.secrets.containsKey("lwm2m-psk.dev3"));
      assertThat(posted("ep=dev3").getCode()).isEqualTo(CoAP.ResponseCode.FORBIDDEN);
    }
  }

  @Test
  void theKeyBeforeIsGoodUntilTheNewOneIsUsed() throws Exception {
    byte[] before = new byte[16];
    rooms.secrets.put("lwm2m-psk.dev1", "hex:" + HexFormat.of().formatHex(before));
    String given;
    try (TestDevice cut = device("dev1", "dev1", FIRST, this::silent)) {
      await().atMost(LIMIT).until(() -> rooms.secrets.containsKey("lwm2m-next.dev1"));
      given = rooms.secrets.get("lwm2m-next.dev1");
      try (TestDevice old = new TestDevice("dev1", binding.port(true), before, false, 300, "")) {
        await().atMost(LIMIT).until(() -> old.registered.get() == 1);
      }
      assertThat(cut.registered).hasValue(0);
    }
    try (TestDevice whole = device()) {
      await().atMost(LIMIT).until(() -> whole.registered.get() == 1);
      await()
          .atMost(LIMIT)
          .untilAsserted(() -> assertThat(rooms.secrets).containsEntry("lwm2m-psk.dev1", given));
      try (TestDevice old = new TestDevice("dev1", binding.port(true), before, false, 300, "")) {
        await().during(Duration.ofSeconds(3)).atMost(LIMIT).until(() -> old.registered.get() == 0);
      }
    }
  }

  /** It is asked for its account, and is heard no more. */
  private void silent() {
    boolean interrupted = false;
    try {
      silence.await();
    } catch (InterruptedException e) {
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void aDeviceThatRefusesComesAgain() throws Exception {
    CountDownLatch twice = new CountDownLatch(2);
    try (TestDevice device =
        device(
            "dev1",
            "dev1",
            FIRST,
            () -> {
              twice.countDown();
              if (twice.getCount() > 0) {
                throw new IllegalStateException("out of memory");
              }
            })) {
      await().atMost(Duration.ofSeconds(60)).until(() -> device.registered.get() == 1);
      assertThat(counted("failed")).isPositive();
    }
  }

  @Test
  void aDeviceWhoseHubEndsInTheMiddleComesAgain() throws Exception {
    int port = binding.bootstrapPort(true);
    int securePort = binding.port(true);
    CountDownLatch asked = new CountDownLatch(1);
    try (TestDevice device =
        device(
            "dev1",
            "dev1",
            FIRST,
            () -> {
              if (asked.getCount() > 0) {
                asked.countDown();
                silent();
              }
            })) {
      asked.await();
      binding.stop();
      silence.countDown();
      String given = rooms.secrets.get("lwm2m-next.dev1");
      binding = started(rooms.keys(), securePort, port);
      await().atMost(Duration.ofMinutes(2)).until(() -> device.registered.get() == 1);
      await()
          .atMost(LIMIT)
          .untilAsserted(() -> assertThat(rooms.secrets).containsEntry("lwm2m-psk.dev1", given));
    }
  }

  @Test
  void namesInTheClearAreNamedEachForItself() {
    assertThatThrownBy(
            () -> new BootstrapSettings(0, 0, List.of("dev*"), Duration.ofSeconds(1), "U"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("bootstrapUnsecured = dev*");
  }
}
