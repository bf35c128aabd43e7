package io.patchbay.access;

import java.time.Instant;
import java.util.List;

/** The record of every administrative act. */
public interface Audit {
  /**
   * @param act {@code bundle.deploy}, {@code thing.remove}
   * @param on what it was done to
   * @param result {@code done}, or why it was refused
   */
  void record(String who, String act, String on, String result);

  /** Newest first. */
  List<Act> recent(int max);

  record Act(Instant at, String who, String act, String on, String result) {}
}
