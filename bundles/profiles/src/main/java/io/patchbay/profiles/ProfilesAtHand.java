package io.patchbay.profiles;

import io.patchbay.operation.Finding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** The profiles that a command of a person can name: by id, or by the path of a file. */
final class ProfilesAtHand {
  private final ProfileCheck check;
  private final Composition.Bases shipped;
  private final Path folder;
  private final Map<String, String> others;

  /**
   * @param shipped those that ship
   * @param data directory whose profiles come before these
   */
  ProfilesAtHand(ProfileCheck check, Composition.Bases shipped, Path data) throws IOException {
    this.check = check;
    this.shipped = shipped;
    folder = data.resolve(ProfileFolders.FOLDER);
    others = texts(folder);
  }

  private Optional<String> text(String id) {
    return Optional.ofNullable(others.get(id)).or(() -> shipped.text(id));
  }

  boolean has(String wanted) {
    return file(wanted).isPresent() || text(wanted).isPresent();
  }

  /** What to say of one that is not there. */
  String missing(String wanted) {
    return "there is no profile '"
        + wanted
        + "'; accepted: the id of one that ships or lies in "
        + folder
        + ", or the path of a file";
  }

  /** Empty when it cannot be used; what is wrong with it is printed then. */
  Optional<ProfileReader.Read> read(String wanted, Consumer<String> print) throws IOException {
    Optional<Path> file = file(wanted);
    Path beside = file.map(path -> path.toAbsolutePath().getParent()).orElse(null);
    if (beside != null) {
      texts(beside).forEach(others::putIfAbsent);
    }
    Report report = new Report(file.map(Path::toString).orElse(wanted));
    try {
      String text = file.isPresent() ? Scripts.read(file.get()) : text(wanted).orElse("");
      ProfileReader.Read read = check.sites(text, this::text, report);
      if (report.refused()) {
        throw new Flaw(0, "mend it first: patchbay check tells all");
      }
      return Optional.of(read);
    } catch (Flaw flaw) {
      report.error(flaw.line(), flaw.message());
      report.findings().stream().map(Finding::toString).forEach(print);
      return Optional.empty();
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

  /** Texts of the profiles in a folder, by id. */
  static Map<String, String> texts(Path folder) throws IOException {
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
