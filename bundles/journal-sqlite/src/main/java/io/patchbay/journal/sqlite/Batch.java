package io.patchbay.journal.sqlite;

import io.patchbay.store.Appended;
import io.patchbay.store.Entry;
import io.patchbay.store.KeptFrame;
import io.patchbay.thing.Bytes;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What one transaction writes; writer thread only. */
final class Batch {
  private static final Logger LOG = LoggerFactory.getLogger(Batch.class);

  private static final String BLOCK = "INSERT INTO log(first, data) VALUES(?, ?)";
  private static final String NAME = "INSERT INTO name(id, text) VALUES(?, ?)";

  /** Enough time for an administrator, or the retention, to make room. */
  private static final Duration KEPT_FULL = Duration.ofSeconds(5);

  private final Session session;
  private final Names names;
  private final KeptStore kept;
  private final Block.Writer block;
  private final List<Tail.Item> items = new ArrayList<>();
  private long octets;

  Batch(Session session, Names names, KeptStore kept, Head from) {
    this.session = session;
    this.names = names;
    this.kept = kept;
    this.block = new Block.Writer(names, from.last() + 1, from.totals());
  }

  /**
   * Where the log ends.
   *
   * @param last largest sequence given
   */
  record Head(long last, Totals totals) {}

  /** Takes an entry, or refuses it alone. */
  Appended append(Work.Append append) throws SQLException {
    Entry entry = append.entry();
    byte[] frame = {};
    if (entry.kept().isPresent()) {
      frame = FrameFormat.write(entry.kept().get());
      if (!kept.room(session, frame.length)) {
        return new Appended.Refused(
            "as many rejected and held frames are kept as keptFrames and keptBytes allow:"
                + " decide on them or discard some",
            KEPT_FULL);
      }
    }
    long id = block.totals().kept() + 1;
    long first = block.next();
    if (!entry.uplinks().isEmpty() || entry.kept().isPresent()) {
      try {
        block.add(entry);
      } catch (RuntimeException e) {
        LOG.error("an entry of {} cannot be written", entry.connection(), e);
        return new Appended.Refused("it cannot be written: " + e, KEPT_FULL);
      }
    }
    if (entry.kept().isPresent()) {
      KeptFrame keptFrame = entry.kept().get();
      kept.add(session, id, keptFrame, frame);
    }
    for (long released : entry.released()) {
      kept.remove(session, released);
    }
    if (!entry.uplinks().isEmpty()) {
      items.add(new Tail.Item(first, entry.profile(), entry.uplinks(), append.weight()));
    }
    if (block.complete()) {
      write();
    }
    return new Appended.Stored(first);
  }

  void remember(Work.Remember remember) throws SQLException {
    Optional<Bytes> data = remember.data();
    PreparedStatement statement =
        session.statement(data.isPresent() ? remember.memory().keep() : remember.memory().forget());
    statement.setString(1, remember.name());
    if (data.isPresent()) {
      statement.setBytes(2, data.get().shared());
    }
    statement.executeUpdate();
  }

  /** Writes what is left; the transaction can be committed. */
  void finish() throws SQLException {
    if (!block.empty()) {
      write();
    }
    names.flush(session.statement(NAME));
  }

  private void write() throws SQLException {
    PreparedStatement insert = session.statement(BLOCK);
    insert.setLong(1, block.first());
    byte[] data = block.finish();
    octets += data.length;
    insert.setBytes(2, data);
    insert.executeUpdate();
  }

  List<Tail.Item> items() {
    return items;
  }

  /** Octets written to the log. */
  long octets() {
    return octets;
  }

  Head head() {
    return new Head(block.next() - 1, block.totals());
  }
}
