package io.patchbay.binding.lwm2m;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.patchbay.profile.Form;
import io.patchbay.profile.Op;
import io.patchbay.southbound.FirmwareImage;
import io.patchbay.southbound.FirmwareUpdate;
import io.patchbay.southbound.FirmwareUpdate.Failed;
import io.patchbay.southbound.FirmwareUpdate.Reply;
import io.patchbay.southbound.FirmwareUpdate.Report;
import io.patchbay.southbound.FirmwareUpdate.Result;
import io.patchbay.southbound.FirmwareUpdate.Stage;
import io.patchbay.southbound.Request;
import io.patchbay.southbound.Wire;
import io.patchbay.store.Registered.Admission;
import io.patchbay.testkit.FirmwareUpdateContract;
import io.patchbay.testkit.RecordingUplinkPort;
import io.patchbay.testkit.camel.PlainContexts;
import io.patchbay.thing.Command;
import io.patchbay.thing.CommandId;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Uplink;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.eclipse.leshan.client.object.Security;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Firmware over object 5, pushed and pulled, against a device that fails as it is told. */
final class Lwm2mFirmwareTest extends FirmwareUpdateContract {
  private static final ThingId THING = new ThingId("dev1");

  @SuppressWarnings("NullAway.Init")
  @TempDir
  Path data;

  private final RecordingUplinkPort hub = new RecordingUplinkPort();
  private final FakeHub rooms = new FakeHub();
  private PlainContexts contexts = new PlainContexts(hub, Map.of());
  private FirmwareEnabler object = new FirmwareEnabler(OLD, NEW);

  @SuppressWarnings("NullAway.Init") // by start
  private TestDevice device;

  @SuppressWarnings("NullAway.Init") // by start
  private Lwm2mBinding binding;

  private FirmwareUpdate.Listener listener = thing -> {};

  @Override
  protected Bench start(FirmwareUpdate.Listener told) throws Exception {
    listener = told;
    hub.answer(rooms::answer);
    rooms.register("dev1", "dev1", Admission.ADMITTED);
    binding = protocol(0);
    device = device(false);
    return new Bench() {
      @Override
      public FirmwareUpdate firmware() {
        return binding;
      }

      @Override
      public Thing thing() {
        return rooms.thing(THING);
      }

      @Override
      public Thing stranger() {
        return new Thing(
            new ThingId("nobody"),
            URI.create("lwm2m://local"),
            "climate",
            Map.of("endpoint", "nobody"),
            Map.of());
      }

      @Override
      public String runs() {
        return object.running;
      }

      @Override
      public int installs() {
        return object.installs.get();
      }

      @Override
      public void refuseImages() {
        object.flaw = FirmwareEnabler.Flaw.BAD_SIGNATURE;
      }

      @Override
      public void sleep() throws Exception {
        device.close();
        object = new FirmwareEnabler(OLD, NEW);
        device = device(true);
        device.pause();
        ask();
        await().atMost(limit()).until(() -> stages().endsWith("asleep"));
      }

      @Override
      public void wake() {
        device.resume();
      }

      @Override
      public void replaceProtocol() throws Exception {
        int port = binding.port(false);
        binding.stop();
        binding = protocol(port);
      }

      @Override
      public void close() throws Exception {
        object.close();
        device.close();
        binding.stop();
        hub.close();
      }
    };
  }

  private TestDevice device(boolean queue) throws Exception {
    TestDevice started =
        new TestDevice(
            "dev1",
            Security.noSec("coap://127.0.0.1:" + binding.port(false), 123),
            queue,
            300,
            "",
            object);
    await().atMost(limit()).until(() -> started.registered.get() == 1);
    return started;
  }

  private Lwm2mBinding protocol(int port) {
    return given(port).started(made(port));
  }

  private TestBinding given(int port) {
    return new TestBinding(hub, rooms, data).contexts(contexts).port(port).registrations(3);
  }

  private Lwm2mBinding made(int port) {
    contexts = new PlainContexts(hub, Map.of());
    Lwm2mBinding started = given(port).made();
    started.campaigns = listener;
    started.downloads =
        token -> token.equals(image().token()) ? Optional.of(image()) : Optional.empty();
    return started;
  }

  private String stages() {
    StringBuilder all = new StringBuilder();
    hub.acknowledged().stream()
        .flatMap(offer -> offer.uplinks().stream())
        .filter(Uplink.StatusChange.class::isInstance)
        .map(Uplink.StatusChange.class::cast)
        .forEach(change -> all.append(' ').append(change.status().name().toLowerCase(Locale.ROOT)));
    return all.toString();
  }

  /** A question that a sleeping device does not answer. */
  private void ask() {
    Form form = new Form("lwm2m", Set.of(Op.READ), FakeHub.SENML, Map.of("path", "/3308/0/5900"));
    var unused =
        contexts
            .downlink()
            .send(
                new Request(
                    CommandId.fresh(),
                    new Command.Read(THING, List.of("target"), Instant.now().plusSeconds(1)),
                    rooms.thing(THING),
                    Map.of("target", new Wire(form, "", form.terms(), Optional.empty()))));
  }

  private Reply reply(CompletionStage<Reply> stage) throws Exception {
    return stage.toCompletableFuture().get(limit().toMillis(), TimeUnit.MILLISECONDS);
  }

  private Report awaited(Stage stage) {
    return (Report)
        await()
            .atMost(limit())
            .until(
                () -> reply(binding.status(rooms.thing(THING))),
                reply -> reply instanceof Report report && report.stage() == stage);
  }

  @Test
  void aDeviceThatPullsIsToldWhere() throws Exception {
    object.delivery = 0;
    assertThat(reply(binding.deliver(rooms.thing(THING), image()))).isInstanceOf(Report.class);
    awaited(Stage.DOWNLOADED);
    try (InputStream octets = image().content().open(0)) {
      assertThat(object.image).isEqualTo(octets.readAllBytes());
    }
  }

  @Test
  void whoHasNotLookedYetDoesNotSayThatNobodyMayCome() throws Exception {
    Lwm2mBinding young = made(0);
    assertThat(reply(young.status(rooms.thing(THING))))
        .isInstanceOfSatisfying(
            Failed.class,
            failed ->
                assertThat(failed.detail())
                    .contains("no device was heard since the start")
                    .doesNotContain("key"));
    young.stop();
  }

  @Test
  void nobodyPullsWithoutTheToken() throws Exception {
    object.delivery = 0;
    FirmwareImage right = image();
    FirmwareImage stolen =
        new FirmwareImage(
            right.version(),
            right.octets(),
            right.sha256(),
            "B".repeat(32),
            Optional.empty(),
            right.content());
    assertThat(reply(binding.deliver(rooms.thing(THING), stolen))).isInstanceOf(Report.class);
    assertThat(awaited(Stage.IDLE).result()).isEqualTo(Result.BAD_ADDRESS);
  }

  @ParameterizedTest
  @CsvSource({"OUT_OF_MEMORY, OUT_OF_MEMORY", "BAD_SIGNATURE, BAD_CHECKSUM"})
  void whyAnImageWasNotTakenHasAName(FirmwareEnabler.Flaw flaw, Result result) throws Exception {
    object.flaw = flaw;
    assertThat(reply(binding.deliver(rooms.thing(THING), image())))
        .isInstanceOfSatisfying(
            Report.class, report -> assertThat(report.result()).isEqualTo(result));
  }

  @Test
  void aDeviceThatLostPowerGetsTheImageAgain() throws Exception {
    object.flaw = FirmwareEnabler.Flaw.CUT_WHILE_DOWNLOADING;
    reply(binding.deliver(rooms.thing(THING), image()));
    await()
        .atMost(limit())
        .until(
            () -> reply(binding.deliver(rooms.thing(THING), image())),
            reply -> reply instanceof Report report && report.stage() == Stage.DOWNLOADED);
  }

  @Test
  void aTransferIsNotLostButBeginsAgainWhenTheDeviceRegistersAnew() throws Exception {
    object.hold.acquire();
    CompletionStage<Reply> first = binding.deliver(rooms.thing(THING), image());
    await().atMost(limit()).until(() -> object.hold.hasQueuedThreads());
    FirmwareEnabler held = object;
    object = new FirmwareEnabler(OLD, NEW);
    try (TestDevice before = device) {
      device = device(false);
      assertThat(reply(first))
          .isInstanceOfSatisfying(
              Failed.class, failed -> assertThat(failed.reason()).isEqualTo(Result.RECONNECTED));
      held.hold.release();
      assertThat(before.registered.get()).isOne();
    }
    held.close();
    assertThat(reply(binding.deliver(rooms.thing(THING), image())))
        .isInstanceOfSatisfying(
            Report.class, report -> assertThat(report.stage()).isEqualTo(Stage.DOWNLOADED));
  }

  @ParameterizedTest
  @CsvSource({"CUT_WHILE_UPDATING, INSTALL_FAILED", "BOOTS_THE_OLD, SUCCEEDED"})
  void whatRunsIsWhatTheDeviceSays(FirmwareEnabler.Flaw flaw, Result result) throws Exception {
    object.flaw = flaw;
    reply(binding.deliver(rooms.thing(THING), image()));
    reply(binding.apply(rooms.thing(THING), image()));
    await().atMost(limit()).until(() -> device.registered.get() == 2);
    Report report = awaited(Stage.IDLE);
    assertThat(report.version()).isEqualTo(OLD);
    assertThat(report.result()).isEqualTo(result);
  }
}
