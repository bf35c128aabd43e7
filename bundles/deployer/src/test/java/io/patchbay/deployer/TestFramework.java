package io.patchbay.deployer;

import static org.awaitility.Awaitility.await;

import io.patchbay.deployment.Deployer;
import io.patchbay.deployment.ShippedComponents;
import io.patchbay.operation.Health;
import io.patchbay.operation.Metrics;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.felix.fileinstall.ArtifactInstaller;
import org.apache.felix.framework.FrameworkFactory;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.launch.Framework;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.osgi.util.function.Function;
import org.osgi.util.promise.Promise;

/** A real framework with declarative services and the deployer. */
final class TestFramework {
  private final Framework framework;
  private final Path data;

  TestFramework(Path data, Path home, List<Path> shipped) throws Exception {
    this(data, home, shipped, Map.of());
  }

  /**
   * @param settings of the deployer
   */
  TestFramework(Path data, Path home, List<Path> shipped, Map<String, String> settings)
      throws Exception {
    this.data = data;
    Map<String, String> config = new HashMap<>();
    config.put("org.osgi.framework.storage", data.resolveSibling("felix").toString());
    config.put("org.osgi.framework.storage.clean", "onFirstInit");
    config.put("org.osgi.framework.startlevel.beginning", "100");
    config.put("felix.log.level", "1");
    config.put("patchbay.data", data.toString());
    config.put("patchbay.home", home.toString());
    config.put(
        "org.osgi.framework.system.packages.extra",
        "io.patchbay.deployment;io.patchbay.northbound;io.patchbay.operation;io.patchbay.store;"
            + "io.patchbay.thing;io.patchbay.southbound;version=0.1.0,"
            + "org.slf4j;version=2.0.17,org.apache.felix.fileinstall;version=3.7.0,"
            + "org.osgi.service.cm;version=1.6.1");
    config.put("felix.cm.pm", "memory");
    framework = new FrameworkFactory().newFramework(config);
    framework.start();
    for (String jar :
        List.of(
            jarOf(Function.class),
            jarOf(Promise.class),
            jarOf(ServiceComponentRuntime.class),
            jarOf(Class.forName("org.apache.felix.cm.impl.ConfigurationAdminImpl")),
            jarOf(Class.forName("org.apache.felix.scr.impl.Activator")))) {
      context().installBundle(jar).start();
    }
    ConfigurationAdmin admin = service(ConfigurationAdmin.class);
    Map<String, Object> deployer = new HashMap<>(settings);
    deployer.put("patienceSeconds", 1);
    admin
        .getConfiguration("io.patchbay.deployer", "?")
        .update(FrameworkUtil.asDictionary(deployer));
    for (Path jar : shipped) {
      context().installBundle(jar.toUri().toString()).start();
    }
    context().installBundle("reference:" + new File("target/classes").toURI()).start();
  }

  private static String jarOf(Class<?> type) throws Exception {
    URI jar = type.getProtectionDomain().getCodeSource().getLocation().toURI();
    return jar.toString();
  }

  BundleContext context() {
    return Objects.requireNonNull(framework.getBundleContext());
  }

  Deployer deployer() {
    await().atMost(Duration.ofSeconds(20)).until(() -> reference(Deployer.class) != null);
    return service(Deployer.class);
  }

  ShippedComponents components() {
    return service(ShippedComponents.class);
  }

  Health health() {
    return service(Health.class);
  }

  Metrics metrics() {
    return service(Metrics.class);
  }

  private <T> ServiceReference<T> reference(Class<T> type) {
    return context().getServiceReference(type);
  }

  private <T> T service(Class<T> type) {
    return Objects.requireNonNull(context().getService(reference(type)));
  }

  /** What FileInstall would call. */
  void told(Path file) throws Exception {
    ArtifactInstaller installer = service(ArtifactInstaller.class);
    if (!installer.canHandle(file.toFile())) {
      throw new IllegalStateException(file + " is not handled");
    }
    if (Files.exists(file)) {
      installer.install(file.toFile());
    } else {
      installer.uninstall(file.toFile());
    }
  }

  Path deployFolder() throws IOException {
    return Files.createDirectories(data.resolve("deploy"));
  }

  boolean active(String symbolicName) {
    return version(symbolicName).startsWith("active");
  }

  /** {@code active 1.0.0}, or empty when it is not there. */
  String version(String symbolicName) {
    for (Bundle bundle : context().getBundles()) {
      if (symbolicName.equals(bundle.getSymbolicName())) {
        return (bundle.getState() == Bundle.ACTIVE ? "active " : "not active ")
            + bundle.getVersion();
      }
    }
    return "";
  }

  /** How many bundles of this name there are. */
  long count(String symbolicName) {
    return Arrays.stream(context().getBundles())
        .filter(bundle -> symbolicName.equals(bundle.getSymbolicName()))
        .count();
  }

  void stop() throws BundleException, InterruptedException {
    framework.stop();
    framework.waitForStop(20_000);
  }
}
