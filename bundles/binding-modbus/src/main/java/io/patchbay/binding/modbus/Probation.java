package io.patchbay.binding.modbus;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Who of the dead units behind one connection may be tried now. Each try costs those that live a
 * timeout: of several dead ones one after the other is tried, and most of the time none.
 */
final class Probation {
  /** A unit that is not the one tried before waits so many times as long as that one was silent. */
  private static final int REST = 4;

  private static final Duration LONGEST = Duration.ofSeconds(10);

  private final LongSupplier clock;

  /** Unit that was tried last; -1 for none. */
  private int last = -1;

  private boolean trying;
  private long began;
  private long until;

  Probation() {
    this(System::nanoTime);
  }

  /**
   * @param clock monotonic, in ns
   */
  Probation(LongSupplier clock) {
    this.clock = clock;
    until = clock.getAsLong();
  }

  /** Whether it may be tried; then its end must be told. */
  synchronized boolean begin(int unit) {
    long now = clock.getAsLong();
    if (trying || (unit != last && until - now > 0)) {
      return false;
    }
    last = unit;
    trying = true;
    began = now;
    return true;
  }

  synchronized void end(boolean answered) {
    trying = false;
    long now = clock.getAsLong();
    until = answered ? now : now + Math.min(REST * (now - began), LONGEST.toNanos());
  }
}
