package io.patchbay.binding.modbus;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/** Reads what is wanted of a device in as few requests as it allows. */
final class Planner {
  private static final Comparator<Span> ORDER =
      Comparator.comparing(Span::table).thenComparingInt(Span::address).thenComparingInt(Span::end);

  private Planner() {}

  /**
   * From the lowest address on, each block takes all that it can: with blocks of a greatest length
   * no other way needs fewer.
   *
   * @param usualGap registers that it costs less to read over than to ask once more, where the
   *     profile does not say
   */
  static List<Block> plan(Collection<Span> wanted, Limits limits, int usualGap, Learnt learnt) {
    List<Span> ordered = new ArrayList<>(wanted);
    ordered.sort(ORDER);
    List<Block> blocks = new ArrayList<>();
    List<Span> parts = new ArrayList<>();
    for (Span span : ordered) {
      if (!parts.isEmpty() && !joins(Block.of(parts).span(), span, limits, usualGap, learnt)) {
        blocks.add(Block.of(parts));
        parts = new ArrayList<>();
      }
      parts.add(span);
    }
    if (!parts.isEmpty()) {
      blocks.add(Block.of(parts));
    }
    return blocks;
  }

  private static boolean joins(Span block, Span next, Limits limits, int usualGap, Learnt learnt) {
    Table table = block.table();
    if (next.table() != table || table == Table.IDENTIFICATION) {
      return false;
    }
    int end = Math.max(block.end(), next.end());
    int most = limits.span() == 0 ? table.most() : Math.min(limits.span(), table.most());
    int usual = table.bits() ? 16 * usualGap : usualGap;
    int gap = limits.gap() < 0 ? usual : limits.gap();
    return end - block.address() <= most
        && next.address() - block.end() <= gap
        && !forbidden(block.end(), next.address(), limits)
        && !learnt.divided(new Span(table, block.address(), end - block.address()));
  }

  private static boolean forbidden(int from, int to, Limits limits) {
    for (Limits.Range range : limits.forbidden()) {
      if (from < to && range.from() < to && from <= range.to()) {
        return true;
      }
    }
    return false;
  }
}
