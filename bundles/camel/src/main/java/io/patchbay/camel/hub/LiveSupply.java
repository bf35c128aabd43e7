package io.patchbay.camel.hub;

import io.patchbay.northbound.Feed;
import io.patchbay.store.Cursor;
import io.patchbay.store.Recorded;
import io.patchbay.store.Selection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.LongAdder;

/**
 * Uplinks as they are committed, through a bounded queue: when it is full the newest is refused and
 * counted.
 */
final class LiveSupply implements Supply {
  private final Hub hub;
  private final Selection selection;
  private final int bound;
  private final LongAdder refused = new LongAdder();

  LiveSupply(Hub hub, Selection selection, int bound) {
    this.hub = hub;
    this.selection = selection;
    this.bound = bound;
  }

  @Override
  public Hub.Binding connect(String name, Courier courier) {
    Queue queue = new Queue(name, courier);
    courier.source(Optional.of(() -> queue));
    return hub.follow(Feed.class, queue::feed);
  }

  @Override
  public Optional<Backoff> backoff() {
    return Optional.empty();
  }

  @Override
  public long refused() {
    return refused.sum();
  }

  @Override
  public Map<String, String> labels() {
    return Map.of();
  }

  /** Filled on the journal's writer thread, emptied on the courier's. */
  private final class Queue implements Cursor {
    private final String name;
    private final Courier courier;
    private final BlockingQueue<Recorded> queue = new ArrayBlockingQueue<>(bound);
    private Optional<Feed.Registration> open = Optional.empty();

    Queue(String name, Courier courier) {
      this.name = name;
      this.courier = courier;
    }

    /** Called by one thread at a time. */
    void feed(Optional<Feed> feed) {
      open.ifPresent(Feed.Registration::close);
      open = feed.map(there -> there.open(name, selection, this::offer));
    }

    private boolean offer(Recorded recorded) {
      boolean taken = queue.offer(recorded);
      if (taken) {
        courier.wake();
      } else {
        refused.increment();
      }
      return taken;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public List<Recorded> next(int max) {
      List<Recorded> next = new ArrayList<>();
      queue.drainTo(next, max);
      return next;
    }

    @Override
    public void acknowledge(long sequence) {}

    @Override
    public void rewind() {}

    @Override
    public void close() {}
  }
}
