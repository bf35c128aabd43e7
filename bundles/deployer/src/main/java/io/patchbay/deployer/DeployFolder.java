package io.patchbay.deployer;

import io.patchbay.northbound.RefusedException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * What lies in {@code deploy/}: the truth of which bundles are wanted. Of several files of one
 * symbolic name the highest version is meant. Used on the deployer's thread only.
 */
final class DeployFolder {
  /**
   * @param symbolicName whose it is; of an unreadable file, whose it was before
   * @param problem why it cannot be read, empty when it can
   */
  private record Entry(String symbolicName, Optional<Candidate> candidate, String problem) {}

  private final Path folder;
  private final Candidate.Limits limits;
  private final Map<Path, Entry> entries = new TreeMap<>();

  DeployFolder(Path folder, Candidate.Limits limits) throws IOException {
    this.folder = Files.createDirectories(folder);
    this.limits = limits;
  }

  Path path() {
    return folder;
  }

  /** Every jar in it. */
  List<Path> jars() throws IOException {
    List<Path> jars = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.jar")) {
      files.forEach(jars::add);
    }
    jars.sort(Comparator.naturalOrder());
    return jars;
  }

  /**
   * Reads a file again that came, changed or went.
   *
   * @return symbolic names that this concerns
   */
  Set<String> look(Path file) throws IOException {
    Set<String> concerned = new HashSet<>();
    Entry before = Files.exists(file) ? entries.get(file) : entries.remove(file);
    if (before != null && !before.symbolicName().isEmpty()) {
      concerned.add(before.symbolicName());
    }
    if (Files.exists(file)) {
      try {
        Candidate candidate = Candidate.read(file, limits);
        entries.put(file, new Entry(candidate.symbolicName(), Optional.of(candidate), ""));
        concerned.add(candidate.symbolicName());
      } catch (RefusedException e) {
        String owner = before == null ? "" : before.symbolicName();
        entries.put(file, new Entry(owner, Optional.empty(), String.valueOf(e.getMessage())));
      }
    }
    return concerned;
  }

  /** Candidates of a symbolic name, the one that is meant first. */
  List<Candidate> candidates(String symbolicName) {
    return entries.values().stream()
        .flatMap(entry -> entry.candidate().stream())
        .filter(candidate -> candidate.symbolicName().equals(symbolicName))
        .sorted(Comparator.comparing(Candidate::version).reversed())
        .toList();
  }

  /** Whether any file, readable or not, stands for this bundle. */
  boolean claims(String symbolicName) {
    return entries.values().stream().anyMatch(entry -> entry.symbolicName().equals(symbolicName));
  }

  Set<String> symbolicNames() {
    Set<String> names = new HashSet<>();
    entries
        .values()
        .forEach(entry -> entry.candidate().ifPresent(one -> names.add(one.symbolicName())));
    return names;
  }

  /** Why files cannot be read, by file name. */
  Map<String, String> problems() {
    Map<String, String> problems = new TreeMap<>();
    entries.forEach(
        (file, entry) -> {
          if (!entry.problem().isEmpty()) {
            problems.put(String.valueOf(file.getFileName()), entry.problem());
          }
        });
    return problems;
  }

  /** Makes {@code staged} the only file of its bundle. */
  void put(Candidate candidate, Path staged) throws IOException {
    Path file = folder.resolve(candidate.symbolicName() + ".jar");
    Files.move(staged, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    removeAll(candidate.symbolicName(), file);
    entries.put(file, new Entry(candidate.symbolicName(), Optional.of(candidate.at(file)), ""));
  }

  /** Removes every file of a bundle. */
  void removeAll(String symbolicName) throws IOException {
    removeAll(symbolicName, folder);
  }

  private void removeAll(String symbolicName, Path except) throws IOException {
    for (Map.Entry<Path, Entry> entry : List.copyOf(entries.entrySet())) {
      if (entry.getValue().symbolicName().equals(symbolicName) && !entry.getKey().equals(except)) {
        Files.deleteIfExists(entry.getKey());
        entries.remove(entry.getKey());
      }
    }
  }
}
