package io.patchbay.store;

import io.patchbay.thing.Command;
import io.patchbay.thing.CommandId;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Remembers commands that wait for a sleeping device across restarts. */
public interface CommandStore {
  /** The oldest first. */
  List<Waiting> waiting();

  /**
   * Durable when the stage completes; fails with an IOException in words when it cannot be kept.
   */
  CompletionStage<Void> save(Waiting waiting);

  /** It waits no more. Nothing when it did not. */
  CompletionStage<Void> ended(CommandId id);

  /**
   * A command that waits.
   *
   * @param by who asked
   * @param since when it was given
   */
  record Waiting(CommandId id, Command command, String by, Instant since) {}
}
