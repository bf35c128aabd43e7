package io.patchbay.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.Manifest;

/**
 * Bundles as a start reads them fastest: jars whose classes are not compressed, and {@link
 * LinkedClass linked}; a bundle that carries jars as a folder, since from a jar the framework
 * copies those inner jars to its storage at every start.
 */
final class Unpacked {
  /** In {@code lib/}, which is the program's; {@code bundles/} stays as it was shipped. */
  static final String FOLDER = "unpacked";

  private final Path jar;
  private final Path place;
  private final Path mark;

  private Unpacked(Path jar) {
    this.jar = jar;
    Path lib = jar.resolveSibling("../lib").normalize().resolve(FOLDER);
    String name = String.valueOf(jar.getFileName()).replaceFirst("\\.jar$", "");
    place = lib.resolve(name);
    mark = lib.resolve(name + ".of");
  }

  /** Where a shipped bundle is to be installed from: the jar itself when it was not laid out. */
  static Path of(Path jar) {
    Unpacked unpacked = new Unpacked(jar);
    return unpacked.valid() ? unpacked.place : jar;
  }

  /** Lays a bundle out; nothing when that was done. */
  static void unpack(Path jar) throws IOException {
    Unpacked unpacked = new Unpacked(jar);
    if (!unpacked.valid()) {
      unpacked.lay();
    }
  }

  /** The mark is written last and tells which jar it was: one that was replaced counts no more. */
  private boolean valid() {
    try {
      return Files.exists(mark) && Files.readString(mark).equals(identity());
    } catch (IOException unreadable) {
      return false;
    }
  }

  private String identity() throws IOException {
    return Files.size(jar) + " " + Files.getLastModifiedTime(jar).toMillis();
  }

  private boolean carriesJars() throws IOException {
    try (JarFile file = new JarFile(jar.toFile())) {
      Manifest manifest = file.getManifest();
      String path =
          manifest == null ? null : manifest.getMainAttributes().getValue("Bundle-ClassPath");
      return path != null && Arrays.stream(path.split(",")).anyMatch(one -> one.endsWith(".jar"));
    }
  }

  private void lay() throws IOException {
    Files.deleteIfExists(mark);
    if (Files.isDirectory(place)) {
      DataDirectory.empty(place);
    }
    Files.deleteIfExists(place);
    if (carriesJars()) {
      layFolder();
    } else {
      Files.createDirectories(place.getParent());
      Files.write(place, LinkedJar.of(Files.readAllBytes(jar)));
    }
    Files.writeString(mark, identity());
  }

  private void layFolder() throws IOException {
    try (JarFile file = new JarFile(jar.toFile())) {
      List<JarEntry> entries = file.stream().filter(entry -> !entry.isDirectory()).toList();
      for (JarEntry entry : entries) {
        Path target = place.resolve(entry.getName()).normalize();
        if (!target.startsWith(place)) {
          throw new IOException(jar + " has an entry outside of itself: " + entry.getName());
        }
        Files.createDirectories(target.getParent());
        try (InputStream in = file.getInputStream(entry)) {
          byte[] content = in.readAllBytes();
          Files.write(target, entry.getName().endsWith(".jar") ? LinkedJar.of(content) : content);
        }
      }
    }
  }
}
