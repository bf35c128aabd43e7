package io.patchbay.store;

import io.patchbay.thing.Thing;
import java.time.Instant;

/** A thing as the directory remembers it. */
public record Registered(Thing thing, Admission admission, Origin origin, Instant since) {
  /** Whether its data are taken. */
  public enum Admission {
    ADMITTED,
    /** Its frames are held until somebody decides. */
    WAITING,
    REJECTED,
    /** Taken out of service for good: refused until it is taken back. */
    RETIRED
  }

  /** Who registered it. */
  public enum Origin {
    API,
    FILE,
    ONBOARDED
  }
}
