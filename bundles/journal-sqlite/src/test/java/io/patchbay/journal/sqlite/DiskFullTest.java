package io.patchbay.journal.sqlite;

import static io.patchbay.journal.sqlite.Samples.NOW;
import static io.patchbay.journal.sqlite.Samples.append;
import static io.patchbay.journal.sqlite.Samples.entry;
import static io.patchbay.journal.sqlite.Samples.join;
import static io.patchbay.journal.sqlite.Samples.open;
import static io.patchbay.journal.sqlite.Samples.reading;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.patchbay.store.Appended;
import io.patchbay.store.Journal.Start;
import io.patchbay.store.Recorded;
import io.patchbay.store.Registered;
import io.patchbay.store.Selection;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Uplink.Reading;
import io.patchbay.thing.Value;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskFullTest {
  private static final String PADDING = "x".repeat(3_000);

  private final Path folder;
  private boolean mounted;

  @AfterEach
  void unmount() throws Exception {
    if (mounted) {
      // Lazily, because the driver's library may have been loaded from there.
      run("umount", "-l", folder.toString());
    }
  }

  DiskFullTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void refusesWhileTheFileMayNotGrow() throws Exception {
    try (SqliteJournal journal = open(folder)) {
      refuseAndRecover(journal, () -> limit(journal, 40), () -> limit(journal, 1_000_000));
    }
    verifyAfterRestart();
  }

  /** On a disk of its own where the test may mount one (root); SQLite's own limit elsewhere. */
  @Test
  void refusesWhileTheDiskIsFull() throws Exception {
    mounted =
        run("mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", folder.toAbsolutePath().toString());
    Path filler = folder.resolve("filler");
    try (SqliteJournal journal = open(folder)) {
      if (mounted) {
        refuseAndRecover(journal, () -> fill(filler), () -> Files.delete(filler));
      } else {
        refuseAndRecover(journal, () -> limit(journal, 60), () -> limit(journal, 1_000_000));
      }
    }
    verifyAfterRestart();
  }

  private final List<Long> stored = new ArrayList<>();

  /** Something that may fail. */
  private interface Step {
    void run() throws Exception;
  }

  private void refuseAndRecover(SqliteJournal journal, Step full, Step room) throws Exception {
    journal.open("all", Selection.all(), Start.NOW).close();
    write(journal, 0, 5);
    assertThat(stored).hasSize(5);
    full.run();
    int number = 5;
    Appended last;
    do {
      last = write(journal, number++, 1);
    } while (last instanceof Appended.Stored && number < 20_000);
    assertThat(last)
        .isInstanceOfSatisfying(
            Appended.Refused.class,
            refused -> {
              assertThat(refused.why()).contains("disk full");
              assertThat(refused.retryAfter()).isPositive();
            });
    assertThat(Figures.checks(journal, folder.resolve("journal.db")).get(0).message())
        .contains("disk full");
    assertThatThrownBy(() -> join(journal.save(thing())))
        .hasRootCauseInstanceOf(SQLException.class)
        .hasMessageContaining("could not be kept: disk full");
    // Reading goes on.
    assertThat(journal.after(0, Selection.all(), 100_000).size()).isEqualTo(2 * stored.size());
    room.run();
    int before = stored.size();
    assertThat(write(journal, number, 20)).isInstanceOf(Appended.Stored.class);
    assertThat(stored).hasSize(before + 20);
    join(journal.save(thing()));
    assertThat(Figures.checks(journal, folder.resolve("journal.db")).get(0).message())
        .doesNotContain("cannot write");
    SubscriptionTest.assertBalanced(journal);
  }

  private Appended write(SqliteJournal journal, int from, int count) {
    Appended last = new Appended.Stored(0);
    for (int i = from; i < from + count; i++) {
      last =
          append(
              journal,
              entry(
                  "d" + i,
                  reading("t" + i, "n", new Value.Int(i), NOW),
                  reading("t" + i, "text", new Value.Text(PADDING), NOW)));
      if (last instanceof Appended.Stored) {
        stored.add((long) i);
      }
    }
    return last;
  }

  private void verifyAfterRestart() throws Exception {
    try (SqliteJournal journal = open(folder)) {
      List<Recorded> all = journal.after(0, Selection.all(), 100_000);
      List<Long> numbers =
          all.stream()
              .map(recorded -> ((Reading) recorded.uplink()).value())
              .filter(Value.Int.class::isInstance)
              .map(value -> ((Value.Int) value).value())
              .toList();
      assertThat(numbers).isEqualTo(stored);
      assertThat(journal.ledger().accepted()).isEqualTo(2L * stored.size());
      assertThat(SubscriptionTest.account(journal, "all").pending()).isEqualTo(2L * stored.size());
      SubscriptionTest.assertBalanced(journal);
      assertThat(journal.load()).hasSize(1);
    }
  }

  private static Registered thing() {
    Thing thing =
        new Thing(
            new ThingId("a"), URI.create("mqtt://local"), "p", Map.of(), Map.of("l", PADDING));
    return new Registered(thing, Registered.Admission.ADMITTED, Registered.Origin.API, NOW);
  }

  private static void limit(SqliteJournal journal, int pages) throws SQLException {
    journal
        .writer()
        .callOutside(
            session -> {
              try (Statement statement = session.connection().createStatement()) {
                return statement.execute("PRAGMA max_page_count = " + pages);
              }
            });
  }

  private static void fill(Path filler) throws IOException {
    byte[] some = new byte[4096];
    try (var out = Files.newOutputStream(filler)) {
      while (true) {
        out.write(some);
      }
    } catch (IOException full) {
      assertThat(full).hasMessageContaining("space");
    }
  }

  private static boolean run(String... command) throws Exception {
    try {
      return new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return false;
    }
  }
}
