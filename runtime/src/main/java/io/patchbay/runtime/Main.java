package io.patchbay.runtime;

import io.patchbay.runtime.configuration.Configuration;
import io.patchbay.runtime.configuration.ConfigurationException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** The command {@code bin/patchbay}. */
public final class Main {
  private static final Duration PATIENCE =
      Duration.ofSeconds(Long.getLong("patchbay.ready.seconds", 60));

  /** Below the 15 s that whoever sent the signal is asked to wait. */
  private static final long STOP_SECONDS = 14;

  private Main() {}

  /** Never returns: the exit code is the answer. */
  public static void main(String[] words) {
    // what libraries print belongs on the error stream; the other one carries answers only
    PrintStream out = System.out;
    System.setOut(System.err);
    int exitCode;
    try {
      Path home = home();
      Arguments arguments = Arguments.parse(List.of(words));
      if (arguments instanceof Arguments.Run run) {
        exitCode = run(home, run, out);
      } else if (arguments instanceof Arguments.Check check) {
        exitCode = Checking.check(home, check, out);
      } else if (arguments instanceof Arguments.Try frames) {
        exitCode = Checking.tryOut(home, frames, out);
      } else if (arguments instanceof Arguments.Replay replay) {
        exitCode = Checking.replay(home, replay, out);
      } else if (arguments instanceof Arguments.Import files) {
        exitCode = Checking.importFrom(home, files, out);
      } else {
        exitCode = Preparing.prepare(home, PATIENCE, out);
      }
    } catch (Refusal refusal) {
      System.err.println(refusal.getMessage());
      exitCode = refusal.exitCode();
    } catch (InterruptedException interrupted) {
      exitCode = 1;
    }
    out.flush();
    exit(exitCode);
  }

  private static Path home() throws Refusal {
    String home = System.getProperty("patchbay.home");
    if (home == null) {
      throw Refusal.because("Start the hub with bin/patchbay, which knows where it lies.");
    }
    try {
      return Path.of(home).toRealPath();
    } catch (IOException gone) {
      throw Refusal.because(home + " cannot be read; unpack the zip again.");
    }
  }

  private static int run(Path home, Arguments.Run run, PrintStream out)
      throws Refusal, InterruptedException {
    try (DataDirectory directory = DataDirectory.open(run.data())) {
      Path data = directory.path();
      System.setProperty("java.io.tmpdir", data.resolve("tmp").toString());
      System.setProperty("patchbay.data", data.toString());
      // beside the configuration: neither needs the other, and nothing starts before both are there
      FutureTask<Hub> installing =
          new FutureTask<>(
              () ->
                  Hub.install(
                      List.of(home.resolve("bundles")),
                      FrameworkSettings.of(home, data, run.offset(), run.settings()),
                      name -> true));
      daemon(installing, "patchbay-install");
      Configuration configuration = configuration(home, data, run.settings());
      List<Listeners.Listener> listeners = Listeners.of(configuration, run.offset());
      Listeners.check(listeners);
      Hub hub = installed(installing);
      hub.configure(configuration.named());
      CountDownLatch stop = new CountDownLatch(1);
      Signals.onStop(stop::countDown);
      watchFramework(hub, stop);

      Readiness readiness = Readiness.watch(hub.context());
      Thread starter = starter(hub, stop);
      boolean ready = awaitReady(readiness, stop);
      if (!ready && stop.getCount() > 0) {
        throw notReady(hub, readiness, data);
      }
      readiness.close();
      if (ready) {
        out.println(readyLine(hub, listeners, run, data));
        out.flush();
      }
      stop.await();
      starter.join(TimeUnit.SECONDS.toMillis(1));
      if (!hub.stop(STOP_SECONDS)) {
        throw Refusal.because(
            "The hub did not stop within "
                + STOP_SECONDS
                + " s and was ended; "
                + data.resolve("log/patchbay.log")
                + " tells which bundle held it.");
      }
      return 0;
    }
  }

  private static Hub installed(FutureTask<Hub> installing) throws Refusal, InterruptedException {
    try {
      return installing.get();
    } catch (ExecutionException failed) {
      if (failed.getCause() instanceof Refusal refusal) {
        throw refusal;
      }
      throw new IllegalStateException(failed.getCause());
    }
  }

  static Configuration configuration(Path home, Path data, List<String> settings) throws Refusal {
    try {
      return Configuration.read(home, data, settings);
    } catch (ConfigurationException wrong) {
      throw Refusal.because(wrong.getMessage() + ".");
    }
  }

  /** Starting takes a thread of its own, so that a signal is heard while it goes on. */
  private static Thread starter(Hub hub, CountDownLatch stop) {
    return daemon(
        () -> {
          try {
            hub.start();
          } catch (Refusal refusal) {
            System.err.println(refusal.getMessage());
            stop.countDown();
          }
        },
        "patchbay-start");
  }

  /** The framework may be stopped from inside, through its system bundle. */
  private static void watchFramework(Hub hub, CountDownLatch stop) {
    daemon(
        () -> {
          try {
            hub.awaitStop();
          } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
          }
          stop.countDown();
        },
        "patchbay-watch");
  }

  private static Thread daemon(Runnable work, String name) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  private static boolean awaitReady(Readiness readiness, CountDownLatch stop)
      throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() < deadline && stop.getCount() > 0) {
      if (readiness.await(Duration.ofMillis(100))) {
        return true;
      }
    }
    return false;
  }

  private static Refusal notReady(Hub hub, Readiness readiness, Path data)
      throws InterruptedException {
    String why =
        hub.inside(Supplier.class, "diagnosis")
            .map(diagnosis -> String.valueOf(diagnosis.get()))
            .orElseGet(() -> "Bundles that do not resolve: " + String.join(", ", hub.unresolved()));
    String missing = String.join("; ", readiness.missing());
    hub.stop(STOP_SECONDS);
    return Refusal.because(
        String.format(
            "The hub was not ready after %d s. Missing: %s. %s The log is %s.",
            PATIENCE.toSeconds(), missing, why, data.resolve("log/patchbay.log")));
  }

  private static String readyLine(
      Hub hub, List<Listeners.Listener> listeners, Arguments.Run run, Path data) {
    String host =
        listeners.stream()
            .filter(listener -> "HTTP API".equals(listener.name()))
            .map(Listeners.Listener::host)
            .findFirst()
            .orElse("127.0.0.1");
    StringBuilder line = new StringBuilder("ready");
    hub.property("(osgi.condition.id=patchbay.http.listening)", "port")
        .ifPresent(port -> line.append(" http://" + host + ":" + port + "/api/v1"));
    Path shown = run.data();
    if (Files.exists(data.resolve("admin-token"))) {
      line.append(" (administrator token in ").append(shown.resolve("admin-token"));
      if (Files.exists(data.resolve("mqtt-device"))) {
        line.append(", mqtt device credential in ").append(shown.resolve("mqtt-device"));
      }
      line.append(")");
    }
    return line.toString();
  }

  /** Exit hooks of libraries get a second, then the process ends. */
  private static void exit(int code) {
    daemon(
        () -> {
          try {
            TimeUnit.SECONDS.sleep(1);
          } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
          }
          Runtime.getRuntime().halt(code);
        },
        "patchbay-exit");
    System.exit(code);
  }
}
