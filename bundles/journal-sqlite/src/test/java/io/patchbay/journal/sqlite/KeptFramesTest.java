package io.patchbay.journal.sqlite;

import static io.patchbay.journal.sqlite.Samples.NOW;
import static io.patchbay.journal.sqlite.Samples.append;
import static io.patchbay.journal.sqlite.Samples.held;
import static io.patchbay.journal.sqlite.Samples.join;
import static io.patchbay.journal.sqlite.Samples.keeping;
import static io.patchbay.journal.sqlite.Samples.open;
import static io.patchbay.journal.sqlite.Samples.reading;
import static io.patchbay.journal.sqlite.Samples.rejected;
import static io.patchbay.journal.sqlite.Samples.releasing;
import static io.patchbay.journal.sqlite.Samples.stored;
import static org.assertj.core.api.Assertions.assertThat;

import io.patchbay.store.Appended;
import io.patchbay.store.KeptFrame;
import io.patchbay.store.KeptFrame.Kind;
import io.patchbay.store.Selection;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeptFramesTest {
  private final Path folder;

  KeptFramesTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void refusesWhatWouldBeOneTooMany() throws Exception {
    Settings few = Settings.DEFAULT.withKept(3, 1 << 20, false, Duration.ofDays(30));
    try (SqliteJournal journal = open(folder, few)) {
      for (int i = 0; i < 3; i++) {
        stored(journal, keeping(rejected("x", NOW)));
      }
      assertThat(append(journal, keeping(held("new"), reading("plug", 1))))
          .isInstanceOfSatisfying(
              Appended.Refused.class, refused -> assertThat(refused.why()).contains("keptFrames"));
      assertThat(journal.after(0, Selection.all(), 10)).isEmpty();
      assertThat(stored(journal, Samples.entry("", reading("plug", 2)))).isPositive();
      join(journal.discard(List.of(1L)));
      stored(journal, keeping(held("new")));
      assertThat(journal.kept(Kind.HELD, 0, 10)).hasSize(1);
    }
  }

  @Test
  void refusesWhatIsTooLargeForTheRoom() throws Exception {
    Settings small = Settings.DEFAULT.withKept(1_000, 2_000, true, Duration.ofDays(30));
    try (SqliteJournal journal = open(folder, small)) {
      assertThat(append(journal, keeping(rejected("x".repeat(3_000), NOW))))
          .isInstanceOf(Appended.Refused.class);
      stored(journal, keeping(rejected("x".repeat(1_000), NOW)));
      stored(journal, keeping(rejected("y".repeat(1_000), NOW)));
      assertThat(journal.kept(Kind.REJECTED, 0, 10))
          .extracting(kept -> kept.frame().payload().at(0))
          .containsExactly((byte) 'y');
    }
  }

  @Test
  void lettingTheOldestGoKeepsHeldOnes() throws Exception {
    Settings few = Settings.DEFAULT.withKept(10, 1 << 20, true, Duration.ofDays(30));
    try (SqliteJournal journal = open(folder, few)) {
      stored(journal, keeping(held("new")));
      for (int i = 0; i < 30; i++) {
        stored(journal, keeping(rejected("x", NOW)));
      }
      assertThat(journal.kept(Kind.HELD, 0, 100)).hasSize(1);
      assertThat(journal.kept(Kind.REJECTED, 0, 100))
          .extracting(KeptFrame::id)
          .containsExactlyElementsOf(LongStream.rangeClosed(23, 31).boxed().toList());
      assertThat(journal.ledger().rejected()).isEqualTo(30);
      assertThat(journal.ledger().held()).isEqualTo(1);
    }
  }

  @Test
  void keepsFramesWhollyAndGivesIdsOnce() throws Exception {
    KeptFrame frame = rejected("{\"a\":1}", NOW);
    try (SqliteJournal journal = open(folder)) {
      stored(journal, keeping(frame, reading("plug", 1)));
      stored(journal, keeping(held("new")));
      join(journal.discard(List.of(1L, 2L, 99L)));
      assertThat(journal.kept(Kind.REJECTED, 0, 10)).isEmpty();
    }
    try (SqliteJournal journal = open(folder)) {
      stored(journal, keeping(frame));
      KeptFrame kept = journal.kept(Kind.REJECTED, 0, 10).get(0);
      assertThat(kept)
          .isEqualTo(
              new KeptFrame(
                  3,
                  frame.kind(),
                  frame.reason(),
                  frame.detail(),
                  frame.thing(),
                  frame.frame(),
                  frame.truncated()));
      assertThat(journal.kept(Kind.REJECTED, 3, 10)).isEmpty();
      assertThat(journal.ledger().rejected()).isEqualTo(2);
    }
  }

  @Test
  void releasesWithTheEntryThatReplacesIt() throws Exception {
    try (SqliteJournal journal = open(folder)) {
      stored(journal, keeping(held("new")));
      stored(journal, releasing(Set.of(1L), reading("new", 1)));
      assertThat(journal.kept(Kind.HELD, 0, 10)).isEmpty();
      assertThat(journal.ledger().held()).isZero();
      assertThat(journal.after(0, Selection.all(), 10)).hasSize(1);
    }
  }

  @Test
  void removesRejectedOnesOfAge() throws Exception {
    Clock later = Clock.fixed(NOW.plus(Duration.ofDays(40)), java.time.ZoneOffset.UTC);
    Settings settings =
        Settings.DEFAULT
            .withRetention(Duration.ofDays(36_500), 1L << 40)
            .withKept(5_000, 64 << 20, false, Duration.ofDays(30));
    try (SqliteJournal journal = new SqliteJournal(folder, settings, later, List::of)) {
      for (int i = 0; i < 1_200; i++) {
        // 900 of them are older than 30 days.
        stored(journal, keeping(rejected("x", NOW.plus(Duration.ofDays(i < 900 ? 1 : 20)))));
      }
      stored(journal, keeping(held("new")));
      journal.keeper().tidy();
      assertThat(journal.kept(Kind.REJECTED, 0, 5_000)).hasSize(300);
      assertThat(journal.kept(Kind.HELD, 0, 10)).hasSize(1);
      assertThat(journal.keptStore().sums().frames()).isEqualTo(301);
    }
  }
}
