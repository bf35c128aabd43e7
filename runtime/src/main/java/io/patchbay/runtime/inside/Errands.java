package io.patchbay.runtime.inside;

import io.patchbay.operation.Errand;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.ServiceLoader;
import java.util.function.BiPredicate;
import java.util.function.Consumer;

/**
 * Asks the rooms on the thread's class path what a person wants to know. In types that the launcher
 * knows, too: it may have been loaded apart from these.
 */
public final class Errands implements BiPredicate<List<String>, Consumer<String>> {
  private final Path home;
  private final List<Errand> errands;

  /**
   * @param home what ships
   * @param word the command
   */
  public Errands(Path home, String word) {
    this.home = home;
    this.errands =
        ServiceLoader.load(Errand.class).stream()
            .map(ServiceLoader.Provider::get)
            .filter(errand -> errand.word().equals(word))
            .toList();
  }

  /** One in the course of being run. */
  private final class Running {
    final List<String> lines = Collections.synchronizedList(new ArrayList<>());
    final Thread thread;
    private volatile boolean good;

    Running(Errand errand, List<String> words) {
      thread = new Thread(() -> good = run(errand, words, lines::add), "patchbay-" + errand.word());
      thread.setDaemon(true);
      thread.start();
    }
  }

  /** All of them at the same time, what they print one after the other; false when one says so. */
  @Override
  public boolean test(List<String> words, Consumer<String> print) {
    if (errands.isEmpty()) {
      throw new IllegalStateException("Nobody answers; unpack the zip again.");
    }
    boolean good = true;
    try {
      for (Running each : errands.stream().map(errand -> new Running(errand, words)).toList()) {
        each.thread.join();
        each.lines.forEach(print);
        good &= each.good;
      }
      return good;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted.", interrupted);
    }
  }

  private boolean run(Errand errand, List<String> words, Consumer<String> print) {
    try {
      return errand.run(home, words, print);
    } catch (IOException unreadable) {
      print.accept("error: " + unreadable.getMessage() + " cannot be read");
    } catch (RuntimeException | LinkageError bug) {
      print.accept("error: a bug: " + bug);
      bug.printStackTrace();
    }
    return false;
  }
}
