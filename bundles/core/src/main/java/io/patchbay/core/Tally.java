package io.patchbay.core;

import io.patchbay.operation.Metrics.Sample;
import io.patchbay.southbound.Receipt;
import io.patchbay.southbound.Rejection;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** What came up since the start, counted. */
final class Tally {
  private final LongAdder stored = new LongAdder();
  private final LongAdder duplicates = new LongAdder();
  private final LongAdder held = new LongAdder();
  private final LongAdder busy = new LongAdder();
  private final LongAdder uplinks = new LongAdder();
  private final LongAdder notKept = new LongAdder();
  private final LongAdder retainedIgnored = new LongAdder();
  private final Map<Gate.Reason, LongAdder> heldBack = new EnumMap<>(Gate.Reason.class);
  private final Map<Rejection, LongAdder> rejected = new EnumMap<>(Rejection.class);

  Tally() {
    for (Rejection reason : Rejection.values()) {
      rejected.put(reason, new LongAdder());
    }
    for (Gate.Reason reason : Gate.Reason.values()) {
      heldBack.put(reason, new LongAdder());
    }
  }

  /** A reading that its profile does not want passed on. */
  void heldBack(Gate.Reason reason) {
    LongAdder count = heldBack.get(reason);
    if (count != null) {
      count.increment();
    }
  }

  void receipt(Receipt receipt, int frames) {
    if (receipt instanceof Receipt.Stored taken) {
      (taken.duplicates() > 0 ? duplicates : stored).add(frames);
    } else if (receipt instanceof Receipt.Held) {
      held.add(frames);
    } else if (receipt instanceof Receipt.Busy) {
      busy.add(frames);
    }
  }

  /** A frame of which something is kept as rejected. */
  void rejected(Rejection reason) {
    LongAdder count = rejected.get(reason);
    if (count != null) {
      count.increment();
    }
  }

  /**
   * @param kept whether the journal has them
   */
  void uplinks(int count, boolean kept) {
    (kept ? uplinks : notKept).add(count);
  }

  void retainedIgnored() {
    retainedIgnored.increment();
  }

  /** Frames rejected since the start, by reason; reasons that did not occur are left out. */
  Map<String, Long> rejections() {
    Map<String, Long> counts = new HashMap<>();
    rejected.forEach(
        (reason, count) -> {
          if (count.sum() > 0) {
            counts.put(reason.name(), count.sum());
          }
        });
    return counts;
  }

  List<Sample> samples() {
    List<Sample> samples = new ArrayList<>();
    frames(samples, "stored", stored);
    frames(samples, "duplicate", duplicates);
    frames(samples, "held", held);
    frames(samples, "busy", busy);
    rejected.forEach(
        (reason, count) ->
            samples.add(
                Sample.counter(
                    "patchbay_uplink_rejected_total",
                    "Frames of which something was kept as rejected.",
                    Map.of("reason", reason.name().toLowerCase(Locale.ROOT)),
                    (double) count.sum())));
    samples.add(
        Sample.counter(
            "patchbay_uplink_uplinks_total",
            "Readings, events and changes of status taken.",
            Map.of(),
            (double) uplinks.sum()));
    samples.add(
        Sample.counter(
            "patchbay_uplink_not_kept_total",
            "Readings, events and changes of status of profiles with journal: false.",
            Map.of(),
            (double) notKept.sum()));
    samples.add(
        Sample.counter(
            "patchbay_uplink_retained_ignored_total",
            "Values of retained messages that were known already.",
            Map.of(),
            (double) retainedIgnored.sum()));
    heldBack.forEach(
        (reason, count) ->
            samples.add(
                Sample.counter(
                    "patchbay_uplink_held_back_total",
                    "Readings not passed on: within the deadband, or before the minimum interval.",
                    Map.of("reason", reason.name().toLowerCase(Locale.ROOT)),
                    (double) count.sum())));
    return samples;
  }

  private static void frames(List<Sample> samples, String result, LongAdder count) {
    samples.add(
        Sample.counter(
            "patchbay_uplink_frames_total",
            "Frames that devices sent, by what became of them.",
            Map.of("result", result),
            (double) count.sum()));
  }
}
