package io.patchbay.camel.hub;

import io.patchbay.store.Cursor;
import io.patchbay.store.Recorded;
import io.patchbay.thing.ThingId;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries uplinks from a cursor into a route, on one thread of its own: in order per thing, several
 * at once within the {@link Window}, acknowledged in the cursor's order. What fails is tried again
 * with back-off while its thing waits and the other things go on, as far as the buffer reaches.
 */
final class Courier {
  /** Hands one uplink to the route. */
  @FunctionalInterface
  interface Delivery {
    /**
     * Begins.
     *
     * @param brokenOff true from when an earlier one of the same thing has failed
     * @param done called once, on any thread, with what went wrong if any
     */
    void begin(Recorded recorded, AtomicBoolean brokenOff, Consumer<@Nullable Throwable> done);
  }

  private record Completion(Lane.Slot slot, @Nullable Throwable failure) {}

  private static final Logger LOG = LoggerFactory.getLogger(Courier.class);
  private static final Duration RECHECK = Duration.ofSeconds(10);
  private static final Duration LOG_AGAIN = Duration.ofMinutes(1);
  private static final int MAX_CAUSES = 20;
  private static final Backoff REOPEN = new Backoff(Duration.ofMillis(200), Duration.ofSeconds(10));

  private final String name;
  private final Window window;
  private final Optional<Backoff> backoff;
  private final Delivery delivery;
  private final Thread thread;
  private final CompletableFuture<Optional<RuntimeException>> opened = new CompletableFuture<>();

  // Written by others.
  /** At most {@code inFlight} in it. */
  private final Queue<Completion> completions = new ConcurrentLinkedQueue<>();

  private volatile Optional<Supplier<Cursor>> source = Optional.empty();
  private volatile boolean more = true;
  private volatile boolean asleep;
  private volatile boolean stopping;
  private volatile long stopBy;

  // Read by others.
  private final LongAdder delivered = new LongAdder();
  private final LongAdder failures = new LongAdder();
  private volatile int waiting;
  private volatile String trouble = "";

  // The courier's thread alone.
  private Optional<Supplier<Cursor>> used = Optional.empty();
  private @Nullable Cursor cursor;
  private final ArrayDeque<Lane.Slot> pending = new ArrayDeque<>();
  private final Map<ThingId, Lane> lanes = new HashMap<>();
  private final ArrayDeque<Lane> ready = new ArrayDeque<>();
  private final PriorityQueue<Lane> resting = new PriorityQueue<>();
  private int inFlight;
  private int troubled;
  private int openFailures;
  private long openAgain;
  private long loggedAt;

  Courier(
      String name,
      Window window,
      Optional<Backoff> backoff,
      Delivery delivery,
      @Nullable ClassLoader classes) {
    this.name = name;
    this.window = window;
    this.backoff = backoff;
    this.delivery = delivery;
    this.thread = new Thread(this::run, "patchbay-hub-" + name);
    this.thread.setContextClassLoader(classes);
    this.thread.setDaemon(true);
  }

  /**
   * Starts; returns when the source, if there is one already, has been opened.
   *
   * @throws RuntimeException the source's own, when it cannot be
   */
  void start() {
    openAgain = System.nanoTime();
    loggedAt = openAgain - LOG_AGAIN.toNanos();
    thread.start();
    Optional<RuntimeException> refusal = opened.join();
    if (refusal.isPresent()) {
      throw refusal.get();
    }
  }

  /**
   * Where to take from now on, opened and closed by the courier; empty while there is nothing. What
   * is under way finishes first.
   */
  void source(Optional<Supplier<Cursor>> now) {
    source = now;
    wake();
  }

  /** There may be something new. Quick; from any thread. */
  void wake() {
    more = true;
    unpark();
  }

  private void unpark() {
    if (asleep) {
      asleep = false;
      LockSupport.unpark(thread);
    }
  }

  /** Hands out no more, waits for what is under way, remembers the place. */
  void stop(Duration patience) throws InterruptedException {
    stopBy = System.nanoTime() + patience.toNanos();
    stopping = true;
    wake();
    thread.join(patience.toMillis() + 500);
    if (thread.isAlive()) {
      thread.interrupt();
      thread.join(500);
    }
  }

  long delivered() {
    return delivered.sum();
  }

  long failures() {
    return failures.sum();
  }

  /** Taken from the source and not done. */
  int waiting() {
    return waiting;
  }

  /** What keeps it from delivering; empty when nothing does. */
  String trouble() {
    return trouble;
  }

  private void run() {
    try {
      while (!stopping || (inFlight > 0 && System.nanoTime() < stopBy)) {
        boolean progress = takeCompletions();
        if (!stopping) {
          progress |= follow();
          progress |= fetch();
          wakeRested();
          dispatch();
        }
        progress |= acknowledge();
        waiting = pending.size();
        if (!progress) {
          rest();
        }
      }
      acknowledge();
    } catch (RuntimeException e) {
      trouble = "stopped by a bug: " + e;
      LOG.error("{}: {}", name, trouble, e);
    } finally {
      closeCursor();
      opened.complete(Optional.empty());
    }
  }

  /** Opens what is to be followed, when it may; true when it tried. */
  private boolean follow() {
    if (!toOpen()) {
      opened.complete(Optional.empty());
      return false;
    }
    Optional<Supplier<Cursor>> wanted = source;
    if (inFlight > 0 || (wanted.equals(used) && System.nanoTime() - openAgain < 0)) {
      return false;
    }
    acknowledge();
    closeCursor();
    forget();
    used = wanted;
    if (wanted.isPresent()) {
      try {
        cursor = wanted.get().get();
        more = true;
        openFailures = 0;
        trouble = "";
      } catch (RuntimeException e) {
        failed(e);
      }
    }
    return true;
  }

  private boolean toOpen() {
    Optional<Supplier<Cursor>> wanted = source;
    return !wanted.equals(used) || (cursor == null && wanted.isPresent());
  }

  private void failed(RuntimeException failure) {
    trouble = "the subscription cannot be read: " + failure.getMessage();
    if (!opened.isDone()) {
      opened.complete(Optional.of(failure));
      stopping = true;
      return;
    }
    openFailures++;
    Duration delay = REOPEN.after(openFailures);
    openAgain = System.nanoTime() + delay.toNanos();
    LOG.warn("{}: {}; trying again in {} ms", name, trouble, delay.toMillis());
  }

  private void forget() {
    pending.clear();
    lanes.clear();
    ready.clear();
    resting.clear();
    troubled = 0;
  }

  private int room() {
    return window.buffer() - pending.size();
  }

  /** Small bites are not worth a query: a quarter of the buffer must be free. */
  private boolean mayFetch() {
    return more && cursor != null && room() >= Math.max(1, window.buffer() / 4) && !toOpen();
  }

  private boolean fetch() {
    Cursor from = cursor;
    if (from == null || !mayFetch()) {
      return false;
    }
    more = false;
    List<Recorded> next;
    try {
      next = from.next(room());
    } catch (RuntimeException e) {
      closeCursor();
      failed(e);
      return false;
    }
    for (Recorded recorded : next) {
      ThingId thing = recorded.uplink().thing();
      Lane lane = lanes.computeIfAbsent(thing, Lane::new);
      Lane.Slot slot = new Lane.Slot(recorded, lane);
      pending.add(slot);
      lane.waiting.add(slot);
      offer(lane);
    }
    if (!next.isEmpty()) {
      more = true;
    }
    return !next.isEmpty();
  }

  private void offer(Lane lane) {
    if (!lane.queued && lane.mayRun(window.perThing())) {
      lane.queued = true;
      ready.add(lane);
    }
  }

  private void wakeRested() {
    long now = System.nanoTime();
    while (!resting.isEmpty() && resting.peek().restUntil - now <= 0) {
      Lane lane = resting.remove();
      lane.resting = false;
      offer(lane);
    }
  }

  private void dispatch() {
    while (inFlight < window.inFlight() && !ready.isEmpty() && !toOpen()) {
      Lane lane = ready.remove();
      lane.queued = false;
      if (!lane.mayRun(window.perThing())) {
        continue; // broken since it got in line
      }
      AtomicBoolean brokenOff = lane.brokenOff;
      Lane.Slot slot = lane.begin();
      inFlight++;
      offer(lane);
      delivery.begin(slot.recorded, brokenOff, failure -> completed(slot, brokenOff, failure));
    }
  }

  private void completed(Lane.Slot slot, AtomicBoolean brokenOff, @Nullable Throwable failure) {
    if (failure != null && backoff.isPresent()) {
      brokenOff.set(true); // at once: nothing behind it may be sent any more
    }
    completions.add(new Completion(slot, failure));
    unpark();
  }

  private boolean takeCompletions() {
    boolean any = false;
    for (Completion done = completions.poll(); done != null; done = completions.poll()) {
      any = true;
      inFlight--;
      Lane.Slot slot = done.slot();
      Lane lane = slot.lane;
      lane.running--;
      if (done.failure() == null) {
        slot.done = true;
        delivered.increment();
        recovered(lane);
      } else {
        failures.increment();
        failed(slot, done.failure());
      }
      if (lane.broken && lane.running == 0) {
        rest(lane);
      } else if (!lane.broken) {
        lane.trim();
        offer(lane);
      }
      if (lane.idle()) {
        lanes.remove(lane.thing, lane);
      }
    }
    return any;
  }

  /** Components wrap what happened: "cannot connect", for the reason that helps. */
  private static String why(Throwable failure) {
    Throwable root = failure;
    for (int deep = 0; root.getCause() != null && deep < MAX_CAUSES; deep++) {
      root = root.getCause();
    }
    return root == failure ? failure.toString() : failure + " because of " + root;
  }

  private void failed(Lane.Slot slot, Throwable failure) {
    boolean again = backoff.isPresent();
    trouble =
        "uplink "
            + slot.recorded.sequence()
            + " of '"
            + slot.lane.thing
            + "' was not delivered: "
            + why(failure);
    long now = System.nanoTime();
    if (now - loggedAt >= LOG_AGAIN.toNanos()) {
      loggedAt = now;
      LOG.warn("{}: {}; {}", name, trouble, again ? "trying again" : "passed by");
    } else {
      LOG.debug("{}: {}", name, trouble);
    }
    if (again) {
      if (!slot.lane.broken && slot.lane.failures == 0) {
        troubled++;
      }
      slot.lane.broken = true;
    } else {
      slot.done = true;
    }
  }

  /** From the failing one on everything of the thing is sent again, so that its order is kept. */
  private void rest(Lane lane) {
    lane.takeBack();
    lane.failures++;
    lane.resting = true;
    lane.restUntil = System.nanoTime() + backoff.orElse(REOPEN).after(lane.failures).toNanos();
    resting.add(lane);
  }

  private void recovered(Lane lane) {
    if (lane.broken) {
      return;
    }
    if (lane.failures > 0) {
      lane.failures = 0;
      troubled--;
    }
    if (troubled == 0 && !trouble.isEmpty()) {
      trouble = "";
      if (backoff.isPresent()) {
        loggedAt = System.nanoTime() - LOG_AGAIN.toNanos();
        LOG.info("{}: delivers again", name);
      }
    }
  }

  private boolean acknowledge() {
    long last = 0;
    while (!pending.isEmpty() && pending.peek().done) {
      last = pending.remove().recorded.sequence();
    }
    if (last == 0 || cursor == null) {
      return false;
    }
    try {
      cursor.acknowledge(last);
    } catch (RuntimeException e) {
      closeCursor();
      if (!stopping) {
        failed(e);
      }
    }
    return true;
  }

  private void closeCursor() {
    Cursor open = cursor;
    cursor = null;
    if (open != null) {
      try {
        open.close();
      } catch (RuntimeException e) {
        LOG.debug("{}: the journal went first", name, e);
      }
    }
  }

  /** Sleeps until somebody wakes it, or the next thing has rested. */
  private void rest() {
    asleep = true;
    long now = System.nanoTime();
    long nanos = RECHECK.toNanos();
    if (stopping) {
      nanos = inFlight > 0 ? stopBy - now : 0;
    } else {
      if (!resting.isEmpty()) {
        nanos = Math.min(nanos, resting.peek().restUntil - now);
      }
      if (toOpen() && inFlight == 0) {
        nanos = source.equals(used) ? Math.min(nanos, openAgain - now) : 0;
      }
      if (mayFetch()) {
        nanos = 0;
      }
    }
    if (completions.isEmpty() && nanos > 0) {
      LockSupport.parkNanos(this, nanos);
      if (System.nanoTime() - now >= RECHECK.toNanos()) {
        more = true;
      }
    }
    asleep = false;
    if (Thread.interrupted()) {
      LOG.debug("{}: interrupted; going on", name);
    }
  }
}
