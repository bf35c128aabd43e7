package io.patchbay.deployer;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The deployer's own copies: {@code state/bundles/SYMBOLIC-NAME/DIGEST.jar}, beside it the file
 * {@code good} with the digest of the last one that came up. What the framework reads can so not
 * change under it.
 */
final class Store {
  private static final String GOOD = "good";
  private static final String STOPPED = "stopped.txt";
  private static final String JAR = ".jar";
  private static final String PART = ".part";

  private final Path root;

  Store(Path root) throws IOException {
    this.root = Files.createDirectories(root);
  }

  /** Copies a candidate in; the one returned reads from the copy. */
  Candidate keep(Candidate candidate) throws IOException {
    Path folder = Files.createDirectories(root.resolve(candidate.symbolicName()));
    Path copy = folder.resolve(candidate.digest() + JAR);
    if (!Files.exists(copy)) {
      Path part = folder.resolve(candidate.digest() + PART);
      Files.copy(candidate.jar(), part, StandardCopyOption.REPLACE_EXISTING);
      if (!Candidate.digest(part).equals(candidate.digest())) {
        Files.delete(part);
        throw new IOException(candidate.jar().getFileName() + " changed while it was copied");
      }
      Files.move(part, copy, StandardCopyOption.ATOMIC_MOVE);
    }
    return candidate.at(copy);
  }

  /** A copy outside of the folders, for a file that is then moved into one. */
  Path stage(Candidate candidate) throws IOException {
    Path part = root.resolve(candidate.digest() + PART);
    return Files.copy(candidate.jar(), part, StandardCopyOption.REPLACE_EXISTING);
  }

  /** The one that came up last, if its copy is there. */
  Optional<Path> good(String symbolicName) throws IOException {
    Path marker = root.resolve(symbolicName).resolve(GOOD);
    if (!Files.exists(marker)) {
      return Optional.empty();
    }
    Path jar = marker.resolveSibling(Files.readString(marker).trim() + JAR);
    return Optional.of(jar).filter(Files::exists);
  }

  /** Marks the one that came up and drops the others. */
  void markGood(Candidate candidate) throws IOException {
    Path folder = root.resolve(candidate.symbolicName());
    write(folder.resolve(GOOD), candidate.digest());
    try (DirectoryStream<Path> jars = Files.newDirectoryStream(folder, "*" + JAR)) {
      for (Path jar : jars) {
        if (!jar.getFileName().toString().equals(candidate.digest() + JAR)) {
          Files.delete(jar);
        }
      }
    }
  }

  /** Forgets one copy that did not come up. */
  void drop(Candidate candidate) throws IOException {
    Path folder = root.resolve(candidate.symbolicName());
    Files.deleteIfExists(folder.resolve(candidate.digest() + JAR));
  }

  /** Forgets all of a bundle. */
  void forget(String symbolicName) throws IOException {
    Path folder = root.resolve(symbolicName);
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }

  /** Symbolic names that have copies. */
  List<String> names() throws IOException {
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(root, Files::isDirectory)) {
      folders.forEach(folder -> names.add(folder.getFileName().toString()));
    }
    return names;
  }

  /** Symbolic names of bundles that somebody stopped: they stay so over a restart. */
  Set<String> stopped() throws IOException {
    Path file = root.resolve(STOPPED);
    return Files.exists(file) ? new TreeSet<>(Files.readAllLines(file)) : new TreeSet<>();
  }

  void stopped(Set<String> names) throws IOException {
    write(root.resolve(STOPPED), String.join("\n", names));
  }

  private static void write(Path file, String text) throws IOException {
    Path part = file.resolveSibling(file.getFileName() + PART);
    Files.writeString(part, text, StandardCharsets.UTF_8);
    Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
