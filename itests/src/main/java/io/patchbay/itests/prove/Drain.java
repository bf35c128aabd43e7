package io.patchbay.itests.prove;

import java.io.IOException;
import java.util.concurrent.locks.LockSupport;

/** Waits until nothing is under way any more. */
final class Drain {
  private static final long PATIENCE_NANOS = 60_000_000_000L;
  private static final long STEP_NANOS = 100_000_000L;

  private Drain() {}

  /** Something that can be looked at again and again. */
  @FunctionalInterface
  interface Look {
    boolean done() throws IOException, InterruptedException;
  }

  /** False when it is not done within a minute. */
  static boolean until(Look look) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    while (!look.done()) {
      if (System.nanoTime() > deadline) {
        return false;
      }
      LockSupport.parkNanos(STEP_NANOS);
    }
    return true;
  }
}
