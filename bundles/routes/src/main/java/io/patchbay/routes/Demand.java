package io.patchbay.routes;

import io.patchbay.deployment.ShippedComponents;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;

/**
 * What the files name together, said to whoever brings components. Used by one thread at a time.
 */
final class Demand {
  private final BundleContext context;
  private final Map<String, Set<String>> named = new TreeMap<>();

  Demand(BundleContext context) {
    this.context = context;
  }

  /**
   * What a file names from now on.
   *
   * @return those of all names that are on their way
   */
  Set<String> put(String file, Set<String> components) {
    return components.equals(named.put(file, components)) && components.isEmpty()
        ? Set.of()
        : say();
  }

  void remove(String file) {
    if (named.remove(file) != null) {
      say();
    }
  }

  private Set<String> say() {
    ServiceReference<ShippedComponents> reference =
        context.getServiceReference(ShippedComponents.class);
    ShippedComponents shipped = reference == null ? null : context.getService(reference);
    if (shipped == null) {
      return Set.of(); // files are only checked
    }
    Set<String> all = new TreeSet<>();
    named.values().forEach(all::addAll);
    return shipped.want(all);
  }
}
