package io.patchbay.runtime;

import java.io.Serial;

/** The launcher does not go on; the message is all the user sees, and says what to do. */
public final class Refusal extends Exception {
  @Serial private static final long serialVersionUID = 1L;

  private final int exitCode;

  Refusal(int exitCode, String message) {
    super(message);
    this.exitCode = exitCode;
  }

  /** The state of things does not allow it. */
  static Refusal because(String message) {
    return new Refusal(1, message);
  }

  /** The command line cannot be understood. */
  static Refusal usage(String message) {
    return new Refusal(2, message);
  }

  int exitCode() {
    return exitCode;
  }
}
