package io.patchbay.profiles.foreign;

import io.patchbay.profiles.unit.Units;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a number measures, told from how others write its unit.
 *
 * @param unit of the model
 * @param from on the wire, empty when it is the same
 * @param semantic IPSO key of what is measured in it, empty when it may be several
 */
record Quantity(String unit, String from, String semantic) {
  /** Units that others write otherwise than anybody. */
  private static final Map<String, String> WORDS =
      Map.ofEntries(
          Map.entry("Secs", "s"),
          Map.entry("Sec", "s"),
          Map.entry("mSecs", "ms"),
          Map.entry("C", "Cel"),
          Map.entry("degC", "Cel"),
          Map.entry("Pct", "%"),
          Map.entry("cos()", "/"),
          Map.entry("PF", "/"),
          Map.entry("Degrees", "deg"),
          Map.entry("Var", "var"),
          Map.entry("VAr", "var"),
          Map.entry("Varh", "varh"),
          Map.entry("VArh", "varh"),
          Map.entry("WH", "Wh"),
          Map.entry("AH", "Ah"),
          Map.entry("W/m^2", "W/m2"),
          Map.entry("ohms", "Ohm"),
          Map.entry("HPa", "hPa"),
          Map.entry("mps", "m/s"),
          Map.entry("meters", "m"));

  /** What profiles give their values in, so that the same thing is the same number. */
  private static final Map<String, String> MODEL =
      Map.ofEntries(
          Map.entry("kWh", "Wh"),
          Map.entry("MWh", "Wh"),
          Map.entry("kW", "W"),
          Map.entry("MW", "W"),
          Map.entry("kVA", "VA"),
          Map.entry("kvar", "var"),
          Map.entry("kvarh", "varh"),
          Map.entry("kVAh", "VAh"),
          Map.entry("mA", "A"),
          Map.entry("mV", "V"),
          Map.entry("kV", "V"),
          Map.entry("ms", "s"),
          Map.entry("min", "s"),
          Map.entry("h", "s"));

  private static final Map<String, String> SEMANTIC =
      Map.ofEntries(
          Map.entry("V", "3316/5700"),
          Map.entry("A", "3317/5700"),
          Map.entry("W", "3328/5800"),
          Map.entry("VA", "3305/5800"),
          Map.entry("var", "3305/5810"),
          Map.entry("Wh", "3331/5805"),
          Map.entry("Hz", "3318/5700"),
          Map.entry("Cel", "3303/5700"),
          Map.entry("%RH", "3304/5700"),
          Map.entry("lx", "3301/5700"),
          Map.entry("hPa", "3323/5700"),
          Map.entry("Pa", "3323/5700"));

  /** Empty when nobody can tell. */
  static Optional<Quantity> of(String written) {
    String word = written.strip();
    String known = WORDS.getOrDefault(word, word);
    if (!Units.known(known)) {
      return Optional.empty();
    }
    String unit = MODEL.get(known);
    if (unit == null) {
      List<String> alike = Units.alike(known);
      unit = Units.senml(known) || alike.isEmpty() ? known : alike.get(0);
    }
    if (!Units.senml(unit)) {
      return Optional.empty();
    }
    return Optional.of(
        new Quantity(unit, unit.equals(known) ? "" : known, SEMANTIC.getOrDefault(unit, "")));
  }
}
