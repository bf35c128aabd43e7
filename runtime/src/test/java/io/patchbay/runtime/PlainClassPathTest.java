package io.patchbay.runtime;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PlainClassPathTest {
  private static final String PROTOCOLS = "META-INF/services/io.patchbay.southbound.Protocol";
  private static final String COMPONENT =
      """
      <scr:component name="acme">
        <service><provide interface="%s"/></service>
        <implementation class="acme.%s"/>
      </scr:component>
      """;

  @TempDir Path home = Path.of(".");
  @TempDir Path scratch = Path.of(".");

  @BeforeEach
  void folders() throws IOException {
    for (String folder : List.of("lib", "bundles", "extras", "components")) {
      Files.createDirectories(home.resolve(folder));
    }
  }

  private ClassLoader open(Path... further) throws Refusal {
    return PlainClassPath.open(home, List.of(), List.of(further), scratch);
  }

  private static String text(ClassLoader classes, String name) throws IOException {
    try (InputStream in = Objects.requireNonNull(classes.getResourceAsStream(name), name)) {
      return new String(in.readAllBytes(), UTF_8);
    }
  }

  @Test
  void leavesOutWhatOnlyARunningHubNeeds() throws Exception {
    write("bundles/core.jar", Map.of("Bundle-SymbolicName", "io.patchbay.core"), "core.txt", "x");
    write("bundles/corelike.jar", Map.of("Bundle-SymbolicName", "acme.core"), "acme.txt", "x");
    assertThat(open().getResource("core.txt")).isNull();
    assertThat(open().getResource("acme.txt")).isNotNull();
  }

  @Test
  void opensTheJarsInAJarAndTheJarItself() throws Exception {
    String inner = new String(jar(Map.of(), Map.of("inner.txt", "in")), ISO_8859_1);
    write(
        "bundles/outer.jar",
        Map.of("Bundle-ClassPath", ".,lib/inner.jar,lib/gone.jar"),
        "outer.txt",
        "out",
        "lib/inner.jar",
        inner);
    ClassLoader classes = open();
    assertThat(text(classes, "inner.txt")).isEqualTo("in");
    assertThat(text(classes, "outer.txt")).isEqualTo("out");
  }

  @Test
  void offersTheProtocolsThatComponentsOfferAndNothingElse() throws Exception {
    write(
        "bundles/acme.jar",
        Map.of("Service-Component", "OSGI-INF/a.xml,OSGI-INF/b.xml,OSGI-INF/gone.xml"),
        "OSGI-INF/a.xml",
        COMPONENT.formatted("io.patchbay.southbound.Protocol", "Lines"),
        "OSGI-INF/b.xml",
        COMPONENT.formatted("io.patchbay.operation.Health", "Pulse"));
    assertThat(text(open(), PROTOCOLS)).isEqualTo("acme.Lines");
  }

  @Test
  void aJarThatDoesNotShipComesBesideWhatShips() throws Exception {
    write("bundles/shipped.jar", Map.of(), "shipped.txt", "x");
    Path mine =
        write(
            "mine.jar",
            Map.of("Service-Component", "OSGI-INF/a.xml"),
            "OSGI-INF/a.xml",
            COMPONENT.formatted("io.patchbay.southbound.Protocol", "Mine"));
    ClassLoader classes = open(mine);
    assertThat(classes.getResource("shipped.txt")).isNotNull();
    assertThat(classes.resources(PROTOCOLS)).hasSize(2);
  }

  @Test
  void preparesPlacesRelativeToTheHome() throws Exception {
    Path plain = write("bundles/plain.jar", Map.of(), "plain.txt", "x");
    Unpacked.unpack(plain);
    PlainClassPath.prepare(home);
    assertThat(home.resolve("lib/unpacked/check.classpath"))
        .hasContent("lib/unpacked/plain.jar\nlib/unpacked/check.jar");
    assertThat(home.resolve("lib/unpacked/check.of")).content().startsWith("plain.jar ");
  }

  private Path write(String name, Map<String, String> headers, String... entries)
      throws IOException {
    Map<String, String> contents = new TreeMap<>();
    for (int i = 0; i < entries.length; i += 2) {
      contents.put(entries[i], entries[i + 1]);
    }
    return Files.write(home.resolve(name), jar(headers, contents));
  }

  private static byte[] jar(Map<String, String> headers, Map<String, String> contents)
      throws IOException {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    headers.forEach((name, value) -> manifest.getMainAttributes().putValue(name, value));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JarOutputStream out = new JarOutputStream(bytes, manifest)) {
      for (Map.Entry<String, String> entry : contents.entrySet()) {
        out.putNextEntry(new ZipEntry(entry.getKey()));
        out.write(entry.getValue().getBytes(ISO_8859_1));
      }
    }
    return bytes.toByteArray();
  }
}
