package io.patchbay.profiles;

import static org.assertj.core.api.Assertions.assertThat;

import io.patchbay.testkit.FuzzSeeds;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Whatever lies in a profile file is a profile, or refused with a finding. */
public final class ProfileFuzzTest {
  private static final ProfileCheck CHECK = Texts.check();

  /** Jazzer's entry. */
  public static void fuzzerTestOneInput(byte[] input) {
    String text;
    try {
      text = YamlText.decode(input);
    } catch (Flaw flaw) {
      assertThat(flaw.message()).isNotBlank();
      return;
    }
    ProfileCheck.Checked checked = CHECK.check("profile.yaml", text);
    assertThat(checked.profile().isPresent() || !checked.findings().isEmpty()).isTrue();
    ProfileCheck.Checked read = ProfileCheck.read("profile.yaml", text, Composition.Bases.NONE);
    assertThat(read.profile().isPresent() || !read.findings().isEmpty()).isTrue();
  }

  @TestFactory
  Stream<DynamicTest> readsOrRefuses() {
    return FuzzSeeds.tests(getClass(), ProfileFuzzTest::fuzzerTestOneInput);
  }
}
