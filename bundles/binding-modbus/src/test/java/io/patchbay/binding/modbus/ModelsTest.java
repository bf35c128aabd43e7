package io.patchbay.binding.modbus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.patchbay.binding.modbus.Models.Model;
import io.patchbay.testkit.RecordingUplinkPort;
import io.patchbay.thing.Outcome.Reason;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where the SunSpec models of a device are found. */
final class ModelsTest {
  private static final Duration SOON = Duration.ofSeconds(20);
  private final RecordingUplinkPort hub = new RecordingUplinkPort();
  private final Buses buses = new Buses(hub);
  private FakeUnits units = new FakeUnits();

  @AfterEach
  void close() throws Exception {
    units.close();
    buses.stop();
    hub.close();
  }

  private Unit unit(int port) {
    Thing thing =
        new Thing(
            new ThingId("pv"),
            URI.create("modbus+tcp://127.0.0.1:" + port),
            "pv",
            Map.of(),
            Map.of());
    return buses.contact(thing, 1).unit();
  }

  private static Models.Found models(Unit unit) throws Exception {
    return unit.models(Instant.now().plus(SOON)).toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  /** A marker and models, the number and the length of each. */
  private void chain(int base, int... models) {
    units.set(1, base, 0x5375);
    units.set(1, base + 1, 0x6E53);
    int at = base + 2;
    for (int i = 0; i < models.length; i += 2) {
      units.set(1, at, models[i]);
      units.set(1, at + 1, models[i + 1]);
      at += 2 + models[i + 1];
    }
    units.set(1, at, 0xFFFF);
    units.set(1, at + 1, 0);
  }

  @Test
  void aDeviceWithoutModelsIsAskedOnceAMinute() throws Exception {
    Unit unit = unit(units.listen(0));

    Models.Found found = models(unit);
    assertThat(found.models()).isEmpty();
    assertThat(found.failure().orElseThrow().reason()).isEqualTo(Reason.REFUSED);
    assertThat(found.failure().orElseThrow().detail()).contains("40000, 50000 or 0");
    int asked = units.asked.size();
    models(unit);

    assertThat(units.asked).hasSize(asked);
  }

  @Test
  void modelsThatDoNotEndAreAnError() throws Exception {
    int port = units.listen(0);
    chain(40_000, 1, 60_000);
    units.set(1, 0, 1);

    assertThat(models(unit(port)).failure().orElseThrow().reason()).isEqualTo(Reason.BAD_ANSWER);
  }

  @ParameterizedTest
  @ValueSource(ints = {40_000, 50_000, 0})
  void findsEveryModelFromEachBase(int base) throws Exception {
    int port = units.listen(0);
    units.illegal.addAll(base == 0 ? java.util.List.of(40_000, 50_000) : java.util.List.of());
    chain(base, 1, 66, 160, 48, 103, 50, 160, 28);

    Models models = models(unit(port)).models().orElseThrow();

    assertThat(models.find(Models.Which.of("103")))
        .contains(new Model(103, base + 2 + 68 + 50, 52));
    assertThat(models.find(Models.Which.of("160/2")))
        .contains(new Model(160, base + 2 + 68 + 50 + 52, 30));
    assertThat(models.find(Models.Which.of("160/3"))).isEmpty();
    assertThat(models.find(Models.Which.of("64"))).isEmpty();
    assertThat(models.find(Models.Which.of("101-103")))
        .isEqualTo(models.find(Models.Which.of("103")));
    assertThat(models.find(Models.Which.of("111-113"))).isEmpty();
  }

  @Test
  void whoComesBackIsAskedAgain() throws Exception {
    int port = units.listen(0);
    chain(40_000, 1, 66, 103, 50);
    Unit unit = unit(port);
    assertThat(models(unit).models().orElseThrow().find(Models.Which.of("103"))).isPresent();
    units.close();

    units = new FakeUnits();
    chain(40_000, 1, 66, 120, 26, 103, 50);
    await().atMost(SOON).ignoreExceptions().until(() -> units.listen(port) == port);

    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(models(unit).models().orElseThrow().find(Models.Which.of("103")))
                    .contains(new Model(103, 40_002 + 68 + 28, 52)));
  }
}
