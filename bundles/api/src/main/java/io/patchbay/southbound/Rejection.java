package io.patchbay.southbound;

/** Why something from a device was not taken as it is. */
public enum Rejection {
  /** No profile's pattern fits the address. */
  UNKNOWN_ADDRESS,
  /** The thing it names is not registered, or its profile is not there. */
  UNKNOWN_THING,
  /** The administrator or the policy refused the device. */
  NOT_ADMITTED,
  /** The payload is not of its media type. */
  UNDECODABLE,
  /** A value of another type than the profile says. */
  WRONG_TYPE,
  /** A value outside the profile's range. */
  OUT_OF_RANGE,
  /** A time that cannot be read, or lies outside 1970 to 2200. */
  BAD_TIME,
  /** Nothing in it belongs to the profile. */
  NOTHING_KNOWN,
  /** The script of its codec took more time or memory than one frame may. */
  OVERRUN,
  /** Larger than the hub accepts. */
  TOO_LARGE,
  /** A bug while decoding; the log has it. */
  INTERNAL
}
