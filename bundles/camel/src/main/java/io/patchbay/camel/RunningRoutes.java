package io.patchbay.camel;

import org.apache.camel.CamelContext;

/** Routes that run until closed. */
public interface RunningRoutes extends AutoCloseable {
  CamelContext context();

  /**
   * Stops taking in, lets what is in flight finish (10 s at most), then stops. A second call does
   * nothing.
   */
  @Override
  void close();
}
