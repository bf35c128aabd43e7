package io.patchbay.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Origin;
import io.patchbay.store.Appended;
import io.patchbay.store.Cursor;
import io.patchbay.store.Entry;
import io.patchbay.store.Journal.Start;
import io.patchbay.store.KeptFrame;
import io.patchbay.store.Ledger;
import io.patchbay.store.Recorded;
import io.patchbay.store.Selection;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Quality;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.TimeSource;
import io.patchbay.thing.Uplink;
import io.patchbay.thing.Value;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class InMemoryJournalTest {
  private static final ThingId THING = new ThingId("t");
  private final InMemoryJournal journal = new InMemoryJournal(2, 1);

  @AfterEach
  void close() {
    journal.close();
  }

  private static Entry reading(int value) {
    Instant time = Instant.ofEpochSecond(value);
    return Entry.of(
        "p@1",
        List.of(
            new Uplink.Reading(
                THING,
                "n",
                new Value.Int(value),
                "",
                time,
                TimeSource.DEVICE,
                time,
                Quality.GOOD)));
  }

  private CompletableFuture<Appended> append(Entry entry) {
    return journal.append(entry, Duration.ZERO).toCompletableFuture();
  }

  private static Entry kept(Set<Long> released) {
    Frame frame = Frame.of(new Origin("x", "y", "z"), Bytes.EMPTY, Instant.EPOCH);
    return new Entry(
        "x:y",
        "id",
        "",
        List.of(),
        Optional.of(
            new KeptFrame(0, KeptFrame.Kind.REJECTED, "r", "d", Optional.empty(), frame, false)),
        released);
  }

  @Test
  void refusesInTurnWhenItsQueueIsFull() {
    journal.pause();
    // the writer may have taken one already
    List<CompletableFuture<Appended>> all =
        List.of(append(reading(1)), append(reading(2)), append(reading(3)), append(reading(4)));
    journal.resume();
    assertThat(all.get(0).join()).isEqualTo(new Appended.Stored(1));
    assertThat(all.get(3).join()).isInstanceOf(Appended.Refused.class);
  }

  @Test
  void refusesWhenItsKeptFramesAreFullUntilOneIsReleased() {
    assertThat(append(kept(Set.of())).join()).isInstanceOf(Appended.Stored.class);
    assertThat(append(kept(Set.of())).join()).isInstanceOf(Appended.Refused.class);
    assertThat(append(kept(Set.of(1L))).join()).isInstanceOf(Appended.Stored.class);
    assertThat(journal.kept(KeptFrame.Kind.REJECTED, 0, 10))
        .extracting(KeptFrame::id)
        .containsExactly(2L);
    assertThat(journal.deliveries("x:y", 10)).containsExactly("id", "id");
  }

  @Test
  void failsToSaveWhenTheDiskIsFull() {
    journal.refuse("disk full");
    CompletionStage<Void> removed = journal.remove(THING);
    assertThatThrownBy(() -> removed.toCompletableFuture().join())
        .hasMessageContaining("disk full");
  }

  @Test
  void accountsForEverySubscription() {
    append(reading(1)).join();
    Cursor cursor = journal.open("s", Selection.all(), Start.OLDEST);
    assertThatThrownBy(() -> journal.open("s", Selection.all(), Start.NOW))
        .isInstanceOf(IllegalStateException.class);
    append(reading(2)).join();
    append(reading(3)).join();
    assertThat(cursor.next(2)).extracting(Recorded::sequence).containsExactly(1L, 2L);
    cursor.acknowledge(1);
    cursor.rewind();
    assertThat(cursor.next(1)).extracting(Recorded::sequence).containsExactly(2L);
    journal.dropTo(2);
    assertThat(cursor.next(9)).extracting(Recorded::sequence).containsExactly(3L);
    Ledger.Account account = journal.ledger().subscriptions().get(0);
    assertThat(account)
        .isEqualTo(new Ledger.Account("s", Selection.all(), 3, 1, 1, Map.of("retention", 1L)));
    cursor.close();
    assertThat(journal.open("s", Selection.all(), Start.NOW).next(9)).hasSize(1);
  }

  @Test
  void findsHistoryNewestFirstAndTheLatest() {
    append(reading(2)).join();
    append(reading(1)).join();
    assertThat(journal.history(THING, "n", Instant.EPOCH, Instant.MAX, 10))
        .extracting(Recorded::sequence)
        .containsExactly(1L, 2L);
    assertThat(journal.latest()).extracting(Recorded::sequence).containsExactly(1L);
  }
}
