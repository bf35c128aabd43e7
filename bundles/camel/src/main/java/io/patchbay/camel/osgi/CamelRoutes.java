package io.patchbay.camel.osgi;

import io.patchbay.camel.StagedRoutes;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.camel.CamelContext;
import org.apache.camel.impl.DefaultCamelContext;

/** One context with its routes and its view of the hub. */
final class CamelRoutes implements StagedRoutes {
  private final DefaultCamelContext context;
  private final OsgiHub hub;
  private final AtomicBoolean closed = new AtomicBoolean();

  CamelRoutes(DefaultCamelContext context, OsgiHub hub) {
    this.context = context;
    this.hub = hub;
  }

  @Override
  public CamelContext context() {
    return context;
  }

  @Override
  public void resume() throws Exception {
    try {
      context.getRouteController().startAllRoutes();
    } catch (Exception e) {
      context.getRouteController().stopAllRoutes();
      throw e;
    }
  }

  @Override
  public void pause() throws Exception {
    context.getRouteController().stopAllRoutes();
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      context.shutdown();
      hub.close();
    }
  }
}
