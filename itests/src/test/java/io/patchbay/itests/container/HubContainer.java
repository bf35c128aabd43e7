package io.patchbay.itests.container;

import static org.ops4j.pax.exam.CoreOptions.bundle;
import static org.ops4j.pax.exam.CoreOptions.frameworkProperty;
import static org.ops4j.pax.exam.CoreOptions.frameworkStartLevel;
import static org.ops4j.pax.exam.CoreOptions.systemProperty;
import static org.ops4j.pax.exam.CoreOptions.systemTimeout;

import io.patchbay.runtime.FrameworkSettings;
import io.patchbay.runtime.Readiness;
import io.patchbay.runtime.StartLevels;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.ops4j.pax.exam.ExamSystem;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.TestProbeBuilder;
import org.ops4j.pax.exam.nat.internal.NativeTestContainer;
import org.ops4j.pax.exam.spi.DefaultExamSystem;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.launch.FrameworkFactory;

/** One hub in this process, made of the distribution's bundles. */
final class HubContainer implements AutoCloseable {
  /** Packages that tests and their libraries share with the class path. */
  private static final String SHARED =
      "org.junit.*,org.opentest4j.*,org.assertj.*,org.awaitility.*,org.hamcrest.*,org.jspecify.*,"
          + "org.apiguardian.*,net.bytebuddy.*,io.patchbay.itests.container";

  private static final Duration START = Duration.ofSeconds(60);
  private static final int ALL_LEVELS = 100;

  private final ExamSystem system;
  private final NativeTestContainer container;

  HubContainer() {
    try {
      Path home = Path.of(System.getProperty("patchbay.dist", "")).toRealPath();
      Path data = Files.createTempDirectory(Files.createDirectories(Path.of("target")), "hub-");
      system = DefaultExamSystem.create(options(home, data.toRealPath()));
      container =
          new NativeTestContainer(
              system, ServiceLoader.load(FrameworkFactory.class).findFirst().orElseThrow());
      container.start();
    } catch (IOException failed) {
      throw new IllegalStateException("the distribution cannot be booted", failed);
    }
    awaitReady();
  }

  /** Installs a bundle that holds the classes beside this one. */
  Bundle probe(Class<?> test) throws IOException, BundleException {
    TestProbeBuilder builder = system.createProbe();
    builder.addTest(test, "");
    builder.setHeader(Constants.BUNDLE_SYMBOLICNAME, "probe." + test.getName());
    try (InputStream jar = builder.build().getStream()) {
      // not through the container, which wants to uninstall again what its test has uninstalled
      Bundle probe = context().installBundle("probe:" + test.getName(), jar);
      probe.start();
      return probe;
    }
  }

  @Override
  public void close() {
    container.stop();
  }

  private BundleContext context() {
    return container.getSystemBundle().getBundleContext();
  }

  private void awaitReady() {
    try (Readiness readiness = Readiness.watch(context())) {
      if (!readiness.await(START)) {
        throw new IllegalStateException("not ready, missing: " + readiness.missing());
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(interrupted);
    }
  }

  private static Option[] options(Path home, Path data) throws IOException {
    for (String folder : List.of("deploy", "device-profiles", "routes", "things", "conf", "tmp")) {
      Files.createDirectories(data.resolve(folder));
    }
    List<String> freePorts =
        List.of("io.patchbay.northbound.rest:port=0", "io.patchbay.broker:port=0");
    Map<String, String> properties = FrameworkSettings.of(home, data, 0, freePorts);
    properties.merge(
        Constants.FRAMEWORK_BOOTDELEGATION, SHARED, (ours, theirs) -> ours + "," + theirs);
    properties.put(Constants.FRAMEWORK_BUNDLE_PARENT, Constants.FRAMEWORK_BUNDLE_PARENT_APP);

    List<Option> options = new ArrayList<>();
    properties.forEach((key, value) -> options.add(frameworkProperty(key).value(value)));
    options.add(frameworkStartLevel(ALL_LEVELS));
    options.add(systemTimeout(START.toMillis()));
    options.add(systemProperty("pax.exam.osgi.unresolved.fail").value("true"));
    // for the file name in logback.xml
    options.add(systemProperty("patchbay.data").value(data.toString()));
    StartLevels levels = new StartLevels();
    try (Stream<Path> jars = Files.list(home.resolve("bundles"))) {
      for (Path jar : jars.filter(file -> file.toString().endsWith(".jar")).sorted().toList()) {
        options.add(
            bundle("reference:" + jar.toUri()).startLevel(levels.of(symbolicName(jar))).start());
      }
    }
    return options.toArray(Option[]::new);
  }

  private static String symbolicName(Path jar) throws IOException {
    try (JarFile file = new JarFile(jar.toFile())) {
      String header =
          file.getManifest().getMainAttributes().getValue(Constants.BUNDLE_SYMBOLICNAME);
      return header.split(";", 2)[0].strip();
    }
  }
}
