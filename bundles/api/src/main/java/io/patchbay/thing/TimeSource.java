package io.patchbay.thing;

/** Whose clock gave a reading its time. */
public enum TimeSource {
  /** The device's: when it was measured. */
  DEVICE,
  /** The hub's: the device gave no time, so time = received. */
  HUB
}
