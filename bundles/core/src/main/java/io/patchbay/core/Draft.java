package io.patchbay.core;

import io.patchbay.southbound.DecodeException;
import io.patchbay.southbound.Rejection;
import io.patchbay.thing.Uplink;
import java.util.List;
import java.util.Optional;

/**
 * What a frame means, before the journal has it.
 *
 * @param source empty when nobody is known to speak there
 * @param data readings and occurrences
 * @param status what it says of the thing's status
 * @param problems why (a part of) it is not taken
 * @param held whether it waits until its thing is admitted
 */
record Draft(
    Optional<Source> source,
    List<Uplink> data,
    Optional<Uplink.StatusChange> status,
    List<DecodeException> problems,
    boolean held) {

  /** Of a frame that tells of nobody. */
  static final Draft NOTHING =
      new Draft(Optional.empty(), List.of(), Optional.empty(), List.of(), false);

  static Draft rejected(DecodeException why) {
    return new Draft(Optional.empty(), List.of(), Optional.empty(), List.of(why), false);
  }

  static Draft held(Source source) {
    return new Draft(Optional.of(source), List.of(), Optional.empty(), List.of(), true);
  }

  /** Whether nothing of it is taken. */
  boolean rejected() {
    return !held && data.isEmpty() && status.isEmpty() && !problems.isEmpty();
  }

  Rejection reason() {
    return problems.isEmpty() ? Rejection.INTERNAL : problems.get(0).reason();
  }

  /** All that is wrong, in words. */
  String detail() {
    StringBuilder detail = new StringBuilder();
    for (DecodeException problem : problems) {
      if (detail.length() > 1_000) {
        return detail.append("; …").toString();
      }
      detail.append(detail.isEmpty() ? "" : "; ").append(problem.detail());
    }
    return detail.toString();
  }
}
