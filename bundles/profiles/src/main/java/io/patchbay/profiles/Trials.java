package io.patchbay.profiles;

import io.patchbay.operation.Finding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiPredicate;
import java.util.function.Consumer;

/**
 * What {@code patchbay try} asks for: a data directory, a LoRaWAN port, a profile by id or path,
 * and frames.
 */
final class Trials implements BiPredicate<List<String>, Consumer<String>> {
  private final ProfileCheck check;
  private final Composition.Bases shipped;

  Trials(ProfileCheck check, Composition.Bases shipped) {
    this.check = check;
    this.shipped = shipped;
  }

  /** Whether every frame was understood. */
  @Override
  public boolean test(List<String> words, Consumer<String> print) {
    try {
      return run(
          Path.of(words.get(0)),
          Integer.parseInt(words.get(1)),
          words.get(2),
          words.subList(3, words.size()),
          print);
    } catch (IOException | IllegalArgumentException e) {
      print.accept("error: " + e.getMessage());
      return false;
    }
  }

  private boolean run(
      Path data, int port, String wanted, List<String> words, Consumer<String> print)
      throws IOException {
    Map<String, String> others = texts(data.resolve(ProfileFolders.FOLDER));
    Composition.Bases bases = id -> Optional.ofNullable(others.get(id)).or(() -> shipped.text(id));
    Optional<Path> file = file(wanted);
    Path folder = file.map(path -> path.toAbsolutePath().getParent()).orElse(null);
    if (folder != null) {
      texts(folder).forEach(others::putIfAbsent);
    }
    String shown = file.map(Path::toString).orElse(wanted);
    Report report = new Report(shown);
    try {
      String text = file.isPresent() ? Scripts.read(file.get()) : bases.text(wanted).orElse("");
      if (text.isEmpty()) {
        print.accept(
            "error: there is no profile '"
                + wanted
                + "'; accepted: the id of one that ships or lies in "
                + data.resolve(ProfileFolders.FOLDER)
                + ", or the path of a file");
        return false;
      }
      ProfileReader.Read read = check.sites(text, bases, report);
      if (report.refused()) {
        throw new Flaw(0, "mend it first: patchbay check tells all");
      }
      print.accept("profile " + read.profile().id() + ", " + read.profile().title());
      Trial trial = check.trial(read, print);
      boolean good = true;
      int number = 1;
      for (TryFrame frame : TryFrame.read(words)) {
        good &= trial.run(number++, frame, port);
      }
      return good;
    } catch (Flaw flaw) {
      report.error(flaw.line(), flaw.message());
      report.findings().stream().map(Finding::toString).forEach(print);
      return false;
    }
  }

  private static Optional<Path> file(String wanted) {
    try {
      Path path = Path.of(wanted);
      return Files.isRegularFile(path) ? Optional.of(path) : Optional.empty();
    } catch (InvalidPathException e) {
      return Optional.empty();
    }
  }

  private static Map<String, String> texts(Path folder) throws IOException {
    Map<String, String> texts = new HashMap<>();
    for (Path file : TextFile.below(folder)) {
      try {
        String text = Scripts.read(file);
        ProfileReader.idOf(text).ifPresent(id -> texts.putIfAbsent(id, text));
      } catch (Flaw e) {
        // one that cannot be read is none that is asked for
      }
    }
    return texts;
  }
}
