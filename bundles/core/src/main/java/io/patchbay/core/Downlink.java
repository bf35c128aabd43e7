package io.patchbay.core;

import io.patchbay.core.Passage.Taken;
import io.patchbay.core.Requests.Unsendable;
import io.patchbay.northbound.Commands;
import io.patchbay.northbound.Feed;
import io.patchbay.operation.Metrics.Sample;
import io.patchbay.southbound.Answer;
import io.patchbay.southbound.DownlinkPort;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.LaneSpec;
import io.patchbay.southbound.Receipt;
import io.patchbay.southbound.Request;
import io.patchbay.store.CommandStore;
import io.patchbay.store.Selection;
import io.patchbay.thing.Command;
import io.patchbay.thing.CommandId;
import io.patchbay.thing.Outcome;
import io.patchbay.thing.Outcome.Reason;
import io.patchbay.thing.Status;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Uplink;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The way down: from a command to the device, and from its answer to the outcome. */
final class Downlink implements Commands, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Downlink.class);
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  /** Commands that wait for one sleeping device; one more is refused as BUSY. */
  private static final int SLEEPING = 100;

  private final Requests requests;
  private final Ports ports;
  private final Lanes lanes;
  private final UplinkPipeline pipeline;
  private final Presences presences;
  private final CommandStore store;
  private final Executor pool;
  private final Schedule schedule;
  private final Clock clock;
  private final CommandLog log;
  private final ReadBack readBack;
  private final Map<ThingId, List<Tracked>> asleep = new ConcurrentHashMap<>();
  private final Map<Reason, LongAdder> failures = new EnumMap<>(Reason.class);
  private final LongAdder done = new LongAdder();
  private final Feed.Registration awakening;

  Downlink(
      Requests requests,
      Ports ports,
      UplinkPipeline pipeline,
      Presences presences,
      Feeds feeds,
      CommandStore store,
      Executor pool,
      Schedule schedule,
      Clock clock,
      int bound) {
    this.requests = requests;
    this.ports = ports;
    this.lanes = new Lanes(pool, schedule::after);
    this.pipeline = pipeline;
    this.presences = presences;
    this.store = store;
    this.pool = pool;
    this.schedule = schedule;
    this.clock = clock;
    this.log = new CommandLog(bound);
    this.readBack = new ReadBack(requests, schedule::after, clock, this::ask);
    for (Reason reason : Reason.values()) {
      failures.put(reason, new LongAdder());
    }
    awakening = feeds.open("commands", Selection.of(Selection.Kind.STATUS), this::heard);
  }

  /** What waited when the hub ended waits on, for the device or for its deadline. */
  void load() {
    for (CommandStore.Waiting one : store.waiting()) {
      Tracked tracked = new Tracked(one.id(), one.command(), one.by(), false, clock);
      if (tracked.keeps() && log.add(tracked)) {
        count(tracked);
        forgetWithEnd(tracked);
        tracked.step(State.WAITING, "since " + one.since() + "; the hub has begun again since");
        asleep
            .computeIfAbsent(one.command().thing(), thing -> new ArrayList<>())
            .add(tracked); // nobody else is here yet
        var unused =
            schedule.after(
                Duration.between(clock.instant(), tracked.deadline()),
                () -> {
                  tracked.overdueEnd();
                  forget(tracked);
                });
      }
    }
  }

  private void forgetWithEnd(Tracked tracked) {
    var unused = tracked.outcome().thenRun(() -> pool.execute(() -> store.ended(tracked.id())));
  }

  private boolean heard(io.patchbay.store.Recorded recorded) {
    if (recorded.uplink() instanceof Uplink.StatusChange change
        && change.status() == Status.ONLINE
        && asleep.containsKey(change.thing())) {
      pool.execute(() -> wake(change.thing()));
    }
    return true;
  }

  @Override
  public Ticket submit(Command command, String by) {
    Tracked tracked = new Tracked(CommandId.fresh(), command, by, false, clock);
    count(tracked);
    if (log.add(tracked)) {
      send(tracked);
    } else {
      tracked.end(Reason.BUSY, "too many commands are under way; try again");
    }
    return new Ticket(tracked.id(), tracked.outcome());
  }

  /** A command that must not be sent. */
  Ticket refuse(Command command, String by, String why) {
    Tracked tracked = new Tracked(CommandId.fresh(), command, by, false, clock);
    count(tracked);
    log.add(tracked);
    tracked.end(Reason.NOT_ALLOWED, why);
    return new Ticket(tracked.id(), tracked.outcome());
  }

  /** A read of the hub's own: not remembered, behind everything else. */
  CompletionStage<Outcome> poll(Command.Read read) {
    Tracked tracked = new Tracked(CommandId.fresh(), read, "poller", true, clock);
    send(tracked);
    return tracked.outcome();
  }

  private void ask(Command.Read read) {
    var unused = poll(read);
  }

  private void count(Tracked tracked) {
    tracked
        .outcome()
        .thenAccept(
            outcome -> {
              if (outcome instanceof Outcome.Failed failed) {
                Optional.ofNullable(failures.get(failed.reason())).ifPresent(LongAdder::increment);
              } else {
                done.increment();
              }
            });
  }

  /** The pipeline: find, check, scale, encode, queue; on the wire it goes on with the answer. */
  private void send(Tracked tracked) {
    try {
      if (tracked.overdue()) {
        throw new Unsendable(Reason.EXPIRED, "its deadline " + tracked.deadline() + " has passed");
      }
      Device device = requests.thing(tracked.command());
      CompiledProfile profile = requests.profile(device);
      Request request = requests.request(tracked.id(), tracked.command(), device, profile);
      String scheme = device.thing().scheme();
      if (ports.downlink(scheme).isEmpty()) {
        throw Requests.noProtocol(device);
      }
      LaneSpec lane = requests.protocol(device).lane(device.thing(), profile.profile());
      ScheduledFuture<?> alarm =
          schedule.after(
              Duration.between(clock.instant(), tracked.deadline()),
              () -> expire(tracked, scheme, lane));
      tracked.outcome().thenRun(() -> alarm.cancel(false));
      Lane.Task task =
          new Lane.Task(
              tracked,
              () -> onTheWire(tracked, request, device),
              () -> tracked.end(Reason.BUSY, "it gave way to a more urgent command"));
      if (!lanes.add(scheme, lane, task)) {
        throw new Unsendable(
            Reason.BUSY, lane.bound() + " requests wait for lane '" + lane.key() + "' already");
      }
    } catch (Unsendable e) {
      tracked.end(e.reason(), e.detail());
    } catch (RuntimeException e) {
      bug(tracked, e);
    }
  }

  private static void bug(Tracked tracked, Throwable e) {
    if (tracked.end(Reason.INTERNAL, "a bug; the log has it: " + e)) {
      LOG.error("Command {} failed", tracked.id(), e);
    }
  }

  private void expire(Tracked tracked, String scheme, LaneSpec lane) {
    tracked.overdueEnd();
    lanes.remove(scheme, lane, tracked);
    forget(tracked);
  }

  /** Its place on the wire is free when this ends: with the answer, or at the deadline. */
  private CompletionStage<?> onTheWire(Tracked tracked, Request request, Device device) {
    if (tracked.overdue()) {
      tracked.end(Reason.EXPIRED, "it was not sent by " + tracked.deadline());
      return CompletableFuture.completedFuture(tracked);
    }
    DownlinkPort port = ports.downlink(device.thing().scheme()).orElse(null);
    if (port == null) {
      tracked.end(Reason.NO_PROTOCOL, Requests.noProtocol(device).detail());
      return CompletableFuture.completedFuture(tracked);
    }
    if (!tracked.step(State.SENT, "")) {
      return CompletableFuture.completedFuture(tracked);
    }
    Instant sent = clock.instant();
    CompletableFuture<Object> free = new CompletableFuture<>();
    tracked.outcome().thenRun(() -> free.complete(tracked));
    try {
      port.send(request)
          .whenComplete(
              (answer, failure) -> {
                free.complete(tracked);
                if (failure == null) {
                  answered(tracked, device, sent, answer);
                } else {
                  bug(tracked, failure);
                }
              });
    } catch (RuntimeException e) {
      free.complete(tracked);
      bug(tracked, e);
    }
    return free;
  }

  private void answered(Tracked tracked, Device device, Instant sent, Answer answer) {
    try {
      if (answer instanceof Answer.Failed failed) {
        tracked.end(failed.reason(), failed.detail());
      } else if (answer instanceof Answer.Deferred deferred) {
        defer(tracked, device, deferred.state());
      } else {
        take(tracked, device, sent, ((Answer.Frames) answer).frames());
      }
    } catch (RuntimeException e) {
      bug(tracked, e);
    }
  }

  /** What the device answered goes up as everything else does; the outcome waits for the log. */
  private void take(Tracked tracked, Device device, Instant sent, List<Frame> frames) {
    pipeline
        .take(frames, PATIENCE)
        .whenComplete(
            (taken, failure) -> {
              if (failure == null) {
                Outcome outcome = outcome(taken);
                tracked.end(outcome);
                if (outcome instanceof Outcome.Done
                    && tracked.command() instanceof Command.Write write) {
                  readBack.written(device, write.property(), sent);
                }
              } else {
                bug(tracked, failure);
              }
            });
  }

  private static Outcome outcome(Taken taken) {
    if (taken.receipt() instanceof Receipt.Rejected rejected) {
      return new Outcome.Failed(Reason.BAD_ANSWER, rejected.reason() + ": " + rejected.detail());
    } else if (taken.receipt() instanceof Receipt.Busy) {
      return new Outcome.Failed(
          Reason.BUSY, "the device answered, but the journal took nothing; try again");
    }
    List<Uplink.Reading> readings = new ArrayList<>();
    for (Uplink uplink : taken.uplinks()) {
      if (uplink instanceof Uplink.Reading reading) {
        readings.add(reading);
      }
    }
    return new Outcome.Done(readings);
  }

  /** Waits for the thing to come ONLINE; that it does is seen only when it is not so now. */
  private void defer(Tracked tracked, Device device, String state) {
    if (tracked.poll()) {
      tracked.end(Reason.UNREACHABLE, "asleep: " + state);
      return;
    } else if (tracked.hasEnded()) {
      return;
    }
    List<Tracked> waiting =
        asleep.compute(
            device.id(),
            (id, present) -> {
              List<Tracked> all = present == null ? new ArrayList<>() : new ArrayList<>(present);
              if (all.size() < SLEEPING) {
                all.add(tracked);
              }
              return all;
            });
    if (!waiting.contains(tracked)) {
      tracked.end(Reason.BUSY, SLEEPING + " commands wait for this device already");
    } else if (tracked.hasEnded()) {
      forget(tracked);
    } else {
      keep(tracked, state);
    }
    presences.of(device, Status.ASLEEP, state);
  }

  /** It is said to wait when it does so over a restart, too. */
  private void keep(Tracked tracked, String state) {
    boolean first = tracked.keeps();
    if (!first && !(tracked.command() instanceof Command.Invoke)) {
      waits(tracked, state);
      return;
    }
    Instant since = tracked.record().history().get(0).at();
    var unused =
        store
            .save(new CommandStore.Waiting(tracked.id(), tracked.command(), tracked.by(), since))
            .whenComplete(
                (nothing, failure) ->
                    waits(
                        tracked,
                        failure == null
                            ? state
                            : state + "; it ends with the hub: " + failure.getMessage()));
    if (first) {
      forgetWithEnd(tracked);
    }
  }

  /** Unless the device has woken meanwhile. */
  private void waits(Tracked tracked, String state) {
    if (asleep.getOrDefault(tracked.command().thing(), List.of()).contains(tracked)) {
      tracked.step(State.WAITING, state);
    }
  }

  private void wake(ThingId thing) {
    List<Tracked> waiting = asleep.remove(thing);
    if (waiting != null) {
      for (Tracked tracked : waiting) {
        if (tracked.step(State.QUEUED, "the device is awake")) {
          again(tracked);
        }
      }
    }
  }

  /** An action is not done twice when the hub ends with it on the wire. */
  private void again(Tracked tracked) {
    if (tracked.command() instanceof Command.Invoke) {
      var unused =
          store
              .ended(tracked.id())
              .whenComplete((nothing, failure) -> pool.execute(() -> send(tracked)));
    } else {
      send(tracked);
    }
  }

  private void forget(Tracked tracked) {
    asleep.computeIfPresent(
        tracked.command().thing(),
        (id, present) -> {
          List<Tracked> left = present.stream().filter(other -> other != tracked).toList();
          return left.isEmpty() ? null : left;
        });
  }

  @Override
  public Optional<CommandRecord> find(CommandId id) {
    return log.find(id).map(Tracked::record);
  }

  List<Sample> samples() {
    List<Sample> samples = new ArrayList<>();
    log.states()
        .forEach(
            (state, count) ->
                samples.add(
                    Sample.gauge(
                        "patchbay_commands",
                        "Commands remembered, by state.",
                        Map.of("state", state.name().toLowerCase(Locale.ROOT)),
                        count)));
    samples.add(
        Sample.counter(
            "patchbay_commands_done_total",
            "Commands that were done.",
            Map.of(),
            (double) done.sum()));
    failures.forEach(
        (reason, count) ->
            samples.add(
                Sample.counter(
                    "patchbay_commands_failed_total",
                    "Commands that failed, by reason.",
                    Map.of("reason", reason.name().toLowerCase(Locale.ROOT)),
                    (double) count.sum())));
    lanes
        .waiting()
        .forEach(
            (lane, length) ->
                samples.add(
                    Sample.gauge(
                        "patchbay_lane_waiting",
                        "Requests waiting for a lane; lanes where none waits are left out.",
                        Map.of("lane", lane),
                        length)));
    return samples;
  }

  @Override
  public void close() {
    awakening.close();
  }
}
