package io.patchbay.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DataDirectoryTest {
  private final Path folder;

  DataDirectoryTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void refusesADirectoryThatAnotherHubHasAndNamesItsProcess() throws Exception {
    Path data = folder.resolve("data");
    Process other = holder(data);
    try {
      assertThat(other.getInputStream().read()).isEqualTo('k');

      assertThat(refusal(data))
          .isEqualTo(
              "Another hub (process %d) works on %s; stop it, or give this one a directory of its"
                  + " own with --data.",
              other.pid(), data);
    } finally {
      other.destroyForcibly().waitFor();
    }
    DataDirectory.open(data).close();
  }

  @Test
  void refusesADirectoryThatThisProcessHas() throws Refusal {
    try (DataDirectory first = DataDirectory.open(folder)) {
      assertThat(refusal(first.path()))
          .startsWith("Another hub (process " + ProcessHandle.current().pid() + ")");
    }
  }

  @Test
  void refusesAFileInTheWay() throws IOException {
    Path file = Files.writeString(folder.resolve("data"), "");

    assertThat(refusal(file)).contains("because a file of that name is in the way");
    assertThat(refusal(file.resolve("deeper"))).contains("cannot be");
  }

  /** On a file system of 1 MB where this user may mount one. */
  @Test
  void refusesAFullDisk() throws Exception {
    Path disk = Files.createDirectory(folder.resolve("disk"));
    String words;
    if (mount(disk, "size=1m")) {
      try {
        fill(disk);
        words = refusal(disk);
        Files.delete(disk.resolve("ballast"));
        assertThat(refusal(disk)).startsWith("The disk of " + disk + " is full: ");
      } finally {
        unmount(disk);
      }
    } else {
      words = DataDirectory.inWords(disk, fill(Path.of("/dev/full")));
    }
    assertThat(words)
        .isEqualTo(
            "The disk of %s is full; free some space, or choose another directory with --data.",
            disk);
  }

  @Test
  void refusesAReadOnlyDisk() throws Exception {
    Path disk = Files.createDirectory(folder.resolve("disk"));
    boolean mounted = mount(disk, "ro");
    try {
      assertThat(refusal(mounted ? disk : Path.of("/proc/patchbay")))
          .contains("cannot be written (")
          .contains("--data");
    } finally {
      if (mounted) {
        unmount(disk);
      }
    }
  }

  @Test
  void makesTheHotFoldersAndEmptiesWhatIsTemporary() throws Exception {
    Path left = folder.resolve("tmp/left/over");
    Files.createDirectories(left);

    DataDirectory.open(folder).close();

    assertThat(left.getParent()).doesNotExist();
    assertThat(folder.resolve("probe.tmp")).doesNotExist();
    for (String name : List.of("deploy", "device-profiles", "routes", "things", "conf")) {
      assertThat(folder.resolve(name)).isEmptyDirectory();
    }
  }

  /** Run in a process of its own: takes the lock, says so, and waits to be killed. */
  static final class Holder {
    private Holder() {}

    public static void main(String[] words) throws Exception {
      try (DataDirectory directory = DataDirectory.open(Path.of(words[0]))) {
        System.out.print("k");
        System.out.flush();
        assertThat(directory.path()).isDirectory();
        System.in.read();
      }
    }
  }

  private static Process holder(Path data) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            Holder.class.getName(),
            data.toString())
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  private static String refusal(Path data) {
    return String.valueOf(
        catchThrowableOfType(Refusal.class, () -> DataDirectory.open(data)).getMessage());
  }

  private static boolean mount(Path on, String options) throws Exception {
    return run("mount", "-t", "tmpfs", "-o", options, "patchbay-test", on.toString());
  }

  private static void unmount(Path disk) throws Exception {
    assertThat(run("umount", disk.toString())).isTrue();
  }

  /** Writes until it fails, within bounds. */
  private static IOException fill(Path disk) {
    Path file = Files.isDirectory(disk) ? disk.resolve("ballast") : disk;
    byte[] block = new byte[4096];
    try (OutputStream out = Files.newOutputStream(file)) {
      for (int blocks = 0; blocks < 4096; blocks++) {
        out.write(block);
      }
    } catch (IOException full) {
      return full;
    }
    throw new AssertionError(file + " never got full");
  }

  private static boolean run(String... words) throws Exception {
    try {
      Process process =
          new ProcessBuilder(words)
              .redirectErrorStream(true)
              .redirectOutput(Paths.get("/dev/null").toFile())
              .start();
      return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0;
    } catch (IOException missing) {
      return false;
    }
  }
}
