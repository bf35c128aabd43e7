package io.patchbay.southbound;

import io.patchbay.thing.Bytes;
import java.time.Instant;
import java.util.Optional;

/**
 * A message as it came from the wire, not yet interpreted.
 *
 * @param target what it carries, when the binding asked for it
 * @param mediaType of the payload; empty when the profile's form says it
 * @param received when the hub got it
 * @param time when the device measured it, when the protocol itself says so
 * @param delivery how it is told from a repetition; empty when the protocol never repeats
 * @param retained whether it is a stored copy that the broker sent on subscription (MQTT 5.0,
 *     clause 3.3.1.3), of unknown age
 */
public record Frame(
    Origin origin,
    Optional<Target> target,
    Bytes payload,
    String mediaType,
    Instant received,
    Optional<Instant> time,
    Optional<DeliveryId> delivery,
    boolean retained) {

  /** A frame of an address alone, as most pushed ones are. */
  public static Frame of(Origin origin, Bytes payload, Instant received) {
    return new Frame(
        origin, Optional.empty(), payload, "", received, Optional.empty(), Optional.empty(), false);
  }
}
