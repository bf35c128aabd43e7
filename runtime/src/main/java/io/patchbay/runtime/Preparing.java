package io.patchbay.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Properties;

/**
 * {@code patchbay prepare}: makes the next starts faster. It lays out the bundles that carry jars,
 * starts a hub on a directory and ports of its own, lets simulated devices talk to it, and leaves
 * an archive of its classes.
 */
final class Preparing {
  /** In {@code lib/}; {@code bin/patchbay} hands it to the virtual machine when it is there. */
  static final String ARCHIVE = "patchbay.jsa";

  private static final long STOP_SECONDS = 14;

  /** Simulated devices, for something to be said and heard while the hub is recorded. */
  private static final String DEVICES = "binding-sim-";

  private static final String DEVICES_BUNDLE = "io.patchbay.binding.sim";

  /** How long the recorded hub may go on talking before its classes are written. */
  private static final Duration TALK = Duration.ofSeconds(20);

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
      for (String folder : List.of("bundles", "components")) {
        for (Path jar : Hub.jars(home.resolve(folder))) {
          Unpacked.unpack(jar);
        }
      }
      PlainClassPath.prepare(home);
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
      boolean talks = giveDevices(home, data);
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
        if (talks) {
          classes.awaitAll(DEVICES_BUNDLE, TALK);
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
    } catch (IOException failed) {
      throw Refusal.because(DataDirectory.inWords(scratch, failed));
    }
  }

  /** Drops them, and a profile that hears them, into the hot folders. */
  private static boolean giveDevices(Path home, Path data) throws IOException, Refusal {
    Path extras = home.resolve("extras");
    if (!Files.isDirectory(extras)) {
      return false;
    }
    for (Path jar : Hub.jars(extras)) {
      if (String.valueOf(jar.getFileName()).startsWith(DEVICES)) {
        Files.copy(jar, data.resolve("deploy").resolve(jar.getFileName()));
        try (InputStream profile = Preparing.class.getResourceAsStream("recorded-profile.yaml")) {
          Files.copy(
              Objects.requireNonNull(profile), data.resolve("device-profiles/recorded.yaml"));
        }
        return true;
      }
    }
    return false;
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
