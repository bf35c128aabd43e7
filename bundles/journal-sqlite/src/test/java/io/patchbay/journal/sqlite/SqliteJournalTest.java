package io.patchbay.journal.sqlite;

import static io.patchbay.journal.sqlite.Samples.NOW;
import static io.patchbay.journal.sqlite.Samples.PATIENCE;
import static io.patchbay.journal.sqlite.Samples.append;
import static io.patchbay.journal.sqlite.Samples.entry;
import static io.patchbay.journal.sqlite.Samples.join;
import static io.patchbay.journal.sqlite.Samples.open;
import static io.patchbay.journal.sqlite.Samples.reading;
import static io.patchbay.journal.sqlite.Samples.stored;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.patchbay.journal.sqlite.Listeners.Listener;
import io.patchbay.store.Appended;
import io.patchbay.store.Appended.Stored;
import io.patchbay.store.Entry;
import io.patchbay.store.Recorded;
import io.patchbay.store.Registered;
import io.patchbay.store.Selection;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Quality;
import io.patchbay.thing.Stage;
import io.patchbay.thing.Status;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.TimeSource;
import io.patchbay.thing.Uplink;
import io.patchbay.thing.Uplink.Discovered;
import io.patchbay.thing.Uplink.Occurrence;
import io.patchbay.thing.Uplink.Reading;
import io.patchbay.thing.Uplink.StatusChange;
import io.patchbay.thing.Value;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SqliteJournalTest {
  private static final ThingId PLUG = new ThingId("plug");

  private final Path folder;

  SqliteJournalTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void refusesFileOfNewerHub() throws SQLException {
    open(folder).close();
    try (Connection connection = Database.open(folder, true).connect();
        Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA user_version = 99");
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
    assertThatThrownBy(() -> open(folder))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("newer hub")
        .hasMessageContaining("schema 99");
  }

  @Test
  void saysWhatToDoWithDamagedFile() throws IOException {
    Files.writeString(folder.resolve("journal.db"), "this is no database at all".repeat(400));
    assertThatThrownBy(() -> open(folder))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("journal.db")
        .hasMessageContaining("damaged")
        .hasMessageContaining("backup");
  }

  @Test
  void saysWhatToDoWithDamagedPages() throws Exception {
    try (SqliteJournal journal = open(folder)) {
      stored(journal, entry("", reading("plug", 1)));
    }
    Path file = folder.resolve("journal.db");
    byte[] octets = Files.readAllBytes(file);
    for (int i = 4096; i < octets.length; i++) {
      octets[i] = (byte) (i * 31);
    }
    Files.write(file, octets);
    assertThatThrownBy(() -> open(folder))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("move it away");
  }

  @Test
  void refusesWhenQueueIsFullAndKeepsTheOrderOfAnswers() throws Exception {
    CompletableFuture<Boolean> entered = new CompletableFuture<>();
    CompletableFuture<Boolean> gate = new CompletableFuture<>();
    List<Listener> slow =
        List.of(
            new Listener(
                "",
                last -> {
                  entered.complete(true);
                  gate.join();
                }));
    List<Integer> order = Collections.synchronizedList(new ArrayList<>());
    Settings few = Settings.DEFAULT.withQueue(4, 1 << 20);
    try (SqliteJournal journal = new SqliteJournal(folder, few, Clock.systemUTC(), () -> slow)) {
      stored(journal, entry("", reading("a", 0)));
      join(entered);
      List<CompletionStage<Appended>> stages = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        int number = i;
        CompletionStage<Appended> stage =
            journal.append(entry("", reading("a", 1 + i)), Duration.ZERO);
        stages.add(stage.whenComplete((answer, bug) -> order.add(Math.min(number, 4))));
      }
      long waited = System.nanoTime();
      CompletionStage<Appended> patient =
          journal.append(entry("", reading("a", 99)), Duration.ofMillis(50));
      assertThat(System.nanoTime() - waited).isGreaterThan(49_000_000);
      assertThat(stages).noneMatch(stage -> stage.toCompletableFuture().isDone());
      gate.complete(true);

      List<Appended> answers = stages.stream().map(Samples::join).toList();
      assertThat(answers.subList(0, 4)).allMatch(Stored.class::isInstance);
      assertThat(answers.subList(4, 12)).allMatch(Appended.Refused.class::isInstance);
      assertThat(join(patient)).isInstanceOf(Appended.Refused.class);
      assertThat(order).isSorted().hasSize(12);
      assertThat(journal.ledger().accepted()).isEqualTo(5);
    }
  }

  @Test
  void refusesOneEntryThatCannotBeWrittenAndTakesTheOthers() throws Exception {
    try (SqliteJournal journal = open(folder)) {
      Reading impossible = reading("plug", "x", new Value.Int(1), Instant.MAX);
      CompletionStage<Appended> before = journal.append(entry("", reading("plug", 1)), PATIENCE);
      CompletionStage<Appended> bad =
          journal.append(entry("", reading("plug", 2), impossible), PATIENCE);
      CompletionStage<Appended> after = journal.append(entry("", reading("plug", 3)), PATIENCE);
      assertThat(join(bad)).isInstanceOf(Appended.Refused.class);
      assertThat(join(before)).isEqualTo(new Stored(1));
      assertThat(join(after)).isEqualTo(new Stored(2));
      assertThat(journal.after(0, Selection.all(), 10)).hasSize(2);
    }
  }

  @Test
  void refusesWhatComesAfterClose() throws Exception {
    SqliteJournal journal = open(folder);
    journal.close();
    assertThat(append(journal, entry("", reading("plug", 1)))).isInstanceOf(Appended.Refused.class);
  }

  @Test
  void keepsEveryKindExactlyAcrossRestart() throws Exception {
    List<Uplink> all = new ArrayList<>();
    List<Value> values =
        List.of(
            new Value.Bool(true),
            new Value.Bool(false),
            new Value.Int(Long.MAX_VALUE),
            new Value.Int(Long.MIN_VALUE),
            new Value.Int((1L << 53) + 1),
            new Value.Num(0.1),
            new Value.Num(-0.0),
            new Value.Num(Double.MIN_VALUE),
            new Value.Num(21.5),
            new Value.Text("grün 🌡"),
            new Value.Text(""),
            new Value.Data(Bytes.wrap(new byte[] {0, -1, 127})));
    for (Value value : values) {
      all.add(reading("plug", "p", value, NOW.minusMillis(5)));
    }
    all.add(
        new Reading(
            PLUG,
            "q",
            new Value.Int(1),
            "",
            NOW,
            TimeSource.HUB,
            NOW.plusMillis(1),
            Quality.UNCERTAIN));
    all.add(new Occurrence(PLUG, "alarm", Map.of(), NOW, TimeSource.HUB, NOW));
    all.add(
        new Occurrence(
            PLUG,
            "alarm",
            Map.of("level", new Value.Int(3), "why", new Value.Text("hot")),
            NOW,
            TimeSource.DEVICE,
            NOW));
    all.add(new StatusChange(PLUG, Status.ASLEEP, "by plan", NOW, NOW));
    for (Stage stage : Stage.values()) {
      for (Status status : Status.values()) {
        all.add(new StatusChange(PLUG, status, stage, stage + " " + status, NOW, NOW));
      }
    }
    Thing device =
        new Thing(
            new ThingId("new"),
            URI.create("mqtt://local"),
            "plug",
            Map.of("device", "new"),
            Map.of("room", "1"));
    all.add(new Discovered(device, NOW, NOW));
    try (SqliteJournal journal = open(folder)) {
      stored(journal, new Entry("c", "d", "plug@1", all, Optional.empty(), Set.of()));
    }
    try (SqliteJournal journal = open(folder)) {
      List<Recorded> read = journal.after(0, Selection.all(), 100);
      assertThat(read.stream().map(Recorded::uplink)).containsExactlyElementsOf(all);
      assertThat(read.stream().map(Recorded::sequence))
          .containsExactlyElementsOf(LongStream.rangeClosed(1, all.size()).boxed().toList());
      assertThat(read).allMatch(recorded -> recorded.profile().equals("plug@1"));
      assertThat(journal.standings(PLUG, 100).stream().map(Recorded::uplink))
          .containsExactlyElementsOf(
              all.stream()
                  .filter(uplink -> uplink instanceof StatusChange)
                  .sorted(Comparator.comparingInt(all::indexOf).reversed())
                  .toList());
      assertThat(journal.standings(PLUG, 3)).hasSize(3);
      assertThat(journal.standings(new ThingId("new"), 3)).hasSize(1);
      assertThat(journal.standings(new ThingId("nobody"), 3)).isEmpty();
    }
  }

  @Test
  void completesEmptyEntriesInOrderWithoutCommit() throws Exception {
    try (SqliteJournal journal = open(folder)) {
      long commits = journal.writer().figures().commits.sum();
      for (int i = 0; i < 50; i++) {
        assertThat(append(journal, entry("x"))).isEqualTo(new Stored(1));
      }
      assertThat(journal.writer().figures().commits.sum()).isEqualTo(commits);
      List<Integer> order = Collections.synchronizedList(new ArrayList<>());
      List<CompletionStage<?>> stages = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        int number = i;
        Entry next = i % 3 == 0 ? entry("x") : entry("", reading("plug", i));
        stages.add(journal.append(next, PATIENCE).thenAccept(stored -> order.add(number)));
      }
      stages.forEach(Samples::join);
      assertThat(order).containsExactlyElementsOf(IntStream.range(0, 200).boxed().toList());
    }
  }

  @Test
  void findsHistoryInRunsAndInTail() throws Exception {
    Settings small = Settings.DEFAULT.withSizes(64, 100, 50);
    try (SqliteJournal journal = open(folder, small)) {
      // Time runs backwards for a while: order is by time, not by arrival.
      for (int i = 0; i < 1_050; i++) {
        int at = i < 300 ? i : i < 600 ? 899 - i : i;
        stored(
            journal,
            entry(
                "",
                reading("plug", "a", new Value.Int(i), NOW.plusSeconds(at)),
                reading("plug", "b", new Value.Num(i), NOW.plusSeconds(at)),
                reading("other" + i % 7, "a", new Value.Int(i), NOW.plusSeconds(at))));
      }
      List<Instant> expected =
          IntStream.range(0, 1_050).mapToObj(i -> NOW.plusSeconds(1_049 - i)).toList();
      Awaitility.await()
          .until(
              () ->
                  journal
                          .writer()
                          .callOutside(
                              s -> Database.number(s.connection(), "SELECT count(*) FROM run"))
                      > 20);
      assertThat(journal.readings(PLUG, "a", Instant.MIN, Instant.MAX, 100_000))
          .extracting(Reading::time)
          .containsExactlyElementsOf(expected);
      assertThat(journal.readings(PLUG, "a", Instant.MIN, Instant.MAX, 30))
          .extracting(Reading::time)
          .containsExactlyElementsOf(expected.subList(0, 30));
      assertThat(
              journal
                  .history(PLUG, "", NOW.plusSeconds(100), NOW.plusSeconds(200), 100_000)
                  .stream()
                  .map(recorded -> recorded.uplink().time()))
          .hasSize(200)
          .allMatch(time -> !time.isBefore(NOW.plusSeconds(100)))
          .allMatch(time -> time.isBefore(NOW.plusSeconds(200)));
      assertThat(journal.history(new ThingId("nobody"), "", Instant.MIN, Instant.MAX, 5)).isEmpty();
      assertThat(journal.history(PLUG, "nothing", Instant.MIN, Instant.MAX, 5)).isEmpty();
    }
    try (SqliteJournal journal = open(folder, small)) {
      assertThat(journal.readings(PLUG, "b", Instant.MIN, Instant.MAX, 100_000)).hasSize(1_050);
    }
  }

  @Test
  void remembersTheLatestOfTenThousandThings() throws Exception {
    Settings small = Settings.DEFAULT.withSync(false).withSizes(64, 4_096, 500);
    try (SqliteJournal journal = open(folder, small)) {
      List<CompletionStage<Appended>> stages = new ArrayList<>();
      for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 10_000; i++) {
          // In the last round the clock of every other device has gone backwards.
          long time = round == 2 && i % 2 == 0 ? -1 : round;
          stages.add(
              journal.append(
                  entry(
                      "",
                      reading("t" + i, "p", new Value.Int(round), NOW.plusSeconds(time)),
                      new StatusChange(
                          new ThingId("t" + i), Status.ONLINE, "", NOW.plusSeconds(round), NOW)),
                  PATIENCE));
        }
      }
      stages.forEach(Samples::join);
    }
    try (SqliteJournal journal = open(folder, small)) {
      List<Recorded> latest = journal.latest();
      assertThat(latest).hasSize(20_000);
      for (Recorded recorded : latest) {
        if (recorded.uplink() instanceof Reading reading) {
          int number = Integer.parseInt(reading.thing().value().substring(1));
          assertThat(reading.value()).isEqualTo(new Value.Int(number % 2 == 0 ? 1 : 2));
        }
      }
      assertThat(journal.history(new ThingId("t77"), "p", Instant.MIN, Instant.MAX, 10)).hasSize(3);
    }
  }

  /** What the twin was is what it is again, whatever the clocks did: folded here one by one. */
  @ParameterizedTest
  @ValueSource(ints = {40, 64, 1_000})
  void remembersWhatWasInForceWhenTheHubsClockWentBackAndForth(int run) throws Exception {
    Settings small = Settings.DEFAULT.withSync(false).withSizes(64, run, 500);
    Random random = new Random(7);
    Map<String, Recorded> twin = new HashMap<>();
    try (SqliteJournal journal = open(folder, small)) {
      for (int i = 0; i < 600; i++) {
        long skew = i / 100 % 2 == 0 ? 0 : -3_600;
        Instant now = NOW.plusSeconds(i + skew);
        boolean own = random.nextInt(3) == 0;
        String thing = "t" + random.nextInt(3);
        Uplink uplink =
            random.nextInt(5) == 0
                ? new StatusChange(
                    new ThingId(thing), i % 2 == 0 ? Status.ONLINE : Status.OFFLINE, "", now, now)
                : new Reading(
                    new ThingId(thing),
                    "p",
                    new Value.Int(i),
                    "",
                    own ? NOW.plusSeconds(i - random.nextInt(50)) : now,
                    own ? TimeSource.DEVICE : TimeSource.HUB,
                    now,
                    Quality.GOOD);
        Recorded recorded = new Recorded(stored(journal, entry("", uplink)), "plug@1", uplink);
        twin.merge(
            thing + Selection.name(uplink),
            recorded,
            (old, fresh) -> uplink.supersedes(old.uplink()) ? fresh : old);
      }
    }
    try (SqliteJournal journal = open(folder, small)) {
      assertThat(journal.latest()).containsExactlyInAnyOrderElementsOf(twin.values());
    }
  }

  @Test
  void givesTheLastDeliveriesOfConnectionAfterRestart() throws Exception {
    try (SqliteJournal journal = open(folder)) {
      for (int i = 0; i < 300; i++) {
        stored(journal, entry("d" + i, reading("plug", i)));
        stored(
            journal,
            new Entry(
                "mqtt:other",
                "o" + i,
                "p@1",
                List.of(reading("x", i)),
                Optional.empty(),
                Set.of()));
      }
      stored(journal, Samples.keeping(Samples.rejected("x", NOW)));
    }
    try (SqliteJournal journal = open(folder)) {
      assertThat(journal.deliveries("mqtt:local", 3)).containsExactly("d297", "d298", "d299");
      assertThat(journal.deliveries("mqtt:other", 1_000)).hasSize(300);
      assertThat(journal.deliveries("mqtt:none", 3)).isEmpty();
    }
  }

  @Test
  void tellsListenersAfterEachCommitWhatIsThere() throws Exception {
    AtomicLong told = new AtomicLong();
    List<Listener> listeners =
        List.of(
            new Listener(
                "",
                last -> {
                  throw new IllegalStateException("a listener with a bug");
                }),
            new Listener("", told::set));
    try (SqliteJournal journal =
        new SqliteJournal(folder, Settings.DEFAULT, Clock.systemUTC(), () -> listeners)) {
      stored(journal, entry("", reading("plug", 1), reading("plug", 2)));
      Awaitility.await().untilAsserted(() -> assertThat(told.get()).isEqualTo(2));
    }
  }

  @Test
  void takesEntriesOfManyThreadsEachInOrder() throws Exception {
    Settings small = Settings.DEFAULT.withQueue(64, 1 << 20).withSizes(256, 500, 100);
    try (SqliteJournal journal = open(folder, small)) {
      List<Thread> threads = new ArrayList<>();
      for (int t = 0; t < 8; t++) {
        String thing = "t" + t;
        Thread thread =
            new Thread(
                () -> {
                  for (int i = 0; i < 500; i++) {
                    CompletionStage<Appended> unused =
                        journal.append(entry("", reading(thing, i)), PATIENCE);
                  }
                });
        thread.start();
        threads.add(thread);
      }
      for (Thread thread : threads) {
        thread.join();
      }
      stored(journal, entry("", reading("last", 0)));
      List<Recorded> all = journal.after(0, Selection.all(), 10_000);
      assertThat(all).hasSize(4_001);
      for (int t = 0; t < 8; t++) {
        ThingId thing = new ThingId("t" + t);
        assertThat(all.stream().map(Recorded::uplink).filter(u -> u.thing().equals(thing)))
            .extracting(uplink -> ((Reading) uplink).value())
            .containsExactlyElementsOf(
                LongStream.range(0, 500).<Value>mapToObj(Value.Int::new).toList());
      }
      assertThat(journal.ledger().accepted()).isEqualTo(4_001);
    }
  }

  @Test
  void remembersThings() throws Exception {
    Thing thing =
        new Thing(PLUG, URI.create("mqtt://local"), "plug", Map.of("a", "b"), Map.of("c", "d"));
    Registered one =
        new Registered(
            thing, Registered.Admission.WAITING, Registered.Origin.ONBOARDED, NOW.plusMillis(3));
    Registered two =
        new Registered(thing, Registered.Admission.ADMITTED, Registered.Origin.API, NOW);
    try (SqliteJournal journal = open(folder)) {
      join(journal.save(one));
      assertThat(journal.load()).containsExactly(one);
      join(journal.save(two));
    }
    try (SqliteJournal journal = open(folder)) {
      assertThat(journal.load()).containsExactly(two);
      join(journal.remove(PLUG));
      assertThat(journal.load()).isEmpty();
    }
  }
}
