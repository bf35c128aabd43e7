package io.patchbay.journal.sqlite;

import io.patchbay.store.Appended.Stored;
import io.patchbay.store.Cursor;
import io.patchbay.store.Journal.Start;
import io.patchbay.store.Recorded;
import io.patchbay.store.Selection;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;

/** The process that is killed: appends for ever, and prints what was acknowledged. */
final class KillTarget {
  private KillTarget() {}

  /**
   * @param arguments folder, number of the first reading
   */
  public static void main(String[] arguments) throws InterruptedException {
    Settings small = Settings.DEFAULT.withSizes(500, 1_000, 50);
    SqliteJournal journal = Samples.open(Path.of(arguments[0]), small);
    Cursor cursor = journal.open("all", Selection.all(), Start.NOW);
    journal.open("one", Selection.of(Selection.Kind.STATUS), Start.NOW).close();
    Thread reader = new Thread(() -> read(cursor));
    reader.setDaemon(true);
    reader.start();
    Semaphore window = new Semaphore(64);
    for (long number = Long.parseLong(arguments[1]); ; number++) {
      window.acquire();
      long mine = number;
      CompletionStage<Void> unused =
          journal
              .append(
                  Samples.entry("d" + number, Samples.reading("t" + number % 10, number)),
                  Samples.PATIENCE)
              .thenAccept(
                  answer -> {
                    if (answer instanceof Stored stored) {
                      System.out.println(stored.first() + " " + mine);
                      System.out.flush();
                    }
                    window.release();
                  });
    }
  }

  private static void read(Cursor cursor) {
    while (true) {
      List<Recorded> some = cursor.next(100);
      if (some.isEmpty()) {
        Thread.onSpinWait();
      } else {
        cursor.acknowledge(some.get(some.size() / 2).sequence());
      }
    }
  }
}
