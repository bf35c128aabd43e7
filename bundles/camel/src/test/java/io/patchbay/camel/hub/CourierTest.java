package io.patchbay.camel.hub;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.patchbay.store.Cursor;
import io.patchbay.store.Recorded;
import io.patchbay.thing.Quality;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.TimeSource;
import io.patchbay.thing.Uplink;
import io.patchbay.thing.Value;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CourierTest {
  private static final Backoff QUICK = new Backoff(Duration.ofMillis(5), Duration.ofMillis(20));

  /** A log in memory, read as a journal's subscription is. */
  private static final class Log implements Cursor {
    final List<Recorded> all = new ArrayList<>();
    long acknowledged;
    int position;
    int closed;
    Optional<RuntimeException> trouble = Optional.empty();

    synchronized void add(String thing, int count) {
      for (int i = 0; i < count; i++) {
        long sequence = all.size() + 1L;
        all.add(
            new Recorded(
                sequence,
                "p@1",
                new Uplink.Reading(
                    new ThingId(thing),
                    "n",
                    new Value.Int(sequence),
                    "",
                    Instant.EPOCH,
                    TimeSource.HUB,
                    Instant.EPOCH,
                    Quality.GOOD)));
      }
    }

    synchronized Cursor open() {
      throwTrouble();
      position = (int) acknowledged;
      return this;
    }

    private void throwTrouble() {
      if (trouble.isPresent()) {
        throw trouble.get();
      }
    }

    @Override
    public String name() {
      return "log";
    }

    @Override
    public synchronized List<Recorded> next(int max) {
      throwTrouble();
      List<Recorded> next =
          List.copyOf(all.subList(position, Math.min(all.size(), position + max)));
      position += next.size();
      return next;
    }

    @Override
    public synchronized void acknowledge(long sequence) {
      assertThat(sequence).isGreaterThan(acknowledged);
      acknowledged = sequence;
    }

    synchronized long acknowledged() {
      return acknowledged;
    }

    @Override
    public synchronized void rewind() {
      position = (int) acknowledged;
    }

    @Override
    public synchronized void close() {
      closed++;
    }
  }

  private final Log log = new Log();
  private final List<Long> delivered = new CopyOnWriteArrayList<>();
  private @Nullable Courier courier;

  private Courier courier(
      Window window,
      Optional<Backoff> backoff,
      BiConsumer<Recorded, Consumer<@Nullable Throwable>> delivery) {
    return courier(
        window,
        backoff,
        (Recorded recorded, AtomicBoolean brokenOff, Consumer<@Nullable Throwable> done) ->
            delivery.accept(recorded, done));
  }

  private Courier courier(Window window, Optional<Backoff> backoff, Courier.Delivery delivery) {
    Courier made = new Courier("test", window, backoff, delivery, null);
    made.source(Optional.of(log::open));
    courier = made;
    return made;
  }

  @AfterEach
  void stop() throws InterruptedException {
    if (courier != null) {
      courier.stop(Duration.ofSeconds(1));
    }
  }

  private void deliver(Recorded recorded, Consumer<@Nullable Throwable> done) {
    delivered.add(recorded.sequence());
    done.accept(null);
  }

  private List<Long> sequences() {
    return log.all.stream().map(Recorded::sequence).toList();
  }

  @Test
  void doesNotStartWhenTheSourceRefuses() {
    log.trouble = Optional.of(new IllegalStateException("has a reader already"));
    Courier refused = courier(new Window(10, 1, 1), Optional.of(QUICK), this::deliver);
    assertThatThrownBy(refused::start).hasMessage("has a reader already");
  }

  @Test
  void neverPassesByWhatFails() {
    log.add("a", 5);
    AtomicInteger failures = new AtomicInteger(4);
    courier(
            new Window(10, 4, 1),
            Optional.of(QUICK),
            (recorded, done) -> {
              if (recorded.sequence() == 3 && failures.getAndDecrement() > 0) {
                done.accept(new IllegalStateException("no"));
              } else {
                deliver(recorded, done);
              }
            })
        .start();
    await().until(() -> log.acknowledged() == 5);
    assertThat(delivered).containsExactly(1L, 2L, 3L, 4L, 5L);
  }

  @Test
  void acknowledgesNothingBeyondWhatFailed() {
    log.add("a", 1);
    log.add("b", 5);
    courier(
            new Window(10, 4, 1),
            Optional.of(QUICK),
            (recorded, done) -> {
              if (recorded.sequence() == 1) {
                done.accept(new IllegalStateException("no"));
              } else {
                deliver(recorded, done);
              }
            })
        .start();
    await().until(() -> delivered.size() == 5);
    assertThat(delivered).containsExactly(2L, 3L, 4L, 5L, 6L);
    assertThat(log.acknowledged()).isZero();
    assertThat(requireCourier().trouble()).contains("uplink 1 of 'a'");
  }

  @Test
  void sendsAgainEverythingOfTheThingFromTheFailedOneOn() {
    log.add("a", 4);
    List<Consumer<@Nullable Throwable>> first = new CopyOnWriteArrayList<>();
    courier(
            new Window(10, 4, 4),
            Optional.of(QUICK),
            (recorded, done) -> {
              delivered.add(recorded.sequence());
              if (first.size() < 4) {
                first.add(done);
              } else {
                done.accept(null);
              }
            })
        .start();
    await().until(() -> first.size() == 4);
    first.get(0).accept(null);
    first.get(2).accept(null);
    first.get(3).accept(null);
    first.get(1).accept(new IllegalStateException("no"));
    await().until(() -> log.acknowledged() == 4);
    assertThat(delivered).containsExactly(1L, 2L, 3L, 4L, 2L, 3L, 4L);
  }

  @Test
  void beginsNothingBehindAFailureBeforeItHasGoneBack() {
    log.add("a", 3);
    AtomicInteger failures = new AtomicInteger(2);
    courier(
            new Window(10, 4, 4),
            Optional.of(QUICK),
            (recorded, done) -> {
              delivered.add(recorded.sequence());
              done.accept(failures.getAndDecrement() > 0 ? new IllegalStateException("no") : null);
            })
        .start();
    await().until(() -> log.acknowledged() == 3);
    assertThat(delivered).containsExactly(1L, 1L, 1L, 2L, 3L);
  }

  @Test
  void beginsNothingBehindAFailureWhenOthersHaveKeptItWaiting() {
    log.add("a", 2);
    log.add("b", 2);
    log.add("a", 2);
    List<Consumer<@Nullable Throwable>> first = new CopyOnWriteArrayList<>();
    courier(
            new Window(10, 3, 4),
            Optional.of(QUICK),
            (recorded, done) -> {
              delivered.add(recorded.sequence());
              if (first.size() < 3) {
                first.add(done);
              } else {
                done.accept(null);
              }
            })
        .start();
    await().until(() -> first.size() == 3);
    List<Long> begun = List.copyOf(delivered);
    int ofA = begun.indexOf(1L);
    first.get(ofA).accept(new IllegalStateException("no"));
    assertThat(begun).contains(2L);
    first.get(begun.indexOf(3L)).accept(null);
    await().until(() -> delivered.contains(4L));
    assertThat(delivered).doesNotContain(5L, 6L);
    first.get(begun.indexOf(2L)).accept(null);
    await().until(() -> log.acknowledged() == 6);
    assertThat(delivered.stream().filter(sequence -> sequence != 3 && sequence != 4))
        .containsExactly(1L, 2L, 1L, 2L, 5L, 6L);
  }

  @Test
  void tellsThoseUnderWayAtOnceThatOneBeforeThemHasFailed() {
    log.add("a", 2);
    List<Consumer<@Nullable Throwable>> first = new CopyOnWriteArrayList<>();
    List<AtomicBoolean> told = new CopyOnWriteArrayList<>();
    courier(
            new Window(10, 2, 2),
            Optional.of(QUICK),
            (recorded, brokenOff, done) -> {
              told.add(brokenOff);
              if (first.size() < 2) {
                first.add(done);
              } else {
                done.accept(null);
              }
            })
        .start();
    await().until(() -> first.size() == 2);
    assertThat(told.get(1)).isFalse();
    first.get(0).accept(new IllegalStateException("no"));
    assertThat(told.get(1)).isTrue();
    first.get(1).accept(new IllegalStateException("broken off"));
    await().until(() -> log.acknowledged() == 2);
    assertThat(told.get(2)).isFalse();
    assertThat(told.get(3)).isFalse();
  }

  @Test
  void passesByWhatFailsWhenItIsNotToBeTriedAgain() {
    log.add("a", 3);
    courier(
            new Window(10, 1, 1),
            Optional.empty(),
            (recorded, done) -> {
              delivered.add(recorded.sequence());
              done.accept(recorded.sequence() == 2 ? new IllegalStateException("no") : null);
            })
        .start();
    await().until(() -> log.acknowledged() == 3);
    assertThat(delivered).containsExactly(1L, 2L, 3L);
    assertThat(requireCourier().failures()).isEqualTo(1);
  }

  @Test
  void keepsTheOrderOfEachThingWhenAnswersAndFailuresComeInAnyOrder() {
    Random random = new Random(7);
    for (int i = 0; i < 3_000; i++) {
      log.add("thing" + random.nextInt(20), 1);
    }
    Map<ThingId, List<Long>> done = new HashMap<>();
    courier(
            new Window(500, 50, 1),
            Optional.of(new Backoff(Duration.ofMillis(1), Duration.ofMillis(2))),
            (recorded, end) -> {
              int dice;
              synchronized (random) {
                dice = random.nextInt(100);
              }
              Runnable finish =
                  () -> {
                    if (dice < 3) {
                      end.accept(new IllegalStateException("no"));
                    } else {
                      synchronized (done) {
                        done.computeIfAbsent(recorded.uplink().thing(), t -> new ArrayList<>())
                            .add(recorded.sequence());
                      }
                      end.accept(null);
                    }
                  };
              if (dice < 30) {
                finish.run();
              } else {
                CompletableFuture.delayedExecutor(dice * 3L, TimeUnit.MICROSECONDS).execute(finish);
              }
            })
        .start();
    await().atMost(20, SECONDS).until(() -> log.acknowledged() == 3_000);
    List<Long> all = new ArrayList<>();
    for (List<Long> each : done.values()) {
      assertThat(each).isSorted();
      all.addAll(each);
    }
    Collections.sort(all);
    assertThat(all).isEqualTo(sequences());
  }

  @Test
  void waitsForWhatIsUnderWayWhenItStops() throws InterruptedException {
    log.add("a", 3);
    List<Consumer<@Nullable Throwable>> open = new CopyOnWriteArrayList<>();
    Courier stopping =
        courier(new Window(10, 1, 1), Optional.of(QUICK), (recorded, done) -> open.add(done));
    stopping.start();
    await().until(() -> open.size() == 1);
    CompletableFuture.delayedExecutor(50, TimeUnit.MILLISECONDS)
        .execute(() -> open.get(0).accept(null));
    stopping.stop(Duration.ofSeconds(5));
    assertThat(log.acknowledged()).isEqualTo(1);
    assertThat(log.closed).isEqualTo(1);
    assertThat(open).hasSize(1);
  }

  @Test
  void givesUpOnWhatNeverAnswersWhenItStops() throws InterruptedException {
    log.add("a", 3);
    List<Consumer<@Nullable Throwable>> open = new CopyOnWriteArrayList<>();
    Courier stopping =
        courier(new Window(10, 1, 1), Optional.of(QUICK), (recorded, done) -> open.add(done));
    stopping.start();
    await().until(() -> open.size() == 1);
    stopping.stop(Duration.ofMillis(50));
    assertThat(log.closed).isEqualTo(1);
    assertThat(log.acknowledged()).isZero();
  }

  @Test
  void stopsAtOnceWhileAThingRests() throws InterruptedException {
    log.add("a", 1);
    Courier stopping =
        courier(
            new Window(10, 1, 1),
            Optional.of(new Backoff(Duration.ofSeconds(60), Duration.ofSeconds(60))),
            (recorded, done) -> done.accept(new IllegalStateException("no")));
    stopping.start();
    await().until(() -> stopping.failures() == 1);
    long before = System.nanoTime();
    stopping.stop(Duration.ofSeconds(10));
    assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(1));
  }

  @Test
  void beginsAfterTheLastAcknowledgedWhenTheJournalComesBack() {
    log.add("a", 2);
    Courier running = courier(new Window(10, 1, 1), Optional.of(QUICK), this::deliver);
    running.start();
    await().until(() -> log.acknowledged() == 2);
    running.source(Optional.empty());
    await().until(() -> log.closed == 1);
    log.add("a", 2);
    running.source(Optional.of(log::open));
    await().until(() -> log.acknowledged() == 4);
    assertThat(delivered).containsExactly(1L, 2L, 3L, 4L);
  }

  @Test
  void opensAgainWhenReadingFails() {
    log.add("a", 1);
    Courier running = courier(new Window(10, 1, 1), Optional.of(QUICK), this::deliver);
    running.start();
    await().until(() -> log.acknowledged() == 1);
    log.trouble = Optional.of(new IllegalStateException("disk"));
    running.wake();
    await().until(() -> running.trouble().contains("disk"));
    log.add("a", 1);
    log.trouble = Optional.empty();
    await().until(() -> log.acknowledged() == 2);
    assertThat(delivered).containsExactly(1L, 2L);
    assertThat(running.trouble()).isEmpty();
  }

  @Test
  void takesNoMoreThanTheBufferHolds() {
    log.add("a", 100);
    List<Consumer<@Nullable Throwable>> open = new CopyOnWriteArrayList<>();
    Courier running =
        courier(new Window(8, 100, 100), Optional.of(QUICK), (recorded, done) -> open.add(done));
    running.start();
    await().until(() -> open.size() == 8);
    assertThat(running.waiting()).isLessThanOrEqualTo(8);
    assertThat(log.position).isEqualTo(8);
    open.forEach(done -> done.accept(null));
    await().until(() -> open.size() == 16);
    assertThat(log.acknowledged()).isEqualTo(8);
  }

  private Courier requireCourier() {
    assertThat(courier).isNotNull();
    return courier;
  }
}
