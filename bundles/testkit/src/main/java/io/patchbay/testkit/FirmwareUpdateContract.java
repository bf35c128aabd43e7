package io.patchbay.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.patchbay.southbound.FirmwareImage;
import io.patchbay.southbound.FirmwareUpdate;
import io.patchbay.southbound.FirmwareUpdate.Deferred;
import io.patchbay.southbound.FirmwareUpdate.Failed;
import io.patchbay.southbound.FirmwareUpdate.Reply;
import io.patchbay.southbound.FirmwareUpdate.Report;
import io.patchbay.southbound.FirmwareUpdate.Result;
import io.patchbay.southbound.FirmwareUpdate.Stage;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import java.io.ByteArrayInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every protocol that updates firmware keeps, shown against a real device. */
public abstract class FirmwareUpdateContract {
  /** The protocol as it runs, and a device of it that runs version {@link #OLD}. */
  protected interface Bench {
    FirmwareUpdate firmware();

    Thing thing();

    /** A thing of which the protocol knows no device. */
    Thing stranger();

    /** The version that the device runs in truth. */
    String runs();

    /** How often the device began to install. */
    int installs();

    /** The device refuses every image that is delivered from now on, as one with a bad checksum. */
    void refuseImages() throws Exception;

    /** The device falls asleep; returns when the protocol takes it for asleep. */
    void sleep() throws Exception;

    /** The device wakes and says so. */
    void wake() throws Exception;

    /** Ends the protocol without warning and starts it again; the device stays as it is. */
    void replaceProtocol() throws Exception;

    void close() throws Exception;
  }

  protected static final String OLD = "1.0";
  protected static final String NEW = "1.1";

  private final List<ThingId> changed = new CopyOnWriteArrayList<>();
  private Bench bench = NOTHING;

  /** Starts the protocol and the device; returns when the device can be reached. */
  protected abstract Bench start(FirmwareUpdate.Listener listener) throws Exception;

  /** How long anything may take. */
  protected Duration limit() {
    return Duration.ofSeconds(30);
  }

  /** How many octets the image of these tests has. */
  protected int octets() {
    return 40_000;
  }

  @BeforeEach
  final void startBench() throws Exception {
    bench = start(changed::add);
  }

  @AfterEach
  final void closeBench() throws Exception {
    bench.close();
  }

  @Test
  void knowsNothingOfAStranger() {
    assertThat(reply(firmware().status(bench.stranger())))
        .isInstanceOfSatisfying(
            Failed.class,
            failed -> {
              assertThat(failed.reason()).isIn(Result.UNSUPPORTED, Result.UNREACHABLE);
              assertThat(failed.detail()).isNotEmpty();
            });
  }

  @Test
  void namesTheReasonWhenTheDeviceRefusesTheImage() throws Exception {
    bench.refuseImages();
    reply(firmware().deliver(bench.thing(), image()));
    Report report =
        until(() -> firmware().status(bench.thing()), at -> at.result() == Result.BAD_CHECKSUM);
    assertThat(report.stage()).isEqualTo(Stage.IDLE);
    assertThat(report.version()).isEqualTo(OLD);
    assertThat(bench.runs()).isEqualTo(OLD);
    assertThat(bench.installs()).isZero();
  }

  @Test
  void defersAndIsToldWhenTheDeviceWakes() throws Exception {
    bench.sleep();
    assertThat(reply(firmware().status(bench.thing()))).isInstanceOf(Deferred.class);
    assertThat(reply(firmware().deliver(bench.thing(), image()))).isInstanceOf(Deferred.class);
    changed.clear();
    bench.wake();
    await().atMost(limit()).until(() -> changed.contains(bench.thing().id()));
    until(() -> firmware().status(bench.thing()), report -> report.version().equals(OLD));
  }

  @Test
  void deliversWithoutInstalling() {
    Report before = until(() -> firmware().status(bench.thing()), report -> true);
    assertThat(before.version()).isEqualTo(OLD);
    assertThat(before.stage()).isEqualTo(Stage.IDLE);
    deliver();
    Report report = until(() -> firmware().status(bench.thing()), at -> true);
    assertThat(report.stage()).isEqualTo(Stage.DOWNLOADED);
    assertThat(report.version()).as("an image that only lies ready").isEqualTo(OLD);
    assertThat(bench.installs()).isZero();
  }

  @Test
  void installsOnceHoweverOftenItIsTold() {
    deliver();
    reply(firmware().apply(bench.thing(), image()));
    reply(firmware().apply(bench.thing(), image()));
    Report report = until(() -> firmware().status(bench.thing()), at -> at.version().equals(NEW));
    assertThat(report.stage()).isEqualTo(Stage.IDLE);
    reply(firmware().apply(bench.thing(), image()));
    assertThat(bench.runs()).isEqualTo(NEW);
    assertThat(bench.installs()).isOne();
  }

  @Test
  void saysThatSomethingChangedWhenItRunsTheNewVersion() {
    deliver();
    changed.clear();
    reply(firmware().apply(bench.thing(), image()));
    until(() -> firmware().status(bench.thing()), at -> at.version().equals(NEW));
    await().atMost(limit()).until(() -> changed.contains(bench.thing().id()));
  }

  @Test
  void goesOnWhenTheProtocolWasReplacedInTheMiddle() throws Exception {
    firmware().deliver(bench.thing(), image());
    bench.replaceProtocol();
    deliver();
    bench.replaceProtocol();
    assertThat(until(() -> firmware().status(bench.thing()), at -> true).stage())
        .isEqualTo(Stage.DOWNLOADED);
    reply(firmware().apply(bench.thing(), image()));
    bench.replaceProtocol();
    until(() -> firmware().status(bench.thing()), at -> at.version().equals(NEW));
    assertThat(bench.installs()).isOne();
  }

  @Test
  void throwsTheImageAwayWhenCancelled() {
    deliver();
    reply(firmware().cancel(bench.thing()));
    until(() -> firmware().status(bench.thing()), at -> at.stage() == Stage.IDLE);
    reply(firmware().cancel(bench.thing()));
    assertThat(until(() -> firmware().status(bench.thing()), at -> true).version()).isEqualTo(OLD);
    assertThat(bench.installs()).isZero();
    deliver();
  }

  private FirmwareUpdate firmware() {
    return bench.firmware();
  }

  /** As the engine does: again until the device has all of it. */
  private void deliver() {
    until(() -> firmware().deliver(bench.thing(), image()), at -> at.stage() == Stage.DOWNLOADED);
  }

  private Report until(Supplier<CompletionStage<Reply>> call, Predicate<Report> reached) {
    return (Report)
        await()
            .atMost(limit())
            .until(
                () -> reply(call.get()),
                reply -> reply instanceof Report report && reached.test(report));
  }

  private Reply reply(CompletionStage<Reply> stage) {
    return stage.toCompletableFuture().orTimeout(limit().toMillis(), TimeUnit.MILLISECONDS).join();
  }

  /** An image that the device takes; the same each time. */
  protected FirmwareImage image() {
    byte[] octets = new byte[octets()];
    new Random(7).nextBytes(octets);
    return new FirmwareImage(
        NEW,
        octets.length,
        sha256(octets),
        "A".repeat(32),
        Optional.empty(),
        offset ->
            new ByteArrayInputStream(
                octets, Math.toIntExact(offset), octets.length - Math.toIntExact(offset)));
  }

  private static String sha256(byte[] octets) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(octets));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is part of every Java", e);
    }
  }

  private static final Bench NOTHING =
      new Bench() {
        @Override
        public FirmwareUpdate firmware() {
          throw new IllegalStateException("the protocol does not run");
        }

        @Override
        public Thing thing() {
          throw new IllegalStateException("there is no device");
        }

        @Override
        public Thing stranger() {
          throw new IllegalStateException("there is no device");
        }

        @Override
        public String runs() {
          return "";
        }

        @Override
        public int installs() {
          return 0;
        }

        @Override
        public void refuseImages() {}

        @Override
        public void sleep() {}

        @Override
        public void wake() {}

        @Override
        public void replaceProtocol() {}

        @Override
        public void close() {}
      };
}
