package io.patchbay.routes;

import io.patchbay.camel.StagedContexts;
import io.patchbay.camel.StagedRoutes;
import io.patchbay.camel.hub.Hub;
import io.patchbay.camel.hub.HubContext;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.apache.camel.CamelContext;
import org.apache.camel.RoutesBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.osgi.framework.BundleContext;

/** The hub and its contexts without OSGi. */
final class LocalHub implements Hub, StagedContexts {
  private final Map<Class<?>, Object> services = new ConcurrentHashMap<>();
  private final Map<Object, Class<?>> provided = new ConcurrentHashMap<>();

  /** Contexts not closed yet. */
  final List<CamelContext> open = new CopyOnWriteArrayList<>();

  <S> void put(Class<S> type, S service) {
    services.put(type, service);
  }

  <S> List<S> provided(Class<S> type) {
    return provided.entrySet().stream()
        .filter(each -> each.getValue().equals(type))
        .map(each -> type.cast(each.getKey()))
        .toList();
  }

  @Override
  public <S> Optional<S> find(Class<S> service) {
    return Optional.ofNullable(services.get(service)).map(service::cast);
  }

  @Override
  public <S> Binding follow(Class<S> service, Consumer<Optional<S>> follower) {
    follower.accept(find(service));
    return () -> {};
  }

  @Override
  public <S> Binding provide(Class<S> type, S service, Map<String, String> properties) {
    provided.put(service, type);
    return () -> provided.remove(service);
  }

  private DefaultCamelContext build(String name, RoutesBuilder routes) throws Exception {
    DefaultCamelContext context = HubContext.create(name, LocalHub.class.getClassLoader(), this);
    open.add(context);
    try {
      context.addRoutes(routes);
      context.init();
      return context;
    } catch (Exception e) {
      close(context);
      throw e;
    }
  }

  private void close(DefaultCamelContext context) {
    open.remove(context);
    context.shutdown();
  }

  @Override
  public StagedRoutes stage(BundleContext owner, String name, RoutesBuilder routes)
      throws Exception {
    DefaultCamelContext context = build(name, routes);
    context.start();
    return new StagedRoutes() {
      @Override
      public CamelContext context() {
        return context;
      }

      @Override
      public void resume() throws Exception {
        context.getRouteController().startAllRoutes();
      }

      @Override
      public void pause() throws Exception {
        context.getRouteController().stopAllRoutes();
      }

      @Override
      public void close() {
        LocalHub.this.close(context);
      }
    };
  }

  @Override
  public boolean provides(String component) {
    return false;
  }
}
