package io.patchbay.profiles;

import static org.assertj.core.api.Assertions.assertThat;

import io.patchbay.operation.Finding;
import io.patchbay.profiles.media.StandardMediaTypes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ShippedProfilesTest {
  static final Path SHIPPED = Path.of("../../device-profiles");

  static Stream<Path> files() throws IOException {
    return TextFile.below(SHIPPED).stream();
  }

  /** The text of a shipped profile. */
  static Optional<String> text(String id) {
    try {
      for (Path file : TextFile.below(SHIPPED)) {
        String text = Scripts.read(file);
        if (ProfileReader.idOf(text).filter(id::equals).isPresent()) {
          return Optional.of(text);
        }
      }
      return Optional.empty();
    } catch (Flaw e) {
      throw new IllegalStateException(e);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void passesItsOwnExamples(Path file) throws Exception {
    ProfileCheck check =
        new ProfileCheck(
            new StandardMediaTypes(),
            scheme -> scheme.equals("mqtt") ? Optional.of(new TopicProtocol()) : Optional.empty());
    List<Finding> findings =
        check.check(file.toString(), Scripts.read(file), ShippedProfilesTest::text).findings();
    assertThat(findings)
        .filteredOn(
            finding -> !finding.message().matches(".*no bundle for protocol '(sim|modbus|coap)'.*"))
        .isEmpty();
  }

  @ParameterizedTest
  @MethodSource("files")
  void isReadAtTheStartAsItIsChecked(Path file) throws Exception {
    String text = Scripts.read(file);
    ProfileCheck check = new ProfileCheck(new StandardMediaTypes(), scheme -> Optional.empty());
    ProfileCheck.Checked checked = check.check("file", text, ShippedProfilesTest::text);
    ProfileCheck.Checked read = ProfileCheck.read("file", text, ShippedProfilesTest::text);
    assertThat(read.profile()).isPresent().isEqualTo(checked.profile());
    assertThat(read.bases()).isEqualTo(checked.bases());
  }

  @ParameterizedTest
  @MethodSource("files")
  void hasExamplesOfItsOwn(Path file) throws Exception {
    YamlDocument document = YamlText.parse(Files.readString(file));
    boolean heard = document.root().toString().contains("\"mqtt\"");
    assertThat(document.root().path("examples").size()).isGreaterThanOrEqualTo(heard ? 3 : 0);
  }

  @ParameterizedTest
  @MethodSource("files")
  void everyBreakOfAnExampleIsFound(Path file) throws Exception {
    String text = Scripts.read(file);
    ProfileCheck check = new ProfileCheck(new StandardMediaTypes(), scheme -> Optional.empty());
    String broken =
        text.replaceFirst("readings: \\{ ([a-z]+): [0-9.truefals]+", "readings: { $1: 4711");
    // what the protocol itself decodes is run by ./patchbay check, which has its bundle
    if (!broken.equals(text) && !text.matches("(?s).*protocol: (sim|modbus|coap).*")) {
      assertThat(check.check(file.toString(), broken, ShippedProfilesTest::text).findings())
          .anyMatch(finding -> finding.message().contains("expected 4711, got "));
    }
  }
}
