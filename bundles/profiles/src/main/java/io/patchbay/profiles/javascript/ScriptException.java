package io.patchbay.profiles.javascript;

import java.io.Serial;

/** Why a script, or one call of it, came to nothing. Carries no stack: a bad script is no bug. */
public final class ScriptException extends Exception {
  @Serial private static final long serialVersionUID = 1L;

  private final int line;
  private final boolean overrun;

  ScriptException(int line, String message, boolean overrun) {
    super(message, null, false, false);
    this.line = line;
    this.overrun = overrun;
  }

  /** Line in the script, from 1; 0 when it cannot be told. */
  public int line() {
    return line;
  }

  /** Whether it was ended because it took too much time or memory. */
  public boolean overrun() {
    return overrun;
  }

  /** What was wrong. */
  public String detail() {
    return String.valueOf(getMessage());
  }
}
