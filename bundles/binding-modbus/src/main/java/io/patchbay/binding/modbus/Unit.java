package io.patchbay.binding.modbus;

import io.patchbay.binding.modbus.Ask.Said;
import io.patchbay.thing.Outcome.Reason;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One unit behind a connection. After a request that was lost nothing is asked of it but a small
 * read that is told from what may still come. When that is not answered {@value #ACCOUNT} times
 * running, the lost request among them, and nothing came late either, the unit counts as dead, and
 * is tried after 1 s, 2 s, … 60 s, when somebody wants something of it.
 */
final class Unit {
  private static final Duration FIRST_REST = Duration.ofSeconds(1);
  private static final Duration LONGEST_REST = Duration.ofSeconds(60);
  private static final int MOST_DOUBLINGS = 6;

  /** Silences one after the other that a unit that lives may have. */
  private static final int ACCOUNT = 3;

  /** A device without models is asked for them again after this time. */
  private static final Duration WITHOUT_MODELS = Duration.ofMinutes(1);

  private static final int GATEWAY_PATH = 0x0A;
  private static final int GATEWAY_TARGET = 0x0B;

  private final Bus bus;
  private final int id;
  private final Probation probation;
  private final Consumer<String> died;
  private final Learnt learnt = new Learnt();
  private @Nullable Ask lost;
  private int failures;
  private CompletionStage<?> changing = CompletableFuture.completedStage(null);
  private @Nullable CompletableFuture<Models.Found> models;
  private int modelsOf;
  private long modelsUntil;
  private int epoch;
  private long restUntil;
  private @Nullable CompletionStage<Boolean> probing;

  /**
   * @param probation that it shares with the other units of its connection
   * @param died told once, with the reason, when it begins to count as dead
   */
  Unit(Bus bus, int id, Probation probation, Consumer<String> died) {
    this.bus = bus;
    this.id = id;
    this.probation = probation;
    this.died = died;
  }

  Bus bus() {
    return bus;
  }

  Learnt learnt() {
    return learnt;
  }

  /**
   * Asks as soon as it is the unit's turn; the stage never fails. The monitor is not held while
   * something is handed to the bus: that asks back, under a monitor of its own.
   */
  CompletionStage<Reply> ask(Ask ask, Instant deadline, int inFlight) {
    Probe begun = null;
    CompletionStage<Boolean> alive = null;
    synchronized (this) {
      if (lost != null && probing != null) {
        alive = probing;
      } else if (lost != null && (restUntil - System.nanoTime() > 0 || !mayProbe())) {
        return CompletableFuture.completedStage(resting());
      } else if (lost != null) {
        begun = new Probe(lost.probe(), failures >= ACCOUNT, new CompletableFuture<>());
        probing = begun.alive();
        alive = probing;
      }
    }
    if (begun != null) {
      send(begun, deadline);
    }
    return alive == null
        ? send(ask, deadline, inFlight)
        : alive.thenCompose(
            there ->
                there
                    ? send(ask, deadline, inFlight)
                    : CompletableFuture.completedStage(resting()));
  }

  private boolean mayProbe() {
    return failures < ACCOUNT || probation.begin(id);
  }

  /**
   * @param dead whether it was tried as a dead one
   */
  private record Probe(Ask ask, boolean dead, CompletableFuture<Boolean> alive) {}

  /** Begins a change of the unit when the one before has ended, however it did. */
  <T> CompletionStage<T> inTurn(Supplier<CompletionStage<T>> change) {
    CompletableFuture<Boolean> over = new CompletableFuture<>();
    CompletionStage<?> before;
    synchronized (this) {
      before = changing;
      changing = over;
    }
    return before
        .handle((done, failure) -> true)
        .thenCompose(one -> change.get())
        .whenComplete((done, failure) -> over.complete(true));
  }

  private synchronized Reply resting() {
    long millis = Math.max(0, (restUntil - System.nanoTime()) / 1_000_000);
    return new Reply.Lost(
        Reason.UNREACHABLE,
        String.format(
            "unit %d does not answer; it is tried again in %.1f s or later", id, millis / 1e3),
        false);
  }

  private void send(Probe probe, Instant deadline) {
    CompletionStage<Void> unused =
        bus.send(
                new Bus.Job(
                    id, probe.ask(), deadline, Limits.MOST_IN_FLIGHT, true, Optional::empty))
            .thenAccept(
                got -> {
                  boolean there =
                      got instanceof Reply.Answered answered && !behindGateway(answered);
                  if (probe.dead()) {
                    probation.end(there);
                  }
                  int now;
                  synchronized (this) {
                    probing = null;
                    now = epoch;
                    if (there) {
                      lost = null;
                      failures = 0;
                    }
                  }
                  if (!there) {
                    failed(probe.ask(), got, now);
                  }
                  probe.alive().complete(there);
                });
  }

  /** What was asked of it came after all, too late to be of use: it lives. */
  synchronized void heard() {
    if (failures > 0) {
      failures = 1;
      restUntil = System.nanoTime();
    }
  }

  /** Where the device's models lie; asked for once for each time that it is connected. */
  CompletionStage<Models.Found> models(Instant deadline) {
    CompletableFuture<Models.Found> asking = new CompletableFuture<>();
    synchronized (this) {
      CompletableFuture<Models.Found> known = models;
      boolean over = modelsUntil != 0 && System.nanoTime() - modelsUntil > 0;
      if (known != null && !(known.isDone() && (over || modelsOf != bus.generation()))) {
        return known;
      }
      models = asking;
      modelsUntil = 0;
    }
    CompletionStage<Void> unused =
        Models.discover(this, deadline)
            .thenAccept(
                found -> {
                  synchronized (this) {
                    modelsOf = bus.generation();
                    if (models == asking && found.refused()) {
                      modelsUntil = System.nanoTime() + WITHOUT_MODELS.toNanos();
                    } else if (models == asking && found.models().isEmpty()) {
                      models = null;
                    }
                  }
                  asking.complete(found);
                });
    return asking;
  }

  private CompletionStage<Reply> send(Ask ask, Instant deadline, int inFlight) {
    int since;
    synchronized (this) {
      since = epoch;
    }
    return bus.send(new Bus.Job(id, ask, deadline, inFlight, false, () -> barred(since)))
        .thenApply(
            reply -> {
              boolean asked = reply instanceof Reply.Lost none && none.asked();
              if (asked || (reply instanceof Reply.Answered one && behindGateway(one))) {
                failed(ask, reply, since);
              }
              return reply;
            });
  }

  /** What was queued before the unit was found silent would only cost one more timeout each. */
  private synchronized Optional<Reply> barred(int since) {
    return since == epoch || lost == null ? Optional.empty() : Optional.of(resting());
  }

  /** Clause 7: the gateway answers instead of a unit that does not. */
  private static boolean behindGateway(Reply.Answered answered) {
    return answered.said() instanceof Said.Refusal exception
        && (exception.code() == GATEWAY_PATH || exception.code() == GATEWAY_TARGET);
  }

  /**
   * @param since the epoch in which it was asked: what was under way together is one silence
   */
  private void failed(Ask ask, Reply reply, int since) {
    if (reply instanceof Reply.Lost none && !none.asked()) {
      return; // it was not the unit's fault
    }
    boolean dead;
    synchronized (this) {
      if (since != epoch && lost != null) {
        return;
      }
      lost = ask;
      epoch++;
      failures++;
      dead = failures == ACCOUNT;
      if (failures >= ACCOUNT) {
        models = null; // who comes back may be another device
        long rest =
            Math.min(
                FIRST_REST.toNanos() << Math.min(failures - ACCOUNT, MOST_DOUBLINGS),
                LONGEST_REST.toNanos());
        double jitter = 0.8 + 0.4 * ThreadLocalRandom.current().nextDouble();
        restUntil = System.nanoTime() + (long) (rest * jitter);
      } else {
        restUntil = System.nanoTime();
      }
    }
    if (dead) {
      died.accept(
          reply instanceof Reply.Lost none
              ? none.detail()
              : "the gateway says that unit " + id + " does not answer");
    }
  }
}
