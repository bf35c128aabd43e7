package io.patchbay.itests.bench;

import io.patchbay.journal.sqlite.JournalService;
import io.patchbay.store.Appended;
import io.patchbay.store.Entry;
import io.patchbay.thing.Quality;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.TimeSource;
import io.patchbay.thing.Uplink.Reading;
import io.patchbay.thing.Value;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import org.osgi.framework.BundleContext;

/** The journal, with and without a disk flush for each commit, beside a bare loop of inserts. */
final class JournalBench {
  private static final int THINGS = 100;
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Options options;
  private final Path work;

  JournalBench(Options options, Path work) {
    this.options = options;
    this.work = work;
  }

  private record Result(double rate, double p50Ms, double p99Ms, double cpuMicros) {}

  /** Something measured. */
  private interface Run {
    Result in(Path folder) throws IOException, SQLException, InterruptedException;
  }

  List<Measurement> run() throws IOException, SQLException, InterruptedException {
    List<Measurement> all = new ArrayList<>();
    for (String sync : List.of("full", "normal")) {
      String floor = "bare inserts, " + sync;
      Result bare = median(folder -> bare(folder, sync));
      Result journal = median(folder -> journal(folder, sync));
      all.add(measurement(floor, floor, bare, bare));
      all.add(measurement("journal, " + sync, floor, journal, bare));
    }
    return all;
  }

  private static Measurement measurement(String name, String floor, Result own, Result bare)
      throws IOException {
    return new Measurement(
        name,
        own.rate(),
        "readings/s",
        floor,
        bare.rate(),
        own.p50Ms(),
        own.p99Ms(),
        own.cpuMicros(),
        Usage.rssMb(ProcessHandle.current().pid()));
  }

  private Result median(Run run) throws IOException, SQLException, InterruptedException {
    List<Result> results = new ArrayList<>();
    for (int i = 0; i < options.rounds(); i++) {
      Path folder = Files.createTempDirectory(work, "journal");
      results.add(run.in(folder));
    }
    results.sort(Comparator.comparingDouble(Result::rate));
    return results.get(results.size() / 2);
  }

  private Result journal(Path folder, String sync)
      throws SQLException, InterruptedException, IOException {
    JournalService journal = new JournalService(context(folder), config(sync));
    Semaphore window = new Semaphore(options.outstanding(256));
    AtomicLong done = new AtomicLong();
    AtomicLong refused = new AtomicLong();
    long[] latencies = new long[4_000_000];
    int count = 0;
    Timer timer = new Timer();
    while (timer.runs(done.get())) {
      window.acquire();
      Reading reading = reading(count);
      Entry entry =
          new Entry(
              "mqtt:local",
              Integer.toString(count & 0xFFFF),
              "bench@1",
              List.of(reading),
              Optional.empty(),
              Set.of());
      int number = count++;
      long begun = System.nanoTime();
      var unused =
          journal
              .append(entry, PATIENCE)
              .thenAccept(
                  answer -> {
                    if (answer instanceof Appended.Refused) {
                      refused.incrementAndGet();
                    }
                    latencies[Math.min(number, latencies.length - 1)] = System.nanoTime() - begun;
                    done.incrementAndGet();
                    window.release();
                  });
    }
    Result result = timer.result(done.get());
    window.acquire(options.outstanding(256));
    closing(journal);
    if (refused.get() > 0) {
      throw new IOException(refused.get() + " entries were refused");
    }
    long[] sorted = Arrays.copyOf(latencies, Math.min(count, latencies.length));
    Arrays.sort(sorted);
    return new Result(
        result.rate(),
        sorted[sorted.length / 2] / 1e6,
        sorted[(int) (sorted.length * 0.99)] / 1e6,
        result.cpuMicros());
  }

  /** The service's end belongs to the framework, so it is not public. */
  static void closing(JournalService journal) throws IOException {
    try {
      Method close = JournalService.class.getDeclaredMethod("close");
      close.setAccessible(true);
      close.invoke(journal);
    } catch (ReflectiveOperationException e) {
      throw new IOException("the journal did not close", e);
    }
  }

  /** One row per reading and as many in a transaction as are under way above. */
  private Result bare(Path folder, String sync) throws SQLException, IOException {
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("bare.db"));
        Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA journal_mode = WAL");
      statement.execute("PRAGMA synchronous = " + sync);
      statement.execute(
          "CREATE TABLE log(sequence INTEGER PRIMARY KEY, thing INTEGER, property INTEGER,"
              + " time INTEGER, received INTEGER, value REAL, unit INTEGER, delivery TEXT)");
      connection.setAutoCommit(false);
      try (PreparedStatement insert =
          connection.prepareStatement(
              "INSERT INTO log(thing, property, time, received, value, unit, delivery)"
                  + " VALUES(?, ?, ?, ?, ?, ?, ?)")) {
        List<Long> latencies = new ArrayList<>();
        long count = 0;
        Timer timer = new Timer();
        while (timer.runs(count)) {
          long begun = System.nanoTime();
          for (int i = 0; i < options.outstanding(256); i++) {
            long now = System.currentTimeMillis();
            insert.setLong(1, count % THINGS);
            insert.setLong(2, 1);
            insert.setLong(3, now);
            insert.setLong(4, now);
            insert.setDouble(5, count * 0.1);
            insert.setLong(6, 1);
            insert.setString(7, Long.toString(count & 0xFFFF));
            insert.addBatch();
            count++;
          }
          insert.executeBatch();
          connection.commit();
          latencies.add(System.nanoTime() - begun);
        }
        Result result = timer.result(count);
        latencies.sort(Comparator.naturalOrder());
        return new Result(
            result.rate(),
            latencies.get(latencies.size() / 2) / 1e6,
            latencies.get((int) (latencies.size() * 0.99)) / 1e6,
            result.cpuMicros());
      }
    }
  }

  private static Reading reading(int count) {
    Instant now = Instant.ofEpochMilli(System.currentTimeMillis());
    return new Reading(
        new ThingId("device-" + count % THINGS),
        "temperature",
        new Value.Num(count * 0.1),
        "Cel",
        now,
        TimeSource.HUB,
        now,
        Quality.GOOD);
  }

  /** A third of the time more to warm up, then what counts. */
  private final class Timer {
    private final long begin = System.nanoTime() + options.seconds() * 333_000_000L;
    private final long end = begin + options.seconds() * 1_000_000_000L;
    private long from;
    private long before;
    private long cpu;

    boolean runs(long count) throws IOException {
      long now = System.nanoTime();
      if (from == 0 && now >= begin) {
        from = now;
        before = count;
        cpu = Usage.cpuMicros(ProcessHandle.current().pid());
      }
      return now < end;
    }

    Result result(long count) throws IOException {
      double seconds = (System.nanoTime() - from) / 1e9;
      double used = Usage.cpuMicros(ProcessHandle.current().pid()) - cpu;
      return new Result((count - before) / seconds, 0, 0, used / Math.max(1, count - before));
    }
  }

  static BundleContext context(Path folder) {
    return (BundleContext)
        Proxy.newProxyInstance(
            JournalBench.class.getClassLoader(),
            new Class<?>[] {BundleContext.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("getProperty")) {
                return folder.toString();
              }
              throw new UnsupportedOperationException(method.getName());
            });
  }

  /** The defaults, but for {@code sync}. */
  static JournalService.Config config(String sync) {
    return (JournalService.Config)
        Proxy.newProxyInstance(
            JournalBench.class.getClassLoader(),
            new Class<?>[] {JournalService.Config.class},
            (proxy, method, arguments) ->
                method.getName().equals("sync") ? sync : method.getDefaultValue());
  }
}
