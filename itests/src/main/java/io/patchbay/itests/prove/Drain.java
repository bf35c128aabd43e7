package io.patchbay.itests.prove;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Waits until nothing is under way any more. */
final class Drain {
  private static final long PATIENCE_SECONDS = 60;
  private static final long STEP_NANOS = 100_000_000L;

  private Drain() {}

  /** Something that can be looked at again and again. */
  @FunctionalInterface
  interface Look {
    boolean done() throws IOException, InterruptedException;
  }

  /** False when it is not done within a minute. */
  static boolean until(Look look) throws IOException, InterruptedException {
    return until(PATIENCE_SECONDS, look);
  }

  static boolean until(long seconds, Look look) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    while (!look.done()) {
      if (System.nanoTime() > deadline) {
        return false;
      }
      pause(STEP_NANOS);
    }
    return true;
  }

  /** Lets a fault last. */
  static void seconds(double seconds) throws InterruptedException {
    pause((long) (seconds * 1e9));
  }

  private static void pause(long nanos) throws InterruptedException {
    until(System.nanoTime() + nanos);
  }

  /** Waits for a moment of {@link System#nanoTime}. */
  static void until(long end) throws InterruptedException {
    for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
      LockSupport.parkNanos(left);
      if (Thread.interrupted()) {
        throw new InterruptedException("the proof was told to end");
      }
    }
  }
}
