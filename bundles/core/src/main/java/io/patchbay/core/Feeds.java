package io.patchbay.core;

import io.patchbay.northbound.Feed;
import io.patchbay.operation.Metrics.Sample;
import io.patchbay.store.Recorded;
import io.patchbay.store.Selection;
import io.patchbay.thing.ThingId;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Hands committed uplinks to whoever listens now. Has no queue: receivers have theirs. */
final class Feeds implements Feed {
  private static final Logger LOG = LoggerFactory.getLogger(Feeds.class);

  /** Names that drops are counted by; those of further names are counted together. */
  private static final int NAMES = 1_000;

  /** Those that listen to every thing. */
  private final List<Open> open = new CopyOnWriteArrayList<>();

  /** The others, so that nobody is asked about a thing that he does not listen to. */
  private final Map<ThingId, List<Open>> ofThing = new ConcurrentHashMap<>();

  private final Map<String, LongAdder> drops = new ConcurrentHashMap<>();

  private final class Open implements Registration {
    private final String name;
    private final Selection selection;
    private final Receiver receiver;
    private final LongAdder total;
    private final LongAdder dropped = new LongAdder();
    private boolean failed;

    private Open(String name, Selection selection, Receiver receiver) {
      this.name = name;
      this.selection = selection;
      this.receiver = receiver;
      this.total =
          drops.computeIfAbsent(drops.size() < NAMES ? name : "others", n -> new LongAdder());
    }

    private void hand(Recorded recorded) {
      if (selection.matches(recorded) && !taken(recorded)) {
        dropped.increment();
        total.increment();
      }
    }

    private boolean taken(Recorded recorded) {
      try {
        return receiver.offer(recorded);
      } catch (RuntimeException e) {
        if (!failed) {
          failed = true;
          LOG.error("Feed '{}' fails; what it does not take is counted as dropped", name, e);
        }
        return false;
      }
    }

    @Override
    public long dropped() {
      return dropped.sum();
    }

    @Override
    public void close() {
      open.remove(this);
      selection
          .thing()
          .ifPresent(
              thing ->
                  ofThing.computeIfPresent(
                      thing,
                      (id, listening) -> {
                        listening.remove(this);
                        return listening.isEmpty() ? null : listening;
                      }));
    }
  }

  @Override
  public Registration open(String name, Selection selection, Receiver receiver) {
    Open registration = new Open(name, selection, receiver);
    if (selection.thing().isEmpty()) {
      open.add(registration);
    } else {
      ofThing.compute(
          selection.thing().get(),
          (id, present) -> {
            List<Open> listening = present == null ? new CopyOnWriteArrayList<>() : present;
            listening.add(registration);
            return listening;
          });
    }
    return registration;
  }

  /** Must be called in the order of the log. */
  void publish(Recorded recorded) {
    for (Open receiver : open) {
      receiver.hand(recorded);
    }
    for (Open receiver : ofThing.getOrDefault(recorded.uplink().thing(), List.of())) {
      receiver.hand(recorded);
    }
  }

  List<Sample> samples() {
    return drops.entrySet().stream()
        .map(
            drop ->
                Sample.counter(
                    "patchbay_feed_dropped_total",
                    "Uplinks that a live receiver did not take.",
                    Map.of("feed", drop.getKey()),
                    (double) drop.getValue().sum()))
        .toList();
  }
}
