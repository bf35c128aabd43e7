package io.patchbay.camel;

import io.patchbay.thing.Outcome;
import java.io.Serial;

/** A command that a route sent has failed. Carries no stack: the device said no, not the code. */
public final class CommandFailedException extends Exception {
  @Serial private static final long serialVersionUID = 1L;

  private final Outcome.Reason reason;

  public CommandFailedException(Outcome.Failed failed) {
    super(failed.reason() + ": " + failed.detail(), null, false, false);
    this.reason = failed.reason();
  }

  public Outcome.Reason reason() {
    return reason;
  }
}
