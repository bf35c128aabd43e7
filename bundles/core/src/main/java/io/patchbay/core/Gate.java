package io.patchbay.core;

import io.patchbay.profile.Keeping;
import io.patchbay.profile.Property;
import io.patchbay.thing.Quality;
import io.patchbay.thing.Uplink;
import io.patchbay.thing.Value;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Whether a reading of one property is passed on, by the last one of the same thing that was. */
final class Gate {
  /** Why a reading is held back. */
  enum Reason {
    DEADBAND,
    INTERVAL
  }

  private final Keeping keeping;

  /** A reading this old no longer stands for the present; null when it does for ever. */
  private final @Nullable Duration longest;

  private Gate(Keeping keeping, Optional<Duration> staleAfter) {
    this.keeping = keeping;
    this.longest = staleAfter.map(stale -> stale.dividedBy(2)).orElse(null);
  }

  /** Empty when everything is passed on. */
  static Optional<Gate> of(Property property) {
    return property.keeping().passesAll()
        ? Optional.empty()
        : Optional.of(new Gate(property.keeping(), property.staleAfter()));
  }

  /**
   * Empty when it is passed on. What is older than the last one is history, and passed on.
   *
   * @param last passed on of the same property; null when there is none
   */
  Optional<Reason> holdsBack(Uplink.@Nullable Reading last, Uplink.Reading reading) {
    if (last == null || last.quality() != reading.quality() || reading.quality() != Quality.GOOD) {
      return Optional.empty();
    }
    Duration since = Duration.between(last.time(), reading.time());
    if (since.isNegative()) {
      return Optional.empty();
    } else if (since.compareTo(keeping.minimumInterval()) < 0) {
      return Optional.of(Reason.INTERVAL);
    }
    boolean due = longest != null && since.compareTo(longest) >= 0;
    return due || !near(last.value(), reading.value())
        ? Optional.empty()
        : Optional.of(Reason.DEADBAND);
  }

  private boolean near(Value last, Value value) {
    if (keeping.deadband() == 0) {
      return false;
    } else if (last instanceof Value.Int a && value instanceof Value.Int b) {
      return Math.abs((double) a.value() - b.value()) <= keeping.deadband();
    }
    return last instanceof Value.Num a
        && value instanceof Value.Num b
        && Math.abs(a.value() - b.value()) <= keeping.deadband();
  }
}
