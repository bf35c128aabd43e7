package io.patchbay.firmware;

import io.patchbay.southbound.FirmwareUpdate;
import io.patchbay.testkit.FirmwareUpdateContract;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** The devices of these tests keep what real ones must. */
final class ScriptedDevicesTest extends FirmwareUpdateContract {
  @Override
  protected Bench start(FirmwareUpdate.Listener listener) {
    ScriptedDevices devices = new ScriptedDevices(Clock.systemUTC(), listener);
    devices.download = Duration.ofMillis(30);
    devices.install = Duration.ofMillis(30);
    ScriptedDevices.Device device = devices.add("meter1", ScriptedDevices.Script.GOOD);
    ScheduledExecutorService time =
        Executors.newSingleThreadScheduledExecutor(task -> new Thread(task, "patchbay-test-time"));
    var unused = time.scheduleWithFixedDelay(devices::tick, 5, 5, TimeUnit.MILLISECONDS);
    return new Bench() {
      @Override
      public FirmwareUpdate firmware() {
        return devices;
      }

      @Override
      public Thing thing() {
        return device.thing;
      }

      @Override
      public Thing stranger() {
        return new Thing(
            new ThingId("stranger"), URI.create("scripted://local"), "meter", Map.of(), Map.of());
      }

      @Override
      public String runs() {
        return device.version;
      }

      @Override
      public int installs() {
        return device.installs;
      }

      @Override
      public void refuseImages() {
        device.script = ScriptedDevices.Script.BAD_CHECKSUM;
      }

      @Override
      public void sleep() {
        device.awake = false;
      }

      @Override
      public void wake() {
        device.awake = true;
        listener.changed(device.thing.id());
      }

      @Override
      public void replaceProtocol() {
        devices.cutOff(listener);
      }

      @Override
      public void close() {
        time.shutdownNow();
      }
    };
  }
}
