package io.patchbay.binding.lwm2m;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Iterator;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file to which lines are appended: what a line says is with the operating system when {@link
 * #append} returns, so that it survives the end of the process; a power cut may take the last
 * second. Written anew when it holds mostly what is outdated.
 */
final class RegistryLog implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RegistryLog.class);

  /** Lines below which it is not worth while to write it anew. */
  private static final long SMALL = 10_000;

  private static final int TIMES = 4;

  private final Path file;

  /** Not a channel: one is closed when a thread that writes is interrupted. */
  private RandomAccessFile out;

  private long lines;
  private boolean dirty;

  private RegistryLog(Path file, RandomAccessFile out, long lines) {
    this.file = file;
    this.out = out;
    this.lines = lines;
  }

  /**
   * @param reader told each whole line; one that was cut off when the process ended is left out
   */
  static RegistryLog open(Path file, Consumer<String> reader) throws IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
    RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw");
    try {
      out.setLength(whole(out));
      long lines = 0;
      try (BufferedReader text =
          new BufferedReader(
              new InputStreamReader(Files.newInputStream(file), StandardCharsets.UTF_8))) {
        for (String line = text.readLine(); line != null; line = text.readLine()) {
          reader.accept(line);
          lines++;
        }
      }
      out.seek(out.length());
      return new RegistryLog(file, out, lines);
    } catch (IOException | RuntimeException e) {
      out.close();
      throw e;
    }
  }

  /** Up to the last line's end. */
  private static long whole(RandomAccessFile in) throws IOException {
    long size = in.length();
    while (size > 0) {
      in.seek(size - 1);
      if (in.read() == '\n') {
        break;
      }
      size--;
    }
    return size;
  }

  /**
   * @param line without a line's end
   * @throws UncheckedIOException when the disk does not take it
   */
  synchronized void append(String line) {
    byte[] octets = (line + '\n').getBytes(StandardCharsets.UTF_8);
    try {
      long end = out.getFilePointer();
      try {
        out.write(octets);
      } catch (IOException e) {
        out.setLength(end); // half a line would spoil the next one
        out.seek(end);
        throw e;
      }
      lines++;
      dirty = true;
    } catch (IOException e) {
      throw new UncheckedIOException("registrations cannot be kept in " + file, e);
    }
  }

  /** To be called every second, by one: what was appended survives a power cut from then on. */
  void force() {
    RandomAccessFile present;
    synchronized (this) {
      if (!dirty) {
        return;
      }
      present = out;
      dirty = false;
    }
    try {
      present.getFD().sync(); // nobody waits for the disk who appends meanwhile
    } catch (IOException e) {
      LOG.warn("{} cannot be forced to the disk: {}", file, e.getMessage());
      synchronized (this) {
        dirty = true;
      }
    }
  }

  /**
   * Writes it anew when it has grown to several times of what counts.
   *
   * @param count of lines that count
   * @param all asked while nothing is appended
   */
  synchronized void tidy(long count, Supplier<Stream<String>> all) {
    if (lines < SMALL || lines < TIMES * count) {
      return;
    }
    Path fresh = file.resolveSibling(file.getFileName() + ".new");
    try {
      long written = 0;
      try (BufferedWriter text = Files.newBufferedWriter(fresh);
          Stream<String> present = all.get()) {
        for (Iterator<String> each = present.iterator(); each.hasNext(); written++) {
          text.write(each.next());
          text.write('\n');
        }
      }
      RandomAccessFile next = new RandomAccessFile(fresh.toFile(), "rw");
      next.getFD().sync();
      next.seek(next.length());
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      out.close();
      out = next;
      lines = written;
    } catch (IOException e) {
      LOG.warn("{} cannot be written anew: {}", file, e.getMessage());
    }
  }

  @Override
  public synchronized void close() {
    force();
    try {
      out.close();
    } catch (IOException e) {
      LOG.warn("{} cannot be closed: {}", file, e.getMessage());
    }
  }
}
