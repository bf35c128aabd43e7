package io.patchbay.binding.coap;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The registrations on disk, a file for each: what was acknowledged is there after a crash. */
final class RegistrationFiles {
  private static final Logger LOG = LoggerFactory.getLogger(RegistrationFiles.class);
  private static final String ENDING = ".link";

  private final Path folder;

  RegistrationFiles(Path folder) {
    this.folder = folder;
  }

  /** Those that can be read; another is named in the log, and left alone. */
  List<Registration> all() {
    List<Registration> all = new ArrayList<>();
    if (!Files.isDirectory(folder)) {
      return all;
    }
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(one -> one.toString().endsWith(ENDING)).sorted().toList()) {
        try {
          all.add(Registration.of(Files.readString(file)));
        } catch (IOException | IllegalArgumentException e) {
          LOG.warn("{} is no registration of an endpoint: {}", file, e.getMessage());
        }
      }
    } catch (IOException e) {
      LOG.error("{} cannot be read; endpoints register again", folder, e);
    }
    return all;
  }

  void keep(Registration registration) throws IOException {
    Files.createDirectories(folder);
    Path file = folder.resolve(registration.id() + ENDING);
    Path fresh = folder.resolve(registration.id() + ".new");
    ByteBuffer text = ByteBuffer.wrap(registration.text().getBytes(StandardCharsets.UTF_8));
    try (FileChannel out =
        FileChannel.open(
            fresh,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      while (text.hasRemaining()) {
        int unused = out.write(text);
      }
      out.force(true);
    }
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  void forget(String id) throws IOException {
    boolean unused = Files.deleteIfExists(folder.resolve(id + ENDING));
  }
}
