package io.patchbay.deployer;

import io.patchbay.northbound.RefusedException;
import java.util.Set;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.wiring.BundleWire;
import org.osgi.framework.wiring.BundleWiring;

/** The bundles without which nothing can be deployed: they are not touched while the hub runs. */
final class Platform {
  private static final Set<String> NAMES =
      Set.of(
          "io.patchbay.api",
          "io.patchbay.deployer",
          "org.apache.felix.scr",
          "org.apache.felix.configadmin",
          "org.apache.felix.fileinstall",
          "org.ops4j.pax.logging.pax-logging-api",
          "org.ops4j.pax.logging.pax-logging-logback");

  private final BundleContext context;

  Platform(BundleContext context) {
    this.context = context;
  }

  boolean includes(Bundle bundle) {
    return bundle.getBundleId() == 0
        || bundle.equals(context.getBundle())
        || includes(bundle.getSymbolicName());
  }

  /** By name, or because the deployer itself is wired to it. */
  boolean includes(String symbolicName) {
    if (NAMES.contains(symbolicName)) {
      return true;
    }
    BundleWiring own = context.getBundle().adapt(BundleWiring.class);
    for (BundleWire wire : own.getRequiredWires(null)) {
      if (wire.getProvider().getSymbolicName().equals(symbolicName)) {
        return true;
      }
    }
    return false;
  }

  /**
   * @param act what is refused: {@code stopped}, {@code replaced}
   */
  void refuse(String symbolicName, String act) throws RefusedException {
    if (includes(symbolicName)) {
      throw new RefusedException(
          symbolicName
              + " belongs to the platform that the hub runs on and cannot be "
              + act
              + " while it runs; install a new distribution and restart instead");
    }
  }
}
