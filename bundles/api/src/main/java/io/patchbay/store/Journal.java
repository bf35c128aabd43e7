package io.patchbay.store;

import io.patchbay.thing.ThingId;
import io.patchbay.thing.Uplink.Reading;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * The durable log of accepted uplinks. What {@link #append} has answered with {@link
 * Appended.Stored} survives kill -9 and a power cut.
 */
public interface Journal {
  /** Where a new subscription begins. */
  enum Start {
    OLDEST,
    NOW
  }

  /**
   * Appends in call order; stages complete in that order on the writer thread and never fail.
   *
   * @param patience how long the call may block while the queue is full
   */
  CompletionStage<Appended> append(Entry entry, Duration patience);

  /**
   * History of one thing, newest first.
   *
   * @param property empty for all
   * @param from by {@code time}, inclusive
   * @param to by {@code time}, exclusive
   * @param limit 1 to 100,000
   */
  List<Recorded> history(ThingId thing, String property, Instant from, Instant to, int limit);

  /**
   * How one thing stood: its discoveries and changes of status, newest first.
   *
   * @param limit 1 to 100,000
   */
  default List<Recorded> standings(ThingId thing, int limit) {
    return history(thing, "", Instant.EPOCH, Instant.MAX, 100_000).stream()
        .filter(recorded -> Selection.name(recorded.uplink()).isEmpty())
        .limit(limit)
        .toList();
  }

  /** What the log holds after a sequence, in order; for live streams that resume. */
  List<Recorded> after(long sequence, Selection selection, int max);

  /**
   * What is in force of every property and every thing's status, by {@link Uplink#supersedes} in
   * the order of the log, for the twin after a start.
   */
  List<Recorded> latest();

  /** Ids of the last deliveries of a connection, oldest first. */
  List<String> deliveries(String connection, int max);

  /**
   * Opens a subscription, creating it when new.
   *
   * @param name {@code [A-Za-z0-9._-]{1,64}}
   * @throws IllegalStateException when it has a reader already
   */
  Cursor open(String name, Selection selection, Start start);

  /** Removes a subscription and its place; nothing when there is none. */
  void forget(String name);

  /** Kept frames, oldest first. */
  List<KeptFrame> kept(KeptFrame.Kind kind, long afterId, int max);

  /** Deletes kept frames that nobody wants any more. */
  CompletionStage<Appended> discard(List<Long> ids);

  Ledger ledger();

  /**
   * Whiteboard service: called on the writer thread after each commit; must not block. With the
   * property {@code subscription} only when something came for that subscription.
   */
  interface CommitListener {
    void committed(long lastSequence);
  }

  /** Convenience: the newest reading of {@link #history}. */
  default List<Reading> readings(
      ThingId thing, String property, Instant from, Instant to, int limit) {
    return history(thing, property, from, to, limit).stream()
        .filter(recorded -> recorded.uplink() instanceof Reading)
        .map(recorded -> (Reading) recorded.uplink())
        .toList();
  }
}
