package io.patchbay.thing;

/** Whether a thing can be talked to. */
public enum Status {
  UNKNOWN,
  ONLINE,
  OFFLINE,
  /** Away by plan: commands wait until it wakes. */
  ASLEEP
}
