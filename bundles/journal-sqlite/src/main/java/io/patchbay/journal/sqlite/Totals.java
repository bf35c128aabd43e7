package io.patchbay.journal.sqlite;

import io.patchbay.store.Selection;
import java.util.Set;

/**
 * What the log ever took, up to some place in it. Every block carries the totals before it, so that
 * sums over any stretch need two blocks only.
 */
record Totals(
    long readings, long occurrences, long statuses, long discovered, long rejected, long held) {
  static final Totals NONE = new Totals(0, 0, 0, 0, 0, 0);

  long uplinks() {
    return readings + occurrences + statuses + discovered;
  }

  /** Frames kept ever, whatever became of them. */
  long kept() {
    return rejected + held;
  }

  long of(Set<Selection.Kind> kinds) {
    long sum = 0;
    for (Selection.Kind kind : kinds) {
      sum +=
          switch (kind) {
            case READING -> readings;
            case OCCURRENCE -> occurrences;
            case STATUS -> statuses;
            case DISCOVERED -> discovered;
          };
    }
    return sum;
  }

  void write(Packer out) {
    out.varint(readings)
        .varint(occurrences)
        .varint(statuses)
        .varint(discovered)
        .varint(rejected)
        .varint(held);
  }

  static Totals read(Unpacker in) {
    return new Totals(in.varint(), in.varint(), in.varint(), in.varint(), in.varint(), in.varint());
  }

  /** Counts on from totals. */
  static final class Tally {
    private final long[] kinds = new long[Selection.Kind.values().length];
    private long rejected;
    private long held;

    Tally(Totals from) {
      kinds[0] = from.readings;
      kinds[1] = from.occurrences;
      kinds[2] = from.statuses;
      kinds[3] = from.discovered;
      rejected = from.rejected;
      held = from.held;
    }

    void uplink(int kind) {
      kinds[kind]++;
    }

    /** As the entry's mark says: 1 rejected, 2 held. */
    void kept(int mark) {
      if (mark == 1) {
        rejected++;
      } else if (mark == 2) {
        held++;
      }
    }

    Totals totals() {
      return new Totals(kinds[0], kinds[1], kinds[2], kinds[3], rejected, held);
    }
  }
}
