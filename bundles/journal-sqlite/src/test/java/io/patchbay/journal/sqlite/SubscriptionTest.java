package io.patchbay.journal.sqlite;

import static io.patchbay.journal.sqlite.Samples.NOW;
import static io.patchbay.journal.sqlite.Samples.entry;
import static io.patchbay.journal.sqlite.Samples.open;
import static io.patchbay.journal.sqlite.Samples.reading;
import static io.patchbay.journal.sqlite.Samples.stored;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.patchbay.journal.sqlite.Listeners.Listener;
import io.patchbay.store.Cursor;
import io.patchbay.store.Journal.Start;
import io.patchbay.store.Ledger.Account;
import io.patchbay.store.Recorded;
import io.patchbay.store.Selection;
import io.patchbay.testkit.ManualClock;
import io.patchbay.thing.Quality;
import io.patchbay.thing.Status;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.TimeSource;
import io.patchbay.thing.Uplink;
import io.patchbay.thing.Uplink.Reading;
import io.patchbay.thing.Uplink.StatusChange;
import io.patchbay.thing.Value;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SubscriptionTest {
  private static final Selection READINGS = Selection.of(Selection.Kind.READING);
  private static final Selection OF_ONE =
      new Selection(
          Set.of(Selection.Kind.READING),
          Optional.of(new ThingId("a")),
          Optional.empty(),
          Optional.empty());

  private final Path folder;

  SubscriptionTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void refusesSecondReaderAndStrangeNames() throws Exception {
    try (SqliteJournal journal = open(folder)) {
      Cursor first = journal.open("erp", READINGS, Start.NOW);
      assertThatThrownBy(() -> journal.open("erp", READINGS, Start.NOW))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("reader already");
      first.close();
      journal.open("erp", READINGS, Start.NOW).close();
      for (String name : List.of("", "a b", "x".repeat(65), "ä")) {
        assertThatThrownBy(() -> journal.open(name, READINGS, Start.NOW))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("accepted");
      }
    }
  }

  @Test
  void isToldOnlyOfWhatItSelectsAndMovesOnByItself() throws Exception {
    List<Long> ofOne = Collections.synchronizedList(new ArrayList<>());
    List<Long> ofAll = Collections.synchronizedList(new ArrayList<>());
    List<Listener> listeners =
        List.of(new Listener("one", ofOne::add), new Listener("", ofAll::add));
    try (SqliteJournal journal =
        new SqliteJournal(folder, Settings.DEFAULT, Clock.systemUTC(), () -> listeners)) {
      Cursor one = journal.open("one", OF_ONE, Start.NOW);
      stored(journal, entry("", reading("b", 1), reading("b", 2)));
      await().until(() -> ofAll.contains(2L));
      assertThat(ofOne).isEmpty();
      stored(journal, entry("", reading("b", 3), reading("a", 4)));
      await().until(() -> ofOne.contains(4L));
      assertThat(one.next(10)).extracting(Recorded::sequence).containsExactly(4L);
      stored(journal, entry("", reading("b", 5)));
      await().until(() -> ofAll.contains(5L));
      one.close(); // not acknowledged
      Cursor again = journal.open("one", OF_ONE, Start.NOW);
      assertThat(again.next(10)).extracting(Recorded::sequence).containsExactly(4L);
      again.acknowledge(4);
      stored(journal, entry("", reading("b", 6)));
      await().until(() -> ofAll.contains(6L));
      assertThat(ofOne).containsExactly(4L);
    }
  }

  @Test
  void itsPlaceMovesOnOnlyWhenItHasReadWhatWasSelected() {
    Subscription one = new Subscription(new Subscription.Row("one", OF_ONE, 0, 0, 0, 0, 0), 0);
    one.take();
    Recorded ofIt = new Recorded(2, "plug@1", reading("a", 2));
    commit(one, 1, reading("b", 1));
    assertThat(one.position()).isEqualTo(1);
    commit(one, 2, ofIt.uplink());
    commit(one, 3, reading("b", 3));
    assertThat(one.reading()).isEqualTo(1);
    assertThat(one.handOut(1, List.of(ofIt), 2)).isTrue();
    commit(one, 4, reading("b", 4));
    assertThat(one.reading()).isEqualTo(4);
    assertThat(one.position()).isEqualTo(1);
    one.acknowledge(2);
    assertThat(one.position()).isEqualTo(4);
  }

  private static void commit(Subscription one, long sequence, Uplink uplink) {
    Tail.Item item = new Tail.Item(sequence, "plug@1", List.of(uplink), 1);
    one.committed(Totals.NONE, Totals.NONE, List.of(item), sequence);
  }

  @Test
  void countsWhatRetentionTakesAsDropped() throws Exception {
    Settings settings =
        Settings.DEFAULT.withRetention(Duration.ofDays(1), 1L << 40).withSizes(16, 200, 100);
    Clock later = Clock.fixed(NOW.plus(Duration.ofDays(2)), java.time.ZoneOffset.UTC);
    try (SqliteJournal journal = new SqliteJournal(folder, settings, later, List::of)) {
      Cursor all = journal.open("all", READINGS, Start.NOW);
      journal.open("one", OF_ONE, Start.NOW).close();
      for (int i = 0; i < 1_000; i++) {
        stored(journal, entry("", reading(i % 2 == 0 ? "a" : "b", i)));
      }
      List<Recorded> some = all.next(100);
      assertThat(some).hasSize(100);
      all.acknowledge(some.get(39).sequence());
      journal.keeper().tidy();

      Account account = account(journal, "all");
      assertThat(account.delivered()).isEqualTo(40);
      assertThat(account.dropped()).isEqualTo(Map.of("retention", 959L));
      assertThat(account.pending()).isEqualTo(1);
      Account one = account(journal, "one");
      assertThat(one.accepted()).isEqualTo(500);
      assertThat(one.dropped()).isEqualTo(Map.of("retention", 500L));
      assertBalanced(journal);
      assertThat(journal.ledger().first()).isEqualTo(1_000);
      // What was handed out before it was dropped does not count twice.
      all.acknowledge(some.get(99).sequence());
      assertBalanced(journal);
      assertThat(all.next(100)).extracting(Recorded::sequence).containsExactly(1_000L);
      assertThat(journal.history(new ThingId("b"), "", NOW, NOW.plusSeconds(9), 100)).hasSize(1);
    }
    try (SqliteJournal journal = new SqliteJournal(folder, settings, later, List::of)) {
      assertBalanced(journal);
      assertThat(journal.ledger().accepted()).isEqualTo(1_000);
      assertThat(stored(journal, entry("", reading("a", 1)))).isEqualTo(1_001);
    }
  }

  @Test
  void removesNothingEarlyWhenTheClockWasPutForthAndBack() throws Exception {
    Settings settings =
        Settings.DEFAULT.withRetention(Duration.ofDays(1), 1L << 40).withSizes(16, 200, 100);
    ManualClock clock = new ManualClock(NOW);
    try (SqliteJournal journal = new SqliteJournal(folder, settings, clock, List::of)) {
      for (long step : new long[] {0, 1, 0}) {
        Instant received = NOW.plus(Duration.ofHours(step));
        for (int i = 0; i < 100; i++) {
          stored(journal, entry("", received(i, received)));
        }
      }
      clock.set(NOW.plus(Duration.ofMinutes(23 * 60 + 30)));
      journal.keeper().tidy();
      assertThat(journal.ledger().first()).isEqualTo(1);

      clock.set(NOW.plus(Duration.ofMinutes(24 * 60 + 30)));
      journal.keeper().tidy();
      assertThat(journal.ledger().first()).isEqualTo(101);

      clock.set(NOW.plus(Duration.ofHours(26)));
      journal.keeper().tidy();
      assertThat(journal.ledger().first()).isEqualTo(300);
      assertThat(journal.ledger().accepted()).isEqualTo(300);
      assertBalanced(journal);
    }
  }

  private static Reading received(long value, Instant received) {
    return new Reading(
        new ThingId("a"),
        "count",
        new Value.Int(value),
        "",
        received,
        TimeSource.HUB,
        received,
        Quality.GOOD);
  }

  @Test
  void keepsTheFileSmallByRemovingTheOldest() throws Exception {
    Settings settings =
        Settings.DEFAULT
            .withSync(false)
            .withRetention(Duration.ofDays(36_500), 1 << 20)
            .withSizes(16, 2_000, 100);
    try (SqliteJournal journal = open(folder, settings)) {
      for (int i = 0; i < 400; i++) {
        stored(
            journal,
            entry("", reading("a", "p", new Value.Text("x".repeat(20_000)), NOW), reading("a", i)));
      }
      journal.keeper().tidy();
      assertThat(journal.keeper().used()).isLessThanOrEqualTo(1 << 20);
      assertThat(journal.ledger().first()).isGreaterThan(500);
      assertThat(journal.ledger().accepted()).isEqualTo(800);
    }
  }

  @Test
  void beginsAfterTheLastAcknowledgedAgain() throws Exception {
    try (SqliteJournal journal = open(folder)) {
      try (Cursor cursor = journal.open("erp", READINGS, Start.OLDEST)) {
        fill(journal, 0, 50);
        assertThat(cursor.next(10)).hasSize(10);
        assertThat(cursor.next(10).get(0).sequence()).isEqualTo(11);
        cursor.acknowledge(12);
        cursor.rewind();
        assertThat(cursor.next(1).get(0).sequence()).isEqualTo(13);
      }
      Account account = account(journal, "erp");
      assertThat(account.delivered()).isEqualTo(12);
      assertThat(account.pending()).isEqualTo(38);
    }
    try (SqliteJournal journal = open(folder)) {
      assertBalanced(journal);
      try (Cursor cursor = journal.open("erp", READINGS, Start.OLDEST)) {
        assertThat(cursor.next(100))
            .extracting(Recorded::sequence)
            .containsExactlyElementsOf(LongStream.rangeClosed(13, 50).boxed().toList());
      }
    }
  }

  @Test
  void readsEverythingInOrderFromFileAndMemory() throws Exception {
    Settings small = Settings.DEFAULT.withSizes(100, 500, 100);
    try (SqliteJournal journal = open(folder, small);
        Cursor slow = journal.open("slow", READINGS, Start.NOW);
        Cursor quick = journal.open("quick", OF_ONE, Start.NOW)) {
      List<Long> seen = new ArrayList<>();
      List<Long> expected = new ArrayList<>();
      for (int i = 0; i < 3_000; i++) {
        long sequence = stored(journal, entry("", reading(i % 3 == 0 ? "a" : "b", i)));
        if (i % 3 == 0) {
          expected.add(sequence);
        }
        for (Recorded recorded : quick.next(10)) {
          seen.add(recorded.sequence());
          quick.acknowledge(recorded.sequence());
        }
      }
      assertThat(seen).isEqualTo(expected);
      List<Long> all = new ArrayList<>();
      for (List<Recorded> some = slow.next(7); !some.isEmpty(); some = slow.next(7)) {
        some.forEach(recorded -> all.add(recorded.sequence()));
        slow.acknowledge(some.get(some.size() - 1).sequence());
      }
      assertThat(all).isEqualTo(LongStream.rangeClosed(1, 3_000).boxed().toList());
      assertBalanced(journal);
      assertThat(account(journal, "slow").pending()).isZero();
      assertThat(account(journal, "quick").accepted()).isEqualTo(1_000);
    }
  }

  @Test
  void countsFromTheOldestAndByKind() throws Exception {
    try (SqliteJournal journal = open(folder)) {
      fill(journal, 0, 30);
      stored(journal, entry("", new StatusChange(new ThingId("a"), Status.OFFLINE, "", NOW, NOW)));
      journal.open("old", READINGS, Start.OLDEST).close();
      journal.open("status", Selection.of(Selection.Kind.STATUS), Start.OLDEST).close();
      journal.open("now", Selection.all(), Start.NOW).close();
      fill(journal, 30, 10);
      assertThat(account(journal, "old").accepted()).isEqualTo(40);
      assertThat(account(journal, "status").accepted()).isEqualTo(1);
      assertThat(account(journal, "now").accepted()).isEqualTo(10);
      assertBalanced(journal);
    }
  }

  @Test
  void selectsSomethingElseWhenOpenedSo() throws Exception {
    try (SqliteJournal journal = open(folder)) {
      fill(journal, 0, 10);
      try (Cursor cursor = journal.open("erp", READINGS, Start.OLDEST)) {
        cursor.acknowledge(cursor.next(4).get(3).sequence());
      }
      journal.open("erp", OF_ONE, Start.OLDEST).close();
      assertThat(account(journal, "erp").pending()).isEqualTo(3);
      assertBalanced(journal);
    }
    try (SqliteJournal journal = open(folder)) {
      assertThat(account(journal, "erp").selection()).isEqualTo(OF_ONE);
      assertBalanced(journal);
    }
  }

  @Test
  void forgets() throws Exception {
    try (SqliteJournal journal = open(folder)) {
      journal.open("erp", READINGS, Start.OLDEST).close();
      journal.forget("erp");
      journal.forget("never");
      assertThat(journal.ledger().subscriptions()).isEmpty();
    }
    try (SqliteJournal journal = open(folder)) {
      assertThat(journal.ledger().subscriptions()).isEmpty();
    }
  }

  private static void fill(SqliteJournal journal, int from, int count) {
    for (int i = from; i < from + count; i++) {
      stored(journal, entry("", reading(i % 2 == 0 ? "a" : "b", i)));
    }
  }

  static Account account(SqliteJournal journal, String name) {
    return journal.ledger().subscriptions().stream()
        .filter(account -> account.subscription().equals(name))
        .findFirst()
        .orElseThrow();
  }

  static void assertBalanced(SqliteJournal journal) {
    for (Account account : journal.ledger().subscriptions()) {
      long dropped = account.dropped().values().stream().mapToLong(Long::longValue).sum();
      assertThat(account.delivered() + account.pending() + dropped)
          .as(account.toString())
          .isEqualTo(account.accepted());
    }
  }
}
