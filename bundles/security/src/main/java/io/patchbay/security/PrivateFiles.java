package io.patchbay.security;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** Files that only their owner may read, from their first moment on. */
final class PrivateFiles {
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rw-------");

  private PrivateFiles() {}

  /** Makes the directory with mode 0700 unless it is there. */
  static void directory(Path directory) throws IOException {
    if (Files.isDirectory(directory)) {
      return;
    }
    Path parent = directory.toAbsolutePath().getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    Files.createDirectories(
        directory, mode(directory, PosixFilePermissions.fromString("rwx------")));
  }

  /**
   * Replaces the file as a whole: after a power cut there is the old content or the new one, never
   * a part.
   */
  static void replace(Path file, byte[] content) throws IOException {
    Path directory = parent(file);
    Path next = directory.resolve(file.getFileName() + ".new");
    Files.deleteIfExists(next); // left by a crash before the rename
    try (FileChannel channel =
        FileChannel.open(next, Set.of(CREATE_NEW, WRITE), mode(next, OWNER_ONLY))) {
      ByteBuffer buffer = ByteBuffer.wrap(content);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
      channel.force(true);
    }
    Files.move(next, file, ATOMIC_MOVE, REPLACE_EXISTING);
    syncDirectory(directory);
  }

  /** Opens with mode 0600 when it has to be made. */
  static FileChannel open(Path file, Set<? extends OpenOption> options) throws IOException {
    return FileChannel.open(file, options, mode(file, OWNER_ONLY));
  }

  /** Whether others than the owner may do anything with the file. */
  static boolean isOpenToOthers(Path file) throws IOException {
    return hasModes(file) && !OWNER_ONLY.containsAll(Files.getPosixFilePermissions(file));
  }

  private static Path parent(Path file) throws FileSystemException {
    Path parent = file.toAbsolutePath().getParent();
    if (parent == null) {
      throw new FileSystemException(file.toString(), null, "is not a file name");
    }
    return parent;
  }

  /** Makes the rename itself durable; some file systems cannot, and need not. */
  private static void syncDirectory(Path directory) {
    try (FileChannel channel = FileChannel.open(directory, READ)) {
      channel.force(true);
    } catch (IOException cannotSyncDirectories) {
      return;
    }
  }

  private static FileAttribute<?>[] mode(Path file, Set<PosixFilePermission> permissions) {
    return hasModes(file)
        ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(permissions)}
        : new FileAttribute<?>[0];
  }

  private static boolean hasModes(Path file) {
    return file.getFileSystem().supportedFileAttributeViews().contains("posix");
  }
}
