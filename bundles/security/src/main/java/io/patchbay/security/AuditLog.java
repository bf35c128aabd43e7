package io.patchbay.security;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import io.patchbay.access.Audit;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One JSON line per act in {@code security/audit.log}, on disk before {@link #record} returns. The
 * file is turned over when full; the oldest of the turned-over ones ({@code audit.log.1} is the
 * youngest) is deleted.
 */
@Component
public final class AuditLog implements Audit {
  private static final Logger log = LoggerFactory.getLogger(AuditLog.class);
  private static final int MAX_RECENT = 10_000;

  private final Path file;
  private final int bytes;
  private final int files;

  @Activate
  public AuditLog(@Reference SecuritySettings settings) {
    file = settings.directory().resolve("audit.log");
    bytes = settings.auditFileBytes();
    files = settings.auditFiles();
  }

  @Override
  public synchronized void record(String who, String act, String on, String result) {
    Act done = new Act(Instant.now().truncatedTo(ChronoUnit.MILLIS), who, act, on, result);
    try {
      append(AuditLine.write(done).getBytes(UTF_8));
    } catch (IOException e) {
      log.error("{} could not be written; this is not in it: {}", file, AuditLine.write(done), e);
    }
  }

  @Override
  public synchronized List<Act> recent(int max) {
    int wanted = Math.min(max, MAX_RECENT);
    List<Act> newestFirst = new ArrayList<>();
    for (int i = 0; i < files && newestFirst.size() < wanted; i++) {
      List<Act> acts = read(numbered(i));
      for (int k = acts.size() - 1; k >= 0 && newestFirst.size() < wanted; k--) {
        newestFirst.add(acts.get(k));
      }
    }
    return newestFirst;
  }

  private void append(byte[] line) throws IOException {
    if (Files.exists(file) && Files.size(file) + line.length > bytes) {
      turnOver();
    }
    try (FileChannel channel = PrivateFiles.open(file, Set.of(CREATE, WRITE, APPEND))) {
      if (endsInsideLine()) {
        line = ("\n" + new String(line, UTF_8)).getBytes(UTF_8); // a crash or a full disk cut it
      }
      ByteBuffer buffer = ByteBuffer.wrap(line);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
      channel.force(false);
    }
  }

  private void turnOver() throws IOException {
    Files.deleteIfExists(numbered(files - 1));
    for (int i = files - 2; i >= 0; i--) {
      if (Files.exists(numbered(i))) {
        Files.move(numbered(i), numbered(i + 1), ATOMIC_MOVE, REPLACE_EXISTING);
      }
    }
  }

  private boolean endsInsideLine() throws IOException {
    try (FileChannel channel = FileChannel.open(file)) {
      if (channel.size() == 0) {
        return false;
      }
      ByteBuffer last = ByteBuffer.allocate(1);
      return channel.read(last, channel.size() - 1) == 1 && last.get(0) != '\n';
    }
  }

  private List<Act> read(Path one) {
    List<Act> acts = new ArrayList<>();
    try {
      if (Files.exists(one)) {
        for (String line : new String(Files.readAllBytes(one), UTF_8).split("\n", -1)) {
          AuditLine.read(line).ifPresent(acts::add);
        }
      }
    } catch (IOException e) {
      log.error("{} could not be read", one, e);
    }
    return acts;
  }

  private Path numbered(int number) {
    return number == 0 ? file : file.resolveSibling("audit.log." + number);
  }
}
