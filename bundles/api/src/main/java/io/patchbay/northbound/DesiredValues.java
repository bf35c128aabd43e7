package io.patchbay.northbound;

import io.patchbay.thing.ThingId;
import io.patchbay.thing.Uplink.Reading;
import io.patchbay.thing.Value;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.CompletionStage;

/**
 * Standing orders: what the properties of things shall be. The hub writes a desired value, and
 * again, until the device reports it; a service of core.
 */
public interface DesiredValues {
  /** What is desired of a thing, sorted by property. */
  List<Desired> of(ThingId thing);

  /** What is desired of a property. */
  default Optional<Desired> find(ThingId thing, String property) {
    return of(thing).stream().filter(desired -> desired.property().equals(property)).findFirst();
  }

  /**
   * The administrator's order; durable when the stage completes. It goes before what the thing's
   * file and its profile say, until it is withdrawn. Fails with {@link RefusedException} when the
   * property cannot be written or cannot have the value.
   *
   * @param value in the property's type and unit
   * @param by who asks, for the record
   */
  CompletionStage<Desired> order(ThingId thing, String property, Value value, String by);

  /**
   * Ends the administrator's order; what the thing's file or its profile says counts again. Nothing
   * is written back to the device. False when there is none.
   */
  CompletionStage<Boolean> withdraw(ThingId thing, String property);

  /**
   * What the thing's file says, in place of what it said before. It goes before what the profile
   * says. Not kept across restarts: the file is.
   */
  void state(ThingId thing, Map<String, Value> values);

  /** Who desires a value; the later ones go before the earlier. */
  enum Source {
    PROFILE,
    FILE,
    ADMINISTRATOR
  }

  /** How far an order has come, or why not yet. */
  enum State {
    /** The device has reported it. */
    REPORTED,
    /** It will be written in its turn. */
    WAITING,
    /** It was written; the device has not reported it yet. */
    SENT,
    /** The device is asleep; written when it wakes. */
    ASLEEP,
    /** The device is offline or nothing leads to it now; written when it is back. */
    UNREACHABLE,
    /** Nothing has come from the device yet; written when it is heard. */
    NEVER_HEARD,
    /** The device, or the profile, refuses the value. */
    REJECTED,
    /** The write was not sent by its deadline; written again, or when the device wakes. */
    EXPIRED,
    /** The write was sent, and no answer came in time. */
    UNANSWERED,
    /** The property cannot be written by the profile, or the thing is not admitted. */
    NOT_WRITABLE,
    /** The write failed otherwise. */
    FAILED
  }

  /**
   * A property as it shall be and as it is.
   *
   * @param by who ordered it; of a profile, its {@code id@version}
   * @param reported what the device said last
   * @param delta reported less desired, of numbers
   * @param detail why it is so, for a person
   * @param attempts writes in a row that the device has not reported
   * @param written when it was written last
   * @param next when it will be written if nothing else happens; empty while it waits for the
   *     device or for somebody to change something
   */
  record Desired(
      ThingId thing,
      String property,
      Value value,
      Source source,
      String by,
      Instant since,
      Optional<Reading> reported,
      OptionalDouble delta,
      State state,
      String detail,
      int attempts,
      Optional<Instant> written,
      Optional<Instant> next) {}
}
