package io.patchbay.binding.modbus;

import io.patchbay.binding.modbus.Ask.Said;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Outcome.Reason;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where the SunSpec models of a device lie (SunSpec Device Information Model Specification, clause
 * 6: a marker, then models one after the other, each with its number and its length).
 */
record Models(List<Model> models) {
  private static final int[] BASES = {40_000, 50_000, 0};
  private static final Bytes MARKER =
      Bytes.wrap("SunS".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
  private static final int END = 0xFFFF;

  /** A chain that is longer is none. */
  private static final int MOST = 500;

  private static final int HEADER = 2;

  Models {
    models = List.copyOf(models);
  }

  /**
   * @param address of its number, from which a profile counts
   * @param length registers, with number and length
   */
  record Model(int id, int address, int length) {}

  /**
   * Which of a device's models a form means: the first that it has of some that are alike.
   *
   * @param nth from 1, of several with such a number
   */
  record Which(int first, int last, int nth) {
    private static final Pattern FORM = Pattern.compile("(\\d+)(?:-(\\d+))?(?:/(\\d+))?");

    static Which of(String text) {
      Matcher parts = FORM.matcher(text);
      if (parts.matches()) {
        long first = Terms.whole("sunspec", parts.group(1));
        long last = parts.group(2) == null ? first : Terms.whole("sunspec", parts.group(2));
        long nth = parts.group(3) == null ? 1 : Terms.whole("sunspec", parts.group(3));
        if (first >= 1 && first <= last && last < END && nth >= 1 && nth <= MOST) {
          return new Which((int) first, (int) last, (int) nth);
        }
      }
      throw new IllegalArgumentException(
          "sunspec '"
              + text
              + "' is no model; accepted: 103, 103/2 for the second one, 101-103 for any of these");
    }

    @Override
    public String toString() {
      String name = "SunSpec model " + first + (last > first ? " to " + last : "");
      return nth == 1 ? name : name + " number " + nth;
    }
  }

  Optional<Model> find(Which which) {
    return models.stream()
        .filter(one -> one.id() >= which.first() && one.id() <= which.last())
        .skip(which.nth() - 1)
        .findFirst();
  }

  /** What was found, or why nothing was. */
  record Found(Optional<Models> models, Optional<Reading.Failure> failure) {
    private static Found none(Reason reason, String detail) {
      return new Found(Optional.empty(), Optional.of(new Reading.Failure(reason, detail)));
    }

    /** Whether the device itself has no chain; otherwise it is worth to ask again at once. */
    boolean refused() {
      return failure.isPresent() && failure.get().reason() == Reason.REFUSED;
    }
  }

  /** Asks the unit; the stage never fails. */
  static CompletionStage<Found> discover(Unit unit, Instant deadline) {
    return base(unit, deadline, 0);
  }

  private static CompletionStage<Found> base(Unit unit, Instant deadline, int index) {
    if (index == BASES.length) {
      return CompletableFuture.completedStage(
          Found.none(Reason.REFUSED, "the device has no SunSpec models at 40000, 50000 or 0"));
    }
    int base = BASES[index];
    return two(unit, deadline, base)
        .thenCompose(
            reply -> {
              if (reply instanceof Reply.Lost lost) {
                return CompletableFuture.completedStage(Found.none(lost.reason(), lost.detail()));
              } else if (MARKER.equals(octets(reply))) {
                return next(unit, deadline, base + HEADER, new ArrayList<>());
              }
              return base(unit, deadline, index + 1);
            });
  }

  private static CompletionStage<Found> next(
      Unit unit, Instant deadline, int address, List<Model> found) {
    if (address > END - HEADER || found.size() >= MOST) {
      return CompletableFuture.completedStage(
          Found.none(Reason.BAD_ANSWER, "the device's SunSpec models do not end"));
    }
    return two(unit, deadline, address)
        .thenCompose(
            reply -> {
              if (reply instanceof Reply.Lost lost) {
                return CompletableFuture.completedStage(Found.none(lost.reason(), lost.detail()));
              }
              Bytes header = octets(reply);
              boolean refused = header.length() != 2 * HEADER;
              int id = refused ? END : word(header, 0);
              int length = refused ? 0 : word(header, 2);
              // some devices refuse what lies behind their last model instead of saying so
              if (id == END || (id == 0 && length == 0)) {
                return CompletableFuture.completedStage(
                    new Found(Optional.of(new Models(found)), Optional.empty()));
              }
              found.add(new Model(id, address, HEADER + length));
              return next(unit, deadline, address + HEADER + length, found);
            });
  }

  private static CompletionStage<Reply> two(Unit unit, Instant deadline, int address) {
    return unit.ask(Ask.read(new Span(Table.HOLDING, address, HEADER)), deadline, 1);
  }

  private static Bytes octets(Reply reply) {
    return reply instanceof Reply.Answered answered && answered.said() instanceof Said.Data data
        ? data.octets()
        : Bytes.EMPTY;
  }

  private static int word(Bytes octets, int at) {
    return (octets.at(at) & 0xFF) << 8 | (octets.at(at + 1) & 0xFF);
  }
}
