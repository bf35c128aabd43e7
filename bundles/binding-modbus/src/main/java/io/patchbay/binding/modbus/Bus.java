package io.patchbay.binding.modbus;

import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** A connection to one or more units. */
interface Bus extends AutoCloseable {
  /** Requests that wait for one connection; lanes let fewer in, one more ends as BUSY. */
  int BOUND = 4_000;

  /**
   * One request.
   *
   * @param unit 1 to 247 on a serial line, 0 to 255 over TCP
   * @param deadline when the answer is of no use any more
   * @param inFlight it waits while so many are on the wire
   * @param barred asked when it is its turn: why it must not go out after all
   */
  record Job(
      int unit,
      Ask ask,
      Instant deadline,
      int inFlight,
      boolean probe,
      Supplier<Optional<Reply>> barred) {}

  /** Told when a connection comes and goes. */
  @FunctionalInterface
  interface Watch {
    void changed(boolean up, String detail);

    /** A unit gave a sign of life, though nobody waits for that any more. */
    default void heard(int unit) {}
  }

  /** Queues it, writes before reads; the stage never fails. */
  CompletionStage<Reply> send(Job job);

  /** Another one after every time that it was made. */
  int generation();

  /** Registers that it costs less to read over than to ask once more. */
  int usualGap();

  @Override
  void close();
}
