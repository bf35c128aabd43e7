package io.patchbay.profiles;

import io.patchbay.operation.Errand;
import io.patchbay.operation.Finding;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;

/** What {@code patchbay check} asks for: files, and folders with files, of profiles and things. */
public final class Checks implements Errand {
  @Override
  public String word() {
    return "check";
  }

  /** Prints every finding; false when one is an error. */
  @Override
  public boolean run(Path home, List<String> words, Consumer<String> print) throws IOException {
    ExecutorService workers =
        Executors.newFixedThreadPool(
            Runtime.getRuntime().availableProcessors(),
            task -> new Thread(task, "patchbay-check-profiles"));
    try {
      Alone room = Alone.in(home);
      List<Finding> findings =
          new FileCheck(room.check(), room.shipped(), workers)
              .check(words.stream().map(Path::of).toList());
      findings.stream().map(Finding::toString).forEach(print);
      return findings.stream().noneMatch(found -> found.severity() == Finding.Severity.ERROR);
    } finally {
      workers.shutdownNow();
    }
  }
}
