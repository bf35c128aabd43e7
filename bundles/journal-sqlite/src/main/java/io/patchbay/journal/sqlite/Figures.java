package io.patchbay.journal.sqlite;

import io.patchbay.operation.Health.Check;
import io.patchbay.operation.Health.State;
import io.patchbay.operation.Metrics.Kind;
import io.patchbay.operation.Metrics.Sample;
import io.patchbay.store.Ledger;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What the journal shows of itself. */
final class Figures {
  private static final long LITTLE_SPACE = 256L << 20;

  private Figures() {}

  static List<Sample> samples(SqliteJournal journal, Path file) {
    Writer.Figures written = journal.writer().figures();
    Ledger ledger = journal.ledger();
    KeptStore.Sums kept = journal.keptStore().sums();
    List<Sample> all = new ArrayList<>();
    all.add(counter("patchbay_journal_uplinks_total", "Uplinks stored, ever.", ledger.accepted()));
    all.add(
        counter(
            "patchbay_journal_commits_total",
            "Transactions since the start.",
            written.commits.sum()));
    all.add(
        counter(
            "patchbay_journal_entries_total",
            "Entries written since the start.",
            written.entries.sum()));
    all.add(
        Sample.counter(
            "patchbay_journal_commit_seconds_total",
            "Time spent in transactions since the start.",
            Map.of(),
            written.nanos.sum() / 1e9));
    all.add(
        counter(
            "patchbay_journal_failures_total",
            "Transactions that failed and were refused.",
            written.failures.sum()));
    all.add(
        counter(
            "patchbay_journal_queue_refused_total",
            "Entries refused because the queue was full.",
            journal.intake().refused()));
    all.add(
        gauge("patchbay_journal_queue_entries", "Entries waiting.", journal.intake().entries()));
    all.add(gauge("patchbay_journal_queue_bytes", "Octets of them.", journal.intake().octets()));
    all.add(
        counter(
            "patchbay_journal_checkpoints_total",
            "Checkpoints since the start.",
            journal.keeper().checkpoints()));
    all.add(
        gauge(
            "patchbay_journal_used_bytes",
            "Octets of the file in use, as of the last look.",
            journal.keeper().used()));
    all.add(gauge("patchbay_journal_file_bytes", "Size of the file.", size(file)));
    all.add(
        labelled(
            Kind.GAUGE,
            "patchbay_journal_kept_frames",
            "Frames kept because they could not be taken.",
            Map.of("kind", "rejected"),
            kept.rejected()));
    all.add(
        labelled(
            Kind.GAUGE,
            "patchbay_journal_kept_frames",
            "Frames kept because they could not be taken.",
            Map.of("kind", "held"),
            kept.held()));
    all.add(gauge("patchbay_journal_kept_bytes", "Octets of kept frames.", kept.octets()));
    for (Ledger.Account account : ledger.subscriptions()) {
      subscription(all, account);
    }
    return all;
  }

  private static void subscription(List<Sample> all, Ledger.Account account) {
    Map<String, String> labels = Map.of("subscription", account.subscription());
    all.add(
        labelled(
            Kind.COUNTER,
            "patchbay_subscription_delivered_total",
            "Uplinks that its reader acknowledged.",
            labels,
            account.delivered()));
    all.add(
        labelled(
            Kind.GAUGE,
            "patchbay_subscription_pending",
            "Uplinks that wait for its reader.",
            labels,
            account.pending()));
    long dropped = account.dropped().values().stream().mapToLong(Long::longValue).sum();
    all.add(
        labelled(
            Kind.COUNTER,
            "patchbay_subscription_dropped_total",
            "Uplinks that went before its reader came.",
            labels,
            dropped));
  }

  static List<Check> checks(SqliteJournal journal, Path file) {
    Optional<String> trouble = journal.writer().trouble();
    if (trouble.isPresent()) {
      return List.of(
          new Check(
              "journal",
              State.CRITICAL,
              "cannot write: "
                  + trouble.get()
                  + "; nothing is acknowledged until it can, check the disk of "
                  + file.getParent()));
    }
    if (journal.keptStore().full()) {
      return List.of(
          new Check(
              "journal",
              State.WARN,
              "as many rejected and held frames are kept as keptFrames and keptBytes allow: decide"
                  + " on them or discard some"));
    }
    long free = free(file);
    if (free < LITTLE_SPACE) {
      return List.of(
          new Check(
              "journal",
              State.WARN,
              "only " + (free >> 20) + " MiB free on the disk of " + file.getParent()));
    }
    return List.of(new Check("journal", State.OK, "writes to " + file));
  }

  private static long free(Path file) {
    try {
      return Files.getFileStore(file).getUsableSpace();
    } catch (IOException e) {
      return Long.MAX_VALUE;
    }
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      return 0;
    }
  }

  private static Sample counter(String name, String help, long value) {
    return labelled(Kind.COUNTER, name, help, Map.of(), value);
  }

  private static Sample gauge(String name, String help, long value) {
    return labelled(Kind.GAUGE, name, help, Map.of(), value);
  }

  /** A double counts exactly up to 2^53, which is enough here. */
  private static Sample labelled(
      Kind kind, String name, String help, Map<String, String> labels, long value) {
    return new Sample(name, help, kind, labels, (double) value);
  }
}
