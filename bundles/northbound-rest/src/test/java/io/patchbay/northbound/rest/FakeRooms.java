package io.patchbay.northbound.rest;

import io.patchbay.access.Audit;
import io.patchbay.northbound.Commands;
import io.patchbay.northbound.DesiredValues;
import io.patchbay.northbound.Feed;
import io.patchbay.northbound.Recorder;
import io.patchbay.northbound.RefusedException;
import io.patchbay.northbound.Rejections;
import io.patchbay.northbound.ThingState;
import io.patchbay.northbound.Things;
import io.patchbay.operation.Health;
import io.patchbay.operation.Metrics;
import io.patchbay.operation.Recordings;
import io.patchbay.profile.Action;
import io.patchbay.profile.DataSchema;
import io.patchbay.profile.Event;
import io.patchbay.profile.Form;
import io.patchbay.profile.Op;
import io.patchbay.profile.Profile;
import io.patchbay.profile.Profiles;
import io.patchbay.profile.Property;
import io.patchbay.southbound.Receipt;
import io.patchbay.store.Entry;
import io.patchbay.store.KeptFrame;
import io.patchbay.store.Recorded;
import io.patchbay.store.Registered;
import io.patchbay.store.Registered.Admission;
import io.patchbay.store.Selection;
import io.patchbay.testkit.InMemoryJournal;
import io.patchbay.thing.Command;
import io.patchbay.thing.CommandId;
import io.patchbay.thing.Outcome;
import io.patchbay.thing.Quality;
import io.patchbay.thing.Status;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.TimeSource;
import io.patchbay.thing.Uplink;
import io.patchbay.thing.Uplink.Reading;
import io.patchbay.thing.Value;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.osgi.framework.BundleContext;

/** The other rooms, in memory. */
final class FakeRooms
    implements Things, Commands, Feed, Rejections, Profiles, Audit, Health, Metrics {
  static final Instant TIME = Instant.parse("2026-01-31T12:00:00.500Z");

  final InMemoryJournal journal = new InMemoryJournal();
  final Map<ThingId, ThingState> things = new ConcurrentSkipListMap<>();
  final List<Act> acts = new CopyOnWriteArrayList<>();
  final List<Command> commands = new CopyOnWriteArrayList<>();
  final FakeOffices offices = new FakeOffices();
  final FakeFirmware firmware = new FakeFirmware();
  final FakeCampaigns campaigns = new FakeCampaigns();
  final List<Open> feeds = new CopyOnWriteArrayList<>();
  volatile CompletableFuture<Outcome> outcome = new CompletableFuture<>();
  volatile List<Check> checks = List.of(new Check("core", Health.State.OK, "fine"));

  record Open(
      Selection selection, Feed.Receiver receiver, java.util.concurrent.atomic.AtomicLong lost) {}

  FakeRooms() {
    things.put(new ThingId("plug1"), state("plug1", Admission.ADMITTED));
    journal.listen(last -> {});
  }

  void register(BundleContext context) {
    context.registerService(
        new String[] {
          Things.class.getName(),
          Commands.class.getName(),
          Feed.class.getName(),
          Rejections.class.getName(),
          Profiles.class.getName(),
          Audit.class.getName(),
          Health.class.getName(),
          Metrics.class.getName()
        },
        this,
        null);
    context.registerService(io.patchbay.store.Journal.class, journal, null);
    offices.register(context);
    firmware.register(context);
    context.registerService(io.patchbay.northbound.Campaigns.class, campaigns, null);
    context.registerService(io.patchbay.northbound.Lifecycles.class, new FakeLives(things), null);
    context.registerService(DesiredValues.class, new FakeDesires(), null);
    context.registerService(Recorder.class, new FakeRecorder(), null);
    context.registerService(Recordings.class, new FakeRecordings(), null);
  }

  static ThingState state(String id, Admission admission) {
    Thing thing =
        new Thing(
            new ThingId(id),
            URI.create("mqtt://local"),
            "plug",
            Map.of("device", id),
            Map.of("room", "kitchen"));
    return new ThingState(
        new Registered(thing, admission, Registered.Origin.API, TIME),
        Status.ONLINE,
        "",
        TIME,
        Map.of("power", reading(id, 21.5)));
  }

  static Reading reading(String thing, double value) {
    return new Reading(
        new ThingId(thing),
        "power",
        new Value.Num(value),
        "W",
        TIME,
        TimeSource.DEVICE,
        TIME.plusMillis(20),
        Quality.GOOD);
  }

  /** Appends and, when it is durable, tells the live feeds; gives the sequence. */
  synchronized long append(Uplink uplink) {
    var stored =
        journal
            .append(Entry.of("plug@1", List.of(uplink)), Duration.ofSeconds(5))
            .toCompletableFuture()
            .join();
    long sequence = ((io.patchbay.store.Appended.Stored) stored).first();
    Recorded recorded = new Recorded(sequence, "plug@1", uplink);
    for (Open open : feeds) {
      if (open.selection().matches(recorded) && !open.receiver().offer(recorded)) {
        open.lost().incrementAndGet();
      }
    }
    return sequence;
  }

  // ---- Things

  @Override
  public Optional<ThingState> find(ThingId id) {
    return Optional.ofNullable(things.get(id));
  }

  @Override
  public Page list(Query query) {
    List<ThingState> found =
        things.values().stream()
            .filter(one -> one.registered().thing().id().value().compareTo(query.after()) > 0)
            .filter(
                one ->
                    one.registered()
                        .thing()
                        .labels()
                        .entrySet()
                        .containsAll(query.labels().entrySet()))
            .limit(query.limit())
            .toList();
    return new Page(found, things.size(), "");
  }

  @Override
  public CompletionStage<ThingState> register(Thing thing, Registered.Origin origin) {
    if (!thing.profile().equals("plug")) {
      return CompletableFuture.failedFuture(
          new RefusedException("there is no profile '" + thing.profile() + "'; accepted: plug"));
    }
    ThingState state =
        new ThingState(
            new Registered(thing, Admission.ADMITTED, origin, TIME),
            Status.UNKNOWN,
            "",
            TIME,
            Map.of());
    things.put(thing.id(), state);
    return CompletableFuture.completedFuture(state);
  }

  @Override
  public CompletionStage<ThingState> decide(ThingId id, Admission admission) {
    ThingState state = state(id.value(), admission);
    things.put(id, state);
    return CompletableFuture.completedFuture(state);
  }

  @Override
  public CompletionStage<Boolean> remove(ThingId id) {
    return CompletableFuture.completedFuture(things.remove(id) != null);
  }

  // ---- Commands

  @Override
  public Ticket submit(Command command, String by) {
    commands.add(command);
    return new Ticket(new CommandId("c" + commands.size()), outcome);
  }

  @Override
  public Optional<CommandRecord> find(CommandId id) {
    int index = Integer.parseInt(id.value().substring(1)) - 1;
    return index >= commands.size()
        ? Optional.empty()
        : Optional.of(
            new CommandRecord(
                id,
                commands.get(index),
                "operator",
                List.of(new Step(TIME, Commands.State.WAITING, "asleep")),
                Optional.ofNullable(outcome.getNow(null))));
  }

  // ---- Feed

  @Override
  public Registration open(String name, Selection selection, Receiver receiver) {
    Open open = new Open(selection, receiver, new java.util.concurrent.atomic.AtomicLong());
    feeds.add(open);
    return new Registration() {
      @Override
      public long dropped() {
        return open.lost().get();
      }

      @Override
      public void close() {
        feeds.remove(open);
      }
    };
  }

  // ---- Rejections

  @Override
  public List<KeptFrame> list(long afterId, int max) {
    return journal.kept(KeptFrame.Kind.REJECTED, afterId, max);
  }

  @Override
  public Map<String, Long> counts() {
    return Map.of("UNDECODABLE", 1L);
  }

  @Override
  public CompletionStage<Receipt> replay(long id) {
    return id == 1
        ? CompletableFuture.completedFuture(new Receipt.Stored(0, 0))
        : CompletableFuture.failedFuture(new RefusedException("there is no rejected frame " + id));
  }

  @Override
  public CompletionStage<Integer> discard(List<Long> ids) {
    return CompletableFuture.completedFuture(ids.contains(1L) ? 1 : 0);
  }

  // ---- Profiles

  @Override
  public Map<String, Profile> current() {
    DataSchema watt =
        new DataSchema(
            DataSchema.Type.NUMBER,
            "W",
            1,
            0,
            Optional.of(0.0),
            Optional.of(5000.0),
            List.of(),
            List.of());
    Form up = new Form("mqtt", Set.of(Op.OBSERVE), "", Map.of("topic", "t"));
    Form down = new Form("mqtt", Set.of(Op.WRITE), "", Map.of("topic", "t"));
    return Map.of(
        "plug",
        new Profile(
            "plug",
            "1",
            "A plug",
            "plug-{device}",
            List.of(),
            Map.of(
                "power",
                new Property(
                    "power",
                    "Power",
                    "3305/5800",
                    watt,
                    true,
                    Optional.empty(),
                    Optional.empty(),
                    List.of(up)),
                "limit",
                new Property(
                    "limit",
                    "Limit",
                    "",
                    watt,
                    false,
                    Optional.empty(),
                    Optional.empty(),
                    List.of(up, down))),
            Map.of(
                "toggle",
                new Action(
                    "toggle",
                    "Toggle",
                    Map.of("on", DataSchema.of(DataSchema.Type.BOOLEAN)),
                    List.of())),
            Map.of(
                "pressed",
                new Event(
                    "pressed",
                    "",
                    Map.of("count", DataSchema.of(DataSchema.Type.INTEGER)),
                    List.of())),
            List.of(),
            true));
  }

  // ---- Audit, Health, Metrics

  @Override
  public void record(String who, String act, String on, String result) {
    acts.add(new Act(TIME, who, act, on, result));
  }

  @Override
  public List<Act> recent(int max) {
    List<Act> newest = new ArrayList<>(acts);
    java.util.Collections.reverse(newest);
    return newest.subList(0, Math.min(max, newest.size()));
  }

  @Override
  public List<Check> checks() {
    return checks;
  }

  @Override
  public List<Sample> samples() {
    return List.of(
        Sample.counter("patchbay_test_total", "A \"test\".", Map.of("kind", "a\"b\\c\nd"), 3),
        Sample.gauge("patchbay_test_ratio", "Another.", Map.of(), 0.5));
  }

  /** Records plug1 on demand; that of plug2 is its profile's. */
  private static final class FakeRecorder implements Recorder {
    private boolean on;

    @Override
    public Optional<Recorder.State> state(ThingId thing) {
      return switch (thing.value()) {
        case "plug1" -> Optional.of(new Recorder.State(on, false, 3, 300, 1));
        case "plug2" -> Optional.of(new Recorder.State(true, true, 0, 0, 0));
        default -> Optional.empty();
      };
    }

    @Override
    public boolean start(ThingId thing) {
      on = true;
      return true;
    }

    @Override
    public void stop(ThingId thing) {
      on = false;
    }

    @Override
    public Optional<Recording> recording(ThingId thing) {
      return on
          ? Optional.of(
              new Recording(
                  new Thing(thing, URI.create("mqtt://local"), "plug", Map.of(), Map.of()),
                  List.of()))
          : Optional.empty();
    }
  }

  private static final class FakeRecordings implements Recordings {
    @Override
    public String examples(List<Recorder.Recorded> frames) {
      return "examples: # " + frames.size() + "\n";
    }

    @Override
    public String text(Recorder.Recording recording) {
      return "recording of " + recording.thing().id();
    }
  }

  /** Every order stands; what is over 5,000 is refused. The profile wants plug1 to be on. */
  private static final class FakeDesires implements DesiredValues {
    private final Map<String, Desired> all = new java.util.concurrent.ConcurrentSkipListMap<>();

    FakeDesires() {
      put(new ThingId("plug1"), "on", new Value.Bool(true), Source.PROFILE, "plug@1");
    }

    private Desired put(ThingId thing, String property, Value value, Source source, String by) {
      Desired desired =
          new Desired(
              thing,
              property,
              value,
              source,
              by,
              Instant.EPOCH,
              Optional.empty(),
              java.util.OptionalDouble.empty(),
              DesiredValues.State.NEVER_HEARD,
              "nothing has come from the device yet",
              0,
              Optional.empty(),
              Optional.empty());
      all.put(thing + "/" + property, desired);
      return desired;
    }

    @Override
    public List<Desired> of(ThingId thing) {
      return all.values().stream().filter(desired -> desired.thing().equals(thing)).toList();
    }

    @Override
    public CompletionStage<Desired> order(ThingId thing, String property, Value value, String by) {
      return value instanceof Value.Num number && number.value() > 5_000
          ? CompletableFuture.failedFuture(new RefusedException("accepted: 0 to 5000"))
          : CompletableFuture.completedFuture(
              put(thing, property, value, Source.ADMINISTRATOR, by));
    }

    @Override
    public CompletionStage<Boolean> withdraw(ThingId thing, String property) {
      return CompletableFuture.completedFuture(
          find(thing, property).filter(d -> d.source() == Source.ADMINISTRATOR).isPresent()
              && all.remove(thing + "/" + property) != null);
    }

    @Override
    public void state(ThingId thing, Map<String, Value> values) {
      throw new UnsupportedOperationException("for files");
    }
  }
}
