package io.patchbay.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/**
 * The inputs that a fuzz target begins with and once failed at, as ordinary tests: the files of
 * {@code src/test/resources/fuzz/TARGET}. {@code ./patchbay fuzz} looks for more.
 */
public final class FuzzSeeds {
  /** A target. */
  @FunctionalInterface
  public interface Target {
    /** Throws for what a decoder must not do; Jazzer calls a static method of this name. */
    void fuzzerTestOneInput(byte[] input) throws Exception;
  }

  private FuzzSeeds() {}

  /**
   * One test for each file.
   *
   * @param owner the class whose simple name is that of the folder
   */
  public static Stream<DynamicTest> tests(Class<?> owner, Target target) {
    URL folder = owner.getResource("/fuzz/" + owner.getSimpleName());
    if (folder == null) {
      throw new IllegalStateException(
          owner.getSimpleName() + " has no inputs; put some into src/test/resources/fuzz");
    }
    try (Stream<Path> files = Files.list(Path.of(folder.toURI()))) {
      List<Path> inputs = files.sorted().toList();
      return inputs.stream()
          .map(
              input ->
                  DynamicTest.dynamicTest(
                      input.getFileName().toString(),
                      () -> target.fuzzerTestOneInput(Files.readAllBytes(input))));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (URISyntaxException e) {
      throw new IllegalStateException(folder + " is no folder", e);
    }
  }
}
