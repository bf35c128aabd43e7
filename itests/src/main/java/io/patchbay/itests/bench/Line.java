package io.patchbay.itests.bench;

import java.io.Closeable;
import java.io.IOException;

/** The way of a load to who listens. */
interface Line extends Closeable {
  /** Goes out at the latest with the next {@link #flush}. */
  void send(String topic, byte[] payload) throws IOException, InterruptedException;

  void flush() throws IOException;
}
