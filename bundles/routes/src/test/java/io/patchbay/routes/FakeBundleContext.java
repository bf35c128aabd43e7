package io.patchbay.routes;

import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.ServiceRegistration;

/** The few things that route files ask of OSGi. */
final class FakeBundleContext {
  /** Names of the service types registered and not withdrawn. */
  final List<String> registered = new CopyOnWriteArrayList<>();

  private final Map<String, String> properties;
  private final Map<Class<?>, Object> services = new ConcurrentHashMap<>();

  FakeBundleContext(Map<String, String> properties) {
    this.properties = properties;
  }

  <S> void put(Class<S> type, S service) {
    services.put(type, service);
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
                  case "getServiceReference" -> reference((Class<?>) arguments[0]);
                  case "getService" -> services.get(type((ServiceReference<?>) arguments[0]));
                  case "addBundleListener", "removeBundleListener" -> null;
                  default -> throw new UnsupportedOperationException(method.toString());
                });
  }

  private @Nullable Object reference(Class<?> type) {
    return !services.containsKey(type)
        ? null
        : Proxy.newProxyInstance(
            FakeBundleContext.class.getClassLoader(),
            new Class<?>[] {ServiceReference.class},
            (proxy, method, arguments) -> type);
  }

  /** The references made here answer everything with the type they stand for. */
  private static Object type(ServiceReference<?> reference) {
    return reference.getProperty("type");
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
