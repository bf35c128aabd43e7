package io.patchbay.journal.sqlite;

import io.patchbay.store.Ledger.Account;
import io.patchbay.store.Recorded;
import io.patchbay.store.Selection;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;

/**
 * A durable place in the log with its account. {@code accepted} is counted by the writer at each
 * commit, {@code delivered} by the reader's acknowledgements, {@code dropped} from the log when
 * retention overtakes; {@code pending} is counted up and down beside them, and anew from the log at
 * every start.
 */
final class Subscription {
  /** Handed out and not acknowledged; with so many, nothing more is handed out. */
  static final int OUTSTANDING = 1_000_000;

  /** What the file keeps. */
  record Row(
      String name,
      Selection selection,
      long position,
      long accepted,
      long counted,
      long delivered,
      long dropped) {}

  private final String name;
  private final Deque<Long> outstanding = new ArrayDeque<>();
  private Selection selection;
  private long position;
  private long accepted;
  private long counted;
  private long delivered;
  private long dropped;
  private long pending;
  private long reading;

  /** Behind it nothing was selected up to {@code counted}. */
  private long quietSince;

  private boolean news;
  private boolean taken;
  private boolean dirty;

  Subscription(Row row, long pending) {
    name = row.name();
    selection = row.selection();
    position = row.position();
    accepted = row.accepted();
    counted = row.counted();
    delivered = row.delivered();
    dropped = row.dropped();
    reading = position;
    quietSince = counted;
    this.pending = pending;
  }

  String name() {
    return name;
  }

  synchronized Selection selection() {
    return selection;
  }

  /** Where the next read begins: after this sequence. */
  synchronized long reading() {
    return reading;
  }

  /** As {@link #reading()}; the largest number when nobody reads. */
  synchronized long read() {
    return taken ? reading : Long.MAX_VALUE;
  }

  synchronized long position() {
    return position;
  }

  synchronized boolean take() {
    boolean free = !taken;
    taken = true;
    return free;
  }

  synchronized void release() {
    taken = false;
    rewind();
  }

  /** Writer only: counts what a commit brought. */
  synchronized void committed(Totals before, Totals after, List<Tail.Item> items, long last) {
    long matching = 0;
    if (LogFile.kindsOnly(selection)) {
      matching = after.of(selection.kinds()) - before.of(selection.kinds());
    } else {
      for (Tail.Item item : items) {
        matching += count(item);
      }
    }
    accepted += matching;
    pending += matching;
    counted = last;
    if (matching > 0) {
      quietSince = last;
      news = true;
    } else if (taken && reading >= quietSince) {
      moveTo(last); // without waking its reader
    }
  }

  synchronized boolean hasNews() {
    return news;
  }

  synchronized void told() {
    news = false;
  }

  private void moveTo(long reached) {
    reading = reached;
    if (outstanding.isEmpty() && position < reached) {
      // Nothing of it is selected: the place moves on by itself.
      position = reached;
      dirty = true;
    }
  }

  private long count(Tail.Item item) {
    long matching = 0;
    for (int i = 0; i < item.uplinks().size(); i++) {
      if (selection.matches(new Recorded(0, item.profile(), item.uplinks().get(i)))) {
        matching++;
      }
    }
    return matching;
  }

  synchronized boolean full() {
    return outstanding.size() >= OUTSTANDING;
  }

  /**
   * Notes what is handed out and how far was read. False when retention or a rewind came between:
   * it must be read again.
   */
  synchronized boolean handOut(long from, List<Recorded> found, long reached) {
    if (reading != from) {
      return false;
    }
    for (Recorded recorded : found) {
      outstanding.addLast(recorded.sequence());
    }
    moveTo(reached);
    return true;
  }

  synchronized void acknowledge(long sequence) {
    boolean some = false;
    while (!outstanding.isEmpty() && outstanding.peekFirst() <= sequence) {
      position = Math.max(position, outstanding.removeFirst());
      delivered++;
      pending--;
      some = true;
    }
    if (some) {
      if (outstanding.isEmpty()) {
        position = Math.max(position, reading);
      }
      dirty = true;
    }
  }

  synchronized void rewind() {
    outstanding.clear();
    reading = position;
  }

  /**
   * The log up to {@code to} goes away: what the reader has not acknowledged of it is dropped.
   *
   * @param log counts what is selected in a stretch
   */
  synchronized void overtake(long to, LogFile log) {
    if (position >= to) {
      return;
    }
    long lost = log.count(position, to, selection);
    dropped += lost;
    pending -= lost;
    position = to;
    while (!outstanding.isEmpty() && outstanding.peekFirst() <= to) {
      outstanding.removeFirst();
    }
    reading = Math.max(reading, to);
    dirty = true;
  }

  /** Selects something else from now on: what is pending is counted anew. */
  synchronized void select(Selection other, long pendingOfOther, long countedTo) {
    selection = other;
    pending = pendingOfOther;
    accepted = delivered + dropped + pendingOfOther;
    counted = countedTo;
    quietSince = countedTo;
    dirty = true;
  }

  synchronized Account account() {
    return new Account(
        name,
        selection,
        accepted,
        delivered,
        pending,
        dropped == 0 ? Map.of() : Map.of("retention", dropped));
  }

  synchronized boolean dirty() {
    return dirty;
  }

  /** What is to be written; until {@link #unsaved} it counts as written. */
  synchronized Row row() {
    dirty = false;
    return new Row(name, selection, position, accepted, counted, delivered, dropped);
  }

  /** The row could not be written. */
  synchronized void unsaved() {
    dirty = true;
  }
}
