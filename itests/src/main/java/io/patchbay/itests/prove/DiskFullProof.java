package io.patchbay.itests.prove;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The disk under the data directory is full for a while. Devices are not acknowledged then, nothing
 * accepted is lost, and when there is space again the hub goes on by itself. Needs to mount.
 */
final class DiskFullProof {
  private static final int SIZE_MB = 300;
  private static final int MOST_AT_ONCE = 1 << 20;

  private DiskFullProof() {}

  /** Whether this user may mount. */
  static boolean possible() {
    try {
      Path disk = Files.createTempDirectory("patchbay-mount");
      mount(disk);
      umount(disk);
      Files.delete(disk);
      return true;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static void mount(Path disk) throws IOException, InterruptedException {
    command("mount", "-t", "tmpfs", "-o", "size=" + SIZE_MB + "m", "patchbay", disk.toString());
  }

  private static void umount(Path disk) throws IOException, InterruptedException {
    command("umount", "--lazy", disk.toString());
  }

  static Proof run(Path data, Terms terms)
      throws IOException, InterruptedException, TimeoutException {
    int rounds = terms.rounds(1, 5);
    int perSecond = terms.perSecond(500, 1_000);
    Path disk = Files.createDirectories(data.resolve("disk"));
    mount(disk);
    try {
      Path hubData = Files.createDirectories(disk.resolve("data"));
      try (Scene scene = Scene.inside(hubData, terms.things(50, 50))) {
        scene.load(perSecond);
        scene.await(perSecond);
        for (int round = 1; round <= rounds; round++) {
          full(scene, disk, terms.seconds(5, 60));
          System.err.printf(
              "round %d: %d acknowledged, %d delivered, %s%n",
              round,
              scene.sender.acknowledged(),
              scene.north().delivered(),
              scene.findings.figures());
        }
        return scene.verdict(rounds, scene.findings.figure("backAfterMs"));
      }
    } finally {
      Path log = disk.resolve("data/log/patchbay.log");
      if (Files.exists(log)) {
        Files.copy(log, data.resolve("patchbay.log"));
      }
      umount(disk);
    }
  }

  private static void full(Scene scene, Path disk, int seconds)
      throws IOException, InterruptedException {
    Path ballast = disk.resolve("ballast");
    long filled = System.nanoTime();
    fill(ballast);
    long before = scene.sender.acknowledged();
    boolean stopped =
        Drain.until(
            20,
            () -> {
              fill(ballast); // what a file of the hub's gave back is taken, too
              long now = scene.sender.acknowledged();
              Drain.seconds(1);
              return scene.sender.acknowledged() == now;
            });
    scene.findings.expect(stopped, "devices are still acknowledged on a full disk");
    scene.findings.atLeast("stoppedAfterMs", (System.nanoTime() - filled) / 1_000_000);
    scene.findings.figure("acknowledgedWhileFilling", scene.sender.acknowledged() - before);
    Drain.seconds(seconds);
    Files.delete(ballast);
    long begin = System.nanoTime();
    scene.await(scene.sender.acknowledged() + 1);
    scene.findings.atLeast("backAfterMs", (System.nanoTime() - begin) / 1_000_000);
    Drain.seconds(1);
  }

  /** Takes all the space there is, as quickly as a log that runs wild. */
  private static void fill(Path ballast) throws IOException, InterruptedException {
    FileStore store = Files.getFileStore(ballast.getParent());
    try (OutputStream out =
        Files.newOutputStream(ballast, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      for (long left = store.getUsableSpace(); left > 0; left = store.getUsableSpace()) {
        out.write(new byte[(int) Math.min(left, MOST_AT_ONCE)]);
        Drain.seconds(left > MOST_AT_ONCE ? 0.02 : 0);
      }
    } catch (IOException e) {
      if (store.getUsableSpace() > MOST_AT_ONCE) {
        throw e;
      }
    }
  }

  private static void command(String... words) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(20, TimeUnit.SECONDS) || process.exitValue() != 0) {
      throw new IOException(List.of(words) + " failed (it needs to be root): " + said);
    }
  }
}
