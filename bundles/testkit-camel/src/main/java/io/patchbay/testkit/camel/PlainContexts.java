package io.patchbay.testkit.camel;

import io.patchbay.camel.Contexts;
import io.patchbay.camel.RunningRoutes;
import io.patchbay.camel.hub.Hub;
import io.patchbay.southbound.DownlinkPort;
import io.patchbay.southbound.UplinkPort;
import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.apache.camel.CamelContext;
import org.apache.camel.RoutesBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.osgi.framework.BundleContext;

/** Camel contexts without a framework, around the real {@code hub:} component. */
public final class PlainContexts implements Contexts, Hub {
  /** For constructors that want one: Camel is given no framework here, and asks it nothing. */
  public static final BundleContext NO_BUNDLE =
      (BundleContext)
          Proxy.newProxyInstance(
              BundleContext.class.getClassLoader(),
              new Class<?>[] {BundleContext.class},
              (proxy, method, arguments) -> {
                throw new UnsupportedOperationException(method.getName());
              });

  private final UplinkPort uplink;
  private final Map<String, Object> beans;
  private final AtomicReference<DownlinkPort> downlink = new AtomicReference<>();

  /**
   * @param beans bound into the registry of every context
   */
  public PlainContexts(UplinkPort uplink, Map<String, Object> beans) {
    this.uplink = uplink;
    this.beans = Map.copyOf(beans);
  }

  /** The way down that a started route offers now. */
  public DownlinkPort downlink() {
    DownlinkPort registered = downlink.get();
    if (registered == null) {
      throw new IllegalStateException("no way down is registered");
    }
    return registered;
  }

  @Override
  public RunningRoutes start(BundleContext owner, String name, RoutesBuilder... routes)
      throws Exception {
    DefaultCamelContext context = new DefaultCamelContext();
    context.disableJMX();
    context.getCamelContextExtension().setName(name);
    context.getCamelContextExtension().addContextPlugin(Hub.class, this);
    beans.forEach(context.getRegistry()::bind);
    for (RoutesBuilder each : routes) {
      context.addRoutes(each);
    }
    context.start();
    return new RunningRoutes() {
      @Override
      public CamelContext context() {
        return context;
      }

      @Override
      public void close() {
        context.stop();
      }
    };
  }

  @Override
  public <S> Optional<S> find(Class<S> service) {
    return service.isInstance(uplink) ? Optional.of(service.cast(uplink)) : Optional.empty();
  }

  @Override
  public <S> Binding follow(Class<S> service, Consumer<Optional<S>> follower) {
    follower.accept(find(service));
    return () -> {};
  }

  @Override
  public <S> Binding provide(Class<S> type, S service, Map<String, String> properties) {
    DownlinkPort port = (DownlinkPort) service;
    downlink.set(port);
    return () -> downlink.compareAndSet(port, null);
  }
}
