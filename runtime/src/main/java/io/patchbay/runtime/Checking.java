package io.patchbay.runtime;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.function.BiPredicate;
import java.util.function.Consumer;

/**
 * {@code patchbay check}, {@code try}, {@code replay} and {@code import}: the rooms that understand
 * profiles and routes on a plain class path, with no framework. Jars among the paths are protocol
 * bundles: with them profiles are checked by their protocol's rules.
 */
final class Checking {
  /** In the jar of the launcher, loaded where the rooms are. */
  private static final String ERRANDS = "io.patchbay.runtime.inside.Errands";

  private Checking() {}

  /** The exit code: 1 when something is wrong. */
  static int check(Path home, Arguments.Check check, PrintStream out) throws Refusal {
    List<Path> paths = check.paths();
    if (paths.isEmpty()) {
      paths = List.of(home.resolve("device-profiles"), home.resolve("routes"));
    }
    List<Path> existing = new ArrayList<>();
    List<Path> protocols = new ArrayList<>();
    for (Path path : paths) {
      if (path.toString().endsWith(".jar") && Files.isRegularFile(path)) {
        protocols.add(path.toAbsolutePath());
      } else if (Files.exists(path)) {
        existing.add(path);
      } else {
        out.println(path + ": error: no such file or directory");
      }
    }
    boolean clean = existing.size() + protocols.size() == paths.size();
    if (existing.isEmpty()) {
      return clean ? 0 : 1;
    }
    List<String> words = existing.stream().map(Path::toString).toList();
    return inScratch(home, existing, protocols, "check", words, out) && clean ? 0 : 1;
  }

  /** The exit code: 1 when a frame was not understood. */
  static int tryOut(Path home, Arguments.Try frames, PrintStream out) throws Refusal {
    List<String> words = new ArrayList<>();
    words.add(frames.data().toAbsolutePath().toString());
    words.add(String.valueOf(frames.port()));
    words.add(frames.profile());
    words.addAll(frames.frames());
    return inScratch(home, List.of(), frames.protocols(), "try", words, out) ? 0 : 1;
  }

  /** The exit code: 1 when a frame says something else than the recording. */
  static int replay(Path home, Arguments.Replay replay, PrintStream out) throws Refusal {
    List<String> words =
        List.of(
            replay.data().toAbsolutePath().toString(), replay.file().toString(), replay.profile());
    return inScratch(home, List.of(), replay.protocols(), "replay", words, out) ? 0 : 1;
  }

  /** The exit code: 1 when nothing was made of something. */
  static int importFrom(Path home, Arguments.Import files, PrintStream out) throws Refusal {
    return inScratch(home, List.of(), List.of(), "import", files.words(), out) ? 0 : 1;
  }

  /**
   * @param files that may name components
   * @param further protocol bundles
   */
  private static boolean inScratch(
      Path home,
      List<Path> files,
      List<Path> further,
      String word,
      List<String> words,
      PrintStream out)
      throws Refusal {
    Path scratch;
    try {
      scratch = Files.createTempDirectory("patchbay-check");
    } catch (IOException failed) {
      throw Refusal.because(
          "No temporary directory can be made in "
              + System.getProperty("java.io.tmpdir")
              + "; free some space there.");
    }
    System.setProperty("java.io.tmpdir", scratch.toString());
    System.setProperty("patchbay.data", scratch.toString());
    // libraries tell what they do; only what they warn of is of interest
    System.setProperty("org.ops4j.pax.logging.DefaultServiceLog.level", "WARN");
    try {
      return ask(home, files, further, scratch, word, words, out::println);
    } finally {
      try {
        DataDirectory.empty(scratch);
      } catch (IOException left) {
        out.println(scratch + ": warning: could not be removed: " + left.getMessage());
      }
    }
  }

  @SuppressWarnings("unchecked")
  private static boolean ask(
      Path home,
      List<Path> files,
      List<Path> further,
      Path scratch,
      String word,
      List<String> words,
      Consumer<String> print)
      throws Refusal {
    ClassLoader classes = PlainClassPath.open(home, files, further, scratch);
    Thread.currentThread().setContextClassLoader(classes);
    try {
      return ((BiPredicate<List<String>, Consumer<String>>)
              classes
                  .loadClass(ERRANDS)
                  .getConstructor(Path.class, String.class)
                  .newInstance(home, word))
          .test(words, print);
    } catch (ReflectiveOperationException | ServiceConfigurationError missing) {
      throw Refusal.because("The checker cannot be loaded: " + missing + "; unpack the zip again.");
    } catch (IllegalStateException incomplete) {
      throw Refusal.because(String.valueOf(incomplete.getMessage()));
    }
  }
}
