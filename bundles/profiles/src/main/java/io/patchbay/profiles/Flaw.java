package io.patchbay.profiles;

import java.io.Serial;

/** A file that cannot be read at all: what is wrong, and where. */
final class Flaw extends Exception {
  @Serial private static final long serialVersionUID = 1L;

  private final int line;

  /**
   * @param line from 1; 0 when it concerns the whole file
   */
  Flaw(int line, String message) {
    super(message, null, false, false);
    this.line = line;
  }

  int line() {
    return line;
  }

  String message() {
    return String.valueOf(getMessage());
  }
}
