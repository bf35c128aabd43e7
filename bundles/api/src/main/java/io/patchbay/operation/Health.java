package io.patchbay.operation;

import java.util.List;

/** Whiteboard service: how one room fares, when somebody asks. Must not block. */
public interface Health {
  List<Check> checks();

  /**
   * @param name {@code broker}, {@code mqtt:local}
   * @param message what is wrong and what to do; when OK, what is right
   */
  record Check(String name, State state, String message) {}

  /** Worst last. */
  enum State {
    OK,
    WARN,
    CRITICAL
  }
}
