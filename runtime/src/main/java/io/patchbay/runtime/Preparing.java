package io.patchbay.runtime;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

/**
 * {@code patchbay prepare}: makes the next starts faster. It lays out the bundles, starts a hub on
 * a directory and ports of its own, and leaves an archive of its classes.
 */
final class Preparing {
  /** In {@code lib/}; {@code bin/patchbay} hands it to the virtual machine when it is there. */
  static final String ARCHIVE = "patchbay.jsa";

  private static final long STOP_SECONDS = 14;

  private Preparing() {}

  /** The exit code. */
  static int prepare(Path home, Duration patience, PrintStream out)
      throws Refusal, InterruptedException {
    Path lib = home.resolve("lib");
    if (!Files.isWritable(lib)) {
      throw Refusal.because(
          lib
              + " cannot be written; run prepare as the user whom it belongs to. Without it the hub"
              + " starts all the same, slower.");
    }
    try {
      for (Path jar : Hub.jars(home.resolve("bundles"))) {
        Unpacked.unpack(jar);
      }
      Path scratch = Files.createTempDirectory("patchbay-prepare").toRealPath();
      Path archive = lib.resolve(ARCHIVE + ".new");
      try {
        Files.deleteIfExists(archive);
        record(home, scratch, patience, archive);
        Files.move(
            archive,
            lib.resolve(ARCHIVE),
            StandardCopyOption.ATOMIC_MOVE,
            StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(archive);
        DataDirectory.empty(scratch);
      }
    } catch (IOException failed) {
      throw Refusal.because(DataDirectory.inWords(lib, failed));
    }
    out.println("prepared " + lib.resolve(ARCHIVE));
    return 0;
  }

  private static void record(Path home, Path scratch, Duration patience, Path archive)
      throws Refusal, InterruptedException {
    try (DataDirectory directory = DataDirectory.open(scratch)) {
      Path data = directory.path();
      System.setProperty("java.io.tmpdir", data.resolve("tmp").toString());
      System.setProperty("patchbay.data", data.toString());
      List<String> settings = freePorts();
      Hub hub =
          Hub.install(
              List.of(home.resolve("bundles")),
              FrameworkSettings.of(home, data, 0, settings),
              name -> true);
      try {
        hub.configure(Main.configuration(home, data, settings).named());
        SharedClasses classes = SharedClasses.watch(hub.context());
        Readiness readiness = Readiness.watch(hub.context());
        hub.start();
        if (!readiness.await(patience)) {
          throw Refusal.because(
              "The hub that was to be recorded was not ready after "
                  + patience.toSeconds()
                  + " s. Missing: "
                  + String.join("; ", readiness.missing())
                  + ". Start one with run, which says more.");
        }
        String trouble = classes.dump(archive);
        if (!trouble.isEmpty()) {
          throw Refusal.because(
              "The virtual machine wrote no archive of classes ("
                  + trouble
                  + "); start it with bin/patchbay prepare, on a JDK of version 17 or newer.");
        }
      } finally {
        hub.stop(STOP_SECONDS);
      }
    }
  }

  /** Every listener on any free port: the hub that runs beside must not notice. */
  private static List<String> freePorts() {
    Properties listeners = FrameworkSettings.load("listeners.properties");
    List<String> settings = new ArrayList<>();
    for (String name : listeners.stringPropertyNames()) {
      String[] words = listeners.getProperty(name, "").strip().split("\\s+");
      settings.add(words[0] + ":" + words[2] + "=0");
    }
    return settings;
  }
}
