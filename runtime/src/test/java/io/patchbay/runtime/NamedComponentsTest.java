package io.patchbay.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class NamedComponentsTest {
  private Path components;
  private Path routes;

  @BeforeEach
  void folders(@TempDir Path temporary) throws IOException {
    components = Files.createDirectories(temporary.resolve("components"));
    routes = Files.createDirectories(temporary.resolve("routes/below"));
    jar("kafka.jar", "camel.component;camel.component=kafka;version:Version=\"4.17.0\"");
    jar("mail.jar", "camel.component;camel.component=smtp,camel.component;camel.component=smtps");
  }

  @Test
  void noFileNeedsAnyUnlessItNamesOne() throws Exception {
    route("- route: { from: { uri: \"hub:readings\", steps: [ { to: \"log:kafkaesque\" } ] } }");
    assertThat(needed(routes)).isEmpty();
  }

  @Test
  void aFileNeedsTheJarThatBringsWhatItNames() throws Exception {
    route("- to: \"smtps://{{host}}\"");
    assertThat(needed(routes.resolve(".."))).containsExactly("mail.jar");
    route("- to:\n    uri: kafka\n");
    assertThat(needed(routes)).containsExactly("kafka.jar");
  }

  private List<String> needed(Path path) throws Refusal {
    return NamedComponents.of(components, List.of(path)).stream()
        .map(jar -> String.valueOf(jar.getFileName()))
        .toList();
  }

  private void route(String text) throws IOException {
    Files.writeString(routes.resolve("one.camel.yaml"), text, UTF_8);
  }

  private void jar(String name, String brings) throws IOException {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().putValue("Provide-Capability", brings);
    new JarOutputStream(Files.newOutputStream(components.resolve(name)), manifest).close();
  }
}
