package io.patchbay.binding.modbus;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * What a device has refused, so that it is not asked the same again and again. Both lists are
 * bounded by the points of the profiles that it is read by.
 */
final class Learnt {
  /** What is refused is asked again after this time: devices are set up anew. */
  static final Duration AGAIN = Duration.ofMinutes(10);

  private static final int MOST = 10_000;

  /** Two addresses that it does not give in one answer. */
  private record Wall(Table table, int before, int behind) {}

  private record Refusal(String detail, Instant until) {}

  private volatile int version;
  private final List<Wall> walls = new CopyOnWriteArrayList<>();
  private final Map<Span, Refusal> refusals = new LinkedHashMap<>();

  /** Another one when something was learnt. */
  int version() {
    return version;
  }

  /** It gives each of two blocks, but not both in one. */
  void apart(Block lower, Block upper) {
    Wall wall = new Wall(lower.span().table(), lower.span().end() - 1, upper.span().address());
    if (!walls.contains(wall) && walls.size() < MOST) {
      walls.add(wall);
      changed();
    }
  }

  /** Whether one answer may not hold all of it. */
  boolean divided(Span span) {
    for (Wall wall : walls) {
      if (wall.table() == span.table()
          && span.address() <= wall.before()
          && wall.behind() < span.end()) {
        return true;
      }
    }
    return false;
  }

  synchronized void refused(Span span, String detail, Instant now) {
    if (refusals.size() >= MOST) {
      refusals.remove(refusals.keySet().iterator().next());
    }
    refusals.put(span, new Refusal(detail, now.plus(AGAIN)));
    changed();
  }

  private synchronized void changed() {
    version++;
  }

  synchronized void given(Span span) {
    if (!refusals.isEmpty()) {
      if (refusals.remove(span) != null) {
        changed();
      }
    }
  }

  /** Whether anything is known to be refused. */
  synchronized boolean refuses() {
    return !refusals.isEmpty();
  }

  /** Why it is not to be asked for now. */
  synchronized Optional<String> refusal(Span span, Instant now) {
    Refusal refusal = refusals.get(span);
    return refusal == null || !now.isBefore(refusal.until())
        ? Optional.empty()
        : Optional.of(refusal.detail());
  }
}
