package io.patchbay.core;

import static io.patchbay.core.TestHub.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.patchbay.store.Appended;
import io.patchbay.store.Entry;
import io.patchbay.testkit.InMemoryJournal;
import io.patchbay.thing.Uplink;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class JournalLineTest {
  private static final int ROOM = 2;

  private final InMemoryJournal journal = new InMemoryJournal(ROOM, 10);
  private final ExecutorService threads = Executors.newCachedThreadPool();

  @AfterEach
  void close() {
    threads.shutdownNow();
    journal.close();
  }

  private static Entry entry() {
    Instant now = Instant.EPOCH;
    return new Entry(
        "test",
        "",
        "",
        List.of(new Uplink.Discovered(TestHub.thing("p1"), now, now)),
        Optional.empty(),
        Set.of());
  }

  private static CompletionStage<Appended> append(JournalLine line, Duration patience) {
    return line.append(JournalLineTest::entry, patience, Function.identity());
  }

  /** Who has no patience waits for nobody's room, and still for his turn. */
  @Test
  void whoHasNoPatienceWaitsForHisTurn() throws InterruptedException {
    JournalLine line = new JournalLine(journal, Duration.ofMinutes(1));
    CountDownLatch making = new CountDownLatch(1);
    CountDownLatch made = new CountDownLatch(1);
    threads.execute(
        () ->
            line.append(
                () -> {
                  making.countDown();
                  while (made.getCount() > 0) {
                    Thread.onSpinWait();
                  }
                  return entry();
                },
                Duration.ZERO,
                Function.identity()));
    making.await();
    CompletableFuture<Appended> second = new CompletableFuture<>();
    Thread impatient = new Thread(() -> second.complete(get(append(line, Duration.ZERO))));
    impatient.start();
    await().until(() -> impatient.getState() == Thread.State.TIMED_WAITING);
    made.countDown();
    assertThat(get(second)).isInstanceOf(Appended.Stored.class);
  }

  /** One of them has waited a turn to know that; a thread that serves many cannot wait for each. */
  @Test
  void whoHasNoPatienceIsRefusedWhileTheOneAheadWaitsForRoom() {
    JournalLine line = new JournalLine(journal, Duration.ofMillis(200));
    journal.pause();
    List<CompletionStage<Appended>> first = new ArrayList<>();
    for (int i = 0; i < ROOM; i++) {
      first.add(append(line, Duration.ZERO));
    }
    CompletableFuture<Appended> patient = new CompletableFuture<>();
    Thread ahead = new Thread(() -> patient.complete(get(append(line, Duration.ofMinutes(1)))));
    ahead.start();
    await().until(() -> ahead.getState() == Thread.State.TIMED_WAITING);
    long begun = System.nanoTime();
    List<CompletionStage<Appended>> impatient = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      impatient.add(append(line, Duration.ZERO));
    }
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(10));
    journal.resume();
    assertThat(first).allSatisfy(one -> assertThat(get(one)).isInstanceOf(Appended.Stored.class));
    assertThat(get(patient)).isInstanceOf(Appended.Stored.class);
    assertThat(impatient)
        .allSatisfy(one -> assertThat(get(one)).isInstanceOf(Appended.Refused.class));
  }
}
