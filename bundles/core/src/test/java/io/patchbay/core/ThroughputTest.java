package io.patchbay.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.patchbay.profile.Form;
import io.patchbay.profile.Match;
import io.patchbay.profile.Op;
import io.patchbay.profile.Profile;
import io.patchbay.profile.Property;
import io.patchbay.southbound.Codec;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.FrameDecoder;
import io.patchbay.southbound.LaneSpec;
import io.patchbay.southbound.MediaTypes;
import io.patchbay.southbound.Origin;
import io.patchbay.southbound.Point;
import io.patchbay.southbound.Slot;
import io.patchbay.store.Appended;
import io.patchbay.store.Entry;
import io.patchbay.store.Journal;
import io.patchbay.store.Registered;
import io.patchbay.testkit.InMemoryJournal;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Value;
import java.lang.reflect.Proxy;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** Prints what the pipeline itself costs: no journal, no decoding. */
final class ThroughputTest {
  private static final int FRAMES = 50_000;

  private static final class Ready implements MediaTypes {
    @Override
    public boolean knows(String mediaType) {
      return true;
    }

    @Override
    public FrameDecoder decoder(List<Slot> slots) {
      List<Point> points = new ArrayList<>();
      slots.forEach(
          slot -> points.add(new Point.Decoded(slot, new Value.Num(70.7), Optional.empty())));
      return frame -> points;
    }

    @Override
    public Codec codec(Slot slot) {
      throw new IllegalArgumentException("nothing goes down here");
    }

    @Override
    public Predicate<Frame> test(Match match) {
      return frame -> false;
    }
  }

  /** Answers every append at once. */
  private static Journal instant() {
    AtomicLong last = new AtomicLong();
    return (Journal)
        Proxy.newProxyInstance(
            ThroughputTest.class.getClassLoader(),
            new Class<?>[] {Journal.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("append")) {
                int size = ((Entry) arguments[0]).uplinks().size();
                CompletionStage<Appended> done =
                    CompletableFuture.completedFuture(
                        new Appended.Stored(last.getAndAdd(size) + 1));
                return done;
              }
              return List.of();
            });
  }

  @Test
  void takesReadingsFast() {
    Map<String, Property> properties = new HashMap<>();
    for (String name : List.of("a", "b", "c", "d")) {
      Form form = TestHub.form(Op.OBSERVE, "tele/{device}/s", name);
      properties.put(
          name, TestHub.property(name, TestHub.number(5.0 / 9, -160.0 / 9, -50, 100), true, form));
    }
    Profile profile =
        new Profile(
            "plug",
            "1",
            "",
            "plug-{device}",
            List.of(),
            properties,
            Map.of(),
            Map.of(),
            List.of(),
            true);
    try (InMemoryJournal things = new InMemoryJournal();
        Hub hub =
            new Hub(
                Settings.DEFAULT,
                instant(),
                things,
                things,
                things,
                new Ready(),
                Map.of("plug", profile),
                Clock.systemUTC())) {
      hub.add(new TestHub.TestProtocol(new LaneSpec("one", 1, Duration.ZERO, 4)));
      for (int i = 0; i < 50; i++) {
        TestHub.get(hub.things.register(TestHub.thing("d" + i), Registered.Origin.API));
      }
      double best = 0;
      for (int round = 0; round < 5; round++) {
        long start = System.nanoTime();
        for (int i = 0; i < FRAMES; i++) {
          Origin origin = new Origin("mqtt", "local", "tele/d" + i % 50 + "/s");
          hub.uplink.offer(Frame.of(origin, Bytes.EMPTY, Instant.now()), Duration.ZERO);
        }
        best = Math.max(best, 4.0 * FRAMES / ((System.nanoTime() - start) / 1e9));
      }
      System.out.printf("core: %,.0f readings/s on one thread%n", best);
      assertThat(best).isGreaterThan(50_000);
    }
  }
}
