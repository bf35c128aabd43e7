package io.patchbay.binding.modbus;

import java.util.ArrayList;
import java.util.List;

/**
 * What a device lets one ask of it.
 *
 * @param span most registers, or bits, of one request; 0 for what the protocol allows
 * @param gap most registers, or bits, that nobody wants and that are read all the same because a
 *     request more costs more; -1 for what suits the line
 * @param forbidden what must not be read over
 * @param inFlight requests on the wire at once, over TCP, 1 to 16
 */
record Limits(int span, int gap, List<Range> forbidden, int inFlight) {
  private static final int LAST = 0xFFFF;
  static final int MOST_IN_FLIGHT = 16;

  /** Addresses, both inclusive. */
  record Range(int from, int to) {}

  Limits {
    forbidden = List.copyOf(forbidden);
  }

  static Limits of(Terms terms) {
    List<Range> forbidden = new ArrayList<>();
    for (String text : terms.list("forbidden")) {
      int minus = text.indexOf('-');
      String from = minus < 0 ? text : text.substring(0, minus);
      String to = minus < 0 ? text : text.substring(minus + 1);
      long first = Terms.whole("forbidden", from.strip());
      long last = Terms.whole("forbidden", to.strip());
      if (first < 0 || first > last || last > LAST) {
        throw new IllegalArgumentException(
            "forbidden '" + text + "' is no range; accepted: 100-119, or 100");
      }
      forbidden.add(new Range((int) first, (int) last));
    }
    return new Limits(
        terms.number("span", 0, 1, 2_000),
        terms.number("gap", -1, 0, 2_000),
        forbidden,
        terms.number("inFlight", 1, 1, MOST_IN_FLIGHT));
  }
}
