package io.patchbay.journal.sqlite;

import io.patchbay.store.Appended;
import io.patchbay.store.Entry;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Uplink;
import io.patchbay.thing.Uplink.Occurrence;
import io.patchbay.thing.Uplink.Reading;
import io.patchbay.thing.Value;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Something that waits for the writer. */
sealed interface Work {
  /** Estimated octets in memory. */
  int weight();

  /** Whether there is anything to write. */
  boolean brings();

  /** An entry for the log. */
  record Append(Entry entry, int weight, CompletableFuture<Appended> stage) implements Work {
    @Override
    public boolean brings() {
      return !entry.uplinks().isEmpty() || entry.kept().isPresent() || !entry.released().isEmpty();
    }
  }

  /** Found no room: keeps its place in the order of answers; later ones behind it share it. */
  record Refusal(Appended.Refused answer, CompletableFuture<Appended> stage) implements Work {
    @Override
    public int weight() {
      return 0;
    }

    @Override
    public boolean brings() {
      return false;
    }
  }

  /** What is remembered by name, each kind in a table of its own. */
  enum Memory {
    THING("thing"),
    ORDER("desired"),
    COMMAND("waiting");

    private final String keep;
    private final String forget;

    Memory(String table) {
      keep =
          "INSERT INTO "
              + table
              + "(id, data) VALUES(?, ?) ON CONFLICT(id) DO UPDATE SET data = excluded.data";
      forget = "DELETE FROM " + table + " WHERE id = ?";
    }

    /** A statement with name and data. */
    String keep() {
      return keep;
    }

    /** A statement with the name. */
    String forget() {
      return forget;
    }
  }

  /**
   * Something to remember by name, or, without data, to forget.
   *
   * @param data as {@link FrameFormat} writes it
   */
  record Remember(Memory memory, String name, Optional<Bytes> data, CompletableFuture<Void> stage)
      implements Work {
    @Override
    public int weight() {
      return 256 + data.map(Bytes::length).orElse(0);
    }

    @Override
    public boolean brings() {
      return true;
    }
  }

  /** Estimated octets of an entry in memory. */
  static int weight(Entry entry) {
    long sum = 96L + entry.delivery().length();
    for (Uplink uplink : entry.uplinks()) {
      sum += 160;
      if (uplink instanceof Reading reading) {
        sum += weight(reading.value());
      } else if (uplink instanceof Occurrence occurrence) {
        for (Value value : occurrence.data().values()) {
          sum += 96 + weight(value);
        }
      }
    }
    if (entry.kept().isPresent()) {
      sum += 512 + entry.kept().get().frame().payload().length();
    }
    return (int) Math.min(Integer.MAX_VALUE, sum + 16L * entry.released().size());
  }

  private static int weight(Value value) {
    if (value instanceof Value.Text text) {
      return text.value().length();
    }
    return value instanceof Value.Data data ? data.value().length() : 0;
  }
}
