package io.patchbay.runtime;

import java.io.BufferedOutputStream;
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
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/**
 * What ships, laid out for quick starts. A bundle that carries jars becomes a folder: from a jar
 * the framework copies those inner jars to its storage at every start, from a folder it reads them
 * where they lie. No jar is compressed there: some thousand classes are read from them at every
 * start.
 */
final class Unpacked {
  /** In {@code lib/}, which is the program's; {@code bundles/} stays as it was shipped. */
  static final String FOLDER = "unpacked";

  private final Path jar;
  private final Path folder;
  private final Path plain;
  private final Path mark;

  private Unpacked(Path jar) {
    this.jar = jar;
    Path lib = jar.resolveSibling("../lib").normalize().resolve(FOLDER);
    plain = lib.resolve(String.valueOf(jar.getFileName()));
    String name = plain.getFileName().toString().replaceFirst("\\.jar$", "");
    folder = lib.resolve(name);
    mark = lib.resolve(name + ".of");
  }

  /** Where a shipped bundle is to be installed from: what was laid out, otherwise the jar. */
  static Path of(Path jar) {
    Unpacked unpacked = new Unpacked(jar);
    if (!unpacked.valid()) {
      return jar;
    }
    return Files.isDirectory(unpacked.folder) ? unpacked.folder : unpacked.plain;
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
    return identity(jar);
  }

  /** Tells a jar from the one that takes its place. */
  static String identity(Path jar) throws IOException {
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
    Files.deleteIfExists(plain);
    DataDirectory.empty(folder);
    Files.createDirectories(folder.getParent());
    if (!carriesJars()) {
      try (InputStream in = Files.newInputStream(jar)) {
        store(in, plain);
      }
      Files.writeString(mark, identity());
      return;
    }
    try (JarFile file = new JarFile(jar.toFile())) {
      List<JarEntry> entries = file.stream().filter(entry -> !entry.isDirectory()).toList();
      for (JarEntry entry : entries) {
        Path target = folder.resolve(entry.getName()).normalize();
        if (!target.startsWith(folder)) {
          throw new IOException(jar + " has an entry outside of itself: " + entry.getName());
        }
        Files.createDirectories(target.getParent());
        try (InputStream in = file.getInputStream(entry)) {
          if (entry.getName().endsWith(".jar")) {
            store(in, target);
          } else {
            Files.copy(in, target, StandardCopyOption.REPLACE_EXISTING);
          }
        }
      }
    }
    Files.writeString(mark, identity());
  }

  /** Copies a jar, entry by entry, without compressing. */
  private static void store(InputStream jar, Path target) throws IOException {
    try (ZipInputStream in = new ZipInputStream(jar);
        ZipOutputStream out =
            new ZipOutputStream(new BufferedOutputStream(Files.newOutputStream(target)))) {
      out.setMethod(ZipOutputStream.STORED);
      for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
        byte[] content = in.readAllBytes();
        CRC32 checksum = new CRC32();
        checksum.update(content);
        ZipEntry stored = new ZipEntry(entry.getName());
        stored.setTime(entry.getTime());
        stored.setSize(content.length);
        stored.setCrc(checksum.getValue());
        out.putNextEntry(stored);
        out.write(content);
      }
    }
  }
}
