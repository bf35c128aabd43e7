package io.patchbay.camel.hub;

import io.patchbay.camel.HubHeaders;
import io.patchbay.northbound.Feed;
import io.patchbay.operation.Metrics;
import io.patchbay.store.Recorded;
import io.patchbay.store.Selection;
import io.patchbay.thing.ThingId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Processor;
import org.apache.camel.support.DefaultConsumer;
import org.apache.camel.support.DefaultMessage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells a route when a thing has come into another state. Each thing has at most one check ahead
 * and one message under way, so nothing piles up however often it changes: the route hears the
 * state that holds when it has time to. What the route fails to take is told again.
 */
abstract class WatchConsumer extends DefaultConsumer implements Metrics {
  /** What is known of one thing; guarded by itself. */
  static final class Watched {
    final ThingId thing;

    @Nullable Recorded last;

    /** What holds, or would if it lasted; empty while that is not known. */
    String state = "";

    /** {@link System#nanoTime()} from which on it does. */
    long since;

    /** What the route has heard. */
    String told = "";

    private boolean checkAhead;
    private boolean underWay;

    Watched(ThingId thing) {
      this.thing = thing;
    }
  }

  /**
   * @param state that is to be told, when it is not yet
   * @param lookAgain nanoseconds after which it may be another one without a reading; 0 for never
   */
  record Verdict(String state, long lookAgain) {}

  private static final Logger LOG = LoggerFactory.getLogger(WatchConsumer.class);
  private static final Duration TELL_AGAIN = Duration.ofSeconds(5);

  final Hub hub;
  final Selection selection;
  private final Map<ThingId, Watched> things = new ConcurrentHashMap<>();
  private final List<Hub.Binding> bindings = new ArrayList<>();
  private final LongAdder told = new LongAdder();
  private final LongAdder failures = new LongAdder();
  private Optional<Feed.Registration> feed = Optional.empty();
  private volatile @Nullable ScheduledExecutorService clock;

  WatchConsumer(HubEndpoint endpoint, Processor processor, Hub hub, Selection selection) {
    super(endpoint, processor);
    this.hub = hub;
    this.selection = selection;
  }

  /** Takes a reading in; with the thing locked, on the journal's writer thread. */
  abstract void hear(Watched watched, Recorded reading, long now);

  /** What is to be told of a thing; with the thing locked. */
  abstract Verdict judge(Watched watched, long now);

  /** What else to listen to. */
  List<Hub.Binding> follow() {
    return List.of();
  }

  @Override
  protected void doStart() throws Exception {
    super.doStart();
    clock =
        getEndpoint()
            .getCamelContext()
            .getExecutorServiceManager()
            .newSingleThreadScheduledExecutor(this, "watch-" + getRouteId());
    bindings.addAll(follow());
    bindings.add(hub.follow(Feed.class, this::feed));
    bindings.add(hub.provide(Metrics.class, this, Map.of()));
  }

  @Override
  protected void doStop() throws Exception {
    bindings.forEach(Hub.Binding::close);
    bindings.clear();
    feed.ifPresent(Feed.Registration::close);
    feed = Optional.empty();
    ScheduledExecutorService running = clock;
    if (running != null) {
      getEndpoint().getCamelContext().getExecutorServiceManager().shutdownNow(running);
    }
    clock = null;
    super.doStop();
  }

  private void feed(Optional<Feed> there) {
    feed.ifPresent(Feed.Registration::close);
    feed = there.map(from -> from.open(getRouteId(), selection, this::offer));
  }

  /** Quick, and never full: as many states are kept as there are things. */
  private boolean offer(Recorded reading) {
    Watched watched = watched(reading.uplink().thing());
    synchronized (watched) {
      long now = System.nanoTime();
      hear(watched, reading, now);
      Verdict verdict = judge(watched, now);
      lookAgain(watched, verdict.state().equals(watched.told) ? verdict.lookAgain() : 1);
    }
    return true;
  }

  Watched watched(ThingId thing) {
    return things.computeIfAbsent(thing, Watched::new);
  }

  /** With the thing locked; a check that is ahead already finds out by itself. */
  final void lookAgain(Watched watched, long nanos) {
    ScheduledExecutorService running = clock;
    if (nanos > 0 && !watched.checkAhead && running != null) {
      watched.checkAhead = true;
      try {
        Future<?> unused = running.schedule(() -> look(watched), nanos, TimeUnit.NANOSECONDS);
      } catch (RejectedExecutionException e) {
        LOG.debug("{} is stopping", getRouteId(), e);
      }
    }
  }

  private void look(Watched watched) {
    Message message;
    String before;
    synchronized (watched) {
      watched.checkAhead = false;
      if (watched.underWay) {
        return; // looked at when that is done
      }
      Verdict verdict = judge(watched, System.nanoTime());
      if (verdict.state().equals(watched.told)) {
        lookAgain(watched, verdict.lookAgain());
        return;
      }
      before = watched.told;
      watched.told = verdict.state();
      watched.underWay = true;
      message = message(watched);
    }
    tell(watched, before, message);
  }

  private Message message(Watched watched) {
    Recorded last = watched.last;
    Message message =
        last == null
            ? new DefaultMessage(getEndpoint().getCamelContext())
            : new UplinkMessage(getEndpoint().getCamelContext(), last);
    message.setHeader(HubHeaders.THING, watched.thing.value());
    message.setHeader(HubHeaders.STATE, watched.told);
    return message;
  }

  private void tell(Watched watched, String before, Message message) {
    Exchange exchange = createExchange(true);
    exchange.setIn(message);
    getAsyncProcessor()
        .process(
            exchange,
            doneSync -> {
              Exception failure = exchange.getException();
              releaseExchange(exchange, true);
              done(watched, before, failure);
            });
  }

  private void done(Watched watched, String before, @Nullable Exception failure) {
    synchronized (watched) {
      watched.underWay = false;
      if (failure == null) {
        told.increment();
        lookAgain(watched, 1);
        return;
      }
      failures.increment();
      LOG.warn(
          "Route '{}' did not take that {} is '{}', and is told again: {}",
          getRouteId(),
          watched.thing.value(),
          watched.told,
          String.valueOf(failure.getMessage()));
      watched.told = before;
      lookAgain(watched, TELL_AGAIN.toNanos());
    }
  }

  @Override
  public List<Sample> samples() {
    Map<String, String> labels = Map.of("route", getRouteId());
    return List.of(
        Sample.counter(
            "patchbay_watch_told_total",
            "Changes of state that a route was told and took.",
            labels,
            told.doubleValue()),
        Sample.counter(
            "patchbay_watch_failures_total",
            "Changes of state that a route failed to take; they are told again.",
            labels,
            failures.doubleValue()));
  }
}
