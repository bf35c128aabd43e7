package io.patchbay.thing;

import java.time.Instant;
import java.util.Map;

/**
 * What comes up from a thing. Times are of millisecond precision; {@code received} is when the hub
 * got it. Nothing is ever stamped again on the way.
 */
public sealed interface Uplink {
  ThingId thing();

  /**
   * When it was measured or happened; equal to {@link #received()} when only the hub's clock is
   * known.
   */
  Instant time();

  Instant received();

  /**
   * Whether it takes the place of one of the same name that came before it. Of two times that the
   * device gave the newer one counts; otherwise what came later, because the hub's clock may have
   * been put back in between.
   */
  default boolean supersedes(Uplink earlier) {
    return !(this instanceof Reading fresh
        && earlier instanceof Reading old
        && fresh.time().isBefore(old.time())
        && (fresh.source() == TimeSource.DEVICE || old.source() == TimeSource.DEVICE));
  }

  /**
   * A value of a property.
   *
   * @param unit SenML unit (RFC 8428, clause 12.1), empty when there is none
   * @param source whose clock gave {@code time}
   */
  record Reading(
      ThingId thing,
      String property,
      Value value,
      String unit,
      Instant time,
      TimeSource source,
      Instant received,
      Quality quality)
      implements Uplink {

    public Reading withQuality(Quality other) {
      return new Reading(thing, property, value, unit, time, source, received, other);
    }
  }

  /** An event that a thing reports (WoT event). */
  record Occurrence(
      ThingId thing,
      String event,
      Map<String, Value> data,
      Instant time,
      TimeSource source,
      Instant received)
      implements Uplink {
    public Occurrence {
      data = Map.copyOf(data);
    }
  }

  /**
   * A thing came, went, or fell asleep, or came to another stage of its life.
   *
   * @param stage what a binding says of one that is not admitted, retired or being updated does not
   *     count: that is core's
   * @param detail why, for a person; may be empty
   */
  record StatusChange(
      ThingId thing, Status status, Stage stage, String detail, Instant time, Instant received)
      implements Uplink {
    /** At the stage that its status says. */
    public StatusChange(
        ThingId thing, Status status, String detail, Instant time, Instant received) {
      this(thing, status, Stage.of(status), detail, time, received);
    }
  }

  /** A device nobody registered was heard for the first time. */
  record Discovered(Thing device, Instant time, Instant received) implements Uplink {
    @Override
    public ThingId thing() {
      return device.id();
    }
  }
}
