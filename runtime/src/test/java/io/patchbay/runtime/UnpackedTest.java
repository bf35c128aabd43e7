package io.patchbay.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class UnpackedTest {
  private Path home;
  private Path jar;

  @BeforeEach
  void folders(@TempDir Path temporary) throws IOException {
    home = temporary;
    Files.createDirectories(home.resolve("lib"));
    jar = Files.createDirectories(home.resolve("bundles")).resolve("wrap.jar");
  }

  @Test
  void refusesEntriesThatLeaveTheFolder() throws IOException {
    write(".,lib/inner.jar", "../../../escaped", "x");

    assertThatThrownBy(() -> Unpacked.unpack(jar))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("../../../escaped");
    assertThat(home.resolve("escaped")).doesNotExist();
    assertThat(Unpacked.of(jar)).isEqualTo(jar);
  }

  @Test
  void aReplacedJarCountsAndItsOldFolderDoesNot() throws IOException {
    write(".,lib/inner.jar", "lib/inner.jar", "old");
    Unpacked.unpack(jar);
    assertThat(Unpacked.of(jar).resolve("lib/inner.jar")).hasContent("old");

    write(".,lib/inner.jar", "lib/inner.jar", "quite new");

    assertThat(Unpacked.of(jar)).isEqualTo(jar);
    Unpacked.unpack(jar);
    assertThat(Unpacked.of(jar).resolve("lib/inner.jar")).hasContent("quite new");
  }

  @Test
  void removesWhatANewerJarHasNoMore() throws IOException {
    write(".,lib/inner.jar", "lib/inner.jar", "old");
    Unpacked.unpack(jar);
    write(".,lib/other.jar", "lib/other.jar", "new one");
    Unpacked.unpack(jar);

    assertThat(Unpacked.of(jar).resolve("lib/other.jar")).exists();
    assertThat(Unpacked.of(jar).resolve("lib/inner.jar")).doesNotExist();
  }

  @Test
  void aBundleWithoutJarsStaysOneWhoseClassesAreNotCompressed() throws IOException {
    String name = UnpackedTest.class.getName().replace('.', '/');
    try (InputStream in = UnpackedTest.class.getResourceAsStream("/" + name + ".class")) {
      assertThat(in).isNotNull();
      write(".", name + ".class", in.readAllBytes());
    }

    Unpacked.unpack(jar);

    assertThat(Unpacked.of(jar)).isRegularFile().isNotEqualTo(jar);
    try (JarFile laid = new JarFile(Unpacked.of(jar).toFile())) {
      assertThat(laid.getManifest().getMainAttributes().getValue("Bundle-ClassPath"))
          .isEqualTo(".");
      assertThat(laid.getEntry(name + ".class").getMethod()).isEqualTo(ZipEntry.STORED);
      assertThat(laid.stream().map(JarEntry::getName))
          .anyMatch(entry -> entry.startsWith(name + "$linked$"));
    }
  }

  @Test
  void leavesASignatureOut() throws IOException {
    write(".", "META-INF/VENDOR.SF", "of other bytes");

    Unpacked.unpack(jar);

    try (JarFile laid = new JarFile(Unpacked.of(jar).toFile())) {
      assertThat(laid.getEntry("META-INF/VENDOR.SF")).isNull();
    }
  }

  private void write(String classPath, String name, String content) throws IOException {
    write(classPath, name, content.getBytes(StandardCharsets.UTF_8));
  }

  private void write(String classPath, String name, byte[] content) throws IOException {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().putValue("Bundle-ClassPath", classPath);
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar), manifest)) {
      out.putNextEntry(new JarEntry(name));
      out.write(content);
      out.closeEntry();
    }
  }
}
