package io.patchbay.serial;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** A serial cable of two pseudo terminals (socat), which can be unplugged and plugged in again. */
public final class Cable implements AutoCloseable {
  private final Path folder;
  private @Nullable Process socat;

  private Cable(Path folder) {
    this.folder = folder;
  }

  public static Cable plugged() throws IOException {
    Cable cable = new Cable(Files.createTempDirectory("cable"));
    cable.plug();
    return cable;
  }

  public void plug() throws IOException {
    socat =
        new ProcessBuilder(
                "socat", "pty,rawer,link=" + folder.resolve("hub"), "pty,rawer,link=" + device())
            .inheritIO()
            .start();
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> Files.exists(folder.resolve("hub")) && Files.exists(Path.of(device())));
  }

  /** Both ends are gone at once, as with an adapter that is pulled out. */
  public void unplug() throws IOException {
    Process running = socat;
    if (running != null) {
      running.destroyForcibly();
      Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> !running.isAlive());
      socat = null;
    }
    Files.deleteIfExists(folder.resolve("hub"));
    Files.deleteIfExists(Path.of(device()));
  }

  /** The hub's end. */
  public String hub() {
    return folder.resolve("hub").toString();
  }

  /** The other end. */
  public String device() {
    return folder.resolve("device").toString();
  }

  @Override
  public void close() throws IOException {
    unplug();
    Files.deleteIfExists(folder);
  }
}
