package io.patchbay.routes;

import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;

/** The few things that route files ask of OSGi. */
final class FakeBundleContext {
  /** Names of the service types registered and not withdrawn. */
  final List<String> registered = new CopyOnWriteArrayList<>();

  private final Map<String, String> properties;

  FakeBundleContext(Map<String, String> properties) {
    this.properties = properties;
  }

  BundleContext context() {
    return (BundleContext)
        Proxy.newProxyInstance(
            FakeBundleContext.class.getClassLoader(),
            new Class<?>[] {BundleContext.class},
            (proxy, method, arguments) ->
                switch (method.getName()) {
                  case "getProperty" -> properties.get((String) arguments[0]);
                  case "getBundles" -> new Bundle[0];
                  case "registerService" -> register(((Class<?>) arguments[0]).getSimpleName());
                  case "addBundleListener", "removeBundleListener" -> null;
                  default -> throw new UnsupportedOperationException(method.toString());
                });
  }

  private Object register(String type) {
    registered.add(type);
    return Proxy.newProxyInstance(
        FakeBundleContext.class.getClassLoader(),
        new Class<?>[] {ServiceRegistration.class},
        (proxy, method, arguments) -> {
          registered.remove(type);
          return null;
        });
  }
}
