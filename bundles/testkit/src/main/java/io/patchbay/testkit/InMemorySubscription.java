package io.patchbay.testkit;

import io.patchbay.store.Cursor;
import io.patchbay.store.Ledger;
import io.patchbay.store.Recorded;
import io.patchbay.store.Selection;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/** A durable subscription of {@link InMemoryLog}, guarded by the log's lock. */
final class InMemorySubscription {
  private final InMemoryLog log;
  private final String name;
  private final Selection selection;
  private long acknowledged;
  private long accepted;
  private long delivered;
  private long dropped;
  private boolean hasReader;

  InMemorySubscription(InMemoryLog log, String name, Selection selection, long acknowledged) {
    this.log = log;
    this.name = name;
    this.selection = selection;
    this.acknowledged = acknowledged;
  }

  long acknowledged() {
    return acknowledged;
  }

  void accepted(Recorded recorded) {
    if (selection.matches(recorded)) {
      accepted++;
    }
  }

  void dropped(Collection<Recorded> gone, long to) {
    dropped +=
        gone.stream()
            .filter(recorded -> recorded.sequence() > acknowledged)
            .filter(selection::matches)
            .count();
    acknowledged = Math.max(acknowledged, to);
  }

  Ledger.Account account() {
    return new Ledger.Account(
        name,
        selection,
        accepted,
        delivered,
        accepted - delivered - dropped,
        dropped == 0 ? Map.of() : Map.of("retention", dropped));
  }

  Cursor read() {
    if (hasReader) {
      throw new IllegalStateException("subscription '" + name + "' has a reader already");
    }
    hasReader = true;
    return new Reader();
  }

  private final class Reader implements Cursor {
    private long position = acknowledged;
    private boolean closed;

    @Override
    public String name() {
      return name;
    }

    @Override
    public List<Recorded> next(int max) {
      synchronized (log) {
        List<Recorded> next = log.after(Math.max(position, acknowledged), selection, max);
        if (!next.isEmpty()) {
          position = next.get(next.size() - 1).sequence();
        }
        return next;
      }
    }

    @Override
    public void acknowledge(long sequence) {
      synchronized (log) {
        if (sequence > acknowledged) {
          delivered +=
              log.after(acknowledged, selection, Integer.MAX_VALUE).stream()
                  .filter(recorded -> recorded.sequence() <= sequence)
                  .count();
          acknowledged = sequence;
        }
      }
    }

    @Override
    public void rewind() {
      synchronized (log) {
        position = acknowledged;
      }
    }

    @Override
    public void close() {
      synchronized (log) {
        if (!closed) {
          closed = true;
          hasReader = false;
        }
      }
    }
  }
}
