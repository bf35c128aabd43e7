package io.patchbay.journal.sqlite;

import io.patchbay.store.Recorded;
import io.patchbay.thing.Uplink;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The newest uplinks in memory, for readers near the head. What all of them have read goes at once,
 * but for the last few: kept longer, it would only be moved about by the garbage collector. Bounded
 * by uplinks and octets: the oldest go, and who needs them reads the file.
 */
final class Tail {
  /** Entries handed out under one lock. */
  private static final int STEP = 512;

  /** Uplinks that stay although everybody has read them, for who comes back at once. */
  private static final int FEW = 512;

  /**
   * One entry's uplinks.
   *
   * @param weight estimated octets
   */
  record Item(long first, String profile, List<Uplink> uplinks, int weight) {
    long last() {
      return first + uplinks.size() - 1;
    }

    void forEach(long after, Consumer<Recorded> taker) {
      for (int i = (int) Math.max(0, after + 1 - first); i < uplinks.size(); i++) {
        taker.accept(new Recorded(first + i, profile, uplinks.get(i)));
      }
    }
  }

  private final int mostUplinks;
  private final long mostOctets;
  private final @Nullable Item[] items;
  private final int mask;
  private long from;
  private long to;
  private int uplinks;
  private long octets;
  private long since;

  /**
   * @param last largest sequence given so far: from there on everything is in here
   */
  Tail(int mostUplinks, long mostOctets, long last) {
    this.mostUplinks = mostUplinks;
    this.mostOctets = mostOctets;
    int size = Integer.highestOneBit(Math.max(2, mostUplinks) - 1) << 1;
    items = new Item[size];
    mask = size - 1;
    since = last;
  }

  /**
   * @param read sequence up to which every reader has read
   */
  synchronized void add(List<Item> more, long read) {
    while (uplinks > FEW && at(from).last() <= read) {
      drop();
    }
    for (Item item : more) {
      if (to - from == items.length) {
        drop();
      }
      items[(int) to++ & mask] = item;
      uplinks += item.uplinks().size();
      octets += item.weight();
      while (uplinks > mostUplinks || octets > mostOctets) {
        drop();
      }
    }
  }

  private void drop() {
    Item oldest = at(from);
    items[(int) from++ & mask] = null;
    uplinks -= oldest.uplinks().size();
    octets -= oldest.weight();
    since = oldest.last();
  }

  private Item at(long index) {
    Item item = items[(int) index & mask];
    if (item == null) {
      throw new IllegalStateException("no entry at " + index);
    }
    return item;
  }

  /**
   * The entries after a sequence, some at a time; the first may begin before. Empty when they are
   * not all in here; an empty list at the head.
   */
  synchronized Optional<List<Item>> after(long sequence) {
    if (sequence < since) {
      return Optional.empty();
    }
    long low = from;
    long high = to;
    while (low < high) {
      long middle = (low + high) >>> 1;
      if (at(middle).last() <= sequence) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    List<Item> found = new ArrayList<>();
    for (long i = low; i < to && found.size() < STEP; i++) {
      found.add(at(i));
    }
    return Optional.of(found);
  }
}
