package io.patchbay.camel.osgi;

import io.patchbay.camel.StagedRoutes;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.camel.CamelContext;
import org.apache.camel.impl.DefaultCamelContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One context with its routes and its view of the hub. */
final class CamelRoutes implements StagedRoutes {
  private static final Logger LOG = LoggerFactory.getLogger(CamelRoutes.class);

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

  /** Does something to the context. */
  void inside(ContextThread.Work work) throws Exception {
    ContextThread.run(context.getName(), context.getApplicationContextClassLoader(), work);
  }

  @Override
  public void resume() throws Exception {
    inside(
        () -> {
          try {
            context.getRouteController().startAllRoutes();
          } catch (Exception e) {
            context.getRouteController().stopAllRoutes();
            throw e;
          }
        });
  }

  @Override
  public void pause() throws Exception {
    inside(context.getRouteController()::stopAllRoutes);
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      try {
        inside(context::shutdown);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (Exception e) {
        LOG.warn("Context '{}' did not stop in order", context.getName(), e);
      } finally {
        hub.close();
      }
    }
  }
}
