package io.patchbay.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.Manifest;

/**
 * Bundles that carry jars inside, laid out as folders: from a jar the framework copies those inner
 * jars to its storage at every start, from a folder it reads them where they lie.
 */
final class Unpacked {
  /** In {@code lib/}, which is the program's; {@code bundles/} stays as it was shipped. */
  static final String FOLDER = "unpacked";

  private final Path jar;
  private final Path folder;
  private final Path mark;

  private Unpacked(Path jar) {
    this.jar = jar;
    Path lib = jar.resolveSibling("../lib").normalize().resolve(FOLDER);
    String name = String.valueOf(jar.getFileName()).replaceFirst("\\.jar$", "");
    folder = lib.resolve(name);
    mark = lib.resolve(name + ".of");
  }

  /** Where a shipped bundle is to be installed from: its folder, or the jar when there is none. */
  static Path of(Path jar) {
    Unpacked unpacked = new Unpacked(jar);
    return unpacked.valid() ? unpacked.folder : jar;
  }

  /** Lays a bundle out when it carries jars; nothing when that was done. */
  static void unpack(Path jar) throws IOException {
    Unpacked unpacked = new Unpacked(jar);
    if (!unpacked.valid() && unpacked.carriesJars()) {
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
    DataDirectory.empty(folder);
    try (JarFile file = new JarFile(jar.toFile())) {
      List<JarEntry> entries = file.stream().filter(entry -> !entry.isDirectory()).toList();
      for (JarEntry entry : entries) {
        Path target = folder.resolve(entry.getName()).normalize();
        if (!target.startsWith(folder)) {
          throw new IOException(jar + " has an entry outside of itself: " + entry.getName());
        }
        Files.createDirectories(target.getParent());
        try (InputStream in = file.getInputStream(entry)) {
          Files.copy(in, target, StandardCopyOption.REPLACE_EXISTING);
        }
      }
    }
    Files.writeString(mark, identity());
  }
}
