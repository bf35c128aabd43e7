package io.patchbay.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
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
  void leavesBundlesAloneThatCarryNoJars() throws IOException {
    write(".", "a/Type.class", "x");

    Unpacked.unpack(jar);

    assertThat(Unpacked.of(jar)).isEqualTo(jar);
    assertThat(home.resolve("lib/unpacked")).doesNotExist();
  }

  private void write(String classPath, String name, String content) throws IOException {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().putValue("Bundle-ClassPath", classPath);
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar), manifest)) {
      out.putNextEntry(new JarEntry(name));
      out.write(content.getBytes(java.nio.charset.StandardCharsets.UTF_8));
      out.closeEntry();
    }
  }
}
