package io.patchbay.camel;

import io.patchbay.camel.hub.Hub;
import io.patchbay.camel.hub.HubContext;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.camel.RoutesBuilder;
import org.apache.camel.impl.DefaultCamelContext;

/** Camel contexts with no hub and no framework: to see whether routes are right. */
public final class LooseContexts {
  /** Nobody is there, and nobody comes. */
  private static final Hub NOBODY =
      new Hub() {
        @Override
        public <S> Optional<S> find(Class<S> service) {
          return Optional.empty();
        }

        @Override
        public <S> Binding follow(Class<S> service, Consumer<Optional<S>> follower) {
          follower.accept(Optional.empty());
          return () -> {};
        }

        @Override
        public <S> Binding provide(Class<S> type, S service, Map<String, String> properties) {
          return () -> {};
        }
      };

  private LooseContexts() {}

  /**
   * Builds the routes, with their endpoints and expressions, and starts nothing. Components are
   * looked for through the thread's class loader.
   *
   * @throws Exception when they are wrong
   */
  public static void build(String name, RoutesBuilder routes) throws Exception {
    ClassLoader classes = Thread.currentThread().getContextClassLoader();
    DefaultCamelContext context = HubContext.create(name, classes, NOBODY);
    try {
      context.addRoutes(routes);
      context.init();
    } finally {
      context.shutdown();
    }
  }
}
