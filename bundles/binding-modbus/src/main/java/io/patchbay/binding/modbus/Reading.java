package io.patchbay.binding.modbus;

import io.patchbay.binding.modbus.Ask.Said;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Outcome.Reason;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Reads what is wanted of one unit: block by block, and what is refused in halves. */
final class Reading {
  private static final int ILLEGAL_FUNCTION = 1;
  private static final int ILLEGAL_ADDRESS = 2;
  private static final int ILLEGAL_VALUE = 3;
  private static final int BUSY = 6;

  /** What one span holds. */
  record Piece(Bytes octets, Instant received) {}

  /** Why something could not be read. */
  record Failure(Reason reason, String detail) {}

  /**
   * Two blocks that were one until the device refused it; known to be apart when both are given.
   */
  private static final class Halves {
    private final Block lower;
    private final Block upper;
    private int given;

    private Halves(Block lower, Block upper) {
      this.lower = lower;
      this.upper = upper;
    }
  }

  /** A block, and the request for it. */
  record Asked(Block block, Ask ask) {
    static Asked of(Block block) {
      return new Asked(block, Ask.read(block.span()));
    }
  }

  private record Step(Asked asked, @Nullable Halves of) {
    Block block() {
      return asked.block();
    }
  }

  private final Unit unit;
  private final Limits limits;
  private final Instant deadline;
  private final Deque<Step> steps = new ArrayDeque<>();
  private final Map<Span, Piece> pieces = new HashMap<>();
  private final CompletableFuture<Reading> done = new CompletableFuture<>();
  private Optional<Failure> failure = Optional.empty();
  private boolean stopped;
  private int running;

  private Reading(Unit unit, Limits limits, Instant deadline) {
    this.unit = unit;
    this.limits = limits;
    this.deadline = deadline;
  }

  /** Reads what a plan wants of it; the stage never fails. */
  static CompletionStage<Reading> of(
      UnitPlan.Laid laid, UnitPlan plan, Instant deadline, boolean insist) {
    if (laid.unit().learnt().refuses()) {
      return of(laid.unit(), laid.spans(), plan.limits(), deadline, insist);
    }
    Reading reading = new Reading(laid.unit(), plan.limits(), deadline);
    plan.asked(laid).forEach(asked -> reading.steps.add(new Step(asked, null)));
    reading.pump();
    return reading.done;
  }

  /**
   * Reads as much as there is; the stage never fails.
   *
   * @param insist whether also what was refused a while ago is asked for
   */
  static CompletionStage<Reading> of(
      Unit unit, Collection<Span> wanted, Limits limits, Instant deadline, boolean insist) {
    Reading reading = new Reading(unit, limits, deadline);
    Set<Span> spans = new LinkedHashSet<>();
    for (Span span : wanted) {
      Optional<String> refusal =
          insist ? Optional.empty() : unit.learnt().refusal(span, Instant.now());
      refusal.ifPresentOrElse(
          detail -> reading.fail(Reason.REFUSED, detail), () -> spans.add(span));
    }
    for (Block block : Planner.plan(spans, limits, unit.bus().usualGap(), unit.learnt())) {
      reading.steps.add(new Step(Asked.of(block), null));
    }
    reading.pump();
    return reading.done;
  }

  /** As many requests at once as the device takes. */
  private void pump() {
    while (true) {
      Step step;
      synchronized (this) {
        if (stopped) {
          steps.clear();
        }
        if (steps.isEmpty() || running >= limits.inFlight()) {
          if (running > 0 || !steps.isEmpty()) {
            return;
          }
          step = null;
        } else {
          step = steps.removeFirst();
          running++;
        }
      }
      if (step == null) {
        done.complete(this);
        return;
      }
      Step next = step;
      CompletionStage<Void> unused =
          unit.ask(next.asked().ask(), deadline, limits.inFlight())
              .thenAccept(reply -> took(next, reply));
    }
  }

  private void took(Step step, Reply reply) {
    synchronized (this) {
      running--;
      if (reply instanceof Reply.Answered answered) {
        if (answered.said() instanceof Said.Data data) {
          given(step, data.octets(), answered.received());
        } else if (answered.said() instanceof Said.Refusal exception) {
          refused(step, exception);
        }
      } else if (reply instanceof Reply.Lost lost) {
        stopped = true; // the next would only cost one more timeout
        fail(lost.reason(), lost.detail());
      }
    }
    pump();
  }

  private void given(Step step, Bytes octets, Instant received) {
    Span span = step.block().span();
    for (Span part : step.block().parts()) {
      pieces.put(part, new Piece(slice(span, part, octets), received));
      unit.learnt().given(part);
    }
    Halves halves = step.of();
    if (halves != null && ++halves.given == 2) {
      unit.learnt().apart(halves.lower, halves.upper);
    }
  }

  private static Bytes slice(Span all, Span part, Bytes octets) {
    if (all.table() == Table.IDENTIFICATION) {
      return octets;
    }
    int offset = part.address() - all.address();
    if (all.table().bits()) {
      int bit = (octets.at(offset / 8) >> (offset % 8)) & 1;
      return Bytes.wrap(new byte[] {(byte) bit});
    }
    return Bytes.wrap(Arrays.copyOfRange(octets.shared(), 2 * offset, 2 * (offset + part.count())));
  }

  private void refused(Step step, Said.Refusal exception) {
    List<Span> parts = step.block().parts();
    int code = exception.code();
    String detail = "the device refuses " + step.asked().ask().what() + ": " + exception.words();
    if (parts.size() > 1 && (code == ILLEGAL_ADDRESS || code == ILLEGAL_VALUE)) {
      Halves halves =
          new Halves(
              Block.of(parts.subList(0, parts.size() / 2)),
              Block.of(parts.subList(parts.size() / 2, parts.size())));
      steps.addFirst(new Step(Asked.of(halves.upper), halves));
      steps.addFirst(new Step(Asked.of(halves.lower), halves));
    } else if (code >= ILLEGAL_FUNCTION && code <= ILLEGAL_VALUE) {
      parts.forEach(part -> unit.learnt().refused(part, detail, Instant.now()));
      fail(Reason.REFUSED, detail);
    } else {
      stopped |= code == BUSY;
      fail(reason(code), detail);
    }
  }

  /** What an exception means for whoever asked (clause 7). */
  static Reason reason(int code) {
    return switch (code) {
      case BUSY -> Reason.BUSY;
      case 0x0A, 0x0B -> Reason.UNREACHABLE;
      default -> Reason.REFUSED;
    };
  }

  private void fail(Reason reason, String detail) {
    if (failure.isEmpty()) {
      failure = Optional.of(new Failure(reason, detail));
    }
  }

  synchronized Optional<Piece> piece(Span span) {
    return Optional.ofNullable(pieces.get(span));
  }

  /** The first thing that went wrong. */
  synchronized Optional<Failure> failure() {
    return failure;
  }
}
