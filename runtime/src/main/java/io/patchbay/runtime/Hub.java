package io.patchbay.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Dictionary;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.FrameworkEvent;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.launch.FrameworkFactory;
import org.osgi.framework.startlevel.BundleStartLevel;
import org.osgi.framework.wiring.BundleRevision;

/** The framework with the shipped bundles in it. */
final class Hub {
  /** Service property of what {@code inside} offers to the launcher. */
  private static final String ROLE = "patchbay.role";

  private final Framework framework;

  private Hub(Framework framework) {
    this.framework = framework;
  }

  /**
   * Installs bundles; nothing has started yet.
   *
   * @param folders of jars; a jar stands for itself
   * @param wanted by symbolic name
   */
  static Hub install(List<Path> folders, Map<String, String> properties, Predicate<String> wanted)
      throws Refusal {
    List<Path> places = new ArrayList<>();
    for (Path folder : folders) {
      jars(folder).forEach(jar -> places.add(Unpacked.of(jar)));
    }
    Framework framework =
        ServiceLoader.load(FrameworkFactory.class)
            .findFirst()
            .orElseThrow(() -> Refusal.because("lib/ has no framework; unpack the zip again."))
            .newFramework(properties);
    try {
      framework.init();
      StartLevels levels = new StartLevels();
      List<Bundle> bundles = new ArrayList<>();
      for (Path place : places) {
        // by reference: what ships is not copied into the framework's storage
        bundles.add(
            framework
                .getBundleContext()
                .installBundle("reference:" + place.toUri().toASCIIString()));
      }
      for (Bundle bundle : bundles) {
        String name = String.valueOf(bundle.getSymbolicName());
        if (wanted.test(name)) {
          bundle.adapt(BundleStartLevel.class).setStartLevel(levels.of(name));
          if ((bundle.adapt(BundleRevision.class).getTypes() & BundleRevision.TYPE_FRAGMENT) == 0) {
            bundle.start(Bundle.START_ACTIVATION_POLICY);
          }
        }
      }
      return new Hub(framework);
    } catch (BundleException failed) {
      throw Refusal.because("The framework cannot start: " + rootMessage(failed) + ".");
    }
  }

  /** Hands the configuration to {@code inside}, which need not read it again; before the start. */
  void configure(Map<String, Map<String, Object>> values) {
    context().registerService(Map.class, values, role("configuration"));
  }

  void start() throws Refusal {
    try {
      framework.start();
    } catch (BundleException failed) {
      throw Refusal.because("The framework cannot start: " + rootMessage(failed) + ".");
    }
  }

  BundleContext context() {
    return framework.getBundleContext();
  }

  /** A service of {@code inside}, in a type the launcher knows too. */
  <T> Optional<T> inside(Class<T> type, String role) {
    try {
      for (ServiceReference<T> reference :
          context().getServiceReferences(type, "(" + ROLE + "=" + role + ")")) {
        return Optional.ofNullable(context().getService(reference));
      }
    } catch (InvalidSyntaxException impossible) {
      throw new IllegalStateException(impossible);
    }
    return Optional.empty();
  }

  private static Dictionary<String, Object> role(String role) {
    return FrameworkUtil.asDictionary(Map.of(ROLE, role));
  }

  /** A property of the first service that a filter selects. */
  Optional<Object> property(String filter, String key) {
    try {
      ServiceReference<?>[] references = context().getAllServiceReferences(null, filter);
      return references == null
          ? Optional.empty()
          : Optional.ofNullable(references[0].getProperty(key));
    } catch (InvalidSyntaxException wrong) {
      throw new IllegalStateException(wrong);
    }
  }

  /** Names of shipped bundles that could not be resolved. */
  Set<String> unresolved() {
    return Stream.of(context().getBundles())
        .filter(bundle -> bundle.getState() == Bundle.INSTALLED)
        .map(Bundle::getSymbolicName)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** Waits until the framework stopped by itself. */
  void awaitStop() throws InterruptedException {
    framework.waitForStop(0);
  }

  /**
   * Stops the bundles in reverse start order.
   *
   * @return false when it took longer
   */
  boolean stop(long seconds) throws InterruptedException {
    try {
      framework.stop();
    } catch (BundleException failed) {
      return false;
    }
    return framework.waitForStop(TimeUnit.SECONDS.toMillis(seconds)).getType()
        != FrameworkEvent.WAIT_TIMEDOUT;
  }

  /** What lies in a folder of bundles, by name. */
  static List<Path> jars(Path folder) throws Refusal {
    if (Files.isRegularFile(folder)) {
      return List.of(folder);
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(".jar")).sorted().toList();
    } catch (IOException failed) {
      throw Refusal.because(folder + " cannot be read; unpack the zip again.");
    }
  }

  private static String rootMessage(Throwable failed) {
    Throwable root = failed;
    while (root.getCause() != null && root.getCause() != root) {
      root = root.getCause();
    }
    return String.valueOf(root.getMessage());
  }
}
