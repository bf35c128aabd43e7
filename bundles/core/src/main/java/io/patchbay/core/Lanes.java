package io.patchbay.core;

import io.patchbay.southbound.LaneSpec;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executor;

/** All lanes by key. Idle ones are dropped when there are many. */
final class Lanes {
  private static final int MANY = 4_096;

  private final Map<String, Lane> lanes = new HashMap<>();
  private final Executor pool;
  private final Lane.Timer timer;

  Lanes(Executor pool, Lane.Timer timer) {
    this.pool = pool;
    this.timer = timer;
  }

  /** False when the lane is full. */
  boolean add(String scheme, LaneSpec spec, Lane.Task task) {
    synchronized (this) {
      String key = scheme + " " + spec.key();
      Lane lane = lanes.get(key);
      if (lane == null) {
        if (lanes.size() >= MANY && Integer.bitCount(lanes.size()) == 1) {
          lanes.values().removeIf(Lane::idle);
        }
        lane = new Lane(spec, pool, timer);
        lanes.put(key, lane);
      }
      return lane.add(task, spec);
    }
  }

  /** Takes it out of whichever queue it waits in. */
  synchronized void remove(String scheme, LaneSpec spec, Tracked tracked) {
    Lane lane = lanes.get(scheme + " " + spec.key());
    if (lane != null) {
      lane.remove(tracked);
    }
  }

  /** Requests waiting, by scheme and key. */
  synchronized Map<String, Integer> waiting() {
    Map<String, Integer> waiting = new HashMap<>();
    lanes.forEach(
        (key, lane) -> {
          int length = lane.waiting();
          if (length > 0) {
            waiting.put(key, length);
          }
        });
    return waiting;
  }
}
