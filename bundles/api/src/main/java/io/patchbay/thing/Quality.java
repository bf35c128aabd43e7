package io.patchbay.thing;

/** How far a value can be trusted. */
public enum Quality {
  GOOD,
  /** Outside what the profile calls plausible, or of doubtful source. */
  UNCERTAIN,
  /** Older than the profile allows, or a retained copy of unknown age. */
  STALE,
  /** The device itself says that it is wrong. */
  BAD
}
