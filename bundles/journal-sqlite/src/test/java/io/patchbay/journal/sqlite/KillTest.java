package io.patchbay.journal.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import io.patchbay.store.Recorded;
import io.patchbay.store.Selection;
import io.patchbay.thing.Uplink.Reading;
import io.patchbay.thing.Value;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KillTest {
  private static final int ROUNDS = 5;

  private final Path folder;

  KillTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void everythingAcknowledgedIsThereOnceAndInOrderAfterEachKill() throws Exception {
    Map<Long, Long> acknowledged = new TreeMap<>();
    long next = 0;
    for (int round = 0; round < ROUNDS; round++) {
      int before = acknowledged.size();
      runAndKill(next, 1_500 + 700 * round, acknowledged);
      assertThat(acknowledged.size()).isGreaterThan(before + 1_000);
      try (SqliteJournal journal = Samples.open(folder)) {
        next = verify(journal, acknowledged) + 1;
      }
    }
  }

  private void runAndKill(long from, int acknowledgements, Map<Long, Long> into)
      throws IOException, InterruptedException {
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                KillTarget.class.getName(),
                folder.toString(),
                Long.toString(from))
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (BufferedReader lines = child.inputReader()) {
      int seen = 0;
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        String[] words = line.split(" ");
        if (words.length == 2 && !words[1].isEmpty()) {
          assertThat(into.put(Long.parseLong(words[0]), Long.parseLong(words[1]))).isNull();
        }
        if (++seen == acknowledgements) {
          // SIGKILL by its handle, which leaves the pipe open: what was printed is still read.
          child.toHandle().destroyForcibly();
        }
      }
    } finally {
      child.destroyForcibly().waitFor();
    }
  }

  /** Returns the largest number found. */
  private static long verify(SqliteJournal journal, Map<Long, Long> acknowledged) {
    List<Recorded> all = journal.after(0, Selection.all(), Integer.MAX_VALUE);
    Map<Long, Long> found = new TreeMap<>();
    Set<Long> numbers = new HashSet<>();
    long last = -1;
    long sequence = 0;
    for (Recorded recorded : all) {
      long number = ((Value.Int) ((Reading) recorded.uplink()).value()).value();
      assertThat(numbers.add(number)).as("reading %s is there once", number).isTrue();
      assertThat(number).isGreaterThan(last);
      assertThat(recorded.sequence()).isEqualTo(++sequence);
      last = number;
      found.put(recorded.sequence(), number);
    }
    assertThat(found).containsAllEntriesOf(acknowledged);
    SubscriptionTest.assertBalanced(journal);
    assertThat(journal.ledger().accepted()).isEqualTo(all.size());
    assertThat(SubscriptionTest.account(journal, "all").accepted()).isEqualTo(all.size());
    assertThat(journal.deliveries("mqtt:local", 1)).containsExactly("d" + last);
    return last;
  }
}
