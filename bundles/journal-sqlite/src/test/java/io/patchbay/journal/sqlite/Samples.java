package io.patchbay.journal.sqlite;

import io.patchbay.southbound.DeliveryId;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Origin;
import io.patchbay.southbound.Target;
import io.patchbay.store.Appended;
import io.patchbay.store.Appended.Stored;
import io.patchbay.store.Entry;
import io.patchbay.store.KeptFrame;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Quality;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.TimeSource;
import io.patchbay.thing.Uplink;
import io.patchbay.thing.Uplink.Reading;
import io.patchbay.thing.Value;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/** What the tests write. */
final class Samples {
  static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
  static final Duration PATIENCE = Duration.ofSeconds(20);

  private Samples() {}

  static SqliteJournal open(Path folder) {
    return open(folder, Settings.DEFAULT);
  }

  static SqliteJournal open(Path folder, Settings settings) {
    return new SqliteJournal(folder, settings, Clock.systemUTC(), List::of);
  }

  static Reading reading(String thing, String property, Value value, Instant time) {
    return new Reading(
        new ThingId(thing), property, value, "Cel", time, TimeSource.DEVICE, NOW, Quality.GOOD);
  }

  static Reading reading(String thing, long value) {
    return reading(thing, "count", new Value.Int(value), NOW.plusMillis(value));
  }

  static Entry entry(String delivery, Uplink... uplinks) {
    return new Entry(
        "mqtt:local", delivery, "plug@1", List.of(uplinks), Optional.empty(), Set.of());
  }

  static Entry keeping(KeptFrame frame, Uplink... uplinks) {
    return new Entry("mqtt:local", "", "plug@1", List.of(uplinks), Optional.of(frame), Set.of());
  }

  static Entry releasing(Set<Long> released, Uplink... uplinks) {
    return new Entry("", "", "plug@1", List.of(uplinks), Optional.empty(), released);
  }

  static KeptFrame rejected(String payload, Instant received) {
    Frame frame =
        new Frame(
            new Origin("mqtt", "local", "tele/x/SENSOR", Map.of("a", "b")),
            Optional.of(new Target(new ThingId("x"), "p")),
            Bytes.utf8(payload),
            "application/json",
            received,
            Optional.of(NOW),
            Optional.of(new DeliveryId("7", DeliveryId.Kind.RESUMED)),
            true);
    return new KeptFrame(
        0, KeptFrame.Kind.REJECTED, "UNDECODABLE", "no JSON ä", Optional.empty(), frame, true);
  }

  static KeptFrame held(String thing) {
    return new KeptFrame(
        0,
        KeptFrame.Kind.HELD,
        "",
        "",
        Optional.of(new ThingId(thing)),
        Frame.of(new Origin("mqtt", "local", "a/b"), Bytes.utf8("{}"), NOW),
        false);
  }

  static Appended append(SqliteJournal journal, Entry entry) {
    return join(journal.append(entry, PATIENCE));
  }

  static long stored(SqliteJournal journal, Entry entry) {
    Appended appended = append(journal, entry);
    if (appended instanceof Stored stored) {
      return stored.first();
    }
    throw new AssertionError("not stored: " + appended);
  }

  static <T> T join(CompletionStage<T> stage) {
    return stage.toCompletableFuture().orTimeout(30, TimeUnit.SECONDS).join();
  }
}
