package io.patchbay.deployer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.patchbay.deployment.Deployer;
import io.patchbay.northbound.RefusedException;
import io.patchbay.operation.Health;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipFile;
import jdk.security.jarsigner.JarSigner;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With trusted certificates only what their holders signed comes in; keys are made by keytool. */
final class SignaturesTest {
  private static final String PASSWORD = "change-it";

  private static Path keys;

  private final Path temp;
  private @Nullable TestFramework started;

  SignaturesTest(@TempDir Path temp) {
    this.temp = temp;
  }

  @BeforeAll
  static void makeKeys(@TempDir Path folder) throws Exception {
    keys = folder;
    for (String holder : List.of("vendor", "stranger")) {
      keytool(
          "-genkeypair",
          "-alias",
          holder,
          "-dname",
          "CN=" + holder,
          "-keyalg",
          "EC",
          "-storetype",
          "PKCS12",
          "-storepass",
          PASSWORD,
          "-keystore",
          store(holder).toString());
    }
    byte[] certificate = entry("vendor").getCertificate().getEncoded();
    Files.writeString(
        keys.resolve("vendor.pem"),
        "-----BEGIN CERTIFICATE-----\n"
            + Base64.getMimeEncoder().encodeToString(certificate)
            + "\n-----END CERTIFICATE-----\n");
  }

  private static Path store(String holder) {
    return keys.resolve(holder + ".p12");
  }

  private static void keytool(String... words) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.add("-J-XX:TieredStopAtLevel=1");
    command.addAll(List.of(words));
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
  }

  private static KeyStore.PrivateKeyEntry entry(String holder) throws Exception {
    KeyStore opened = KeyStore.getInstance(store(holder).toFile(), PASSWORD.toCharArray());
    var protection = new KeyStore.PasswordProtection(PASSWORD.toCharArray());
    return (KeyStore.PrivateKeyEntry) opened.getEntry(holder, protection);
  }

  /** As jarsigner does. */
  private static Path sign(Path jar, String holder) throws Exception {
    Path signed = jar.resolveSibling("signed-" + jar.getFileName());
    try (ZipFile unsigned = new ZipFile(jar.toFile());
        OutputStream out = Files.newOutputStream(signed)) {
      new JarSigner.Builder(entry(holder)).build().sign(unsigned, out);
    }
    return Files.move(signed, jar, StandardCopyOption.REPLACE_EXISTING);
  }

  private TestFramework start(String certificates) throws Exception {
    TestFramework hub =
        new TestFramework(
            temp.resolve("data"),
            temp.resolve("home"),
            List.of(),
            Map.of("trustedCertificates", certificates));
    started = hub;
    return hub;
  }

  @AfterEach
  void stop() throws Exception {
    if (started != null) {
      started.stop();
    }
  }

  private Path bundle(String version) throws Exception {
    return TinyBundle.of("one", version)
        .activator("")
        .resource("words.txt", new byte[] {1, 2, 3})
        .at(temp.resolve("one-" + version + ".jar"));
  }

  private static void write(Path jar, String entry, byte[] octets) throws Exception {
    try (FileSystem zip = FileSystems.newFileSystem(URI.create("jar:" + jar.toUri()), Map.of())) {
      Files.write(zip.getPath(entry), octets);
    }
  }

  @Test
  void refusesWhatNobodySigned() throws Exception {
    TestFramework hub = start(keys.resolve("vendor.pem").toString());
    Path unsigned = bundle("1.0.0");

    assertThatThrownBy(() -> hub.deployer().deploy(unsigned))
        .isInstanceOf(RefusedException.class)
        .hasMessage("one 1.0.0 is not signed; sign it with jarsigner and a trusted key");
    assertThat(hub.version("one")).isEmpty();
  }

  @Test
  void refusesWhatSomebodyElseSigned() throws Exception {
    TestFramework hub = start(keys.resolve("vendor.pem").toString());
    Path other = sign(bundle("1.0.0"), "stranger");

    assertThatThrownBy(() -> hub.deployer().deploy(other))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("signed by CN=stranger")
        .hasMessageContaining("not in trustedCertificates");
    assertThat(hub.version("one")).isEmpty();
  }

  @Test
  void refusesWhatWasChangedAfterwards() throws Exception {
    TestFramework hub = start(keys.resolve("vendor.pem").toString());
    Path changed = sign(bundle("1.0.0"), "vendor");
    write(changed, "words.txt", new byte[] {1, 2, 4});
    Path added = sign(bundle("1.1.0"), "vendor");
    write(added, "more.txt", new byte[] {1});
    Path renamed = sign(bundle("1.2.0"), "vendor");
    String manifest;
    try (var jar = new java.util.jar.JarFile(renamed.toFile())) {
      var entry = jar.getEntry("META-INF/MANIFEST.MF");
      manifest =
          new String(
              jar.getInputStream(entry).readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    }
    write(
        renamed,
        "META-INF/MANIFEST.MF",
        manifest.replace("1.2.0", "1.2.1").getBytes(java.nio.charset.StandardCharsets.UTF_8));

    assertThatThrownBy(() -> hub.deployer().deploy(changed))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("was changed after it was signed")
        .hasMessageContaining("words.txt");
    assertThatThrownBy(() -> hub.deployer().deploy(added))
        .isInstanceOf(RefusedException.class)
        .hasMessage("one 1.1.0 holds what was not signed: more.txt");
    assertThatThrownBy(() -> hub.deployer().deploy(renamed))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("was changed after it was signed");
    assertThat(hub.version("one")).isEmpty();
  }

  @Test
  void refusesEverythingWhenTheCertificatesCannotBeRead() throws Exception {
    TestFramework hub = start("no-such.pem");
    Path good = sign(bundle("1.0.0"), "vendor");

    assertThatThrownBy(() -> hub.deployer().deploy(good))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("no-such.pem")
        .hasMessageContaining("no bundle is accepted");
    assertThat(hub.health().checks())
        .anySatisfy(check -> assertThat(check.state()).isEqualTo(Health.State.CRITICAL));
  }

  @Test
  void doesNotStartAgainWhatRanUnsigned() throws Exception {
    TestFramework before = start("");
    before.deployer().deploy(bundle("1.0.0"));
    assertThat(before.version("one")).isEqualTo("active 1.0.0");
    before.stop();

    TestFramework hub = start(keys.resolve("vendor.pem").toString());

    assertThat(hub.deployer().list())
        .anySatisfy(one -> assertThat(one.problem()).contains("1.0.0 is not signed"));
    assertThat(hub.version("one")).isEmpty();
  }

  @Test
  void acceptsWhatATrustedOneSignedAndKeepsItWhenAnotherIsRefused() throws Exception {
    TestFramework hub = start(keys.resolve("vendor.pem").toString());
    Deployer deployer = hub.deployer();
    Path file = hub.deployFolder().resolve("one.jar");
    Files.copy(sign(bundle("1.0.0"), "vendor"), file);
    hub.told(file);
    await().until(() -> hub.version("one").equals("active 1.0.0"));

    Files.copy(bundle("1.1.0"), file, StandardCopyOption.REPLACE_EXISTING);
    hub.told(file);
    await()
        .untilAsserted(
            () ->
                assertThat(deployer.list())
                    .anySatisfy(one -> assertThat(one.problem()).contains("1.1.0 is not signed")));
    assertThat(hub.version("one")).isEqualTo("active 1.0.0");

    deployer.deploy(sign(bundle("1.2.0"), "vendor"));
    assertThat(hub.version("one")).isEqualTo("active 1.2.0");
  }
}
