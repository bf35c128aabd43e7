package io.patchbay.core;

import io.patchbay.northbound.Commands.CommandRecord;
import io.patchbay.northbound.Commands.State;
import io.patchbay.northbound.Commands.Step;
import io.patchbay.thing.Command;
import io.patchbay.thing.CommandId;
import io.patchbay.thing.Outcome;
import io.patchbay.thing.Outcome.Reason;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** One command and what became of it. It ends once, whoever says so first. */
final class Tracked {
  /** Steps remembered: a command that is deferred again and again keeps its first and its last. */
  private static final int STEPS = 32;

  private final CommandId id;
  private final Command command;
  private final String by;
  private final boolean poll;
  private final Clock clock;
  private final List<Step> history = new ArrayList<>();
  private final CompletableFuture<Outcome> outcome = new CompletableFuture<>();
  private Optional<Outcome> ended = Optional.empty();
  private boolean kept;

  Tracked(CommandId id, Command command, String by, boolean poll, Clock clock) {
    this.id = id;
    this.command = command;
    this.by = by;
    this.poll = poll;
    this.clock = clock;
    step(State.QUEUED, "");
  }

  /** Whether it is to be remembered over a restart from now on; true once. */
  synchronized boolean keeps() {
    boolean first = !kept;
    kept = true;
    return first;
  }

  CommandId id() {
    return id;
  }

  Command command() {
    return command;
  }

  String by() {
    return by;
  }

  /** Whether core itself asks, at an interval: everything else goes first. */
  boolean poll() {
    return poll;
  }

  CompletionStage<Outcome> outcome() {
    return outcome;
  }

  /** False when it has ended. */
  synchronized boolean step(State state, String detail) {
    if (ended.isPresent()) {
      return false;
    }
    if (history.size() == STEPS) {
      history.remove(STEPS - 1);
    }
    history.add(new Step(Times.millis(clock.instant()), state, detail));
    return true;
  }

  synchronized State state() {
    return history.get(history.size() - 1).state();
  }

  /** The first end counts. False when it had ended before. */
  boolean end(Outcome how) {
    return mark(how) && outcome.complete(how);
  }

  /** Its deadline has come: a timeout when it is on the wire, else it was never sent in time. */
  void overdueEnd() {
    Outcome how;
    synchronized (this) {
      how =
          state() == State.SENT
              ? new Outcome.Failed(Reason.TIMEOUT, "no answer by " + deadline())
              : new Outcome.Failed(Reason.EXPIRED, "it was not sent by " + deadline());
      if (!mark(how)) {
        return;
      }
    }
    outcome.complete(how);
  }

  private synchronized boolean mark(Outcome how) {
    if (ended.isPresent()) {
      return false;
    } else if (how instanceof Outcome.Failed failed) {
      step(
          failed.reason() == Reason.EXPIRED ? State.EXPIRED : State.FAILED,
          failed.reason() + ": " + failed.detail());
    } else {
      step(State.DONE, "");
    }
    ended = Optional.of(how);
    return true;
  }

  boolean end(Reason reason, String detail) {
    return end(new Outcome.Failed(reason, detail));
  }

  synchronized boolean hasEnded() {
    return ended.isPresent();
  }

  boolean overdue() {
    return !clock.instant().isBefore(command.deadline());
  }

  Instant deadline() {
    return command.deadline();
  }

  synchronized CommandRecord record() {
    return new CommandRecord(id, command, by, history, ended);
  }
}
