package io.patchbay.camel.hub;

import io.patchbay.store.Recorded;
import io.patchbay.thing.ThingId;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The uplinks of one thing, in order. Used by the courier's thread alone, but for what tells
 * everybody that those handed out have been broken off.
 */
final class Lane implements Comparable<Lane> {
  final ThingId thing;
  final ArrayDeque<Slot> waiting = new ArrayDeque<>();

  /** Handed out and not yet known to be done, with those that were done out of turn. */
  private final ArrayDeque<Slot> sent = new ArrayDeque<>();

  int running;
  int failures;
  boolean broken;

  /** Of what is handed out now: set by whoever learns first that one of it failed. */
  AtomicBoolean brokenOff = new AtomicBoolean();

  boolean queued;
  boolean resting;
  long restUntil;

  Lane(ThingId thing) {
    this.thing = thing;
  }

  boolean mayRun(int perThing) {
    return !broken && !brokenOff.get() && !resting && running < perThing && !waiting.isEmpty();
  }

  boolean idle() {
    return waiting.isEmpty() && sent.isEmpty() && !queued && !resting;
  }

  Slot begin() {
    Slot slot = waiting.remove();
    sent.add(slot);
    running++;
    return slot;
  }

  void trim() {
    while (!sent.isEmpty() && sent.peek().done) {
      sent.remove();
    }
  }

  /** From the first that is not done on, everything waits again. */
  void takeBack() {
    broken = false;
    brokenOff = new AtomicBoolean();
    trim();
    while (!sent.isEmpty()) {
      Slot slot = sent.removeLast();
      slot.done = false;
      waiting.addFirst(slot);
    }
  }

  @Override
  public int compareTo(Lane other) {
    return Long.compare(restUntil - other.restUntil, 0);
  }

  /** One uplink between source and acknowledgement. */
  static final class Slot {
    final Recorded recorded;
    final Lane lane;
    boolean done;

    Slot(Recorded recorded, Lane lane) {
      this.recorded = recorded;
      this.lane = lane;
    }
  }
}
