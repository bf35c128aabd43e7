package io.patchbay.camel;

import org.apache.camel.RoutesBuilder;
import org.osgi.framework.BundleContext;

/**
 * Makes Camel contexts in two steps, so that one set of routes takes over from another without a
 * gap; a service of the camel bundle.
 */
public interface StagedContexts {
  /**
   * Builds and warms the routes without taking anything in.
   *
   * @param name unique, for logs and metrics
   * @throws Exception when a route cannot be built; nothing is left behind then
   */
  StagedRoutes stage(BundleContext owner, String name, RoutesBuilder routes) throws Exception;

  /** Whether a started bundle, or the hub itself, brings this Camel component. */
  boolean provides(String component);
}
