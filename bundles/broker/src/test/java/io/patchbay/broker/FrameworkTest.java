package io.patchbay.broker;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.patchbay.access.DeviceCredentials;
import io.patchbay.southbound.HubBroker;
import java.io.File;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.felix.framework.FrameworkFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.wiring.BundleRevision;
import org.osgi.framework.wiring.BundleWiring;
import org.osgi.framework.wiring.FrameworkWiring;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.condition.Condition;

/**
 * The bundle, its wrapped broker and the real credentials in a framework, with mosquitto's clients.
 */
final class FrameworkTest {
  private static final String LISTENING = "(osgi.condition.id=patchbay.broker.listening)";
  private Framework framework;
  private Path data;

  @BeforeEach
  void start(@TempDir Path directory) throws Exception {
    data = directory.resolve("data");
    framework =
        new FrameworkFactory()
            .newFramework(
                Map.of(
                    Constants.FRAMEWORK_STORAGE,
                    directory.resolve("cache").toString(),
                    Constants.FRAMEWORK_SYSTEMPACKAGES_EXTRA,
                    "org.osgi.service.cm;version=1.6.1",
                    "org.ops4j.pax.logging.DefaultServiceLog.level",
                    "ERROR",
                    "patchbay.data",
                    data.toString()));
    framework.start();
    List<Bundle> bundles = new ArrayList<>();
    try (Stream<Path> copied = Files.list(Path.of("target", "bundles"))) {
      for (Path jar : copied.sorted().toList()) {
        bundles.add(install(jar));
      }
    }
    for (String name : List.of("felix.scr", "felix.configadmin")) {
      bundles.add(install(onClassPath(name)));
    }
    bundles.add(install(onClassPath("wrap-artemis")));
    bundles.add(install(home(HubBroker.class)));
    bundles.add(install(onClassPath("security")));
    bundles.add(install(home(Broker.class)));
    for (Bundle bundle : bundles) {
      if (bundle.adapt(BundleRevision.class).getTypes() == 0) {
        bundle.start();
      }
    }
    ConfigurationAdmin configurations = service(ConfigurationAdmin.class);
    configurations
        .getConfiguration("io.patchbay.broker", "?")
        .update(FrameworkUtil.asDictionary(Map.of("port", 0)));
  }

  @AfterEach
  void stop() throws Exception {
    framework.stop();
    assertThat(framework.waitForStop(20_000).getType())
        .isEqualTo(org.osgi.framework.FrameworkEvent.STOPPED);
  }

  @Test
  void opensToDevicesWhenTheHubHasSubscribedAndStaysOpen() throws Exception {
    await().atMost(20, TimeUnit.SECONDS).until(() -> has(HubBroker.class.getName(), null));
    assertThat(has(Condition.class.getName(), LISTENING)).isFalse();

    var subscribed =
        context()
            .registerService(
                Condition.class,
                Condition.INSTANCE,
                FrameworkUtil.asDictionary(
                    Map.of(
                        "osgi.condition.id", "patchbay.mqtt.subscribed", "connection", "local")));
    await().atMost(10, TimeUnit.SECONDS).until(() -> has(Condition.class.getName(), LISTENING));
    String port = listeningPort();
    String[] login = Files.readString(data.resolve("mqtt-device")).strip().split(":", 2);

    Process listener =
        mosquitto(
            "mosquitto_sub",
            port,
            login[1],
            "-V",
            "mqttv5",
            "-q",
            "1",
            "-C",
            "2",
            "-W",
            "20",
            "-t",
            "tele/+/SENSOR",
            "-F",
            "%t %p %P");
    await()
        .atMost(10, TimeUnit.SECONDS)
        .until(
            () -> {
              assertThat(publish(port, login[1], "mqttv311", "tele/plug/SENSOR", "first")).isZero();
              return listener.getInputStream().available() > 0;
            });
    assertThat(publish(port, login[1], "mqttv5", "tele/plug/SENSOR", "second")).isZero();
    assertThat(listener.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(new String(listener.getInputStream().readAllBytes(), UTF_8))
        .contains("tele/plug/SENSOR first patchbay-delivery:");

    assertThat(publish(port, "wrong", "mqttv5", "tele/plug/SENSOR", "x")).isNotZero();

    subscribed.unregister();
    assertThat(publish(port, login[1], "mqttv5", "tele/plug/SENSOR", "third")).isZero();
    assertThat(has(Condition.class.getName(), LISTENING)).isTrue();
    assertThat(has(DeviceCredentials.Listener.class.getName(), null)).isTrue();
  }

  @Test
  void aTakenPortIsSaidInWordsAndTheHubsDoorStaysOpen() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, java.net.InetAddress.getLoopbackAddress())) {
      service(ConfigurationAdmin.class)
          .getConfiguration("io.patchbay.broker", "?")
          .update(FrameworkUtil.asDictionary(Map.of("port", taken.getLocalPort())));
      context()
          .registerService(
              Condition.class,
              Condition.INSTANCE,
              FrameworkUtil.asDictionary(
                  Map.of("osgi.condition.id", "patchbay.mqtt.subscribed", "connection", "local")));
      await()
          .atMost(20, TimeUnit.SECONDS)
          .until(() -> health().contains("cannot listen on 127.0.0.1:" + taken.getLocalPort()));
      assertThat(has(HubBroker.class.getName(), null)).isTrue();
      assertThat(has(Condition.class.getName(), LISTENING)).isFalse();
    }
  }

  @Test
  void nothingHoldsABrokerThatWasReplaced() throws Exception {
    context()
        .registerService(
            Condition.class,
            Condition.INSTANCE,
            FrameworkUtil.asDictionary(
                Map.of("osgi.condition.id", "patchbay.mqtt.subscribed", "connection", "local")));
    await().atMost(20, TimeUnit.SECONDS).until(() -> has(Condition.class.getName(), LISTENING));
    String[] login = Files.readString(data.resolve("mqtt-device")).strip().split(":", 2);
    assertThat(publish(listeningPort(), login[1], "mqttv5", "tele/plug/SENSOR", "x")).isZero();
    Bundle broker =
        Stream.of(context().getBundles())
            .filter(bundle -> "io.patchbay.broker".equals(bundle.getSymbolicName()))
            .findFirst()
            .orElseThrow();
    WeakReference<ClassLoader> replaced =
        new WeakReference<>(broker.adapt(BundleWiring.class).getClassLoader());

    broker.stop();
    broker.update();
    CountDownLatch refreshed = new CountDownLatch(1);
    framework
        .adapt(FrameworkWiring.class)
        .refreshBundles(List.of(broker), event -> refreshed.countDown());
    assertThat(refreshed.await(20, TimeUnit.SECONDS)).isTrue();
    broker.start();
    await().atMost(20, TimeUnit.SECONDS).until(() -> has(Condition.class.getName(), LISTENING));
    assertThat(publish(listeningPort(), login[1], "mqttv5", "tele/plug/SENSOR", "y")).isZero();
    await()
        .atMost(20, TimeUnit.SECONDS)
        .until(
            () -> {
              System.gc();
              return replaced.get() == null;
            });
  }

  private int publish(String port, String password, String version, String topic, String text)
      throws Exception {
    Process process =
        mosquitto(
            "mosquitto_pub", port, password, "-V", version, "-q", "1", "-t", topic, "-m", text);
    return process.waitFor();
  }

  private static Process mosquitto(String client, String port, String password, String... more)
      throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(client, "-h", "127.0.0.1", "-p", port, "-u", "mqtt-device", "-P", password));
    command.addAll(List.of(more));
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
  }

  private String listeningPort() throws Exception {
    ServiceReference<?>[] found =
        context().getAllServiceReferences(Condition.class.getName(), LISTENING);
    return String.valueOf(Objects.requireNonNull(found)[0].getProperty("port"));
  }

  private boolean has(String service, @org.jspecify.annotations.Nullable String filter)
      throws Exception {
    return context().getAllServiceReferences(service, filter) != null;
  }

  /** Of the bundle's own class loader, hence by reflection. */
  private String health() throws Exception {
    ServiceReference<?>[] found =
        context().getAllServiceReferences("io.patchbay.operation.Health", null);
    if (found == null) {
      return "";
    }
    Object health = Objects.requireNonNull(context().getService(found[0]));
    return String.valueOf(health.getClass().getMethod("checks").invoke(health));
  }

  private <T> T service(Class<T> type) {
    return await()
        .atMost(10, TimeUnit.SECONDS)
        .until(
            () -> {
              ServiceReference<T> reference = context().getServiceReference(type);
              return reference == null ? null : context().getService(reference);
            },
            Objects::nonNull);
  }

  private BundleContext context() {
    return framework.getBundleContext();
  }

  private Bundle install(Path where) throws BundleException {
    return context().installBundle("reference:" + where.toAbsolutePath().toUri());
  }

  private static Path home(Class<?> type) throws Exception {
    return Path.of(
        Objects.requireNonNull(type.getProtectionDomain().getCodeSource()).getLocation().toURI());
  }

  /** A jar, or the folder that becomes one. */
  private static Path onClassPath(String name) {
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      if (entry.contains("/" + name) || entry.contains("." + name)) {
        return Path.of(entry);
      }
    }
    throw new IllegalStateException(name + " is not on the class path");
  }
}
