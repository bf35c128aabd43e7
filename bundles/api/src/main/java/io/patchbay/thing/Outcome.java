package io.patchbay.thing;

import java.util.List;

/** How a command ended. A device that refuses is an outcome; a bug is an exception. */
public sealed interface Outcome {

  /**
   * @param readings what the device answered, in the model's units; empty when it answered nothing
   */
  record Done(List<Uplink.Reading> readings) implements Outcome {
    public Done {
      readings = List.copyOf(readings);
    }
  }

  /**
   * @param detail what happened and what to do, for a person
   */
  record Failed(Reason reason, String detail) implements Outcome {}

  /** Why a command failed. */
  enum Reason {
    UNKNOWN_THING,
    UNKNOWN_AFFORDANCE,
    /** The property cannot be written, or the profile has no form for this. */
    NOT_ALLOWED,
    /** Wrong type or outside the range of the profile. */
    INVALID_VALUE,
    /** No protocol bundle for the thing's scheme is running. */
    NO_PROTOCOL,
    /** The connection to the device is down. */
    UNREACHABLE,
    /** Sent, and no answer came in time. */
    TIMEOUT,
    /** Never sent: its deadline passed while it waited. */
    EXPIRED,
    /** The device said no. */
    REFUSED,
    /** The lane's queue is full. */
    BUSY,
    /** The answer could not be understood. */
    BAD_ANSWER,
    /** A bug; the log has it. */
    INTERNAL
  }
}
