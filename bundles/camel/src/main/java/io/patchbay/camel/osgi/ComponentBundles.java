package io.patchbay.camel.osgi;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.CamelContext;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleEvent;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.wiring.BundleWire;
import org.osgi.framework.wiring.BundleWiring;
import org.osgi.util.tracker.BundleTracker;
import org.osgi.util.tracker.BundleTrackerCustomizer;

/** The started bundles that bring something for Camel, as they come, go and are replaced. */
final class ComponentBundles implements AutoCloseable {
  private static final String SERVICES = "META-INF/services/org/apache/camel";
  private static final int PRESENT = Bundle.STARTING | Bundle.ACTIVE;

  private final Bundle camel = FrameworkUtil.getBundle(CamelContext.class);
  private final BundleTracker<BundleWiring> tracker;

  /** What a wiring brings never changes; asked once, when a context first needs to know. */
  private final Map<BundleWiring, Boolean> brings = new ConcurrentHashMap<>();

  ComponentBundles(BundleContext context) {
    tracker =
        new BundleTracker<>(
            context,
            PRESENT,
            new BundleTrackerCustomizer<>() {
              @Override
              public BundleWiring addingBundle(Bundle bundle, BundleEvent event) {
                return bundle.adapt(BundleWiring.class);
              }

              @Override
              public void modifiedBundle(Bundle bundle, BundleEvent event, BundleWiring wiring) {}

              @Override
              public void removedBundle(Bundle bundle, BundleEvent event, BundleWiring wiring) {
                brings.remove(wiring);
              }
            });
    tracker.open();
  }

  /** The owner, then Camel, then those that bring components, in the order of their start. */
  List<Bundle> forOwner(Bundle owner) {
    Set<Bundle> all = new LinkedHashSet<>();
    all.add(owner);
    all.add(camel);
    for (Map.Entry<Bundle, BundleWiring> tracked : tracker.getTracked().entrySet()) {
      if (brings.computeIfAbsent(tracked.getValue(), ComponentBundles::bringsSomething)) {
        all.add(tracked.getKey());
      }
    }
    return new ArrayList<>(all);
  }

  /** Only a bundle that is wired to Camel is opened and looked into: the others cost nothing. */
  private static boolean bringsSomething(BundleWiring wiring) {
    List<BundleWire> wires = wiring.getRequiredWires("osgi.wiring.package");
    if (wires == null || wires.stream().noneMatch(ComponentBundles::toCamel)) {
      return false;
    }
    Collection<String> found =
        wiring.listResources(
            SERVICES, "*", BundleWiring.LISTRESOURCES_LOCAL | BundleWiring.LISTRESOURCES_RECURSE);
    return found != null && !found.isEmpty();
  }

  private static boolean toCamel(BundleWire wire) {
    Object name = wire.getCapability().getAttributes().get("osgi.wiring.package");
    return String.valueOf(name).startsWith("org.apache.camel");
  }

  @Override
  public void close() {
    tracker.close();
    brings.clear();
  }
}
