package io.patchbay.profiles;

import static org.assertj.core.api.Assertions.assertThat;

import io.patchbay.operation.Finding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileCheckTest {
  @TempDir Path root = Path.of(".");

  private Path write(String name, String text) throws IOException {
    Path file = root.resolve(name);
    Files.createDirectories(file.toAbsolutePath().getParent());
    return Files.writeString(file, text);
  }

  private static List<Finding> check(Path... paths) throws IOException {
    ExecutorService workers = Executors.newFixedThreadPool(2);
    try {
      return new FileCheck(Texts.check(), Composition.Bases.NONE, workers).check(List.of(paths));
    } finally {
      workers.shutdownNow();
    }
  }

  @Test
  void findsWhatIsWrongBelowAFolder() throws IOException {
    Path bad = write("device-profiles/acme/bad.yaml", Texts.plug("bad", "Watt"));
    write("device-profiles/acme/good.yaml", Texts.PLUG);
    Path twice = write("device-profiles/acme/twice.yaml", Texts.PLUG);
    Path things = write("things/a.yaml", "- { id: a }\n");
    write("routes/r.camel.yaml", "- route: [");
    write("routes/other.yaml", "properties: [");
    write("target/device-profiles/x.yaml", "[");
    write("compose.yml", "services: {}\n");
    write("modbus/map.yaml", "pints: [");
    assertThat(check(root))
        .filteredOn(finding -> finding.severity() == Finding.Severity.ERROR)
        .extracting(Finding::toString)
        .anyMatch(text -> text.startsWith(bad + ":9: error: unit 'Watt'"))
        .anyMatch(text -> text.startsWith(twice + ":1: error: the id 'plug' is taken by"))
        .anyMatch(text -> text.startsWith(things + ":1: error: 'profile' is missing"))
        .hasSize(3);
  }

  @Test
  void aFileThatSomebodyNamesIsAProfile() throws IOException {
    assertThat(check(write("mine.yaml", "id: a\n"))).isNotEmpty();
    assertThat(check(write("mine.camel.yaml", "- route: ["))).isEmpty();
    assertThat(check(write("route.yaml", "- route:\n    from: x\n"))).isEmpty();
    assertThat(check(write("map.yaml", "points:\n- {}\n"))).isEmpty();
    assertThat(check(root.resolve("missing.yaml")).get(0).message()).contains("no such file");
    assertThat(check(write("mine.yaml", Texts.PLUG)))
        .noneMatch(finding -> finding.severity() == Finding.Severity.ERROR);
  }
}
