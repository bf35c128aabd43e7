package io.patchbay.profiles.unit;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * The table of units: symbols of SenML (RFC 8428, clause 12.1; RFC 8798) for the model, and the
 * usual others for the wire, all of them affine to a base per kind of quantity.
 */
public final class Units {
  /** {@code wanted = given * scale + offset}. */
  public record Conversion(double scale, double offset) {
    public boolean identity() {
      return scale == 1 && offset == 0;
    }

    /** Rounded to 12 digits, so that what scaling adds in binary is not data. */
    public double apply(double given) {
      double exact = given * scale + offset;
      return Double.isFinite(exact)
          ? new BigDecimal(exact).round(new MathContext(12)).doubleValue()
          : exact;
    }
  }

  private record Unit(
      String symbol, boolean senml, String kind, BigDecimal up, BigDecimal down, BigDecimal add) {}

  private static final MathContext EXACT = new MathContext(40);
  private static final Map<String, Unit> UNITS = load();

  private Units() {}

  private static Map<String, Unit> load() {
    Map<String, Unit> units = new HashMap<>();
    try (InputStream table =
            Objects.requireNonNull(Units.class.getResourceAsStream("/units.tsv"), "units.tsv");
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(table, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (!line.isBlank() && !line.startsWith("#")) {
          add(units, line.split("\t"));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Map.copyOf(units);
  }

  private static void add(Map<String, Unit> units, String[] columns) {
    String[] factor = columns[3].split("/");
    Unit unit =
        new Unit(
            columns[0],
            !columns[1].equals("-"),
            columns[2],
            new BigDecimal(factor[0]),
            factor.length > 1 ? new BigDecimal(factor[1]) : BigDecimal.ONE,
            fraction(columns[4]));
    units.put(unit.symbol(), unit);
    if (columns.length > 5) {
      for (String other : columns[5].split(" ")) {
        units.put(other, unit);
      }
    }
  }

  private static BigDecimal fraction(String text) {
    String[] parts = text.split("/");
    BigDecimal number = new BigDecimal(parts[0]);
    return parts.length > 1 ? number.divide(new BigDecimal(parts[1]), EXACT) : number;
  }

  /** Whether it is a unit of the model: a symbol of SenML. */
  public static boolean senml(String symbol) {
    Unit unit = UNITS.get(symbol);
    return unit != null && unit.senml() && unit.symbol().equals(symbol);
  }

  /** Whether it can stand on the wire. */
  public static boolean known(String symbol) {
    return UNITS.containsKey(symbol);
  }

  /** The way from one unit to another of the same kind; empty when there is none. */
  public static Optional<Conversion> conversion(String given, String wanted) {
    Unit from = UNITS.get(given);
    Unit to = UNITS.get(wanted);
    if (from == null || to == null || !from.kind().equals(to.kind())) {
      return Optional.empty();
    }
    BigDecimal scale = from.up().multiply(to.down()).divide(from.down().multiply(to.up()), EXACT);
    BigDecimal offset = from.add().subtract(to.add()).multiply(to.down()).divide(to.up(), EXACT);
    return Optional.of(new Conversion(scale.doubleValue(), offset.doubleValue()));
  }

  /** The units of the same kind, of SenML first. */
  public static List<String> alike(String symbol) {
    Unit unit = UNITS.get(symbol);
    return unit == null
        ? List.of()
        : UNITS.values().stream()
            .distinct()
            .filter(other -> other.kind().equals(unit.kind()))
            .sorted(
                Comparator.comparing((Unit other) -> !other.senml()).thenComparing(Unit::symbol))
            .map(Unit::symbol)
            .toList();
  }

  /**
   * The accepted units whose names are nearest to what was written.
   *
   * @param senml whether only units of the model are meant
   */
  public static List<String> nearest(String written, boolean senml) {
    Unit known = UNITS.get(written);
    if (known != null && senml) {
      return alike(written).stream().filter(Units::senml).limit(4).toList();
    }
    return UNITS.entrySet().stream()
        .filter(entry -> !senml || senml(entry.getKey()))
        .map(Map.Entry::getKey)
        .sorted(
            Comparator.comparingInt((String symbol) -> distance(written, symbol))
                .thenComparing(Comparator.naturalOrder()))
        .limit(4)
        .toList();
  }

  /** Edits from one to the other, a difference of case counting least. */
  private static int distance(String a, String b) {
    String x = a.length() > 24 ? a.substring(0, 24) : a;
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = 3 * j;
    }
    for (int i = 1; i <= x.length(); i++) {
      int diagonal = row[0];
      row[0] = 3 * i;
      for (int j = 1; j <= b.length(); j++) {
        int change = cost(x.charAt(i - 1), b.charAt(j - 1));
        int best = Math.min(diagonal + change, 3 + Math.min(row[j], row[j - 1]));
        diagonal = row[j];
        row[j] = best;
      }
    }
    // the full word for a symbol: Watt, Volt, percent
    boolean initial = !x.isEmpty() && cost(x.charAt(0), b.charAt(0)) <= 1;
    return initial ? row[b.length()] - 4 : row[b.length()];
  }

  private static int cost(char a, char b) {
    if (a == b) {
      return 0;
    }
    return String.valueOf(a)
            .toLowerCase(Locale.ROOT)
            .equals(String.valueOf(b).toLowerCase(Locale.ROOT))
        ? 1
        : 3;
  }
}
