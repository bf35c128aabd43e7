package io.patchbay.camel.osgi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.patchbay.camel.probe.Probe;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.jar.JarOutputStream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.FrameworkEvent;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.launch.FrameworkFactory;
import org.osgi.framework.wiring.FrameworkWiring;
import org.osgi.util.tracker.ServiceTracker;

/** The manifests resolve on a bare Felix with nothing beside what stands here. */
class OsgiContextsTest {
  /** By the beginning of the file's name on the class path. */
  private static final List<String> BUNDLES =
      List.of(
          "pax-logging-api-",
          "org.osgi.util.function-",
          "org.osgi.util.promise-",
          "org.osgi.service.component-",
          "org.apache.felix.scr-",
          "wrap-camel-0",
          "api-0");

  private Framework framework;
  private Bundle camel;
  private Bundle components;
  private BiFunction<String, String, Object> probe;

  @BeforeEach
  void boot(@TempDir Path storage) throws Exception {
    framework =
        ServiceLoader.load(FrameworkFactory.class)
            .findFirst()
            .orElseThrow()
            .newFramework(
                Map.of(
                    Constants.FRAMEWORK_STORAGE,
                    storage.toString(),
                    "org.ops4j.pax.logging.DefaultServiceLog.level",
                    "WARN"));
    framework.start();
    for (String prefix : BUNDLES) {
      install(prefix).start();
    }
    camel = framework.getBundleContext().installBundle(reference(new File("target/classes")));
    camel.start();
    components = install("wrap-camel-components-0");
    components.start();
    probe = installProbe();
  }

  @AfterEach
  void shutDown() throws Exception {
    framework.stop();
    framework.waitForStop(10_000);
  }

  private Bundle install(String prefix) throws BundleException {
    String file =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(path -> nameOf(path).startsWith(prefix))
            .findFirst()
            .orElseThrow(() -> new IllegalStateException(prefix + " is not on the class path"));
    return framework.getBundleContext().installBundle(reference(new File(file)));
  }

  /**
   * In a reactor build that does not package, a module stands on the path as its classes folder.
   */
  private static String nameOf(String path) {
    File file = new File(path);
    return file.getName().equals("classes")
        ? file.getParentFile().getParentFile().getName() + "-0"
        : file.getName();
  }

  private static String reference(File file) {
    return "reference:" + file.getAbsoluteFile().toURI();
  }

  @SuppressWarnings("unchecked") // the probe registers what it is
  private BiFunction<String, String, Object> installProbe() throws Exception {
    BundleContext context = framework.getBundleContext();
    context.installBundle("probe", probeBundle()).start();
    ServiceReference<?> reference =
        context.getServiceReferences(BiFunction.class, "(probe=yes)").iterator().next();
    return (BiFunction<String, String, Object>) context.getService(reference);
  }

  private static InputStream probeBundle() throws IOException {
    ByteArrayOutputStream jar = new ByteArrayOutputStream();
    try (JarOutputStream out = new JarOutputStream(jar)) {
      entry(
          out,
          "META-INF/MANIFEST.MF",
          """
          Manifest-Version: 1.0
          Bundle-ManifestVersion: 2
          Bundle-SymbolicName: probe
          Bundle-Version: 1.0.0
          Bundle-Activator: io.patchbay.camel.probe.ProbeActivator
          Import-Package: io.patchbay.camel,org.apache.camel,org.apache.camel.builder,
           org.apache.camel.model,org.apache.camel.spi,org.apache.camel.support,
           org.osgi.framework
          """
              .getBytes(StandardCharsets.UTF_8));
      for (String name : List.of("Probe", "Probe$1", "ProbeActivator")) {
        String path = "io/patchbay/camel/probe/" + name + ".class";
        try (InputStream in = Probe.class.getResourceAsStream("/" + path)) {
          entry(out, path, in.readAllBytes());
        }
      }
    }
    return new ByteArrayInputStream(jar.toByteArray());
  }

  private static void entry(JarOutputStream out, String name, byte[] content) throws IOException {
    out.putNextEntry(new ZipEntry(name));
    out.write(content);
    out.closeEntry();
  }

  private Object ask(String what, String argument) {
    Object answer = probe.apply(what, argument);
    if (answer instanceof Exception e) {
      throw new IllegalStateException(e);
    }
    return answer;
  }

  private static String routeTo(String uri) {
    return """
        - route:
            from:
              uri: direct:in
              steps:
                - setBody:
                    simple: "${body} by ${camelId}"
                - to: %s
        """
        .formatted(uri);
  }

  private void awaitContexts() throws InterruptedException {
    ServiceTracker<Object, Object> contexts =
        new ServiceTracker<>(framework.getBundleContext(), "io.patchbay.camel.Contexts", null);
    contexts.open(true);
    assertThat(contexts.waitForService(5_000)).isNotNull();
    contexts.close();
  }

  private void refresh(Bundle bundle) {
    java.util.concurrent.CountDownLatch done = new java.util.concurrent.CountDownLatch(1);
    framework
        .adapt(FrameworkWiring.class)
        .refreshBundles(
            List.of(bundle),
            event -> {
              if (event.getType() == FrameworkEvent.PACKAGES_REFRESHED) {
                done.countDown();
              }
            });
    try {
      assertThat(done.await(10, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void leavesNothingBehindWhenARouteDoesNotStart() throws Exception {
    awaitContexts();
    assertThat((Exception) probe.apply("start", routeTo("nosuch:thing")))
        .hasStackTraceContaining("nosuch");
    assertThat((Exception) probe.apply("start", routeTo("hub:nowhere")))
        .hasStackTraceContaining("the hub has no end 'nowhere'");
    await()
        .until(
            () ->
                Thread.getAllStackTraces().keySet().stream()
                    .noneMatch(thread -> thread.getName().startsWith("patchbay-")));
  }

  @Test
  void findsLanguagesComponentsAndTheHubThroughBundles() throws Exception {
    awaitContexts();
    for (String uri :
        List.of(
            "log:x", "seda:x", "file:target/x", "hub:uplink", "netty-http:http://127.0.0.1:1/")) {
      ask("start", routeTo(uri));
      ask("close", "");
    }
    ask("start", routeTo("log:probe"));
    assertThat(ask("send", "direct:in hello")).isEqualTo("hello by probe");
    assertThat(ask("provides", "hub")).isEqualTo(true);
    assertThat(ask("provides", "netty-http")).isEqualTo(true);
    assertThat(ask("provides", "paho-mqtt5")).isEqualTo(false);
  }

  @Test
  void followsBundlesThatGoComeAndAreRefreshed() throws Exception {
    awaitContexts();
    String route = routeTo("netty-http:http://127.0.0.1:1/");
    ask("start", route);
    Object before = ask("class", "netty-http");
    ask("close", "");
    components.stop();
    assertThat(ask("provides", "netty-http")).isEqualTo(false);
    assertThat(probe.apply("start", route)).isInstanceOf(Exception.class);
    refresh(components);
    components.start();
    ask("start", route);
    assertThat(ask("class", "netty-http")).isNotEqualTo(before).hasToString(before.toString());
  }

  @Test
  void aContextIsQuicklyMade() throws Exception {
    awaitContexts();
    String route = routeTo("log:x");
    System.out.println("first context: " + ask("milliseconds", route) + " ms");
    long best = Long.MAX_VALUE;
    for (int i = 0; i < 50; i++) {
      best = Math.min(best, (Long) ask("milliseconds", route));
    }
    System.out.println("best of 50 contexts: " + best + " ms");
    assertThat(best).isLessThan(100);
  }
}
