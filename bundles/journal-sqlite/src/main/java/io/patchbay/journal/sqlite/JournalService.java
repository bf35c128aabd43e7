package io.patchbay.journal.sqlite;

import io.patchbay.operation.Health;
import io.patchbay.operation.Metrics;
import io.patchbay.store.Appended;
import io.patchbay.store.CommandStore;
import io.patchbay.store.Cursor;
import io.patchbay.store.Entry;
import io.patchbay.store.Journal;
import io.patchbay.store.KeptFrame;
import io.patchbay.store.Ledger;
import io.patchbay.store.OrderStore;
import io.patchbay.store.Recorded;
import io.patchbay.store.Registered;
import io.patchbay.store.Selection;
import io.patchbay.store.ThingStore;
import io.patchbay.thing.CommandId;
import io.patchbay.thing.ThingId;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.osgi.service.metatype.annotations.Option;

/** The journal as a service. */
@Component(
    name = "io.patchbay.journal.sqlite",
    configurationPid = "io.patchbay.journal.sqlite",
    immediate = true,
    service = {
      Journal.class,
      ThingStore.class,
      OrderStore.class,
      CommandStore.class,
      Metrics.class,
      Health.class
    })
@Designate(ocd = JournalService.Config.class)
public final class JournalService
    implements Journal, ThingStore, OrderStore, CommandStore, Metrics, Health {

  /** Configuration of {@code io.patchbay.journal.sqlite}. */
  @ObjectClassDefinition(name = "Patchbay journal (SQLite)")
  public @interface Config {
    @AttributeDefinition(
        description =
            "full: what is acknowledged survives a power cut; normal: it survives kill -9 only",
        options = {@Option("full"), @Option("normal")})
    String sync() default "full";

    @AttributeDefinition(description = "Days that uplinks are kept, 1 to 36500", min = "1")
    int retentionDays() default 90;

    @AttributeDefinition(
        description = "Size of the log in bytes at which the oldest uplinks go, from 1048576",
        min = "1048576")
    long maxBytes() default 10L << 30;

    @AttributeDefinition(description = "Rejected and held frames kept, from 1", min = "1")
    int keptFrames() default 200_000;

    @AttributeDefinition(description = "Bytes of rejected and held frames, from 1024", min = "1024")
    long keptBytes() default 256L << 20;

    @AttributeDefinition(
        description =
            "refuse: when as many are kept nothing more is acknowledged that would be rejected;"
                + " oldest: the oldest rejected frame makes room",
        options = {@Option("refuse"), @Option("oldest")})
    String keptWhenFull() default "refuse";

    @AttributeDefinition(description = "Days that rejected frames are kept, 1 to 36500", min = "1")
    int keptDays() default 30;

    @AttributeDefinition(
        description = "Entries that may wait for the disk, 1 to 1000000",
        min = "1",
        max = "1000000")
    int queueEntries() default 65_536;

    @AttributeDefinition(description = "Bytes of them, from 1048576", min = "1048576")
    long queueBytes() default 64L << 20;
  }

  private final SqliteJournal journal;
  private final Path file;
  private final Listeners resolved;

  // References only: a listener may need this journal, so none is fetched before the first commit.
  @Reference(
      service = CommitListener.class,
      cardinality = ReferenceCardinality.MULTIPLE,
      policy = ReferencePolicy.DYNAMIC)
  private volatile List<ServiceReference<CommitListener>> listeners = List.of();

  @Activate
  public JournalService(BundleContext context, Config config) {
    String data = context.getProperty("patchbay.data");
    if (data == null) {
      throw new IllegalStateException("the framework property patchbay.data names no directory");
    }
    Path folder = Path.of(data, "journal");
    file = folder.resolve("journal.db");
    resolved = new Listeners(context);
    journal =
        new SqliteJournal(
            folder, settings(config), Clock.systemUTC(), () -> resolved.of(listeners));
  }

  private static Settings settings(Config config) {
    return new Settings(
        choice("sync", config.sync(), "full", "normal"),
        inRange("queueEntries", config.queueEntries(), 1, 1_000_000),
        inRange("queueBytes", config.queueBytes(), 1 << 20, 1L << 40),
        Duration.ofDays(inRange("retentionDays", config.retentionDays(), 1, 36_500)),
        inRange("maxBytes", config.maxBytes(), 1 << 20, Long.MAX_VALUE),
        inRange("keptFrames", config.keptFrames(), 1, Integer.MAX_VALUE),
        inRange("keptBytes", config.keptBytes(), 1024, Long.MAX_VALUE),
        choice("keptWhenFull", config.keptWhenFull(), "oldest", "refuse"),
        Duration.ofDays(inRange("keptDays", config.keptDays(), 1, 36_500)),
        Settings.DEFAULT.tailUplinks(),
        Settings.DEFAULT.runUplinks(),
        Settings.DEFAULT.checkpointPages());
  }

  private static boolean choice(String key, String value, String yes, String no) {
    if (!value.equals(yes) && !value.equals(no)) {
      throw new IllegalArgumentException(
          "io.patchbay.journal.sqlite: "
              + key
              + " = '"
              + value
              + "' is not known; accepted: "
              + yes
              + ", "
              + no);
    }
    return value.equals(yes);
  }

  private static int inRange(String key, int value, int least, int most) {
    return (int) inRange(key, (long) value, least, most);
  }

  private static long inRange(String key, long value, long least, long most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          "io.patchbay.journal.sqlite: "
              + key
              + " = "
              + value
              + " is outside "
              + least
              + " to "
              + most);
    }
    return value;
  }

  @Deactivate
  void close() throws SQLException {
    journal.close();
    resolved.release();
  }

  @Override
  public CompletionStage<Appended> append(Entry entry, Duration patience) {
    return journal.append(entry, patience);
  }

  @Override
  public List<Recorded> history(
      ThingId thing, String property, Instant from, Instant to, int limit) {
    return journal.history(thing, property, from, to, limit);
  }

  @Override
  public List<Recorded> standings(ThingId thing, int limit) {
    return journal.standings(thing, limit);
  }

  @Override
  public List<Recorded> after(long sequence, Selection selection, int max) {
    return journal.after(sequence, selection, max);
  }

  @Override
  public List<Recorded> latest() {
    return journal.latest();
  }

  @Override
  public List<String> deliveries(String connection, int max) {
    return journal.deliveries(connection, max);
  }

  @Override
  public Cursor open(String name, Selection selection, Start start) {
    return journal.open(name, selection, start);
  }

  @Override
  public void forget(String name) {
    journal.forget(name);
  }

  @Override
  public List<KeptFrame> kept(KeptFrame.Kind kind, long afterId, int max) {
    return journal.kept(kind, afterId, max);
  }

  @Override
  public CompletionStage<Appended> discard(List<Long> ids) {
    return journal.discard(ids);
  }

  @Override
  public Ledger ledger() {
    return journal.ledger();
  }

  @Override
  public List<Registered> load() {
    return journal.load();
  }

  @Override
  public CompletionStage<Void> save(Registered registered) {
    return journal.save(registered);
  }

  @Override
  public CompletionStage<Void> remove(ThingId id) {
    return journal.remove(id);
  }

  @Override
  public List<Order> orders() {
    return journal.orders();
  }

  @Override
  public CompletionStage<Void> save(Order order) {
    return journal.save(order);
  }

  @Override
  public CompletionStage<Void> cancel(ThingId thing, String property) {
    return journal.cancel(thing, property);
  }

  @Override
  public List<Waiting> waiting() {
    return journal.waiting();
  }

  @Override
  public CompletionStage<Void> save(Waiting waiting) {
    return journal.save(waiting);
  }

  @Override
  public CompletionStage<Void> ended(CommandId id) {
    return journal.ended(id);
  }

  @Override
  public List<Sample> samples() {
    return Figures.samples(journal, file);
  }

  @Override
  public List<Check> checks() {
    return Figures.checks(journal, file);
  }
}
