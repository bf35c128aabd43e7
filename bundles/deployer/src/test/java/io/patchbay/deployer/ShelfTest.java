package io.patchbay.deployer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.patchbay.deployment.Deployer;
import io.patchbay.deployment.ShippedComponents;
import io.patchbay.operation.Health;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What ships in components/ runs while a route names it. */
final class ShelfTest {
  private final Path temp;
  private @Nullable TestFramework started;

  ShelfTest(@TempDir Path temp) {
    this.temp = temp;
  }

  @BeforeEach
  void ship() throws Exception {
    Path components = Files.createDirectories(temp.resolve("home/components"));
    brings(TinyBundle.of("wrap.pigeon", "1.0.0"), "pigeon", "pigeons")
        .at(components.resolve("wrap-pigeon.jar"));
    brings(TinyBundle.of("wrap.smoke", "1.0.0"), "smoke")
        .header("Import-Package", "no.such.fire")
        .at(components.resolve("wrap-smoke.jar"));
  }

  private static TinyBundle brings(TinyBundle bundle, String... components) {
    StringBuilder header = new StringBuilder();
    for (String component : components) {
      header
          .append(header.isEmpty() ? "" : ",")
          .append("camel.component;camel.component=")
          .append(component)
          .append(";version:Version=\"4.17.0\"");
    }
    return bundle.header("Provide-Capability", header.toString());
  }

  private TestFramework start() throws Exception {
    TestFramework hub =
        new TestFramework(temp.resolve("data"), temp.resolve("home"), java.util.List.of());
    started = hub;
    hub.deployer();
    return hub;
  }

  @AfterEach
  void stop() throws Exception {
    if (started != null) {
      started.stop();
    }
  }

  @Test
  void whatCannotStartIsSaidOnceAndNotOnItsWay() throws Exception {
    TestFramework hub = start();
    ShippedComponents components = hub.components();
    assertThat(components.want(Set.of("smoke", "nowhere"))).containsExactly("smoke");
    await()
        .untilAsserted(
            () ->
                assertThat(hub.health().checks())
                    .anySatisfy(
                        check -> {
                          assertThat(check.state()).isNotEqualTo(Health.State.OK);
                          assertThat(check.message()).contains("no.such.fire");
                        }));
    await().until(() -> components.want(Set.of("smoke")).isEmpty());
    assertThat(components.want(Set.of("smoke", "pigeon"))).containsExactly("pigeon");
    await().until(() -> hub.active("wrap.pigeon"));
  }

  @Test
  void nothingIsInstalledBeforeItIsNamedAndItStopsWithTheLastName() throws Exception {
    TestFramework hub = start();
    ShippedComponents components = hub.components();
    assertThat(components.want(Set.of("hub"))).isEmpty();
    assertThat(hub.count("wrap.pigeon")).isZero();

    assertThat(components.want(Set.of("hub", "pigeons"))).containsExactly("pigeons");
    await().until(() -> hub.active("wrap.pigeon"));
    assertThat(components.want(Set.of("pigeons", "pigeon"))).isEmpty();

    assertThat(components.want(Set.of("hub"))).isEmpty();
    await().until(() -> hub.version("wrap.pigeon").equals("not active 1.0.0"));
    assertThat(hub.health().checks()).allMatch(check -> check.state() == Health.State.OK);

    assertThat(components.want(Set.of("pigeon"))).containsExactly("pigeon");
    await().until(() -> hub.active("wrap.pigeon"));
    assertThat(hub.count("wrap.pigeon")).isEqualTo(1);
  }

  @Test
  void whatSomebodyStoppedStaysStopped() throws Exception {
    TestFramework hub = start();
    ShippedComponents components = hub.components();
    components.want(Set.of("pigeon"));
    await().until(() -> hub.active("wrap.pigeon"));
    hub.deployer().stop("wrap.pigeon");
    assertThat(components.want(Set.of("pigeon"))).isEmpty();
    await()
        .untilAsserted(
            () ->
                assertThat(hub.health().checks())
                    .anyMatch(check -> check.message().contains("it is stopped, though it is")));
    assertThat(hub.active("wrap.pigeon")).isFalse();
    hub.deployer().start("wrap.pigeon");
    assertThat(hub.active("wrap.pigeon")).isTrue();
    await()
        .until(
            () -> hub.health().checks().stream().allMatch(one -> one.state() == Health.State.OK));
  }

  private static TinyBundle requires(TinyBundle bundle, String component) {
    return bundle.header(
        "Require-Capability",
        "camel.component;filter:=\"(&(camel.component=" + component + ")(version>=4.17.0))\"");
  }

  @Test
  void whatADeployedBundleRequiresIsBroughtAndGoesWithIt() throws Exception {
    TestFramework hub = start();
    Deployer deployer = hub.deployer();
    Path keeper = requires(TinyBundle.of("keeper", "1.0.0"), "pigeons").at(temp.resolve("k.jar"));

    deployer.deploy(keeper);
    assertThat(hub.active("keeper")).isTrue();
    assertThat(hub.active("wrap.pigeon")).isTrue();
    hub.components().want(Set.of());
    deployer.deploy(TinyBundle.of("other", "1.0.0").at(temp.resolve("other.jar")));
    assertThat(hub.active("wrap.pigeon")).isTrue();

    deployer.stop("keeper");
    await().until(() -> !hub.active("wrap.pigeon"));
    deployer.start("keeper");
    await().until(() -> hub.active("wrap.pigeon") && hub.active("keeper"));
    deployer.remove("keeper");
    await().until(() -> !hub.active("wrap.pigeon"));
    assertThat(hub.health().checks()).allMatch(check -> check.state() == Health.State.OK);
  }

  @Test
  void whatIsRequiredAndCannotStartIsSaid() throws Exception {
    TestFramework hub = start();
    Path fire = requires(TinyBundle.of("fire", "1.0.0"), "smoke").at(temp.resolve("fire.jar"));

    assertThatThrownBy(() -> hub.deployer().deploy(fire)).hasMessageContaining("no.such.fire");
    assertThat(hub.active("wrap.smoke")).isFalse();
  }

  @Test
  void whatRanWithAComponentRunsWithItAfterARestart() throws Exception {
    TestFramework hub = start();
    hub.deployer()
        .deploy(requires(TinyBundle.of("keeper", "1.0.0"), "pigeon").at(temp.resolve("k.jar")));
    hub.stop();

    TestFramework again = start();
    await().until(() -> again.active("keeper") && again.active("wrap.pigeon"));
  }

  @Test
  void whatIsDeployedCountsBeforeTheShelf() throws Exception {
    TestFramework hub = start();
    hub.deployer()
        .deploy(brings(TinyBundle.of("own.pigeon", "2.0.0"), "pigeon").at(temp.resolve("own.jar")));
    assertThat(hub.components().want(Set.of("pigeon"))).isEmpty();
    hub.deployer().stop("own.pigeon");
    assertThat(hub.count("wrap.pigeon")).isZero();
  }
}
