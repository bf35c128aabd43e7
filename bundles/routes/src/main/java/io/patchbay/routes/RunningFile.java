package io.patchbay.routes;

import io.patchbay.camel.StagedRoutes;
import java.util.HashMap;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.apache.camel.Component;
import org.osgi.framework.Bundle;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.wiring.BundleWiring;

/** The routes of one file in service, and the bundles that their components came from. */
final class RunningFile {
  private final RouteSource source;
  private final StagedRoutes routes;

  /** The class loader as it was: a bundle has another one once it was replaced or refreshed. */
  private final Map<Bundle, ClassLoader> loaders = new HashMap<>();

  RunningFile(RouteSource source, StagedRoutes routes) {
    this.source = source;
    this.routes = routes;
    CamelContext context = routes.context();
    for (String name : context.getComponentNames()) {
      Component component = context.hasComponent(name);
      Bundle bundle = component == null ? null : FrameworkUtil.getBundle(component.getClass());
      if (component != null && bundle != null) {
        loaders.put(bundle, component.getClass().getClassLoader());
      }
    }
  }

  RouteSource source() {
    return source;
  }

  StagedRoutes routes() {
    return routes;
  }

  boolean livesOn(Bundle bundle) {
    return loaders.containsKey(bundle);
  }

  /** Whether a bundle it lives on was stopped, replaced or refreshed. */
  boolean stale() {
    return loaders.entrySet().stream().anyMatch(each -> gone(each.getKey(), each.getValue()));
  }

  private static boolean gone(Bundle bundle, ClassLoader loader) {
    BundleWiring wiring = bundle.adapt(BundleWiring.class);
    return (bundle.getState() & (Bundle.ACTIVE | Bundle.STARTING)) == 0
        || wiring == null
        || wiring.getClassLoader() != loader;
  }
}
