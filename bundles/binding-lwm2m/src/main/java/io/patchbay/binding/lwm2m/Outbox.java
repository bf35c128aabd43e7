package io.patchbay.binding.lwm2m;

import io.patchbay.southbound.Receipt;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What goes up without the device waiting for it: of each device in order, one at a time; what the
 * hub has no room for is offered again.
 */
final class Outbox {
  private static final Logger LOG = LoggerFactory.getLogger(Outbox.class);

  /** Of one device; when it is full the oldest goes: the newest is what counts. */
  private static final int WAITING = 64;

  private static final class Line {
    private final Deque<Supplier<CompletionStage<Receipt>>> waiting = new ArrayDeque<>();
    private boolean offering;
  }

  private final ScheduledExecutorService later;
  private final Map<String, Line> lines = new ConcurrentHashMap<>();
  private final LongAdder dropped = new LongAdder();

  Outbox(ScheduledExecutorService later) {
    this.later = later;
  }

  /**
   * @param offer made when it is its turn, and again when the hub was busy
   */
  void put(String endpoint, Supplier<CompletionStage<Receipt>> offer) {
    lines.compute(
        endpoint,
        (key, present) -> {
          Line line = present == null ? new Line() : present;
          line.waiting.addLast(offer);
          if (line.waiting.size() > WAITING) {
            line.waiting.removeFirst();
            dropped.increment();
          }
          return line;
        });
    next(endpoint);
  }

  private void next(String endpoint) {
    @SuppressWarnings({"unchecked", "rawtypes"})
    @Nullable Supplier<CompletionStage<Receipt>>[] taken = new Supplier[1];
    lines.computeIfPresent(
        endpoint,
        (key, line) -> {
          if (line.offering) {
            return line;
          }
          taken[0] = line.waiting.pollFirst();
          line.offering = taken[0] != null;
          return line.offering ? line : null;
        });
    Supplier<CompletionStage<Receipt>> offer = taken[0];
    if (offer == null) {
      return;
    }
    try {
      var unused =
          offer
              .get()
              .whenComplete(
                  (receipt, failure) -> {
                    if (failure != null || receipt instanceof Receipt.Busy || !last(endpoint)) {
                      onward(() -> ended(endpoint, offer, receipt, failure));
                    }
                  });
    } catch (RuntimeException e) {
      ended(endpoint, offer, null, e);
    }
  }

  /** Whether nothing more of the device waits: then there is nothing to go on with. */
  private boolean last(String endpoint) {
    return lines.computeIfPresent(endpoint, (key, line) -> line.waiting.isEmpty() ? null : line)
        == null;
  }

  /** Off the journal's thread; at the end nothing goes on. */
  private void onward(Runnable task) {
    try {
      later.execute(task);
    } catch (RejectedExecutionException e) {
      LOG.debug("The binding is being stopped", e);
    }
  }

  private void ended(
      String endpoint,
      Supplier<CompletionStage<Receipt>> offer,
      @Nullable Receipt receipt,
      @Nullable Throwable failure) {
    if (failure != null) {
      LOG.error("Something of {} could not be offered to the hub", endpoint, failure);
    }
    if (receipt instanceof Receipt.Busy busy) {
      if (!later.isShutdown()) {
        var unused =
            later.schedule(
                () -> again(endpoint, offer), busy.retryAfter().toMillis(), TimeUnit.MILLISECONDS);
      }
      return;
    }
    free(endpoint, null);
    next(endpoint);
  }

  private void again(String endpoint, Supplier<CompletionStage<Receipt>> offer) {
    free(endpoint, offer);
    next(endpoint);
  }

  private void free(String endpoint, @Nullable Supplier<CompletionStage<Receipt>> first) {
    lines.computeIfPresent(
        endpoint,
        (key, line) -> {
          line.offering = false;
          if (first != null && line.waiting.size() < WAITING) {
            line.waiting.addFirst(first);
          } else if (first != null) {
            dropped.increment();
          }
          return line;
        });
  }

  /** Whether nothing waits. */
  boolean isEmpty() {
    return lines.isEmpty();
  }

  /** What was given up because more came than the hub could take. */
  long dropped() {
    return dropped.sum();
  }
}
