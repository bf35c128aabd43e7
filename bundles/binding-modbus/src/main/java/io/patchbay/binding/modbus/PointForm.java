package io.patchbay.binding.modbus;

import io.patchbay.profile.Form;
import io.patchbay.profile.Op;
import java.util.HashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * A form, read: where a value lies, how, and how it is written.
 *
 * @param model the SunSpec model that its addresses count from; empty when they are the device's
 * @param bits the part of a whole number that is meant; empty for all of it
 * @param absent what the registers hold when there is no value, as unsigned numbers
 * @param factor address of the register with the power of ten that the value is multiplied by
 * @param fixed what an action writes, whatever it is given
 */
record PointForm(
    Span span,
    Optional<Models.Which> model,
    Layout layout,
    Layout.Order order,
    Optional<Bits> bits,
    Set<Long> absent,
    OptionalInt factor,
    Writing writing,
    boolean readBack,
    char padding,
    OptionalInt fixed,
    Limits limits) {
  private static final int LAST = 0xFFFF;
  private static final int LONGEST = 125;

  /** Bits of a whole number, 0 the lowest. */
  record Bits(int low, int high) {
    int width() {
      return high - low + 1;
    }

    long mask() {
      return (width() == Long.SIZE ? -1L : (1L << width()) - 1) << low;
    }
  }

  /** How a value is written. */
  enum Writing {
    /** 05, 06 */
    SINGLE,
    /** 15, 16 */
    MULTIPLE,
    /** 22: only these bits */
    MASK,
    /** 03, then 06: these bits, on devices that do not know 22 */
    MODIFY,
    /** 23: written and read back in one */
    EXCHANGE
  }

  static PointForm of(Form form) {
    return of(new Terms(form.terms()), form.ops());
  }

  /**
   * @throws IllegalArgumentException naming the term that is wrong and what is accepted
   */
  static PointForm of(Terms terms, Set<Op> ops) {
    Table table = Table.of(terms.text("table", "holding"));
    int address = terms.needed("address", 0, table == Table.IDENTIFICATION ? 255 : LAST);
    Layout layout = layout(terms, table);
    int count = layout.registers();
    if (layout == Layout.STRING || layout == Layout.BYTES) {
      count = table == Table.IDENTIFICATION ? 1 : terms.needed("length", 1, LONGEST);
    } else if (terms.has("length")) {
      throw new IllegalArgumentException("length is for type string and bytes");
    }
    Span span = new Span(table, address, Math.max(1, count));
    if (span.end() > LAST + 1) {
      throw new IllegalArgumentException(span + " goes beyond address " + LAST);
    }
    boolean writes = ops.contains(Op.WRITE) || ops.contains(Op.INVOKE);
    Optional<Bits> bits = bits(terms, layout);
    OptionalInt factor = terms.number("factor", 0, LAST);
    if (factor.isPresent() && (!layout.whole() || !table.registers())) {
      throw new IllegalArgumentException("factor is for whole numbers in registers");
    } else if (writes && !table.writable()) {
      throw new IllegalArgumentException(
          "table "
              + table.name().toLowerCase(Locale.ROOT)
              + " cannot be written; accepted: coil, holding");
    }
    Optional<Models.Which> model =
        terms.has("sunspec")
            ? Optional.of(Models.Which.of(terms.text("sunspec", "")))
            : Optional.empty();
    if (model.isPresent() && table != Table.HOLDING) {
      throw new IllegalArgumentException("sunspec is for table holding");
    }
    return new PointForm(
        span,
        model,
        layout,
        Layout.Order.of(terms.text("order", "ABCD")),
        bits,
        absent(terms, layout),
        factor,
        writing(terms, span, bits, writes),
        terms.yes("readBack"),
        padding(terms),
        terms.number("value", 0, LAST),
        Limits.of(terms));
  }

  private static Layout layout(Terms terms, Table table) {
    if (table.registers()) {
      return Layout.of(terms.text("type", "uint16"));
    } else if (terms.has("type")) {
      throw new IllegalArgumentException("type is for tables holding and input");
    }
    return table.bits() ? Layout.BIT : Layout.STRING;
  }

  private static Optional<Bits> bits(Terms terms, Layout layout) {
    if (!terms.has("bit") && !terms.has("bits")) {
      return Optional.empty();
    } else if (!layout.whole() || layout.decimal() || terms.has("bit") == terms.has("bits")) {
      throw new IllegalArgumentException(
          "bit: 3, or bits: 4-7, is for types uint16 to int64, one of the two");
    }
    int highest = 16 * layout.registers() - 1;
    if (terms.has("bit")) {
      int bit = terms.number("bit", 0, 0, highest);
      return Optional.of(new Bits(bit, bit));
    }
    String[] ends = terms.text("bits", "").split("-", -1);
    long low = Terms.whole("bits", ends[0].strip());
    long high = Terms.whole("bits", ends[ends.length - 1].strip());
    if (ends.length != 2 || low < 0 || low > high || high > highest) {
      throw new IllegalArgumentException(
          "bits '" + terms.text("bits", "") + "' is no range of 0 to " + highest);
    }
    return Optional.of(new Bits((int) low, (int) high));
  }

  private static Set<Long> absent(Terms terms, Layout layout) {
    Set<Long> absent = new HashSet<>();
    for (String text : terms.list("absent")) {
      long number = Terms.whole("absent", text);
      if (layout.registers() == 0) {
        throw new IllegalArgumentException("absent is for numbers in registers");
      }
      int width = 16 * layout.registers();
      long mask = width == Long.SIZE ? -1 : (1L << width) - 1;
      if (width < Long.SIZE && (number > mask || number < -(mask / 2 + 1))) {
        throw new IllegalArgumentException(
            "absent '" + text + "' does not fit into " + width + " bits");
      }
      absent.add(number & mask);
    }
    return absent;
  }

  private static Writing writing(Terms terms, Span span, Optional<Bits> bits, boolean writes) {
    String usual = bits.isPresent() ? "mask" : span.count() == 1 ? "single" : "multiple";
    String word = terms.text("write", usual);
    Writing writing =
        switch (word) {
          case "single" -> Writing.SINGLE;
          case "multiple" -> Writing.MULTIPLE;
          case "mask" -> Writing.MASK;
          case "modify" -> Writing.MODIFY;
          case "exchange" -> Writing.EXCHANGE;
          default ->
              throw new IllegalArgumentException(
                  "write '"
                      + word
                      + "' is not known; accepted: single, multiple, mask, modify, exchange");
        };
    boolean some = writing == Writing.MASK || writing == Writing.MODIFY;
    if (!writes) {
      return writing;
    } else if (some != bits.isPresent()) {
      throw new IllegalArgumentException(
          "write: mask and modify are for bits of a register, and bits are written by no other;"
              + " not by '"
              + word
              + "'");
    } else if (span.count() > 1 && (some || writing == Writing.SINGLE)) {
      throw new IllegalArgumentException(
          "write: " + word + " is for one register; " + span + " needs multiple");
    } else if (span.table() == Table.COIL
        && writing != Writing.SINGLE
        && writing != Writing.MULTIPLE) {
      throw new IllegalArgumentException("a coil is written by single or multiple");
    } else if (span.count() > 121) {
      throw new IllegalArgumentException("at most 121 registers are written; not " + span);
    }
    return writing;
  }

  private static char padding(Terms terms) {
    return switch (terms.text("padding", "nul")) {
      case "nul" -> '\0';
      case "space" -> ' ';
      default -> throw new IllegalArgumentException("padding must be nul or space");
    };
  }

  /** The same, where its model begins at this address. */
  PointForm behind(int address) {
    Span there = new Span(span.table(), address + span.address(), span.count());
    OptionalInt factored =
        factor.isPresent() ? OptionalInt.of(address + factor.getAsInt()) : factor;
    return new PointForm(
        there,
        Optional.empty(),
        layout,
        order,
        bits,
        absent,
        factored,
        writing,
        readBack,
        padding,
        fixed,
        limits);
  }

  /** The span of the factor register. */
  Optional<Span> factorSpan() {
    return factor.isPresent()
        ? Optional.of(new Span(span.table(), factor.getAsInt(), 1))
        : Optional.empty();
  }
}
