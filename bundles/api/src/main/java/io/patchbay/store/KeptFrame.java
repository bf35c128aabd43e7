package io.patchbay.store;

import io.patchbay.southbound.Frame;
import io.patchbay.thing.ThingId;
import java.util.Optional;

/**
 * A frame that is kept because it could not be taken: rejected, or held until its device is
 * admitted.
 *
 * @param id given by the store, from 1; 0 before
 * @param reason a {@link io.patchbay.southbound.Rejection}'s name; of a held one, empty
 * @param thing of a held one, the thing it waits for
 * @param truncated whether the payload kept is only the beginning
 */
public record KeptFrame(
    long id,
    Kind kind,
    String reason,
    String detail,
    Optional<ThingId> thing,
    Frame frame,
    boolean truncated) {
  /** Why it is kept. */
  public enum Kind {
    REJECTED,
    HELD
  }
}
