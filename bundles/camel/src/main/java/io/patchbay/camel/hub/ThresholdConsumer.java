package io.patchbay.camel.hub;

import io.patchbay.store.Recorded;
import io.patchbay.store.Selection;
import io.patchbay.thing.Quality;
import io.patchbay.thing.Uplink.Reading;
import io.patchbay.thing.Value;
import java.time.Duration;
import java.util.OptionalDouble;
import org.apache.camel.Processor;

/**
 * {@code hub:threshold}: tells {@code above} when a property has been above a limit for a while,
 * and {@code below} when it has been below another one for as long. Between the two limits what was
 * before goes on, so that a value that swings around one limit does not switch to and fro.
 */
final class ThresholdConsumer extends WatchConsumer {
  /**
   * @param above more than this is {@code above}
   * @param below less than this is {@code below}; at most {@code above}
   * @param hold how long it must last
   */
  record Limits(double above, double below, Duration hold) {
    Limits {
      if (below > above) {
        throw new IllegalArgumentException(
            "below=" + below + " is more than above=" + above + "; accepted: at most that");
      }
    }
  }

  private final Limits limits;

  ThresholdConsumer(
      HubEndpoint endpoint, Processor processor, Hub hub, Selection selection, Limits limits) {
    super(endpoint, processor, hub, selection);
    this.limits = limits;
  }

  @Override
  void hear(Watched watched, Recorded recorded, long now) {
    OptionalDouble number = number(recorded);
    if (number.isEmpty()) {
      return;
    }
    double value = number.getAsDouble();
    String side =
        value > limits.above() ? "above" : value < limits.below() ? "below" : watched.state;
    if (!side.equals(watched.state)) {
      watched.state = side;
      watched.since = now;
    }
    watched.last = recorded;
  }

  /** What is no number or known to be wrong says nothing about a limit. */
  private static OptionalDouble number(Recorded recorded) {
    if (recorded.uplink() instanceof Reading reading && reading.quality() != Quality.BAD) {
      if (reading.value() instanceof Value.Num number) {
        return OptionalDouble.of(number.value());
      } else if (reading.value() instanceof Value.Int integer) {
        return OptionalDouble.of((double) integer.value());
      }
    }
    return OptionalDouble.empty();
  }

  @Override
  Verdict judge(Watched watched, long now) {
    if (watched.state.equals(watched.told)) {
      return new Verdict(watched.told, 0);
    }
    long left = limits.hold().toNanos() - (now - watched.since);
    return left > 0 ? new Verdict(watched.told, left) : new Verdict(watched.state, 0);
  }
}
