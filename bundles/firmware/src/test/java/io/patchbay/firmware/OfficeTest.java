package io.patchbay.firmware;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.patchbay.firmware.ScriptedDevices.Script;
import io.patchbay.northbound.Campaigns.Campaign;
import io.patchbay.northbound.Campaigns.DeviceState;
import io.patchbay.northbound.Campaigns.Limits;
import io.patchbay.northbound.Campaigns.Pace;
import io.patchbay.northbound.Campaigns.Plan;
import io.patchbay.northbound.Campaigns.Reason;
import io.patchbay.northbound.Campaigns.State;
import io.patchbay.northbound.DeviceFilter;
import io.patchbay.northbound.Feed;
import io.patchbay.northbound.FirmwarePackages.Draft;
import io.patchbay.northbound.RefusedException;
import io.patchbay.store.Recorded;
import io.patchbay.store.Selection;
import io.patchbay.thing.Status;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Uplink;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Orders for campaigns, on the real thread and the real clock. */
final class OfficeTest {
  private static final Pace PACE = new Pace(100, 1, 60_000, 100, Optional.empty(), 100, 100);
  private final Path folder;
  private final Hub directory;
  private final ScriptedDevices devices;
  private final Protocols protocols = new Protocols();
  private final List<Feed.Receiver> listeners = new CopyOnWriteArrayList<>();
  private final ScheduledExecutorService time =
      Executors.newSingleThreadScheduledExecutor(task -> new Thread(task, "patchbay-test-time"));
  private final PackageStore packages;
  private final Shelf shelf;
  private Desk desk;
  private Office office;

  OfficeTest(@TempDir Path folder) throws Exception {
    this.folder = folder.resolve("campaigns");
    directory = new Hub(folder.resolve("other"), Clock.systemUTC());
    devices = directory.devices;
    devices.download = Duration.ofMillis(20);
    devices.install = Duration.ofMillis(20);
    protocols.came(ScriptedDevices.SCHEME, devices);
    packages =
        new PackageStore(
            folder.resolve("packages"),
            new SigningKeys(folder.resolve("keys")),
            10_000,
            10_000,
            Clock.systemUTC());
    shelf = new Shelf(packages, Optional.of(URI.create("https://hub.example:8443")));
    desk = desk();
    office = office();
    pack("v10", "1.0");
    pack("v11", "1.1");
    var unused = time.scheduleWithFixedDelay(devices::tick, 5, 5, TimeUnit.MILLISECONDS);
  }

  private Desk desk() {
    Desk fresh =
        new Desk(folder, directory, directory.lives, feed(), protocols, shelf, Clock.systemUTC());
    devices.cutOff(fresh);
    return fresh;
  }

  private Office office() {
    return new Office(folder, packages, directory, shelf, desk, Clock.systemUTC());
  }

  private Feed feed() {
    return (name, selection, receiver) -> {
      assertThat(selection.kinds()).containsExactly(Selection.Kind.STATUS);
      listeners.add(receiver);
      return new Feed.Registration() {
        @Override
        public long dropped() {
          return 0;
        }

        @Override
        public void close() {
          listeners.remove(receiver);
        }
      };
    };
  }

  private void pack(String id, String version) throws Exception {
    packages.add(
        new Draft(id, version, Optional.empty(), Optional.empty(), DeviceFilter.ALL),
        out -> out.write(version.getBytes(java.nio.charset.StandardCharsets.UTF_8)),
        "tester");
  }

  @AfterEach
  void close() {
    desk.close();
    time.shutdownNow();
  }

  private static Plan plan(String id, String firmware, String things) {
    DeviceFilter filter = new DeviceFilter(Optional.empty(), things, Map.of(), "");
    return new Plan(id, firmware, filter, PACE, Limits.USUAL);
  }

  private static <T> T get(CompletionStage<T> stage) {
    return stage.toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
  }

  private Campaign ended(String id) {
    return await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> get(office.find(id)).orElseThrow(), one -> one.state().ended());
  }

  private void refused(CompletionStage<?> stage, String words) {
    assertThatThrownBy(() -> get(stage))
        .isInstanceOf(CompletionException.class)
        .cause()
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining(words);
  }

  private static boolean running() {
    return Thread.getAllStackTraces().keySet().stream()
        .anyMatch(thread -> thread.getName().equals("patchbay-firmware"));
  }

  @Test
  void doesNothingAtAStartWithoutCampaigns() throws Exception {
    AtomicBoolean known = new AtomicBoolean();
    desk.resumeAll(() -> known.set(true));
    assertThat(known).as("nobody has to wait").isTrue();
    assertThat(running()).isFalse();
    assertThat(listeners).isEmpty();
    assertThat(folder).doesNotExist();
  }

  @Test
  void refusesOrdersThatCannotBe() {
    devices.add("meter1", Script.SLEEPS);
    refused(office.start(plan("one", "v12", "*"), "tester"), "v10, v11");
    refused(office.start(plan("one", "v11", "hall-*"), "tester"), "selects none");
    refused(office.start(plan("../one", "v11", "*"), "tester"), "'id'");
    Pace wrong = new Pace(0, 1, 60, 100, Optional.empty(), 100, 100);
    refused(
        office.start(new Plan("one", "v11", DeviceFilter.ALL, wrong, Limits.USUAL), "tester"),
        "canary");
    get(office.start(plan("one", "v11", "*"), "tester"));
    refused(office.start(plan("one", "v11", "*"), "tester"), "another id");
    refused(office.start(plan("two", "v11", "*"), "tester"), "'one'");
    refused(office.rollBack("one", "two", "v10", "tester"), "has not ended");
    refused(office.remove("one"), "has not ended");
    refused(office.pause("none", "tester"), "no campaign");
    assertThatThrownBy(() -> packages.remove("v11")).isInstanceOf(RefusedException.class);
    assertThat(get(office.abort("one", "tester")).counts()).containsEntry(DeviceState.STOPPED, 1);
    refused(office.pause("one", "tester"), "ABORTED");
    assertThat(get(office.remove("one"))).isTrue();
    assertThat(get(office.list())).isEmpty();
  }

  @Test
  void refusesAnImageThatTheDiskHasDamaged() throws Exception {
    devices.add("meter1", Script.GOOD);
    Files.write(folder.resolveSibling("packages").resolve("v11").resolve("image"), new byte[] {1});
    refused(office.start(plan("one", "v11", "*"), "tester"), "damaged");
  }

  @Test
  void updatesAndRollsBack() {
    for (int i = 0; i < 5; i++) {
      devices.add("meter" + i, i == 0 ? Script.BAD_CHECKSUM : Script.GOOD);
    }
    Campaign begun = get(office.start(plan("one", "v11", "meter*"), "tester"));
    assertThat(begun.devices()).isEqualTo(5);
    Campaign done = ended("one");
    assertThat(done.state()).isEqualTo(State.DONE);
    assertThat(done.counts()).containsEntry(DeviceState.UPDATED, 4);
    assertThat(done.reasons()).containsExactly(Map.entry(Reason.BAD_CHECKSUM, 1));
    assertThat(get(office.devices("one", Optional.of(DeviceState.FAILED), 0, 10)).orElseThrow())
        .singleElement()
        .satisfies(device -> assertThat(device.thing().value()).isEqualTo("meter0"));
    refused(office.rollBack("one", "back", "v11", "tester"), "earlier");
    Campaign back = get(office.rollBack("one", "back", "v10", "tester"));
    assertThat(back.rollbackOf()).hasValue("one");
    assertThat(ended("back").counts()).containsExactly(Map.entry(DeviceState.UPDATED, 4));
    assertThat(devices.device("meter1").version).isEqualTo("1.0");
    assertThat(devices.device("meter1").installs).isEqualTo(2);
    await().until(listeners::isEmpty);
  }

  @Test
  void goesOnAfterARestartAndWhenADeviceIsSeen() throws Exception {
    ScriptedDevices.Device device = devices.add("meter1", Script.GOOD);
    device.awake = false;
    get(office.start(plan("one", "v11", "*"), "tester"));
    await().until(() -> !listeners.isEmpty());
    String token = token();
    desk.close();
    assertThat(running()).isFalse();
    assertThat(listeners).isEmpty();
    desk = desk();
    office = office();
    shelf.show(List.of());
    CompletableFuture<Boolean> known = new CompletableFuture<>();
    desk.resumeAll(() -> known.complete(shelf.find(token).isPresent()));
    assertThat(get(known)).as("what may be pulled is known then").isTrue();
    await().until(() -> !listeners.isEmpty());
    assertThat(get(office.find("one")).orElseThrow().state()).isEqualTo(State.RUNNING);
    device.awake = true;
    Clock clock = Clock.systemUTC();
    Uplink online =
        new Uplink.StatusChange(
            new ThingId("meter1"), Status.ONLINE, "seen", clock.instant(), clock.instant());
    // whether it is asked before or after it has slept once more: seen again, it is asked
    await()
        .atMost(Duration.ofSeconds(20))
        .until(
            () -> {
              listeners.forEach(listener -> listener.offer(new Recorded(1, "", online)));
              return device.version.equals("1.1");
            });
    assertThat(ended("one").counts()).containsEntry(DeviceState.UPDATED, 1);
    assertThat(device.installs).isOne();
  }

  private String token() {
    return get(
        desk.ask(engine -> () -> engine.courses().values().iterator().next().header().token()));
  }

  @Test
  void givesDevicesAnAddressThatEndsWithTheCampaign() {
    devices.add("meter1", Script.SLEEPS);
    get(office.start(plan("one", "v11", "*"), "tester"));
    String token = token();
    assertThat(shelf.find(token).orElseThrow().address())
        .hasValue(URI.create("https://hub.example:8443/firmware/" + token));
    get(office.abort("one", "tester"));
    assertThat(shelf.find(token)).isEmpty();
  }
}
