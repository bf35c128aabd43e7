package io.patchbay.core;

import io.patchbay.northbound.DesiredValues.Source;
import io.patchbay.northbound.DesiredValues.State;
import io.patchbay.thing.Uplink.Reading;
import io.patchbay.thing.Value;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** One desired value and how far it has come; its agenda guards it. */
final class Wanted {
  /** As many digits as a number of single precision holds: what such a device says is equal. */
  private static final double PRECISION = 1e-6;

  final String property;
  final Value value;
  final Source source;
  final String by;
  final Instant since;

  State state = State.WAITING;
  String detail = "";

  /** What the last write came to, if it failed. */
  String trouble = "";

  /** Writes in a row that were not reported. */
  int attempts;

  /** Whether it waits for the thing, not for a time. */
  boolean held;

  @Nullable Instant written;

  /** When it is written by itself; null while it waits for something to happen. */
  @Nullable Instant next;

  /** What the device said last, when that was something else. */
  @Nullable Value other;

  Wanted(String property, Value value, Source source, String by, Instant since) {
    this.property = property;
    this.value = value;
    this.source = source;
    this.by = by;
    this.since = since;
    this.next = since;
  }

  boolean reported() {
    return state == State.REPORTED;
  }

  /** Whether trying again without a change would bring the same. */
  boolean refused() {
    return state == State.REJECTED || state == State.NOT_WRITABLE;
  }

  boolean same(Wanted that) {
    return value.equals(that.value) && source == that.source && by.equals(that.by);
  }

  void become(State now, String why, @Nullable Instant again) {
    state = now;
    detail = why;
    next = again;
    held = false;
  }

  /** As if it had just been ordered. */
  void afresh(Instant now) {
    attempts = 0;
    trouble = "";
    become(State.WAITING, "", now);
  }

  /**
   * Whether a reading says that it is so.
   *
   * @param deadband of the property, in its unit: no difference within it is ever passed on
   */
  boolean isSaidBy(Reading reading, double deadband) {
    Double desired = number(value);
    Double said = number(reading.value());
    if (desired == null || said == null) {
      return value.equals(reading.value());
    } else if (value instanceof Value.Int one && reading.value() instanceof Value.Int two) {
      return one.value() == two.value() || Math.abs(said - desired) <= deadband;
    }
    double precision = PRECISION * Math.max(Math.abs(desired), PRECISION);
    return Math.abs(said - desired) <= Math.max(deadband, precision);
  }

  static @Nullable Double number(Value value) {
    if (value instanceof Value.Int integer) {
      return (double) integer.value();
    }
    return value instanceof Value.Num number ? (Double) number.value() : null;
  }
}
