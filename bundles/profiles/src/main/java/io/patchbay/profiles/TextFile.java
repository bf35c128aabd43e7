package io.patchbay.profiles;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** Reading and writing of YAML files. */
final class TextFile {
  /** Folders below a hot folder that are looked into. */
  static final int DEEPEST = 8;

  private TextFile() {}

  /** The text of a file of at most 1 MiB; a larger one is not read beyond that. */
  static String read(Path file) throws IOException, Flaw {
    try (InputStream in = Files.newInputStream(file)) {
      return YamlText.decode(in.readNBytes(YamlText.LARGEST + 1));
    }
  }

  /** Writes all or nothing: a reader sees the old text or the new one. */
  static void write(Path file, String text) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null) {
      throw new IOException("'" + file + "' is no file");
    }
    Files.createDirectories(folder);
    Path draft = Files.createTempFile(folder, ".", ".draft");
    try {
      Files.writeString(draft, text, StandardCharsets.UTF_8);
      try {
        Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
      } catch (AtomicMoveNotSupportedException e) {
        Files.move(draft, file, StandardCopyOption.REPLACE_EXISTING);
      }
    } finally {
      Files.deleteIfExists(draft);
    }
  }

  static boolean yaml(Path file) {
    Path last = file.getFileName();
    String name = last == null ? "" : last.toString().toLowerCase(Locale.ROOT);
    return (name.endsWith(".yaml") || name.endsWith(".yml"))
        && !name.startsWith(".")
        && !name.endsWith(".camel.yaml")
        && !name.endsWith(".camel.yml");
  }

  /** All YAML files below a folder, sorted; none when there is no such folder. */
  static List<Path> below(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(folder, DEEPEST)) {
      return files.filter(TextFile::yaml).filter(Files::isRegularFile).sorted().toList();
    }
  }
}
