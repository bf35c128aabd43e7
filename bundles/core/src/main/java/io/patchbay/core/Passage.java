package io.patchbay.core;

import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Receipt;
import io.patchbay.thing.Uplink;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One frame on its way through the pipeline. What the fields hold is set by the step that knows it,
 * while nobody else looks.
 */
final class Passage {
  /** Why it comes. */
  enum Kind {
    /** From a device, now. */
    LIVE,
    /** Was held until its thing was admitted. */
    RELEASED,
    /** Was rejected, and is tried again. */
    REPLAYED
  }

  /** How it ended, and what of it is in the log. */
  record Taken(Receipt receipt, List<Uplink> uplinks) {}

  final Frame frame;
  final Kind kind;
  final Set<Long> released;
  final Supplier<Draft> meaning;
  final Sessions.Session session;
  Draft draft;
  List<Uplink> uplinks = List.of();

  /** What a binding offered in place of a payload. */
  List<Uplink> decoded = List.of();

  boolean announces;

  /** How many it stands for: what was asked for at once has one passage. */
  int frames = 1;

  Deliveries.@Nullable Seen seen;
  Deliveries.@Nullable Seen repeats;
  @Nullable CompletionStage<Void> saved;

  /**
   * @param meaning found again when the directory changed before it was this frame's turn
   */
  Passage(
      Frame frame,
      Kind kind,
      Set<Long> released,
      Sessions.Session session,
      Supplier<Draft> meaning) {
    this.frame = frame;
    this.kind = kind;
    this.released = released;
    this.meaning = meaning;
    this.session = session;
    this.draft = meaning.get();
  }

  /** Whether it shows that the device is there. */
  boolean fresh() {
    return kind == Kind.LIVE && !frame.retained() && !draft.data().isEmpty();
  }
}
