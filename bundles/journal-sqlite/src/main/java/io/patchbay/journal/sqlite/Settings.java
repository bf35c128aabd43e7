package io.patchbay.journal.sqlite;

import java.time.Duration;

/**
 * What the journal is told.
 *
 * @param full whether each commit reaches the disk before it is answered
 * @param queueEntries entries waiting to be written, from 1
 * @param queueBytes estimated octets of them, from 1
 * @param retention age of the oldest uplink kept
 * @param maxBytes size of the file's used pages, from 1 MiB
 * @param keptFrames rejected and held frames, from 1
 * @param keptBytes octets of them
 * @param keptDropsOldest whether the oldest rejected frame makes room for a new one
 * @param keptRetention age of the oldest rejected frame
 * @param tailUplinks uplinks held in memory for readers near the head
 * @param runUplinks uplinks that one run of the time index covers
 * @param checkpointPages pages of 4 KiB in the write-ahead log that start a checkpoint
 */
record Settings(
    boolean full,
    int queueEntries,
    long queueBytes,
    Duration retention,
    long maxBytes,
    int keptFrames,
    long keptBytes,
    boolean keptDropsOldest,
    Duration keptRetention,
    int tailUplinks,
    int runUplinks,
    int checkpointPages) {

  static final Settings DEFAULT =
      new Settings(
          true,
          65_536,
          64L << 20,
          Duration.ofDays(90),
          10L << 30,
          200_000,
          256L << 20,
          false,
          Duration.ofDays(30),
          32_768,
          16_384,
          2_000);

  Settings withSync(boolean toDisk) {
    return new Settings(
        toDisk,
        queueEntries,
        queueBytes,
        retention,
        maxBytes,
        keptFrames,
        keptBytes,
        keptDropsOldest,
        keptRetention,
        tailUplinks,
        runUplinks,
        checkpointPages);
  }

  Settings withQueue(int entries, long bytes) {
    return new Settings(
        full,
        entries,
        bytes,
        retention,
        maxBytes,
        keptFrames,
        keptBytes,
        keptDropsOldest,
        keptRetention,
        tailUplinks,
        runUplinks,
        checkpointPages);
  }

  Settings withRetention(Duration age, long bytes) {
    return new Settings(
        full,
        queueEntries,
        queueBytes,
        age,
        bytes,
        keptFrames,
        keptBytes,
        keptDropsOldest,
        keptRetention,
        tailUplinks,
        runUplinks,
        checkpointPages);
  }

  Settings withKept(int frames, long bytes, boolean dropsOldest, Duration age) {
    return new Settings(
        full,
        queueEntries,
        queueBytes,
        retention,
        maxBytes,
        frames,
        bytes,
        dropsOldest,
        age,
        tailUplinks,
        runUplinks,
        checkpointPages);
  }

  Settings withSizes(int tail, int run, int checkpoint) {
    return new Settings(
        full,
        queueEntries,
        queueBytes,
        retention,
        maxBytes,
        keptFrames,
        keptBytes,
        keptDropsOldest,
        keptRetention,
        tail,
        run,
        checkpoint);
  }
}
