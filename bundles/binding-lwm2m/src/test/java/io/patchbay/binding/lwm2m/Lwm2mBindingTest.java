package io.patchbay.binding.lwm2m;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.patchbay.profile.Form;
import io.patchbay.profile.Op;
import io.patchbay.southbound.Answer;
import io.patchbay.southbound.Receipt;
import io.patchbay.southbound.Rejection;
import io.patchbay.southbound.Request;
import io.patchbay.southbound.Wire;
import io.patchbay.store.Registered.Admission;
import io.patchbay.testkit.RecordingUplinkPort;
import io.patchbay.testkit.camel.PlainContexts;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Command;
import io.patchbay.thing.CommandId;
import io.patchbay.thing.Outcome;
import io.patchbay.thing.Status;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Uplink;
import io.patchbay.thing.Value;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.eclipse.leshan.core.ResponseCode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What devices on Leshan's client are told, and what the hub hears of them. */
final class Lwm2mBindingTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final byte[] KEY = "0123456789abcdef".getBytes(StandardCharsets.UTF_8);

  @SuppressWarnings("NullAway.Init")
  @TempDir
  Path data;

  private final RecordingUplinkPort hub = new RecordingUplinkPort();
  private final FakeHub rooms = new FakeHub();
  private PlainContexts contexts = new PlainContexts(hub, Map.of());
  private Lwm2mBinding binding;

  @BeforeEach
  void start() throws Exception {
    hub.answer(rooms::answer);
    binding = start(0, 93);
  }

  private TestBinding given() {
    contexts = new PlainContexts(hub, Map.of());
    return new TestBinding(hub, rooms, data).contexts(contexts).securePort(0).registrations(3);
  }

  private Lwm2mBinding start(int port, int awakeSeconds) {
    return given().port(port).awakeSeconds(awakeSeconds).unsecured("dev*").started();
  }

  @AfterEach
  void stop() throws Exception {
    binding.stop();
    hub.close();
  }

  private TestDevice device(String endpoint) throws Exception {
    return TestDevice.plain(endpoint, binding.port(false));
  }

  private String heard() {
    StringBuilder all = new StringBuilder();
    for (RecordingUplinkPort.Offer offer : hub.acknowledged()) {
      offer.frame().ifPresent(frame -> all.append(frame.payload().text()).append('\n'));
    }
    return all.toString();
  }

  private List<Uplink.StatusChange> statuses() {
    return hub.acknowledged().stream()
        .flatMap(offer -> offer.uplinks().stream())
        .filter(Uplink.StatusChange.class::isInstance)
        .map(Uplink.StatusChange.class::cast)
        .toList();
  }

  private List<String> stages() {
    return statuses().stream()
        .map(change -> change.stage().name().toLowerCase(Locale.ROOT))
        .toList();
  }

  private void awaitHeard(String words) {
    await().atMost(LIMIT).untilAsserted(() -> assertThat(heard()).contains(words));
  }

  private Thing thing(String name) {
    return rooms.thing(new ThingId(name));
  }

  private Answer ask(Command command, String path, String mediaType, Op op, String payload)
      throws Exception {
    return ask(command, Map.of("path", path), mediaType, op, payload);
  }

  private Answer ask(
      Command command, Map<String, String> terms, String mediaType, Op op, String payload)
      throws Exception {
    Form form = new Form("lwm2m", Set.of(op), mediaType, terms);
    Wire wire =
        new Wire(
            form,
            "",
            form.terms(),
            payload.isEmpty() ? Optional.empty() : Optional.of(Bytes.utf8(payload)));
    String name =
        command instanceof Command.Write write
            ? write.property()
            : command instanceof Command.Read read
                ? read.properties().get(0)
                : ((Command.Invoke) command).action();
    return contexts
        .downlink()
        .send(
            new Request(
                CommandId.fresh(), command, thing(command.thing().value()), Map.of(name, wire)))
        .toCompletableFuture()
        .get(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
  }

  private Answer read(String name) throws Exception {
    return ask(
        new Command.Read(new ThingId(name), List.of("target"), Instant.now().plus(LIMIT)),
        "/3308/0/5900",
        FakeHub.SENML,
        Op.READ,
        "");
  }

  private Answer write(String name, double value) throws Exception {
    return ask(
        new Command.Write(
            new ThingId(name), "target", new Value.Num(value), Instant.now().plus(LIMIT)),
        "/3308/0/5900",
        FakeHub.SENML,
        Op.WRITE,
        "[{\"n\":\"/3308/0/5900\",\"v\":" + value + "}]");
  }

  @Test
  void listensToNobodyBeforeAnybodyCouldCome() throws Exception {
    binding.stop();
    binding = given().kept(data.resolve("fresh")).made();
    binding.changed(Set.of());
    await().during(Duration.ofSeconds(3)).atMost(LIMIT).until(() -> binding.port(false) == 0);
    assertThat(binding.checks().get(0).message()).contains("listens to nobody");
    rooms.register("hall", "dev1", Admission.ADMITTED);
    await().atMost(LIMIT).until(() -> binding.port(false) != 0);
  }

  @Test
  void refusesWhoComesWithoutDtlsAndIsNotListed() throws Exception {
    try (TestDevice stranger = device("stranger")) {
      await().atMost(LIMIT).until(() -> stranger.refused.contains(ResponseCode.FORBIDDEN));
      assertThat(rooms.things).isEmpty();
    }
  }

  @Test
  void refusesAListedOneWithoutDtlsThatHasAKey() throws Exception {
    rooms.secrets.put("lwm2m-psk.dev1", "0123456789abcdef");
    try (TestDevice downgraded = device("dev1")) {
      await().atMost(LIMIT).until(() -> downgraded.refused.contains(ResponseCode.FORBIDDEN));
    }
  }

  @Test
  void refusesWhomTheAdministratorRefused() throws Exception {
    rooms.register("hall", "dev1", Admission.REJECTED);
    try (TestDevice device = device("dev1")) {
      await().atMost(LIMIT).until(() -> device.refused.contains(ResponseCode.FORBIDDEN));
    }
  }

  @Test
  void refusesWhomThePolicyRefuses() throws Exception {
    hub.answer(offer -> new Receipt.Rejected(Rejection.NOT_ADMITTED, "onboarding = reject"));
    try (TestDevice device = device("dev1")) {
      await().atMost(LIMIT).until(() -> device.refused.contains(ResponseCode.FORBIDDEN));
    }
  }

  @Test
  void refusesOneMoreThanThereMayBe() throws Exception {
    try (TestDevice one = device("dev1");
        TestDevice two = device("dev2");
        TestDevice three = device("dev3")) {
      await()
          .atMost(LIMIT)
          .until(() -> one.registered.get() + two.registered.get() + three.registered.get() == 3);
      try (TestDevice four = device("dev4")) {
        await().atMost(LIMIT).until(() -> four.refused.contains(ResponseCode.FORBIDDEN));
      }
    }
  }

  @Test
  void hearsWhatADeviceHasAndObservesIt() throws Exception {
    try (TestDevice device = device("dev1")) {
      awaitHeard("{\"n\":\"/3303/0/5700\",\"v\":20.5}");
      awaitHeard("{\"n\":\"/3308/0/5900\",\"v\":0.0}");
      assertThat(thing("dev1").profile()).isEqualTo("climate");
      device.temperature.set(5700, 21.5d);
      awaitHeard("[{\"n\":\"/3303/0/5700\",\"v\":21.5}]");
      assertThat(stages()).containsExactly("online");
    }
  }

  @Test
  void convertsTheUnitThatTheSensorSays() throws Exception {
    try (TestDevice device =
        new TestDevice("dev1", binding.port(false), null, false, 300, "Fahrenheit")) {
      awaitHeard("{\"n\":\"/3303/0/5700\",\"u\":\"degF\",\"v\":20.5}");
      device.temperature.set(5700, 70.7d);
      awaitHeard("[{\"n\":\"/3303/0/5700\",\"u\":\"degF\",\"v\":70.7}]");
    }
  }

  @Test
  void makesAProfileForADeviceThatNobodyWroteOneFor() throws Exception {
    rooms.profiles.clear();
    try (TestDevice device = device("dev1")) {
      await().atMost(LIMIT).until(() -> device.registered.get() == 1);
      String profile = thing("dev1").profile();
      assertThat(profile).startsWith("lwm2m-");
      assertThat(rooms.texts.get(profile))
          .contains("temperature: {")
          .contains("semantic: \"3303/5700\", type: number, unit: \"Cel\"")
          .contains("temperatureResetMinAndMaxMeasuredValues: {")
          .contains("batteryLevel: {");
    }
  }

  @Test
  void readsWritesAndExecutes() throws Exception {
    try (TestDevice device = device("dev1")) {
      await().atMost(LIMIT).until(() -> device.registered.get() == 1);
      assertThat(write("dev1", -1))
          .isInstanceOfSatisfying(
              Answer.Failed.class,
              failed -> {
                assertThat(failed.reason()).isEqualTo(Outcome.Reason.REFUSED);
                assertThat(failed.detail()).contains("too cold");
              });
      assertThat(write("dev1", 19.5)).isEqualTo(new Answer.Frames(List.of()));
      assertThat(device.setPoint.written).containsExactly(19.5d);
      assertThat(read("dev1"))
          .isInstanceOfSatisfying(
              Answer.Frames.class,
              frames ->
                  assertThat(frames.frames().get(0).payload().text())
                      .isEqualTo("[{\"n\":\"/3308/0/5900\",\"v\":19.5}]"));
      Answer done =
          ask(
              new Command.Invoke(new ThingId("dev1"), "reset", Map.of(), Instant.now().plus(LIMIT)),
              "/3303/0/5605",
              "",
              Op.INVOKE,
              "");
      assertThat(done).isInstanceOf(Answer.Frames.class);
      assertThat(device.executed).hasValue(1);
    }
  }

  private Answer invoke(String method, String path, String payload) throws Exception {
    return ask(
        new Command.Invoke(new ThingId("dev1"), "act", Map.of(), Instant.now().plus(LIMIT)),
        Map.of("path", path, "method", method),
        "text/plain",
        Op.INVOKE,
        payload);
  }

  private Answer writeTo(Map<String, String> terms, String payload) throws Exception {
    return ask(
        new Command.Write(
            new ThingId("dev1"), "target", new Value.Num(0), Instant.now().plus(LIMIT)),
        terms,
        FakeHub.SENML,
        Op.WRITE,
        payload);
  }

  private Answer discover(String path) throws Exception {
    return ask(
        new Command.Read(new ThingId("dev1"), List.of("target"), Instant.now().plus(LIMIT)),
        Map.of("path", path, "method", "discover"),
        FakeHub.SENML,
        Op.READ,
        "");
  }

  @Test
  void createsDiscoversAndDeletesInstances() throws Exception {
    try (TestDevice device = device("dev1")) {
      await().atMost(LIMIT).until(() -> device.registered.get() == 1);
      assertThat(invoke("create", "/3308/0", "[{\"n\":\"/3308/0/5900\",\"v\":7}]"))
          .isInstanceOfSatisfying(
              Answer.Failed.class,
              failed -> assertThat(failed.reason()).isEqualTo(Outcome.Reason.INVALID_VALUE));
      assertThat(discover("/3308/1")).isInstanceOf(Answer.Failed.class);
      assertThat(invoke("create", "/3308", "[{\"bn\":\"/3308/1/\",\"n\":\"5900\",\"v\":7}]"))
          .isEqualTo(new Answer.Frames(List.of()));
      assertThat(discover("/3308/1"))
          .isInstanceOfSatisfying(
              Answer.Frames.class,
              frames ->
                  assertThat(frames.frames().get(0).payload().text())
                      .startsWith("[{\"n\":\"/3308/1\",\"vs\":\"")
                      .contains("</3308/1/5900>"));
      assertThat(invoke("delete", "/3308", "1")).isEqualTo(new Answer.Frames(List.of()));
      assertThat(discover("/3308/1")).isInstanceOf(Answer.Failed.class);
    }
  }

  @Test
  void writesPartsAndSeveralObjectsAtOnce() throws Exception {
    try (TestDevice device = device("dev1")) {
      await().atMost(LIMIT).until(() -> device.registered.get() == 1);
      assertThat(
              writeTo(
                  Map.of("path", "/3308/0", "write", "partial"),
                  "[{\"bn\":\"/3308/0/\",\"n\":\"5900\",\"v\":18.5}]"))
          .isEqualTo(new Answer.Frames(List.of()));
      assertThat(writeTo(Map.of("path", "/"), "[{\"n\":\"/3308/0/5900\",\"v\":16.5}]"))
          .isEqualTo(new Answer.Frames(List.of()));
      assertThat(device.setPoint.written).containsExactly(18.5d, 16.5d);
    }
  }

  @Test
  void readsSeveralWithOneRequest() throws Exception {
    try (TestDevice device = device("dev1")) {
      awaitHeard("/3308/0/5900");
      ThingId dev1 = new ThingId("dev1");
      Form one = FakeHub.form("/3303/0/5700", Set.of(Op.READ), Map.of());
      Form two = FakeHub.form("/3308/0/5900", Set.of(Op.READ), Map.of());
      Request request =
          new Request(
              CommandId.fresh(),
              new Command.Read(dev1, List.of("temperature", "target"), Instant.now().plus(LIMIT)),
              thing("dev1"),
              Map.of(
                  "temperature",
                  new Wire(one, "", one.terms(), Optional.empty()),
                  "target",
                  new Wire(two, "", two.terms(), Optional.empty())));
      int before = device.temperature.reads.get();
      Answer answer =
          contexts
              .downlink()
              .send(request)
              .toCompletableFuture()
              .get(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
      assertThat(answer)
          .isInstanceOfSatisfying(
              Answer.Frames.class,
              frames ->
                  assertThat(frames.frames().stream().map(frame -> frame.payload().text()))
                      .containsExactly(
                          "[{\"n\":\"/3308/0/5900\",\"v\":0.0}]",
                          "[{\"n\":\"/3303/0/5700\",\"v\":20.5}]"));
      assertThat(device.temperature.reads).hasValue(before + 1);
    }
  }

  @Test
  void isUnreachableBeforeItRegistersAndAfterItLeft() throws Exception {
    rooms.register("hall", "dev1", Admission.ADMITTED);
    assertUnreachable("hall");
    TestDevice device = device("dev1");
    await().atMost(LIMIT).until(() -> device.registered.get() == 1);
    assertThat(write("hall", 19.5)).isInstanceOf(Answer.Frames.class);
    device.leave();
    await()
        .atMost(LIMIT)
        .untilAsserted(() -> assertThat(stages()).containsExactly("online", "left"));
    assertUnreachable("hall");
  }

  private void assertUnreachable(String name) throws Exception {
    assertThat(read(name))
        .isInstanceOfSatisfying(
            Answer.Failed.class,
            failed -> assertThat(failed.reason()).isEqualTo(Outcome.Reason.UNREACHABLE));
  }

  @Test
  void aDeviceThatIsToldToResetItselfIsGoneUntilItRegistersAgain() throws Exception {
    rooms.register("dev1", "dev1", Admission.ADMITTED);
    try (TestDevice device = device("dev1")) {
      await().atMost(LIMIT).until(() -> device.registered.get() == 1);
      assertThat(
              ask(
                  new Command.Invoke(
                      new ThingId("dev1"), "reset", Map.of(), Instant.now().plus(LIMIT)),
                  "/3/0/5",
                  "",
                  Op.INVOKE,
                  ""))
          .isInstanceOf(Answer.Frames.class);
      assertThat(device.executed).hasValue(1);
      await()
          .atMost(LIMIT)
          .untilAsserted(() -> assertThat(stages()).containsExactly("online", "left"));
      device.pause();
      device.resume();
      await()
          .atMost(LIMIT)
          .untilAsserted(() -> assertThat(stages()).containsExactly("online", "left", "online"));
      assertThat(statuses())
          .anyMatch(
              change -> change.detail().equals("told to reset itself to factory settings (3/0/5)"));
    }
  }

  @Test
  void isLostWhenItsRegistrationExpires() throws Exception {
    TestDevice device = new TestDevice("dev1", binding.port(false), null, true, 2, "");
    await().atMost(LIMIT).until(() -> device.registered.get() == 1);
    device.vanish();
    await().atMost(LIMIT).untilAsserted(() -> assertThat(stages()).endsWith("lost"));
    assertThat(hub.acknowledged())
        .anySatisfy(
            offer ->
                assertThat(offer.uplinks())
                    .anySatisfy(
                        uplink ->
                            assertThat(uplink)
                                .isInstanceOfSatisfying(
                                    Uplink.StatusChange.class,
                                    change -> {
                                      assertThat(change.status()).isEqualTo(Status.OFFLINE);
                                      assertThat(change.detail()).contains("no update within");
                                    })));
  }

  @Test
  void aSleepingDeviceIsAskedWhenItWakes() throws Exception {
    binding.stop();
    binding = start(0, 1);
    try (TestDevice device = new TestDevice("dev1", binding.port(false), null, true, 300, "")) {
      await()
          .atMost(LIMIT)
          .untilAsserted(() -> assertThat(stages()).containsExactly("online", "asleep"));
      assertThat(write("dev1", 19.5))
          .isInstanceOfSatisfying(
              Answer.Deferred.class,
              deferred -> assertThat(deferred.state()).startsWith("waiting for the device"));
      assertThat(device.setPoint.written).isEmpty();
      device.update();
      await()
          .atMost(LIMIT)
          .untilAsserted(() -> assertThat(stages()).startsWith("online", "asleep", "online"));
      assertThat(write("dev1", 19.5)).isInstanceOf(Answer.Frames.class);
    }
  }

  @Test
  void sendIsAnsweredWhenTheHubHoldsIt() throws Exception {
    try (TestDevice device = device("dev1")) {
      awaitHeard("/3303/0/5700");
      hub.answer(offer -> new Receipt.Rejected(Rejection.OUT_OF_RANGE, "no"));
      assertThat(device.send("/3303/0/5700")).isEqualTo(ResponseCode.BAD_REQUEST);
      hub.answer(offer -> new Receipt.Busy(Duration.ofMillis(100)));
      assertThat(device.send("/3303/0/5700")).isEqualTo(new ResponseCode(503));
      hub.answer(rooms::answer);
      assertThat(device.send("/3303/0/5700")).isEqualTo(ResponseCode.CHANGED);
    }
  }

  @Test
  void registrationsAndObservationsOutliveTheBinding() throws Exception {
    int port = binding.port(false);
    try (TestDevice device = device("dev1")) {
      awaitHeard("/3308/0/5900");
      device.temperature.set(5700, 21.5d);
      awaitHeard("\"v\":21.5");
      binding.stop();
      binding = start(port, 93);
      device.temperature.set(5700, 22.5d);
      awaitHeard("\"v\":22.5");
      assertThat(write("dev1", 19.5)).isInstanceOf(Answer.Frames.class);
      assertThat(device.registered).hasValue(1);
    }
  }

  @Test
  void isOfferedAgainWhenTheHubWasBusy() throws Exception {
    try (TestDevice device = device("dev1")) {
      awaitHeard("/3308/0/5900");
      hub.answer(offer -> new Receipt.Busy(Duration.ofMillis(20)));
      double before = notifications();
      device.temperature.set(5700, 31d);
      await().atMost(LIMIT).until(() -> notifications() > before);
      device.temperature.set(5700, 32d);
      hub.answer(rooms::answer);
      awaitHeard("\"v\":32.0");
      assertThat(heard()).containsSubsequence("\"v\":31.0", "\"v\":32.0");
    }
  }

  @Test
  void whatWasNotKeptIsNotAcknowledgedAndComesAgain() throws Exception {
    int port = binding.port(false);
    try (TestDevice device = device("dev1")) {
      awaitHeard("/3308/0/5900");
      hub.answer(offer -> new Receipt.Busy(Duration.ofMinutes(1)));
      double before = notifications();
      device.temperature.set(5700, 31.5d);
      await().atMost(LIMIT).until(() -> notifications() > before);
      int reads = device.temperature.reads.get();

      binding.stop(); // what it held is gone, as with kill -9
      hub.answer(rooms::answer);
      binding = start(port, 93);

      awaitHeard("\"v\":31.5");
      assertThat(device.temperature.reads).as("it was not asked").hasValue(reads);
    }
  }

  private double notifications() {
    return binding.samples().stream()
        .filter(sample -> sample.name().equals("patchbay_lwm2m_notifications_total"))
        .findFirst()
        .orElseThrow()
        .value();
  }

  @Test
  void dtlsOpensWithTheFirstKeyAndEndsWithIt() throws Exception {
    assertThat(binding.port(true)).isZero();
    rooms.secrets.put("lwm2m-psk.safe1", "hex:30313233343536373839616263646566");
    await().atMost(LIMIT).until(() -> binding.port(true) != 0 && binding.port(false) != 0);
    try (TestDevice device = new TestDevice("safe1", binding.port(true), KEY, false, 300, "")) {
      await().atMost(LIMIT).until(() -> device.registered.get() == 1);
      assertThat(thing("safe1").profile()).startsWith("lwm2m-");
      awaitHeard("/3303/0/5700");
      device.temperature.set(5700, 21.5d);
      awaitHeard("\"v\":21.5");
      rooms.secrets.clear();
      await().atMost(LIMIT).untilAsserted(() -> assertThat(stages()).endsWith("suspended"));
    }
  }
}
