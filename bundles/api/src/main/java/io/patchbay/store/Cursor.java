package io.patchbay.store;

import java.util.List;

/** A durable subscription's place in the log. One reader at a time. */
public interface Cursor extends AutoCloseable {
  String name();

  /**
   * What comes next after the last call, at most {@code max}; empty when there is nothing yet.
   * After {@link #rewind()} or a restart it begins after the last acknowledged.
   */
  List<Recorded> next(int max);

  /**
   * Everything up to and with this sequence has been received; kept durably before long, at the
   * latest on close.
   */
  void acknowledge(long sequence);

  /** The next {@link #next} begins after the last acknowledged. */
  void rewind();

  /** Ends the reading; the subscription and its place remain. */
  @Override
  void close();
}
