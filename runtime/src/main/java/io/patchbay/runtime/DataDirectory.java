package io.patchbay.runtime;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** The directory that holds all state of one hub, locked while the hub runs. */
final class DataDirectory implements AutoCloseable {
  /** Folders an integrator drops files into; {@code conf} is read at start only. */
  static final List<String> FOLDERS =
      List.of(
          "deploy", "device-profiles", "routes", "things", "modbus", "lwm2m-models", "conf", "log");

  /** What a start writes before the first reading: framework storage, journals, log. */
  private static final long ROOM = 96L << 20;

  private static final int PROBE = 64 << 10;

  private final Path path;
  private final FileChannel channel;

  private DataDirectory(Path path, FileChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  /**
   * Creates what is missing, proves that it can be written, and locks it.
   *
   * @throws Refusal when another hub has it, or it cannot be written
   */
  static DataDirectory open(Path directory) throws Refusal {
    Path path = directory.toAbsolutePath().normalize();
    try {
      Files.createDirectories(path);
      path = path.toRealPath();
      FileChannel channel = lock(path);
      DataDirectory opened = new DataDirectory(path, channel);
      try {
        opened.prepare();
        return opened;
      } catch (IOException | Refusal failed) {
        opened.close();
        throw failed;
      }
    } catch (IOException failed) {
      throw Refusal.because(inWords(path, failed));
    }
  }

  Path path() {
    return path;
  }

  /** Gives the directory free for another hub. */
  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException ignored) {
      // the lock goes with the process at the latest
    }
  }

  private static FileChannel lock(Path path) throws IOException, Refusal {
    Path file = path.resolve("lock");
    FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            LinkOption.NOFOLLOW_LINKS);
    FileLock lock;
    try {
      lock = channel.tryLock();
    } catch (OverlappingFileLockException heldHere) {
      lock = null;
    } catch (IOException failed) {
      channel.close();
      throw failed;
    }
    if (lock == null) {
      String holder = holder(channel);
      channel.close();
      throw Refusal.because(
          "Another hub"
              + (holder.isEmpty() ? "" : " (process " + holder + ")")
              + " works on "
              + path
              + "; stop it, or give this one a directory of its own with --data.");
    }
    return channel;
  }

  private static String holder(FileChannel channel) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(20);
    channel.read(buffer, 0);
    String text = new String(buffer.array(), 0, buffer.position(), StandardCharsets.US_ASCII);
    return text.strip().matches("[0-9]+") ? text.strip() : "";
  }

  private void prepare() throws IOException, Refusal {
    probe();
    long room = Files.getFileStore(path).getUsableSpace();
    if (room < ROOM) {
      throw Refusal.because(
          String.format(
              Locale.ROOT,
              "The disk of %s is full: %d MB are left and a start needs %d MB; free some space, or"
                  + " choose another directory with --data.",
              path,
              room >> 20,
              ROOM >> 20));
    }
    byte[] pid = (ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.US_ASCII);
    channel.truncate(0);
    channel.write(ByteBuffer.wrap(pid), 0);
    for (String folder : FOLDERS) {
      if (!Files.isDirectory(path.resolve(folder))) { // or a link to one: conf to /etc
        Files.createDirectories(path.resolve(folder));
      }
    }
    Path temporary = path.resolve("tmp");
    empty(temporary);
    Files.createDirectories(temporary);
  }

  /** A disk often admits a new name when there is no room for content: write and force some. */
  private void probe() throws IOException {
    Path probe = path.resolve("probe.tmp");
    try (FileChannel out =
        FileChannel.open(
            probe,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      ByteBuffer content = ByteBuffer.allocate(PROBE);
      while (content.hasRemaining()) {
        out.write(content);
      }
      out.force(true);
    } finally {
      Files.deleteIfExists(probe);
    }
  }

  /** Removes a folder and what is in it, without following links. */
  static void empty(Path folder) throws IOException {
    if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (Stream<Path> tree = Files.walk(folder)) {
      for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  static String inWords(Path path, IOException failed) {
    String detail =
        failed instanceof FileSystemException system && system.getReason() != null
            ? system.getReason()
            : String.valueOf(failed.getMessage());
    String known = detail.toLowerCase(Locale.ROOT);
    if (known.contains("no space left") || known.contains("quota exceeded")) {
      return "The disk of "
          + path
          + " is full; free some space, or choose another directory with --data.";
    }
    if (failed instanceof FileAlreadyExistsException || failed instanceof NotDirectoryException) {
      return path
          + " cannot be the data directory because a file of that name is in the way; choose"
          + " another one with --data.";
    }
    return path
        + " cannot be written ("
        + (failed instanceof AccessDeniedException ? "permission denied" : detail)
        + "); give this user the right to write there, or choose another directory with --data.";
  }
}
