package io.patchbay.northbound;

import io.patchbay.store.Recorded;
import io.patchbay.store.Selection;

/** Live uplinks, as they are committed; a service of core. */
public interface Feed {
  /**
   * @param name for metrics
   */
  Registration open(String name, Selection selection, Receiver receiver);

  /**
   * Takes uplinks on the journal's writer thread: must not block, so it has a bounded queue of its
   * own.
   */
  @FunctionalInterface
  interface Receiver {
    /**
     * @return whether it was taken; what is not is counted as dropped
     */
    boolean offer(Recorded recorded);
  }

  /** An open feed. */
  interface Registration extends AutoCloseable {
    /** Uplinks that the receiver did not take. */
    long dropped();

    @Override
    void close();
  }
}
