package io.patchbay.core;

import io.patchbay.core.Agenda.Obstacle;
import io.patchbay.core.Requests.Unsendable;
import io.patchbay.northbound.Commands;
import io.patchbay.northbound.DesiredValues;
import io.patchbay.northbound.Feed;
import io.patchbay.northbound.RefusedException;
import io.patchbay.operation.Metrics.Sample;
import io.patchbay.profile.Keeping;
import io.patchbay.profile.Property;
import io.patchbay.store.OrderStore;
import io.patchbay.store.OrderStore.Order;
import io.patchbay.store.Recorded;
import io.patchbay.store.Registered.Admission;
import io.patchbay.store.Selection;
import io.patchbay.thing.Command;
import io.patchbay.thing.Status;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Uplink;
import io.patchbay.thing.Value;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.LongAdder;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Sees to it that devices report what is desired of them. It listens to what is committed, as any
 * receiver does, and writes as any northbound does.
 */
final class StandingOrders implements DesiredValues, AutoCloseable {
  /** Who writes, for the record of commands. */
  static final String WRITER = "desired";

  private final Rhythm rhythm;
  private final Directory directory;
  private final Catalogue catalogue;
  private final Ports ports;
  private final Requests requests;
  private final Commands commands;
  private final OrderStore store;
  private final Executor pool;
  private final Lane.Timer timer;
  private final Clock clock;
  private final RandomGenerator random;
  private final Turns turns;
  private final Feed.Registration listening;
  private final Map<ThingId, Map<String, Order>> ordered = new HashMap<>();
  private final Map<ThingId, Map<String, Value>> stated = new HashMap<>();
  private final Map<ThingId, Agenda> agendas = new ConcurrentHashMap<>();
  private final LongAdder writes = new LongAdder();
  private final LongAdder drifts = new LongAdder();

  StandingOrders(
      Rhythm rhythm,
      Directory directory,
      Catalogue catalogue,
      Ports ports,
      Requests requests,
      Commands commands,
      OrderStore store,
      Feeds feeds,
      Executor pool,
      Lane.Timer timer,
      Clock clock,
      RandomGenerator random) {
    this.rhythm = rhythm;
    this.directory = directory;
    this.catalogue = catalogue;
    this.ports = ports;
    this.requests = requests;
    this.commands = commands;
    this.store = store;
    this.pool = pool;
    this.timer = timer;
    this.clock = clock;
    this.random = random;
    turns = new Turns(rhythm, timer, this::write);
    listening =
        feeds.open(
            "desired",
            new Selection(
                Set.of(Selection.Kind.READING, Selection.Kind.STATUS),
                Optional.empty(),
                Optional.empty(),
                Optional.empty()),
            this::heard);
  }

  /** What the store remembers, once things and profiles are there. */
  synchronized void load() {
    for (Order order : store.orders()) {
      if (directory.find(order.thing()).isPresent()) {
        remember(order);
      } else {
        cancel(order); // its thing was removed, and then the hub was killed
      }
    }
    planAll();
  }

  private void remember(Order order) {
    ordered.computeIfAbsent(order.thing(), id -> new HashMap<>()).put(order.property(), order);
  }

  /** Not on the caller's thread: it may be the journal's, which would wait for itself. */
  private void cancel(Order order) {
    pool.execute(() -> store.cancel(order.thing(), order.property()));
  }

  /** Profiles, protocols or ways down have changed. */
  synchronized void planAll() {
    for (Device device : directory.all()) {
      plan(device.id());
    }
  }

  /** A thing, or what is desired of it, has changed. */
  synchronized void plan(ThingId id) {
    Device device = directory.find(id).orElse(null);
    if (device == null) {
      stated.remove(id);
      Map<String, Order> gone = ordered.remove(id);
      if (gone != null) {
        gone.values().forEach(this::cancel);
      }
    }
    CompiledProfile profile =
        device == null ? null : catalogue.profile(device.thing().profile()).orElse(null);
    Map<String, Wanted> wanted = device == null ? Map.of() : wanted(device, profile);
    Agenda present = agendas.get(id);
    if (present != null && (wanted.isEmpty() || present.device() != device)) {
      present.close();
      agendas.remove(id, present);
      present = null;
    }
    if (device == null || wanted.isEmpty()) {
      return;
    }
    if (present == null) {
      present =
          new Agenda(
              device, new Sight(device), rhythm, clock, random, timer, () -> turns.add(id), drifts);
      agendas.put(id, present);
    }
    present.replace(wanted, profile == null ? "" : profile.profile().reference());
  }

  /** The administrator goes before the thing's file, and that before the profile. */
  private Map<String, Wanted> wanted(Device device, @Nullable CompiledProfile profile) {
    Map<String, Value> file = stated.getOrDefault(device.id(), Map.of());
    Map<String, Order> orders = ordered.getOrDefault(device.id(), Map.of());
    Map<String, Value> general = profile == null ? Map.of() : profile.desired();
    if (file.isEmpty() && orders.isEmpty() && general.isEmpty()) {
      return Map.of();
    }
    Instant now = Times.millis(clock.instant());
    Map<String, Wanted> wanted = new HashMap<>();
    String reference = profile == null ? "" : profile.profile().reference();
    general.forEach(
        (name, value) -> wanted.put(name, new Wanted(name, value, Source.PROFILE, reference, now)));
    file.forEach(
        (name, value) -> wanted.put(name, new Wanted(name, value, Source.FILE, "things", now)));
    orders.forEach(
        (name, order) ->
            wanted.put(
                name,
                new Wanted(name, order.value(), Source.ADMINISTRATOR, order.by(), order.since())));
    return wanted;
  }

  private boolean heard(Recorded recorded) {
    Agenda agenda = agendas.isEmpty() ? null : agendas.get(recorded.uplink().thing());
    if (agenda == null) {
      return true;
    } else if (recorded.uplink() instanceof Uplink.Reading reading) {
      agenda.heard(reading);
    } else if (recorded.uplink() instanceof Uplink.StatusChange change) {
      agenda.heard(change.status());
    }
    return true;
  }

  /** A thing's turn. */
  private CompletionStage<?> write(ThingId thing) {
    Agenda agenda = agendas.get(thing);
    Wanted wanted = agenda == null ? null : agenda.take();
    if (agenda == null || wanted == null) {
      return CompletableFuture.completedFuture(thing);
    }
    writes.increment();
    Instant deadline = clock.instant().plus(rhythm.patience());
    return commands
        .submit(new Command.Write(thing, wanted.property, wanted.value, deadline), WRITER)
        .outcome()
        .thenAccept(outcome -> agenda.ended(wanted, outcome));
  }

  /** What an agenda sees of its thing. */
  private final class Sight implements Agenda.View {
    private final Device device;

    private Sight(Device device) {
      this.device = device;
    }

    @Override
    public Optional<Obstacle> obstacle() {
      String scheme = device.thing().scheme();
      Status status = device.status();
      if (device.registered().admission() != Admission.ADMITTED) {
        boolean retired = device.registered().admission() == Admission.RETIRED;
        String why = retired ? "the thing is retired" : "the thing is not admitted";
        return Optional.of(new Obstacle(State.NOT_WRITABLE, why));
      } else if (ports.protocol(scheme).isEmpty() || ports.downlink(scheme).isEmpty()) {
        return Optional.of(new Obstacle(State.UNREACHABLE, Requests.noProtocol(device).detail()));
      } else if (status == Status.ASLEEP) {
        return Optional.of(new Obstacle(State.ASLEEP, device.standing()));
      } else if (status == Status.OFFLINE) {
        return Optional.of(new Obstacle(State.UNREACHABLE, device.standing()));
      } else if (!device.everHeard()) {
        return Optional.of(new Obstacle(State.NEVER_HEARD, "nothing has come from the device yet"));
      }
      return Optional.empty();
    }

    @Override
    public Uplink.@Nullable Reading reported(String property) {
      return device.reported(property);
    }

    @Override
    public Keeping keeping(String property) {
      return catalogue
          .profile(device.thing().profile())
          .map(profile -> profile.profile().properties().get(property))
          .map(Property::keeping)
          .orElse(Keeping.ALL);
    }
  }

  @Override
  public List<Desired> of(ThingId thing) {
    Agenda agenda = agendas.get(thing);
    return agenda == null ? List.of() : agenda.list();
  }

  @Override
  public Optional<Desired> find(ThingId thing, String property) {
    return Optional.ofNullable(agendas.get(thing)).map(agenda -> agenda.find(property));
  }

  /** Why a command may not be sent; empty when nothing is desired of what it writes. */
  Optional<String> forbids(Command command) {
    if (!(command instanceof Command.Write write)) {
      return Optional.empty();
    }
    return find(write.thing(), write.property())
        .map(
            desired ->
                "'"
                    + desired.property()
                    + "' of '"
                    + desired.thing()
                    + "' has a standing order: "
                    + desired.value().text()
                    + ", by the "
                    + desired.source().name().toLowerCase(Locale.ROOT)
                    + " ("
                    + desired.by()
                    + "); change the desired value instead");
  }

  @Override
  public CompletionStage<Desired> order(ThingId thing, String property, Value value, String by) {
    Order order;
    try {
      Device device =
          directory
              .find(thing)
              .orElseThrow(() -> new RefusedException("no thing is named '" + thing + "'"));
      Value typed = requests.acceptable(device, property, value);
      order = new Order(thing, property, typed, by, Times.millis(clock.instant()));
    } catch (Unsendable e) {
      return CompletableFuture.failedFuture(new RefusedException(e.detail()));
    } catch (RefusedException e) {
      return CompletableFuture.failedFuture(e);
    }
    return kept(store.save(order), property)
        .thenCompose(
            nothing -> {
              synchronized (this) {
                remember(order);
                plan(thing);
              }
              return find(thing, property)
                  .map(CompletableFuture::completedFuture)
                  .orElseGet(
                      () ->
                          CompletableFuture.failedFuture(
                              new RefusedException("thing '" + thing + "' has been removed")));
            });
  }

  @Override
  public CompletionStage<Boolean> withdraw(ThingId thing, String property) {
    synchronized (this) {
      if (!ordered.getOrDefault(thing, Map.of()).containsKey(property)) {
        return CompletableFuture.completedFuture(false);
      }
    }
    return kept(store.cancel(thing, property), property)
        .thenApply(
            nothing -> {
              synchronized (this) {
                ordered.getOrDefault(thing, new HashMap<>()).remove(property);
                plan(thing);
              }
              return true;
            });
  }

  private static CompletionStage<Void> kept(CompletionStage<Void> stage, String property) {
    return stage.exceptionallyCompose(
        failure -> {
          Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
          return CompletableFuture.failedFuture(
              new RefusedException(
                  "the order for '"
                      + property
                      + "' is not kept: "
                      + (cause == null ? failure : cause).getMessage()));
        });
  }

  @Override
  public synchronized void state(ThingId thing, Map<String, Value> values) {
    Map<String, Value> before =
        values.isEmpty() ? stated.remove(thing) : stated.put(thing, Map.copyOf(values));
    if (!values.equals(before == null ? Map.of() : before)) {
      plan(thing);
    }
  }

  List<Sample> samples() {
    Map<State, Integer> states = new EnumMap<>(State.class);
    for (Agenda agenda : agendas.values()) {
      agenda.list().forEach(desired -> states.merge(desired.state(), 1, Integer::sum));
    }
    List<Sample> samples = new ArrayList<>();
    for (State state : State.values()) {
      samples.add(
          Sample.gauge(
              "patchbay_desired",
              "Desired values, by how far they have come.",
              Map.of("state", state.name().toLowerCase(Locale.ROOT)),
              states.getOrDefault(state, 0)));
    }
    samples.add(
        Sample.counter(
            "patchbay_desired_writes_total",
            "Writes of desired values.",
            Map.of(),
            (double) writes.sum()));
    samples.add(
        Sample.counter(
            "patchbay_desired_drifts_total",
            "Devices that left a desired value they had reported.",
            Map.of(),
            (double) drifts.sum()));
    samples.add(
        Sample.gauge(
            "patchbay_desired_turns_waiting",
            "Things that wait for their turn to be written to.",
            Map.of(),
            turns.waiting()));
    return samples;
  }

  @Override
  public void close() {
    listening.close();
    turns.close();
    agendas.values().forEach(Agenda::close);
  }
}
