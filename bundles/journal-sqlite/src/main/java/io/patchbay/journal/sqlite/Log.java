package io.patchbay.journal.sqlite;

import io.patchbay.journal.sqlite.LogFile.Slice;
import io.patchbay.store.Recorded;
import io.patchbay.store.Selection;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads the log: near its head from memory, otherwise from the file. */
final class Log {
  private final LogFile file;
  private final Tail tail;

  Log(LogFile file, Tail tail) {
    this.file = file;
    this.tail = tail;
  }

  /** What is selected after a sequence, at most {@code max}, until there is nothing more. */
  Slice read(long after, Selection selection, int max) {
    List<Recorded> found = new ArrayList<>();
    long reached = after;
    while (found.size() < max) {
      Slice slice = step(reached, selection, max - found.size());
      found.addAll(slice.found());
      if (slice.reached() == reached) {
        break;
      }
      reached = slice.reached();
    }
    return new Slice(found, reached);
  }

  private Slice step(long after, Selection selection, int max) {
    Optional<List<Tail.Item>> recent = tail.after(after);
    if (recent.isEmpty()) {
      return file.read(after, selection, max);
    }
    List<Recorded> found = new ArrayList<>();
    long reached = after;
    for (Tail.Item item : recent.get()) {
      item.forEach(
          after,
          recorded -> {
            if (found.size() < max && selection.matches(recorded)) {
              found.add(recorded);
            }
          });
      if (found.size() >= max) {
        return new Slice(found, found.get(found.size() - 1).sequence());
      }
      reached = item.last();
    }
    return new Slice(found, reached);
  }
}
