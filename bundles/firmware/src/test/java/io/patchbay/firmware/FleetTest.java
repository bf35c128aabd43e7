package io.patchbay.firmware;

import static org.assertj.core.api.Assertions.assertThat;

import io.patchbay.firmware.ScriptedDevices.LastWords;
import io.patchbay.firmware.ScriptedDevices.Script;
import io.patchbay.northbound.Campaigns.Campaign;
import io.patchbay.northbound.Campaigns.Device;
import io.patchbay.northbound.Campaigns.DeviceState;
import io.patchbay.northbound.Campaigns.Pace;
import io.patchbay.northbound.Campaigns.Reason;
import io.patchbay.northbound.Campaigns.State;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** 200 devices, 5 % of which fail in each way, and a hub that is killed again and again. */
final class FleetTest {
  private static final int DEVICES = 200;
  private static final int EACH = DEVICES / 20;
  private static final Map<Script, Reason> FAILING =
      Map.of(
          Script.BAD_SIGNATURE, Reason.BAD_SIGNATURE,
          Script.BAD_CHECKSUM, Reason.BAD_CHECKSUM,
          Script.OUT_OF_MEMORY, Reason.OUT_OF_MEMORY,
          Script.CUT_ALWAYS, Reason.CONNECTION_LOST,
          Script.CUT_INSTALLING, Reason.INSTALL_INTERRUPTED,
          Script.OLD_IMAGE, Reason.OLD_IMAGE,
          Script.SILENT, Reason.SILENT);

  private final Path folder;

  FleetTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private Hub fleet() throws Exception {
    Hub hub = new Hub(folder);
    List<Script> failing = FAILING.keySet().stream().sorted().toList();
    for (int i = 0; i < DEVICES; i++) {
      int kind = i % 20;
      Script script =
          kind < failing.size()
              ? failing.get(kind)
              : kind < 14 ? Script.SLEEPS : kind < 17 ? Script.PULLS : Script.GOOD;
      hub.devices.add("meter%03d".formatted(i), script);
    }
    return hub;
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void everyDeviceEndsAsItMustThoughTheHubIsKilledThreeTimes(long seed) throws Exception {
    Random random = new Random(seed);
    Hub hub = fleet();
    hub.start(Hub.plan("fleet", new Pace(40, 4, 600, 200, Optional.empty(), 100, 1000)));
    for (int kill = 0; kill < 3; kill++) {
      Duration life = Duration.ofSeconds(20 + random.nextInt(kill == 0 ? 400 : 4000));
      for (Duration spent = Duration.ZERO; spent.compareTo(life) < 0; ) {
        Duration step = Duration.ofSeconds(1 + random.nextInt(20));
        hub.pass(step);
        spent = spent.plus(step);
      }
      neverWrong(hub);
      hub.devices.lastWords = List.of(LastWords.values()).get(random.nextInt(3));
      hub.pass(Duration.ofSeconds(1 + random.nextInt(60)));
      tear(hub, random);
      hub.kill();
    }
    hub.finish("fleet");
    neverWrong(hub);
    Campaign ended = hub.campaign("fleet");
    assertThat(ended.state()).isEqualTo(State.DONE);
    for (Run run : hub.course("fleet").runs()) {
      Device device = run.shown();
      Script script = hub.devices.device(device.thing().value()).script;
      Reason reason = FAILING.getOrDefault(script, Reason.NONE);
      assertThat(device.reason()).as("%s %s", script, device).isEqualTo(reason);
      assertThat(device.state())
          .isEqualTo(reason == Reason.NONE ? DeviceState.UPDATED : DeviceState.FAILED);
    }
    assertThat(ended.counts()).containsEntry(DeviceState.UPDATED, DEVICES - FAILING.size() * EACH);
    hub.kill();
    assertThat(hub.campaign("fleet")).isEqualTo(ended);
  }

  /** The kill came while a line was written: the end of the log is torn. */
  private static void tear(Hub hub, Random random) throws IOException {
    Path log = hub.campaigns().resolve("fleet.log");
    byte[] torn =
        "0badc0de {\"k\":\"d\",\"d\":3,\"s\":\"UPDATED\",\"w\"".getBytes(StandardCharsets.UTF_8);
    Files.write(
        log, java.util.Arrays.copyOf(torn, random.nextInt(torn.length)), StandardOpenOption.APPEND);
  }

  private static void neverWrong(Hub hub) {
    for (Run run : hub.course("fleet").runs()) {
      ScriptedDevices.Device device = hub.devices.device(run.thing.value());
      assertThat(device.installs).as("%s is updated twice", run.thing).isLessThanOrEqualTo(1);
      if (run.state == DeviceState.UPDATED) {
        assertThat(device.version).as("%s is said to be updated", run.thing).isEqualTo("1.1");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void theThresholdHoldsThoughTheHubIsKilled(int kills) throws Exception {
    Hub hub = fleet();
    hub.start(Hub.plan("fleet", new Pace(40, 4, 600, 200, Optional.empty(), 20, 30)));
    for (int i = 0; i < kills; i++) {
      hub.until(Duration.ofMinutes(2), () -> hub.clock.instant().getEpochSecond() % 70 < 10);
      hub.kill();
    }
    hub.finish("fleet");
    Campaign ended = hub.campaign("fleet");
    assertThat(ended.state()).isEqualTo(State.ABORTED);
    assertThat(ended.wave()).as("35 % of the canaries fail").isEqualTo(1);
    assertThat(ended.counts().getOrDefault(DeviceState.STOPPED, 0)).isGreaterThanOrEqualTo(160);
    neverWrong(hub);
  }
}
