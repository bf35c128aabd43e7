package io.patchbay.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.patchbay.store.Recorded;
import io.patchbay.store.Registered;
import io.patchbay.testkit.ManualClock;
import io.patchbay.thing.Command;
import io.patchbay.thing.Quality;
import io.patchbay.thing.TimeSource;
import io.patchbay.thing.Uplink;
import io.patchbay.thing.Value;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Time passes when a test says so. */
final class ReadBackTest {
  private final ManualClock clock = new ManualClock();
  private final ManualTimer timer = new ManualTimer(clock);
  private final Directory directory = new Directory();
  private final Ports ports = new Ports();
  private final Catalogue catalogue = new Catalogue(ports, new PairsMediaTypes(), directory);
  private final List<Command.Read> asked = new ArrayList<>();
  private final ReadBack readBack =
      new ReadBack(new Requests(directory, catalogue, ports), timer, clock, asked::add);
  private final Device device;

  ReadBackTest() {
    catalogue.change(Map.of("plug", TestHub.plug("1")));
    device =
        directory.put(
            new Registered(
                TestHub.thing("p1"),
                Registered.Admission.ADMITTED,
                Registered.Origin.API,
                clock.instant()));
  }

  private void says(double limit) {
    device.remember(
        new Recorded(
            1,
            "plug@1",
            new Uplink.Reading(
                device.id(),
                "limit",
                new Value.Num(limit),
                "W",
                clock.instant(),
                TimeSource.HUB,
                clock.instant(),
                Quality.GOOD)));
  }

  @Test
  void asksOnceWhenTheDeviceSaysNothing() {
    says(20);
    timer.pass(Duration.ofSeconds(1));
    readBack.written(device, "limit", clock.instant());
    timer.pass(Duration.ofSeconds(1));
    assertThat(asked).isEmpty();
    timer.pass(Duration.ofSeconds(1));
    assertThat(asked).hasSize(1);
    assertThat(asked.get(0).thing()).isEqualTo(device.id());
    assertThat(asked.get(0).properties()).containsExactly("limit");
    assertThat(asked.get(0).deadline()).isAfter(clock.instant());
    timer.pass(Duration.ofDays(1));
    assertThat(asked).hasSize(1);
  }

  @Test
  void asksNobodyWhoSaysItByItself() {
    readBack.written(device, "limit", clock.instant());
    timer.pass(Duration.ofMillis(500));
    says(50);
    timer.pass(Duration.ofDays(1));
    assertThat(asked).isEmpty();
  }

  @Test
  void asksAfterTheLastOfSeveral() {
    for (int i = 0; i < 5; i++) {
      readBack.written(device, "limit", clock.instant());
      timer.pass(Duration.ofSeconds(1));
    }
    says(50);
    assertThat(asked).isEmpty();
    timer.pass(Duration.ofSeconds(1));
    readBack.written(device, "limit", clock.instant());
    timer.pass(Duration.ofDays(1));
    assertThat(asked).as("it had said so before the last").hasSize(1);
  }

  @Test
  void asksNothingThatCannotBeRead() {
    readBack.written(device, "on", clock.instant());
    timer.pass(Duration.ofDays(1));
    assertThat(asked).isEmpty();
  }
}
