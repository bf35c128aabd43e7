package io.patchbay.northbound;

import java.io.Serial;

/** The hub refuses what was asked; the message says why and what is accepted. */
public final class RefusedException extends Exception {
  @Serial private static final long serialVersionUID = 1L;

  public RefusedException(String message) {
    super(message);
  }
}
