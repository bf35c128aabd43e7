package io.patchbay.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
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
    assertThat(content(Unpacked.of(jar).resolve("lib/inner.jar"), "a/Type.class")).isEqualTo("old");

    write(".,lib/inner.jar", "lib/inner.jar", "quite new");

    assertThat(Unpacked.of(jar)).isEqualTo(jar);
    Unpacked.unpack(jar);
    assertThat(content(Unpacked.of(jar).resolve("lib/inner.jar"), "a/Type.class"))
        .isEqualTo("quite new");
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
  void aBundleThatBecomesPlainIsNoFolderAnyMore() throws IOException {
    write(".,lib/inner.jar", "lib/inner.jar", "old");
    Unpacked.unpack(jar);
    write(".", "a/Type.class", "new one");
    Unpacked.unpack(jar);

    assertThat(Unpacked.of(jar)).isRegularFile();
    assertThat(content(Unpacked.of(jar), "a/Type.class")).isEqualTo("new one");
  }

  @Test
  void nothingIsCompressed() throws IOException {
    write(".", "a/Type.class", "x".repeat(1_000));
    Unpacked.unpack(jar);
    assertThat(Unpacked.of(jar)).isNotEqualTo(jar);
    assertThat(stored(Unpacked.of(jar))).isTrue();

    write(".,lib/inner.jar", "lib/inner.jar", "x".repeat(1_000));
    Unpacked.unpack(jar);
    assertThat(stored(Unpacked.of(jar).resolve("lib/inner.jar"))).isTrue();
  }

  private static boolean stored(Path file) throws IOException {
    try (JarFile read = new JarFile(file.toFile())) {
      return read.stream().allMatch(entry -> entry.getMethod() == ZipEntry.STORED);
    }
  }

  private static String content(Path file, String name) throws IOException {
    try (JarFile read = new JarFile(file.toFile())) {
      return new String(read.getInputStream(read.getEntry(name)).readAllBytes(), UTF_8);
    }
  }

  private void write(String classPath, String name, String content) throws IOException {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().putValue("Bundle-ClassPath", classPath);
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar), manifest)) {
      out.putNextEntry(new JarEntry(name));
      out.write(name.endsWith(".jar") ? inner(content) : content.getBytes(UTF_8));
      out.closeEntry();
    }
  }

  private static byte[] inner(String content) throws IOException {
    ByteArrayOutputStream octets = new ByteArrayOutputStream();
    try (JarOutputStream out = new JarOutputStream(octets)) {
      out.putNextEntry(new JarEntry("a/Type.class"));
      out.write(content.getBytes(UTF_8));
      out.closeEntry();
    }
    return octets.toByteArray();
  }
}
