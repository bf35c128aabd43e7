package io.patchbay.firmware;

import static org.assertj.core.api.Assertions.assertThat;

import io.patchbay.firmware.ScriptedDevices.Script;
import io.patchbay.northbound.Campaigns;
import io.patchbay.northbound.Campaigns.Device;
import io.patchbay.northbound.Campaigns.DeviceState;
import io.patchbay.northbound.Campaigns.Pace;
import io.patchbay.northbound.Campaigns.Plan;
import io.patchbay.northbound.Campaigns.Reason;
import io.patchbay.northbound.Campaigns.State;
import io.patchbay.northbound.Campaigns.Window;
import io.patchbay.northbound.DeviceFilter;
import io.patchbay.southbound.FirmwareUpdate;
import io.patchbay.southbound.FirmwareUpdate.Result;
import io.patchbay.southbound.FirmwareUpdate.Stage;
import io.patchbay.thing.ThingId;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What becomes of a device, and of a campaign, as time passes. */
final class EngineTest {
  private final Hub hub;

  EngineTest(@TempDir Path folder) throws Exception {
    hub = new Hub(folder);
  }

  @ParameterizedTest
  @CsvSource({
    "BAD_CHECKSUM, FAILED, BAD_CHECKSUM, 0",
    "BAD_SIGNATURE, FAILED, BAD_SIGNATURE, 0",
    "OUT_OF_MEMORY, FAILED, OUT_OF_MEMORY, 0",
    "CUT_ALWAYS, FAILED, CONNECTION_LOST, 0",
    "CUT_INSTALLING, FAILED, INSTALL_INTERRUPTED, 1",
    "OLD_IMAGE, FAILED, OLD_IMAGE, 1",
    "OTHER_VERSION, FAILED, OTHER_VERSION, 1",
    "INSTALL_FAILS, FAILED, INSTALL_FAILED, 1",
    "VANISHES, FAILED, NOT_CONFIRMED, 1",
    "SILENT, FAILED, SILENT, 0",
    "STUCK, FAILED, SILENT, 0",
    "REFUSES, FAILED, REFUSED, 0",
    "NO_VERSION, FAILED, NO_VERSION, 0",
    "HAS_IT, SKIPPED, HAS_IT, 0",
    "CUT_ONCE, UPDATED, NONE, 1",
    "RECONNECTS, UPDATED, NONE, 1",
    "NOT_HEARD, UPDATED, NONE, 1",
    "DEAF_ONCE, UPDATED, NONE, 1",
    "SLEEPS, UPDATED, NONE, 1",
    "PULLS, UPDATED, NONE, 1",
    "GOOD, UPDATED, NONE, 1"
  })
  void endsInTheRightStateForTheRightReason(
      Script script, DeviceState state, Reason reason, int installs) throws Exception {
    ScriptedDevices.Device device = hub.devices.add("meter1", script);
    hub.start(Hub.plan("one", Hub.PACE));
    hub.finish("one");
    Device shown = hub.device("meter1");
    assertThat(shown.state()).as(shown.detail()).isEqualTo(state);
    assertThat(shown.reason()).isEqualTo(reason);
    assertThat(device.installs).isEqualTo(installs);
    if (state == DeviceState.UPDATED) {
      assertThat(device.version).isEqualTo("1.1");
    }
    assertThat(hub.lives.updating).as("whatever it ended in, that is over").isEmpty();
  }

  @Test
  void coreIsToldOfAnUpdateFromTheDeliveryToItsEnd() throws Exception {
    ScriptedDevices.Device device = hub.devices.add("meter1", Script.GOOD);
    hub.start(Hub.plan("one", Hub.PACE));
    hub.until(Duration.ofHours(1), () -> hub.lives.updating.containsKey(device.thing.id()));
    assertThat(device.version).isEqualTo("1.0");
    hub.lives.updating.clear();
    hub.kill();
    assertThat(hub.lives.updating).as("told again after a start").containsKey(device.thing.id());
    hub.finish("one");
    assertThat(hub.lives.told.get(device.thing.id()))
        .startsWith("updating: campaign one: 1.1 is on its way to it")
        .endsWith("updating: campaign one: it installs 1.1", "updated: campaign one: it runs 1.1");
  }

  @Test
  void aDeliveryThatBrokeOffBeginsAgainAfterAPauseThatGrows() throws Exception {
    ScriptedDevices.Device device = hub.devices.add("meter1", Script.CUT_ALWAYS);
    hub.start(Hub.plan("one", Hub.PACE, 6));
    hub.finish("one");
    List<Duration> pauses = pauses(device);
    assertThat(pauses).hasSize(5);
    assertThat(pauses.get(0)).isBetween(Duration.ofSeconds(30), Duration.ofSeconds(50));
    assertThat(pauses.get(1)).isBetween(Duration.ofMinutes(2), Duration.ofMinutes(3));
    assertThat(pauses.get(2)).isBetween(Duration.ofMinutes(8), Duration.ofMinutes(9));
    Duration longest = Hub.LIMITS.delivery().dividedBy(8);
    assertThat(pauses.get(3)).isBetween(longest, longest.plusSeconds(20));
    assertThat(pauses.get(4)).isBetween(longest, longest.plusSeconds(20));
    assertThat(hub.device("meter1").detail()).contains("broke off 6 times");
  }

  private static List<Duration> pauses(ScriptedDevices.Device device) {
    List<Duration> pauses = new ArrayList<>();
    for (int i = 1; i < device.begun.size(); i++) {
      Duration between = Duration.between(device.begun.get(i - 1), device.begun.get(i));
      pauses.add(between.minus(ScriptedDevices.DOWNLOAD));
    }
    return pauses;
  }

  @Test
  void thePauseIsKeptThoughTheHubIsKilledAndTheDeviceIsHeard() throws Exception {
    ScriptedDevices.Device device = hub.devices.add("meter1", Script.CUT_ALWAYS);
    hub.start(Hub.plan("one", Hub.PACE));
    hub.until(Duration.ofHours(1), () -> device.cuts == 2);
    hub.kill();
    for (int second = 0; second < 80; second += 10) {
      hub.pass(Duration.ofSeconds(10));
      hub.running().changed(device.thing.id());
    }
    assertThat(device.begun).as("nothing begins in the pause").hasSize(2);
    hub.until(Duration.ofMinutes(2), () -> device.begun.size() == 3);
    hub.finish("one");
    assertThat(hub.device("meter1").attempts()).isEqualTo(3);
  }

  @Test
  void aDeviceThatComesBackAgainAndAgainIsNotCountedOut() throws Exception {
    ScriptedDevices.Device device = hub.devices.add("meter1", Script.RECONNECTS);
    hub.devices.download = Duration.ofSeconds(10);
    hub.start(Hub.plan("one", Hub.PACE));
    hub.until(Duration.ofHours(1), () -> device.cuts == 5);
    hub.kill();
    hub.finish("one");
    assertThat(device.cuts).isEqualTo(8);
    assertThat(hub.device("meter1").state()).isEqualTo(DeviceState.UPDATED);
    assertThat(hub.device("meter1").attempts()).isZero();
  }

  @Test
  void aDeviceThatNeverStaysIsEndedByTheTimeForTheDelivery() throws Exception {
    ScriptedDevices.Device device = hub.devices.add("meter1", Script.RECONNECTS);
    device.cuts = -1_000_000;
    hub.devices.download = Duration.ofSeconds(5);
    hub.start(Hub.plan("one", Hub.PACE));
    hub.finish("one");
    assertThat(hub.device("meter1").state()).isEqualTo(DeviceState.FAILED);
    assertThat(hub.device("meter1").reason())
        .isIn(Reason.CONNECTION_LOST, Reason.DELIVERY_TOO_LONG);
    assertThat(device.begun).as("slower and slower").hasSizeBetween(8, 20);
  }

  @Test
  void whoRestsKeepsNobodyWaiting() throws Exception {
    ScriptedDevices.Device broken = hub.devices.add("meter1", Script.CUT_ALWAYS);
    hub.devices.add("meter2", Script.GOOD);
    hub.start(Hub.plan("one", new Pace(5, 4, 600, 1, Optional.empty(), 100, 1000)));
    hub.until(Duration.ofHours(1), () -> broken.cuts == 2);
    hub.until(Duration.ofMinutes(1), () -> hub.device("meter2").state() != DeviceState.WAITING);
  }

  @Test
  void theWayOfADeviceIsKeptThoughTheHubIsKilled() throws Exception {
    ScriptedDevices.Device device = hub.devices.add("meter1", Script.CUT_ONCE);
    hub.start(Hub.plan("one", Hub.PACE));
    hub.until(Duration.ofHours(1), () -> device.stage == Stage.UPDATING);
    hub.kill();
    hub.finish("one");
    List<Campaigns.Passage> way = way("meter1");
    assertThat(way)
        .extracting(Campaigns.Passage::state)
        .containsExactly(
            DeviceState.CHECKING,
            DeviceState.DELIVERING,
            DeviceState.DELIVERING,
            DeviceState.READY,
            DeviceState.INSTALLING,
            DeviceState.CONFIRMING,
            DeviceState.UPDATED);
    assertThat(way).extracting(Campaigns.Passage::at).isSorted();
    assertThat(way.get(2).detail()).contains("broke off once");
    hub.kill();
    assertThat(way("meter1")).isEqualTo(way);
    assertThat(hub.course("one").history(new ThingId("stranger"))).isEmpty();
  }

  private List<Campaigns.Passage> way(String thing) throws Exception {
    return hub.course("one").history(new ThingId(thing)).orElseThrow().passages();
  }

  @Test
  void theWayOfADeviceThatWasStoppedSaysWhy() throws Exception {
    hub.devices.add("meter1", Script.SLEEPS);
    hub.start(Hub.plan("one", Hub.PACE));
    hub.pass(Duration.ofSeconds(1));
    hub.running().abort(hub.course("one"), "aborted by eve", hub.clock.instant());
    hub.finish("one");
    hub.kill();
    List<Campaigns.Passage> way = way("meter1");
    Campaigns.Passage last = way.get(way.size() - 1);
    assertThat(last.state()).isEqualTo(DeviceState.STOPPED);
    assertThat(last.reason()).isEqualTo(Reason.ABORTED);
    assertThat(last.detail()).isEqualTo("aborted by eve");
  }

  @Test
  void theWayOfADeviceIsBounded() throws Exception {
    ScriptedDevices.Device device = hub.devices.add("meter1", Script.CUT_ALWAYS);
    hub.devices.download = Duration.ofSeconds(1);
    Campaigns.Limits patient =
        new Campaigns.Limits(
            Duration.ofHours(1), Duration.ofDays(9), Duration.ofHours(1), Duration.ofDays(9), 100);
    hub.start(new Plan("one", "v11", DeviceFilter.ALL, Hub.PACE, patient));
    hub.until(Duration.ofDays(8), () -> hub.state("one").ended());
    assertThat(device.cuts).isEqualTo(100);
    assertThat(way("meter1")).hasSize(Run.MOST_LINES);
    assertThat(way("meter1").get(Run.MOST_LINES - 1).reason()).isEqualTo(Reason.CONNECTION_LOST);
  }

  @Test
  void doesNotCallADeviceUpdatedBeforeItReportsTheVersion() throws Exception {
    ScriptedDevices.Device device = hub.devices.add("meter1", Script.GOOD);
    hub.start(Hub.plan("one", Hub.PACE));
    hub.until(Duration.ofHours(1), () -> device.stage == Stage.UPDATING);
    assertThat(hub.device("meter1").state()).isNotEqualTo(DeviceState.UPDATED);
    hub.finish("one");
    assertThat(hub.campaign("one").counts()).containsEntry(DeviceState.UPDATED, 1);
  }

  @Test
  void throwsAnImageAwayThatIsNotItsOwn() throws Exception {
    ScriptedDevices.Device device = hub.devices.add("meter1", Script.GOOD);
    device.stage = Stage.DOWNLOADED;
    device.staged = "0.7";
    hub.start(Hub.plan("one", Hub.PACE));
    hub.finish("one");
    assertThat(device.version).isEqualTo("1.1");
    assertThat(device.installs).isOne();
  }

  @Test
  void leavesDevicesOfOtherVersionsAlone() throws Exception {
    hub.devices.add("meter1", Script.GOOD).version = "2.0";
    Plan all = Hub.plan("one", Hub.PACE);
    DeviceFilter filter = new DeviceFilter(Optional.empty(), "", Map.of(), "1.*");
    hub.start(new Plan("one", "v11", filter, all.pace(), all.limits()));
    hub.finish("one");
    assertThat(hub.device("meter1").reason()).isEqualTo(Reason.NOT_MEANT);
    assertThat(hub.device("meter1").state()).isEqualTo(DeviceState.SKIPPED);
  }

  @Test
  void waitsForAProtocolThatIsReplaced() throws Exception {
    ScriptedDevices.Device device = hub.devices.add("meter1", Script.GOOD);
    hub.start(Hub.plan("one", Hub.PACE));
    hub.until(Duration.ofHours(1), () -> device.stage == Stage.DOWNLOADING);
    hub.protocols.left(ScriptedDevices.SCHEME, hub.devices);
    hub.devices.cutOff(hub.running()::changed);
    hub.pass(Duration.ofMinutes(20));
    assertThat(hub.device("meter1").state()).isEqualTo(DeviceState.DELIVERING);
    assertThat(hub.device("meter1").detail()).contains("scripted");
    hub.protocols.came(ScriptedDevices.SCHEME, hub.devices);
    hub.finish("one");
    assertThat(hub.device("meter1").state()).isEqualTo(DeviceState.UPDATED);
    assertThat(device.installs).isOne();
  }

  @Test
  void hearsADeviceBeforeItsTimeIsOverAfterALongNight() throws Exception {
    ScriptedDevices.Device device = hub.devices.add("meter1", Script.GOOD);
    hub.start(Hub.plan("one", Hub.PACE));
    hub.until(Duration.ofHours(1), () -> device.stage == Stage.UPDATING);
    hub.clock.advance(Duration.ofDays(2));
    hub.devices.tick();
    hub.kill();
    hub.pass(Duration.ofSeconds(1));
    assertThat(hub.device("meter1").state()).isEqualTo(DeviceState.UPDATED);
  }

  @Test
  void standsStillWhileTheDiskTakesNothing() throws Exception {
    ScriptedDevices.Device device = hub.devices.add("meter1", Script.GOOD);
    hub.start(Hub.plan("one", Hub.PACE));
    hub.until(Duration.ofHours(1), () -> device.stage == Stage.DOWNLOADING);
    hub.course("one").close();
    hub.pass(ScriptedDevices.DOWNLOAD);
    assertThat(hub.running().broken()).containsExactly("one");
    assertThat(device.told).as("what is not on disk is not done").isZero();
    hub.pass(Duration.ofSeconds(11));
    assertThat(hub.running().broken()).isEmpty();
    hub.finish("one");
    assertThat(hub.device("meter1").state()).isEqualTo(DeviceState.UPDATED);
    assertThat(device.installs).isOne();
  }

  @Test
  void hearsTheLastAnswerThoughAnOlderOneComesBehindIt() throws Exception {
    ScriptedDevices.Device device = hub.devices.add("meter1", Script.STUCK);
    hub.start(Hub.plan("one", Hub.PACE));
    hub.pass(Duration.ofSeconds(1));
    hub.pass(Duration.ofMinutes(6));
    device.script = Script.GOOD;
    hub.pass(Duration.ofMinutes(6));
    hub.devices.forgotten.forEach(
        late -> late.complete(new FirmwareUpdate.Report("0.1", Stage.IDLE, Result.NONE, "")));
    hub.finish("one");
    assertThat(hub.device("meter1").before()).isEqualTo("1.0");
    assertThat(hub.device("meter1").state()).isEqualTo(DeviceState.UPDATED);
  }

  @Test
  void goesInWavesAndBeginsSoManyAMinute() throws Exception {
    for (int i = 0; i < 20; i++) {
      hub.devices.add("meter%02d".formatted(i), Script.GOOD);
    }
    hub.start(Hub.plan("one", new Pace(2, 3, 60, 100, Optional.empty(), 100, 100)));
    hub.running().turn();
    assertThat(waiting()).as("one a second").isEqualTo(19);
    hub.pass(Duration.ofSeconds(30));
    assertThat(waiting()).as("the canaries").isEqualTo(18);
    hub.until(Duration.ofHours(1), () -> hub.campaign("one").wave() == 2);
    assertThat(hub.campaign("one").counts()).containsEntry(DeviceState.UPDATED, 2);
    assertThat(hub.campaign("one").admitted()).isEqualTo(2 + 6);
    hub.finish("one");
    assertThat(hub.campaign("one").state()).isEqualTo(State.DONE);
    assertThat(hub.campaign("one").counts()).containsEntry(DeviceState.UPDATED, 20);
  }

  private int waiting() {
    return hub.course("one").count(DeviceState.WAITING);
  }

  @Test
  void isAbortedWhenTooManyFail() throws Exception {
    for (int i = 0; i < 20; i++) {
      hub.devices.add("meter%02d".formatted(i), i < 2 ? Script.BAD_CHECKSUM : Script.GOOD);
    }
    hub.start(Hub.plan("one", new Pace(10, 2, 600, 100, Optional.empty(), 10, 100)));
    hub.finish("one");
    assertThat(hub.campaign("one").state()).isEqualTo(State.ABORTED);
    assertThat(hub.campaign("one").detail()).contains("2 of 10");
    assertThat(hub.campaign("one").counts())
        .containsEntry(DeviceState.STOPPED, 10)
        .containsEntry(DeviceState.UPDATED, 8);
    assertThat(hub.devices.devices.values().stream().mapToInt(device -> device.installs).sum())
        .isEqualTo(8);
    hub.kill();
    assertThat(hub.campaign("one").state()).isEqualTo(State.ABORTED);
    assertThat(hub.campaign("one").counts()).containsEntry(DeviceState.STOPPED, 10);
  }

  @Test
  void followsThoseThatInstallToTheirEndWhenItIsAborted() throws Exception {
    ScriptedDevices.Device installs = hub.devices.add("meter1", Script.GOOD);
    ScriptedDevices.Device sleeps = hub.devices.add("meter2", Script.SLEEPS);
    ScriptedDevices.Device slow = hub.devices.add("meter3", Script.CUT_ONCE);
    hub.start(Hub.plan("one", Hub.PACE));
    hub.until(Duration.ofHours(1), () -> installs.stage == Stage.UPDATING);
    hub.running().abort(hub.course("one"), "enough", hub.clock.instant());
    assertThat(hub.state("one")).isEqualTo(State.ABORTING);
    hub.finish("one");
    assertThat(hub.device("meter1").state()).isEqualTo(DeviceState.UPDATED);
    assertThat(hub.device("meter2").state()).isEqualTo(DeviceState.STOPPED);
    assertThat(hub.device("meter3").reason()).isEqualTo(Reason.ABORTED);
    assertThat(slow.stage).as("what it had was thrown away").isEqualTo(Stage.IDLE);
    assertThat(sleeps.installs + slow.installs).isZero();
  }

  @Test
  void tellsNobodyToInstallWhilePausedOrOutsideTheWindow() throws Exception {
    ScriptedDevices.Device device = hub.devices.add("meter1", Script.GOOD);
    // it is noon
    Window afternoon = new Window(LocalTime.of(11, 0), LocalTime.of(12, 1), ZoneOffset.UTC);
    hub.start(Hub.plan("one", new Pace(5, 4, 60, 50, Optional.of(afternoon), 100, 100)));
    hub.pass(Duration.ofSeconds(1));
    hub.pass(Duration.ofHours(1));
    assertThat(hub.device("meter1").state()).isEqualTo(DeviceState.READY);
    hub.course("one").become(State.PAUSED, "paused", hub.clock.instant());
    hub.pass(Duration.ofHours(22));
    assertThat(afternoon.contains(hub.clock.instant())).isTrue();
    assertThat(hub.device("meter1").state()).isEqualTo(DeviceState.READY);
    assertThat(device.told).isZero();
    hub.kill();
    assertThat(hub.campaign("one").state()).isEqualTo(State.PAUSED);
    hub.course("one").become(State.RUNNING, "", hub.clock.instant());
    hub.pass(Duration.ofSeconds(30));
    hub.finish("one");
    assertThat(device.version).isEqualTo("1.1");
    assertThat(device.installs).isOne();
  }

  @Test
  void isOverWhenItsTimeIs() throws Exception {
    hub.devices.add("meter1", Script.GOOD);
    Window never = new Window(LocalTime.of(3, 0), LocalTime.of(3, 1), ZoneOffset.UTC);
    Campaigns.Limits limits =
        new Campaigns.Limits(
            Duration.ofHours(1), Duration.ofHours(1), Duration.ofHours(1), Duration.ofHours(8), 1);
    Pace pace = new Pace(5, 4, 60, 50, Optional.of(never), 100, 100);
    hub.start(new Plan("one", "v11", DeviceFilter.ALL, pace, limits));
    hub.finish("one");
    assertThat(hub.device("meter1").reason()).isEqualTo(Reason.EXPIRED);
  }

  @Test
  void letsDevicesPullOnlyWhileACampaignGoesOn() throws Exception {
    hub.devices.add("meter1", Script.GOOD);
    hub.start(Hub.plan("one", Hub.PACE));
    String token = hub.course("one").header().token();
    hub.shelf().show(hub.running().courses().values());
    assertThat(token).matches("[A-Za-z0-9_-]{32}");
    assertThat(hub.shelf().find(token)).isPresent();
    assertThat(hub.shelf().find(token + "x")).isEmpty();
    assertThat(hub.shelf().find(token).orElseThrow().toString()).doesNotContain(token);
    hub.finish("one");
    hub.shelf().show(hub.running().courses().values());
    assertThat(hub.shelf().find(token)).isEmpty();
  }
}
