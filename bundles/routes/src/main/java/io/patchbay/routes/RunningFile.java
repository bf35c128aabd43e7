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
  private final Map<Bundle, BundleWiring> wirings = new HashMap<>();

  RunningFile(RouteSource source, StagedRoutes routes) {
    this.source = source;
    this.routes = routes;
    CamelContext context = routes.context();
    for (String name : context.getComponentNames()) {
      Component component = context.hasComponent(name);
      Bundle bundle = component == null ? null : FrameworkUtil.getBundle(component.getClass());
      if (bundle != null) {
        wirings.put(bundle, bundle.adapt(BundleWiring.class));
      }
    }
  }

  RouteSource source() {
    return source;
  }

  StagedRoutes routes() {
    return routes;
  }

  /** Whether a bundle it lives on was stopped, replaced or refreshed. */
  boolean stale() {
    return wirings.entrySet().stream()
        .anyMatch(
            each ->
                (each.getKey().getState() & (Bundle.ACTIVE | Bundle.STARTING)) == 0
                    || each.getKey().adapt(BundleWiring.class) != each.getValue());
  }
}
