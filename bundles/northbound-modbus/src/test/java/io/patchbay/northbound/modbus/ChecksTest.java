package io.patchbay.northbound.modbus;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is said of maps at a command line. */
final class ChecksTest {
  private static final String POINT = "- { address: %d, thing: meter, property: x }\n";

  @TempDir Path folder = Path.of(".");
  private final List<String> said = new ArrayList<>();

  private Path write(String name, String text) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, text);
  }

  private boolean check(Path... paths) throws IOException {
    said.clear();
    List<String> words = List.of(paths).stream().map(Path::toString).toList();
    return new Checks().run(folder, words, said::add);
  }

  @Test
  void whatIsWrongIsSaidWithFileAndLine() throws Exception {
    Path a = write("modbus/a.yaml", "points:\n" + POINT.formatted(70000));
    Path b = write("modbus/b.yaml", "dots: []\n");
    Path c = write("elsewhere/c.yaml", "points:\n" + POINT.formatted(1) + POINT.formatted(1));
    Path d = write("modbus/d.yaml", "points: [\n");

    assertThat(check(folder)).isFalse();
    assertThat(said)
        .containsExactlyInAnyOrder(
            c + ":3: error: unit 1 holding 1 is taken by x of meter (unit 1 holding 1)",
            a + ":2: error: address must be 0 to 65535, not 70000",
            b + ":1: error: key 'dots' is not known; accepted: points",
            d + ":2: error: not YAML: expected the node content, but found '<stream end>'");
    assertThat(check(b)).isFalse();
  }

  @Test
  void whatTwoFilesGiveIsSaidOfTheSecond() throws Exception {
    write("modbus/a.yaml", "points:\n" + POINT.formatted(1));
    Path b = write("modbus/b.yaml", "points:\n" + POINT.formatted(1));

    assertThat(check(folder)).isFalse();
    assertThat(said)
        .containsExactly(
            b + ":2: error: unit 1 holding 1 is taken by x of meter (unit 1 holding 1)");
  }

  @Test
  void filesOfOthersAreLeftAlone() throws Exception {
    write("modbus/good.yaml", "points:\n" + POINT.formatted(1));
    write("modbus/profile.yaml", "id: p\nproperties: {}\n");
    write("modbus/picture.png", "points: [");
    write("device-profiles/p.yaml", "points: [");
    write("other/things.yaml", "- { id: t }\n");

    assertThat(check(folder)).isTrue();
    assertThat(said).isEmpty();
  }
}
