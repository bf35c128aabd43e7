package io.patchbay.deployer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.patchbay.deployment.Deployer;
import io.patchbay.deployment.Deployer.DeployedBundle;
import io.patchbay.northbound.RefusedException;
import io.patchbay.operation.Health;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.BundleEvent;
import org.osgi.framework.SynchronousBundleListener;

final class BundleDeployerTest {
  private final Path temp;
  private @Nullable TestFramework started;

  BundleDeployerTest(@TempDir Path temp) {
    this.temp = temp;
  }

  private TestFramework start(Path... shipped) throws Exception {
    TestFramework hub =
        new TestFramework(temp.resolve("data"), temp.resolve("home"), List.of(shipped));
    started = hub;
    return hub;
  }

  @AfterEach
  void stop() throws Exception {
    if (started != null) {
      started.stop();
    }
  }

  private Path jar(String name) {
    return temp.resolve(name + ".jar");
  }

  private static DeployedBundle find(Deployer deployer, String symbolicName) {
    return deployer.list().stream()
        .filter(bundle -> bundle.symbolicName().equals(symbolicName))
        .findFirst()
        .orElseThrow();
  }

  private static List<Health.Check> bad(TestFramework hub) {
    return hub.health().checks().stream()
        .filter(check -> check.state() != Health.State.OK)
        .toList();
  }

  @Test
  void refusesWhatIsNoBundle() throws Exception {
    TestFramework hub = start();
    Deployer deployer = hub.deployer();
    Path garbage = Files.writeString(jar("garbage"), "no jar at all");
    assertThatThrownBy(() -> deployer.deploy(garbage))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("garbage.jar is not a readable jar");
    Path plain = TinyBundle.of("x", "1").header("Bundle-SymbolicName", "").at(jar("plain"));
    assertThatThrownBy(() -> deployer.deploy(plain)).hasMessageContaining("no Bundle-SymbolicName");
    Path fragment = TinyBundle.of("f", "1").header("Fragment-Host", "x").at(jar("fragment"));
    assertThatThrownBy(() -> deployer.deploy(fragment)).hasMessageContaining("fragment");
    Path escaping = TinyBundle.of("e", "1").resource("../../evil", new byte[1]).at(jar("escaping"));
    assertThatThrownBy(() -> deployer.deploy(escaping)).hasMessageContaining("outside");
    Path number = TinyBundle.of("v", "one.two").at(jar("number"));
    assertThatThrownBy(() -> deployer.deploy(number)).hasMessageContaining("accepted: 1.2.3");
    byte[] octets = Files.readAllBytes(TinyBundle.of("torn", "1.0.0").at(jar("torn")));
    Files.write(jar("torn"), java.util.Arrays.copyOf(octets, octets.length - 30));
    assertThatThrownBy(() -> deployer.deploy(jar("torn"))).isInstanceOf(RefusedException.class);
    assertThat(bad(hub)).isEmpty();
  }

  @Test
  void unpacksABombOnlyToItsBound() throws Exception {
    Path bomb =
        TinyBundle.of("bomb", "1.0.0").resource("zeros", new byte[3_000_000]).at(jar("bomb"));
    assertThat(Files.size(bomb)).isLessThan(10_000);
    assertThatThrownBy(() -> Candidate.read(bomb, new Candidate.Limits(10_000, 1_000_000)))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("unpacks to more than 1000000 bytes");
    assertThatThrownBy(() -> Candidate.read(bomb, new Candidate.Limits(100, 1_000_000)))
        .hasMessageContaining("at most 100");
  }

  @Test
  void saysWhatIsMissingAndTriesAgainWhenItCame() throws Exception {
    TestFramework hub = start();
    Deployer deployer = hub.deployer();
    Path old =
        TinyBundle.of("a.provider", "0.9.0")
            .header("Export-Package", "a.words;version=0.9.0")
            .source("a.words.Word", "package a.words; public class Word {}")
            .at(jar("old"));
    deployer.deploy(old);
    Path user =
        TinyBundle.of("a.user", "1.0.0")
            .header("Import-Package", "a.words;version=\"[1.0,2)\"")
            .at(hub.deployFolder().resolve("user.jar"));
    hub.told(user);
    await().until(() -> !bad(hub).isEmpty());
    assertThat(find(deployer, "a.user").problem())
        .contains("needs package a.words version [1.0.0,2.0.0)")
        .contains("offered: 0.9.0 by a.provider");
    assertThatThrownBy(() -> deployer.deploy(user)).isInstanceOf(RefusedException.class);

    Path fresh =
        TinyBundle.of("a.provider", "1.0.0")
            .header("Export-Package", "a.words;version=1.0.0")
            .source("a.words.Word", "package a.words; public class Word {}")
            .at(jar("fresh"));
    deployer.deploy(fresh);
    assertThat(hub.version("a.user")).isEqualTo("active 1.0.0");
    assertThat(bad(hub)).isEmpty();
  }

  @Test
  void namesWhatOffersNothing() throws Exception {
    TestFramework hub = start();
    Deployer deployer = hub.deployer();
    Path needy =
        TinyBundle.of("needy", "1.0.0")
            .header("Require-Capability", "camel.component;filter:=\"(camel.component=none)\"")
            .at(jar("needy"));
    assertThatThrownBy(() -> deployer.deploy(needy))
        .hasMessageContaining("needs capability camel.component none; nothing offers it");
    Path young =
        TinyBundle.of("young", "1.0.0")
            .header("Require-Capability", "osgi.ee;filter:=\"(&(osgi.ee=JavaSE)(version=99))\"")
            .at(jar("young"));
    assertThatThrownBy(() -> deployer.deploy(young)).hasMessageContaining("this is Java");
  }

  @Test
  void updatesInPlaceAndCountsClassLoaders() throws Exception {
    TestFramework hub = start();
    Deployer deployer = hub.deployer();
    Path file = hub.deployFolder().resolve("one.jar");
    hub.told(TinyBundle.of("one", "1.0.0").activator("").at(file));
    await().until(() -> hub.active("one"));
    long id = find(deployer, "one").id();
    hub.told(TinyBundle.of("one", "1.1.0").activator("").at(file));
    await().until(() -> hub.version("one").equals("active 1.1.0"));
    DeployedBundle one = find(deployer, "one");
    assertThat(one.id()).isEqualTo(id);
    assertThat(one.shipped()).isFalse();
    assertThat(one.problem()).isEmpty();
    await()
        .until(
            () -> {
              System.gc();
              return hub.metrics().samples().stream()
                  .filter(sample -> sample.name().equals("patchbay_deployer_retained_classloaders"))
                  .allMatch(sample -> sample.value() == 0);
            });
    assertThat(hub.metrics().samples())
        .anyMatch(sample -> sample.name().equals("patchbay_deployer_retained_classloaders"));
    Files.delete(file);
    hub.told(file);
    await().until(() -> hub.version("one").isEmpty());
  }

  @Test
  void doesNothingForTheSameContent() throws Exception {
    TestFramework hub = start();
    Deployer deployer = hub.deployer();
    Path jar = TinyBundle.of("same", "1.0.0").activator("").at(jar("same"));
    deployer.deploy(jar);
    long modified = modified(hub, "same");
    deployer.deploy(jar);
    hub.told(hub.deployFolder().resolve("same.jar"));
    deployer.stop("same"); // in order behind the call of the folder
    assertThat(modified(hub, "same")).isEqualTo(modified);
    assertThat(find(deployer, "same").problem()).contains("stopped");
    assertThat(deployer.start("same").state()).isEqualTo("active");
  }

  private static long modified(TestFramework hub, String symbolicName) {
    return java.util.Arrays.stream(hub.context().getBundles())
        .filter(bundle -> symbolicName.equals(bundle.getSymbolicName()))
        .findFirst()
        .orElseThrow()
        .getLastModified();
  }

  @Test
  void rollsBackWhenTheActivatorFails() throws Exception {
    TestFramework hub = start();
    Deployer deployer = hub.deployer();
    deployer.deploy(TinyBundle.of("act", "1.0.0").activator("").at(jar("good")));
    Path bad =
        TinyBundle.of("act", "1.1.0")
            .activator("if (true) throw new IllegalStateException(\"no line\");")
            .at(jar("bad"));
    assertThatThrownBy(() -> deployer.deploy(bad))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("act 1.1.0 did not come up: IllegalStateException: no line")
        .hasMessageContaining("act 1.0.0 runs again");
    assertThat(hub.version("act")).isEqualTo("active 1.0.0");

    Path first =
        TinyBundle.of("first", "1.0.0")
            .activator("if (true) throw new IllegalStateException(\"never\");")
            .at(jar("first"));
    assertThatThrownBy(() -> deployer.deploy(first)).hasMessageContaining("removed again");
    assertThat(hub.version("first")).isEmpty();
  }

  @Test
  void rollsBackWhenAComponentFails() throws Exception {
    TestFramework hub = start();
    Path file = hub.deployFolder().resolve("comp.jar");
    hub.told(TinyBundle.of("comp", "1.0.0").component("", "").at(file));
    await().until(() -> hub.active("comp"));
    hub.told(
        TinyBundle.of("comp", "1.1.0")
            .component("if (true) throw new IllegalStateException(\"no port\");", "")
            .at(file));
    await().until(() -> !bad(hub).isEmpty());
    assertThat(hub.version("comp")).isEqualTo("active 1.0.0");
    assertThat(find(hub.deployer(), "comp").problem())
        .contains("component one failed: java.lang.IllegalStateException: no port")
        .contains("comp 1.0.0 runs again");

    hub.told(TinyBundle.of("comp", "1.2.0").component("", "").at(file));
    await().until(() -> hub.version("comp").equals("active 1.2.0"));
    await().until(() -> bad(hub).isEmpty());
  }

  @Test
  void rollsBackWhenAComponentLosesWhatItHad() throws Exception {
    TestFramework hub = start();
    Deployer deployer = hub.deployer();
    deployer.deploy(TinyBundle.of("wait", "1.0.0").component("", "").at(jar("before")));
    Path after =
        TinyBundle.of("wait", "1.1.0").component("", "java.lang.Runnable").at(jar("after"));
    assertThatThrownBy(() -> deployer.deploy(after))
        .hasMessageContaining("component one waits for service java.lang.Runnable");
    assertThat(hub.version("wait")).isEqualTo("active 1.0.0");
  }

  @Test
  void neverStopsTheOldOneForANewOneThatDoesNotComeUp() throws Exception {
    TestFramework hub = start();
    Deployer deployer = hub.deployer();
    deployer.deploy(overlapping("1.0.0", "").at(jar("good")));
    List<String> events = events(hub);
    Path bad = overlapping("1.1.0", "throw new IllegalStateException(\"no line\");").at(jar("bad"));
    assertThatThrownBy(() -> deployer.deploy(bad))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("side 1.1.0 did not come up")
        .hasMessageContaining("no line")
        .hasMessageContaining("side 1.0.0 never stopped");
    assertThat(hub.version("side")).isEqualTo("active 1.0.0");
    assertThat(events).doesNotContain("stopped 1.0.0");
    assertThat(hub.count("side")).isEqualTo(1);
  }

  @Test
  void letsTheNewOneTakeOverBeforeTheOldOneGoes() throws Exception {
    TestFramework hub = start();
    Deployer deployer = hub.deployer();
    deployer.deploy(overlapping("1.0.0", "").at(jar("old")));
    List<String> events = events(hub);
    long id = find(deployer, "side").id();
    deployer.deploy(overlapping("1.1.0", "").header("Bundle-Name", "new").at(jar("new")));
    assertThat(events)
        .containsExactly("started 1.1.0", "stopped 1.0.0", "started 1.1.0", "stopped 1.1.0");
    assertThat(find(deployer, "side").id()).isEqualTo(id);
    assertThat(hub.count("side")).isEqualTo(1);

    deployer.deploy(overlapping("1.1.0", "").header("Bundle-Name", "newer").at(jar("newer")));
    assertThat(find(deployer, "side").name()).isEqualTo("newer");
    assertThat(hub.count("side")).isEqualTo(1);
  }

  private static TinyBundle overlapping(String version, String statements) {
    return TinyBundle.of("side", version)
        .header("Patchbay-Replacement", "overlapping")
        .component(statements.isEmpty() ? "" : "if (true) " + statements, "");
  }

  private static List<String> events(TestFramework hub) {
    List<String> events = new java.util.concurrent.CopyOnWriteArrayList<>();
    SynchronousBundleListener listener =
        event -> {
          if ("side".equals(event.getBundle().getSymbolicName())) {
            if (event.getType() == BundleEvent.STARTED) {
              events.add("started " + event.getBundle().getVersion());
            } else if (event.getType() == BundleEvent.STOPPED) {
              events.add("stopped " + event.getBundle().getVersion());
            }
          }
        };
    hub.context().addBundleListener(listener);
    return events;
  }

  @Test
  void startsAgainWhenADependencyComesBack() throws Exception {
    TestFramework hub = start();
    Deployer deployer = hub.deployer();
    Path provider =
        TinyBundle.of("b.provider", "1.0.0")
            .header("Export-Package", "b.words;version=1.0.0")
            .source("b.words.Word", "package b.words; public class Word {}")
            .at(jar("provider"));
    deployer.deploy(provider);
    deployer.deploy(
        TinyBundle.of("b.user", "1.0.0").header("Import-Package", "b.words").at(jar("user")));
    assertThat(hub.active("b.user")).isTrue();

    Path other =
        TinyBundle.of("b.provider", "2.0.0").header("Bundle-Name", "empty").at(jar("other"));
    assertThatThrownBy(() -> deployer.deploy(other))
        .hasMessageContaining("would break others: bundle b.user needs package b.words");

    deployer.remove("b.provider");
    assertThat(hub.active("b.user")).isFalse();
    assertThat(find(deployer, "b.user").problem())
        .contains("needs package b.words; nothing offers");
    assertThat(bad(hub)).anyMatch(check -> check.state() == Health.State.CRITICAL);
    deployer.deploy(provider);
    assertThat(hub.active("b.user")).isTrue();
    assertThat(bad(hub)).isEmpty();
  }

  @Test
  void startsAgainWhenSomebodyElseBringsTheDependency() throws Exception {
    TestFramework hub = start();
    Deployer deployer = hub.deployer();
    Path provider =
        TinyBundle.of("c.provider", "1.0.0")
            .header("Export-Package", "c.words;version=1.0.0")
            .source("c.words.Word", "package c.words; public class Word {}")
            .at(jar("provider"));
    deployer.deploy(provider);
    deployer.deploy(
        TinyBundle.of("c.user", "1.0.0").header("Import-Package", "c.words").at(jar("user")));
    deployer.remove("c.provider");
    assertThat(hub.active("c.user")).isFalse();
    hub.context().installBundle(provider.toUri().toString());
    await().until(() -> hub.active("c.user"));
  }

  @Test
  void overlaysAShippedBundleAndGivesItBack() throws Exception {
    Files.createDirectories(temp.resolve("home/bundles"));
    Path shipped =
        TinyBundle.of("ship", "1.0.0").activator("").at(temp.resolve("home/bundles/ship.jar"));
    TestFramework hub = start(shipped);
    Deployer deployer = hub.deployer();
    assertThatThrownBy(() -> deployer.remove("ship")).hasMessageContaining("can be stopped");
    DeployedBundle overlay =
        deployer.deploy(TinyBundle.of("ship", "1.5.0").activator("").at(jar("overlay")));
    assertThat(overlay.shipped()).isFalse();
    assertThat(hub.version("ship")).isEqualTo("active 1.5.0");
    deployer.remove("ship");
    assertThat(hub.version("ship")).isEqualTo("active 1.0.0");
    assertThat(find(deployer, "ship").shipped()).isTrue();
    assertThat(hub.deployFolder()).isEmptyDirectory();
  }

  @Test
  void refusesToTouchThePlatform() throws Exception {
    TestFramework hub = start();
    Deployer deployer = hub.deployer();
    for (String name :
        List.of("org.apache.felix.scr", "io.patchbay.deployer", "org.apache.felix.framework")) {
      assertThatThrownBy(() -> deployer.stop(name)).hasMessageContaining("belongs to the platform");
      assertThatThrownBy(() -> deployer.remove(name))
          .hasMessageContaining("belongs to the platform");
    }
    Path scr = TinyBundle.of("org.apache.felix.scr", "9.0.0").at(jar("scr"));
    assertThatThrownBy(() -> deployer.deploy(scr)).hasMessageContaining("cannot be replaced");
    assertThatThrownBy(() -> deployer.stop("nobody")).hasMessageContaining("no bundle is named");
  }

  @Test
  void takesWhatLiesInTheFolderAtTheStartInAnyOrder() throws Exception {
    Path deploy = Files.createDirectories(temp.resolve("data/deploy"));
    TinyBundle.of("a.first", "1.0.0")
        .header("Import-Package", "z.words")
        .at(deploy.resolve("a.jar"));
    TinyBundle.of("z.last", "1.0.0")
        .header("Export-Package", "z.words;version=1.0.0")
        .source("z.words.Word", "package z.words; public class Word {}")
        .at(deploy.resolve("z.jar"));
    TinyBundle.of("twice", "1.0.0").at(deploy.resolve("twice-1.0.0.jar"));
    TinyBundle.of("twice", "1.10.0").at(deploy.resolve("twice-1.10.0.jar"));
    Files.writeString(deploy.resolve("broken.jar"), "torn");
    TestFramework hub = start();
    hub.deployer();
    assertThat(hub.active("a.first")).isTrue();
    assertThat(hub.version("twice")).isEqualTo("active 1.10.0");
    assertThat(bad(hub))
        .singleElement()
        .satisfies(check -> assertThat(check.name()).isEqualTo("deploy/broken.jar"));
    Files.delete(deploy.resolve("twice-1.10.0.jar"));
    hub.told(deploy.resolve("twice-1.10.0.jar"));
    await().until(() -> hub.version("twice").equals("active 1.0.0"));
  }

  @Test
  void keepsStateOverARestart() throws Exception {
    Path shipped = TinyBundle.of("halt", "1.0.0").activator("").at(jar("halt"));
    TestFramework hub = start(shipped);
    Deployer deployer = hub.deployer();
    deployer.stop("halt");
    Path file = hub.deployFolder().resolve("last.jar");
    hub.told(TinyBundle.of("last", "1.0.0").activator("").at(file));
    await().until(() -> hub.active("last"));
    TinyBundle.of("last", "1.1.0")
        .activator("if (true) throw new IllegalStateException(\"new\");")
        .at(file);
    stop();
    List<String> versions = new ArrayList<>();
    TestFramework again = start(shipped);
    again.deployer();
    versions.add(again.version("last"));
    assertThat(versions).containsExactly("active 1.0.0");
    assertThat(find(again.deployer(), "last").problem()).contains("last good one, 1.0.0, runs");
    assertThat(again.active("halt")).isFalse();
    assertThat(Objects.requireNonNull(find(again.deployer(), "halt")).state())
        .isEqualTo("resolved");
  }
}
