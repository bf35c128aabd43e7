package io.patchbay.deployer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

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
    assertThat(components.want(Set.of("pigeon"))).containsExactly("pigeon");
    await()
        .untilAsserted(
            () ->
                assertThat(hub.health().checks())
                    .anyMatch(check -> check.message().contains("it is stopped, though a route")));
    assertThat(hub.active("wrap.pigeon")).isFalse();
    hub.deployer().start("wrap.pigeon");
    assertThat(hub.active("wrap.pigeon")).isTrue();
    await()
        .until(
            () -> hub.health().checks().stream().allMatch(one -> one.state() == Health.State.OK));
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
