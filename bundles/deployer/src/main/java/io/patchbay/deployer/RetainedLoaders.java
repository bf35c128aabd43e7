package io.patchbay.deployer;

import java.lang.ref.WeakReference;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.TreeMap;
import org.osgi.framework.Bundle;
import org.osgi.framework.wiring.BundleWiring;

/**
 * Watches the class loaders of bundles that were replaced or removed: one that stays is a leak.
 * Holds at most {@value #BOUND}; the oldest is forgotten first.
 */
final class RetainedLoaders {
  private static final int BOUND = 1_000;

  private record Watched(String symbolicName, WeakReference<ClassLoader> loader) {}

  private final Deque<Watched> watched = new ArrayDeque<>();

  /** To be called while the bundle is still wired. */
  synchronized void watch(Bundle bundle) {
    BundleWiring wiring = bundle.adapt(BundleWiring.class);
    ClassLoader loader = wiring == null ? null : wiring.getClassLoader();
    if (loader == null) {
      return;
    }
    if (watched.size() == BOUND) {
      watched.removeFirst();
    }
    watched.addLast(new Watched(bundle.getSymbolicName(), new WeakReference<>(loader)));
  }

  /** How many are still there, by symbolic name; they go at a garbage collection. */
  synchronized Map<String, Integer> counts() {
    Map<String, Integer> counts = new TreeMap<>();
    for (Watched one : watched) {
      counts.merge(one.symbolicName(), one.loader().refersTo(null) ? 0 : 1, Integer::sum);
    }
    return counts;
  }
}
