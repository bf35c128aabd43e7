package io.patchbay.camel;

import org.apache.camel.RoutesBuilder;
import org.osgi.framework.BundleContext;

/**
 * Makes Camel contexts that live and die with a bundle's component; a service of the camel bundle.
 */
public interface Contexts {
  /**
   * Starts a context of its own with these routes. Classes and components are looked for in the
   * owner first, then in Camel and in every bundle that brings Camel components.
   *
   * @param name unique, for logs and metrics ({@code binding-mqtt})
   * @throws Exception when a route does not start; nothing is left behind then
   */
  RunningRoutes start(BundleContext owner, String name, RoutesBuilder... routes) throws Exception;
}
