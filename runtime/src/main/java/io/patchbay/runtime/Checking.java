package io.patchbay.runtime;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.function.BiPredicate;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * {@code patchbay check}, {@code try} and {@code replay}: the bundles that understand profiles and
 * routes, and nothing else. Jars among the paths are protocol bundles: with them profiles are
 * checked by their protocol's rules.
 */
final class Checking {
  /** Of the service of {@code inside} that checks files. */
  static final String ROLE = "check";

  /** Only what has stopped writes no more into the directory that is removed. */
  private static final long STOP_SECONDS = 5;

  private Checking() {}

  /** The exit code: 1 when something is wrong. */
  static int check(Path home, Arguments.Check check, PrintStream out)
      throws Refusal, InterruptedException {
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
    List<Path> further = new ArrayList<>(protocols);
    further.addAll(NamedComponents.of(home.resolve("components"), existing));
    return inScratch(home, further, ROLE, existing, out) && clean ? 0 : 1;
  }

  /** The exit code: 1 when a frame was not understood. */
  static int tryOut(Path home, Arguments.Try frames, PrintStream out)
      throws Refusal, InterruptedException {
    List<String> words = new ArrayList<>();
    words.add(frames.data().toAbsolutePath().toString());
    words.add(String.valueOf(frames.port()));
    words.add(frames.profile());
    words.addAll(frames.frames());
    return inScratch(home, frames.protocols(), "try", words, out) ? 0 : 1;
  }

  /** The exit code: 1 when a frame says something else than the recording. */
  static int replay(Path home, Arguments.Replay replay, PrintStream out)
      throws Refusal, InterruptedException {
    List<String> words =
        List.of(
            replay.data().toAbsolutePath().toString(), replay.file().toString(), replay.profile());
    return inScratch(home, replay.protocols(), "replay", words, out) ? 0 : 1;
  }

  private static boolean inScratch(
      Path home, List<Path> further, String role, List<?> words, PrintStream out)
      throws Refusal, InterruptedException {
    Path scratch;
    try {
      scratch = Files.createTempDirectory("patchbay-check");
    } catch (IOException failed) {
      throw Refusal.because(
          "No temporary directory can be made in "
              + System.getProperty("java.io.tmpdir")
              + "; free some space there.");
    }
    try {
      return ask(home, further, scratch, role, words, out::println);
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
      List<Path> further,
      Path scratch,
      String role,
      List<?> words,
      Consumer<String> print)
      throws Refusal, InterruptedException {
    for (String folder : DataDirectory.FOLDERS) {
      scratch.resolve(folder).toFile().mkdirs();
    }
    System.setProperty("java.io.tmpdir", scratch.toString());
    System.setProperty("patchbay.data", scratch.toString());
    Properties file = FrameworkSettings.load("check.properties");
    Pattern left = Pattern.compile(file.getProperty("without", ""));
    Map<String, String> properties = FrameworkSettings.of(home, scratch, 0, List.of());
    List<Path> folders = new ArrayList<>(further);
    folders.add(home.resolve("bundles"));
    folders.add(home.resolve("extras"));
    Hub hub = Hub.install(folders, properties, name -> !left.matcher(name).matches());
    hub.start();
    BiPredicate<List<?>, Consumer<String>> inside =
        (BiPredicate<List<?>, Consumer<String>>)
            hub.inside(BiPredicate.class, role)
                .orElseThrow(
                    () ->
                        Refusal.because(
                            "The checker did not start; unresolved: "
                                + String.join(", ", hub.unresolved())
                                + "."));
    try {
      return inside.test(words, print);
    } catch (IllegalStateException incomplete) {
      throw Refusal.because(String.valueOf(incomplete.getMessage()));
    } finally {
      hub.stop(STOP_SECONDS);
    }
  }
}
