package io.patchbay.northbound;

import io.patchbay.thing.Command;
import io.patchbay.thing.CommandId;
import io.patchbay.thing.Outcome;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** The one write path, a service of core. */
public interface Commands {
  /**
   * Checks, queues and sends. Never blocks; what is wrong with the command is an outcome.
   *
   * @param by who asks, for the record
   */
  Ticket submit(Command command, String by);

  /** A command of the last while (bounded; the oldest ended ones go first). */
  Optional<CommandRecord> find(CommandId id);

  /** A command under way. */
  record Ticket(CommandId id, CompletionStage<Outcome> outcome) {}

  /** States a command passes. */
  enum State {
    QUEUED,
    /** The device is asleep; sent when it wakes. */
    WAITING,
    SENT,
    DONE,
    FAILED,
    EXPIRED
  }

  record Step(Instant at, State state, String detail) {}

  /**
   * @param history oldest first, the last is the present state
   */
  record CommandRecord(
      CommandId id, Command command, String by, List<Step> history, Optional<Outcome> outcome) {
    public CommandRecord {
      history = List.copyOf(history);
    }
  }
}
