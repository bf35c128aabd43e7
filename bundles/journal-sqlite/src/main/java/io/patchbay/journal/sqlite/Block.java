package io.patchbay.journal.sqlite;

import io.patchbay.store.Entry;
import io.patchbay.store.KeptFrame;
import io.patchbay.thing.Uplink;

/**
 * Some entries of one transaction in one row of the log, whose key is the sequence of its first
 * uplink. An entry without uplinks takes one sequence, so that keys stay unique.
 *
 * <p>Layout: version, totals before, base time, number of entries; each entry: mark (1 rejected, 2
 * held), connection, delivery, profile, number of uplinks, uplinks.
 */
final class Block {
  /** Entries and octets after which a block is complete. */
  static final int ENTRIES = 64;

  static final int OCTETS = 32 << 10;

  private static final int VERSION = 1;

  private Block() {}

  /** Writes one block. */
  static final class Writer {
    private final Names names;
    private final Packer body = new Packer(4096);
    private final Packer whole = new Packer(4096);
    private long first;
    private long next;
    private long base;
    private int entries;
    private Totals before;
    private Totals.Tally tally;

    Writer(Names names, long next, Totals totals) {
      this.names = names;
      this.first = next;
      this.next = next;
      this.before = totals;
      this.tally = new Totals.Tally(totals);
    }

    /**
     * Adds an entry and returns its first sequence. One that cannot be written leaves no trace and
     * throws.
     */
    long add(Entry entry) {
      int mark = body.length();
      long start = next;
      if (entries == 0) {
        base = received(entry);
      }
      try {
        body.varint(mark(entry))
            .varint(names.id(entry.connection()))
            .text(entry.delivery())
            .varint(names.id(entry.profile()))
            .varint(entry.uplinks().size());
        for (Uplink uplink : entry.uplinks()) {
          UplinkFormat.write(body, uplink, base, names);
        }
      } catch (RuntimeException e) {
        body.truncate(mark);
        throw e;
      }
      for (Uplink uplink : entry.uplinks()) {
        tally.uplink(UplinkFormat.kind(uplink));
      }
      tally.kept(mark(entry));
      entries++;
      next += Math.max(1, entry.uplinks().size());
      return start;
    }

    boolean empty() {
      return entries == 0;
    }

    boolean complete() {
      return entries >= ENTRIES || body.length() >= OCTETS;
    }

    long first() {
      return first;
    }

    /** The sequence that comes next. */
    long next() {
      return next;
    }

    Totals totals() {
      return tally.totals();
    }

    /** The block's octets; the next block begins. */
    byte[] finish() {
      whole.truncate(0);
      whole.octet(VERSION);
      before.write(whole);
      whole.zigzag(base).varint(entries).raw(body);
      body.truncate(0);
      before = tally.totals();
      tally = new Totals.Tally(before);
      entries = 0;
      first = next;
      return whole.toArray();
    }
  }

  private static long received(Entry entry) {
    if (!entry.uplinks().isEmpty()) {
      return entry.uplinks().get(0).received().toEpochMilli();
    }
    return entry.kept().map(kept -> kept.frame().received().toEpochMilli()).orElse(0L);
  }

  /** 1 when the entry keeps a rejected frame, 2 when it keeps a held one. */
  static int mark(Entry entry) {
    return entry.kept().map(frame -> frame.kind() == KeptFrame.Kind.REJECTED ? 1 : 2).orElse(0);
  }

  /** Takes what a block holds. */
  interface Visitor {
    /** Whether an uplink of these words is to be read. */
    default boolean wants(int thing, int name) {
      return true;
    }

    default void entry(int connection, String delivery) {}

    default void uplink(long sequence, int profile, int thing, int name, Uplink uplink) {}
  }

  /** What is known of a block without its entries. */
  record Head(Totals before, long base, int entries) {}

  /** What is behind a block. */
  record End(long last, Totals totals) {}

  static Head head(byte[] data) {
    return head(new Unpacker(data));
  }

  private static Head head(Unpacker in) {
    int version = in.octet();
    if (version != VERSION) {
      throw new IllegalStateException(
          "a record of the journal has version " + version + ", this hub reads 1");
    }
    return new Head(Totals.read(in), in.zigzag(), in.small());
  }

  static End read(long first, byte[] data, Names names, Visitor visitor) {
    return read(first, data, names, Long.MAX_VALUE, visitor);
  }

  /** Reads entries until one begins after {@code to}, and counts uplinks up to {@code to}. */
  static End read(long first, byte[] data, Names names, long to, Visitor visitor) {
    Unpacker in = new Unpacker(data);
    Head head = head(in);
    Totals.Tally tally = new Totals.Tally(head.before());
    UplinkFormat.Wanted wanted = visitor::wants;
    long next = first;
    for (int i = 0; i < head.entries() && next <= to; i++) {
      int mark = in.small();
      int connection = in.small();
      visitor.entry(connection, in.text());
      int profile = in.small();
      int uplinks = in.small();
      tally.kept(mark);
      for (int j = 0; j < uplinks; j++) {
        long sequence = next + j;
        int kind =
            UplinkFormat.read(
                in,
                head.base(),
                names,
                sequence <= to ? wanted : UplinkFormat.Wanted.NONE,
                (thing, name, uplink) -> visitor.uplink(sequence, profile, thing, name, uplink));
        if (sequence <= to) {
          tally.uplink(kind);
        }
      }
      next += Math.max(1, uplinks);
    }
    return new End(Math.min(next - 1, to), tally.totals());
  }
}
