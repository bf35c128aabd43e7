package io.patchbay.profile;

import java.util.List;
import java.util.Optional;

/**
 * Type, unit and bounds of a value (WoT data schema). What the wire carries becomes what the model
 * holds by {@code value = wire * scale + offset}; a conversion of units is folded into both when
 * the profile is loaded.
 *
 * @param unit SenML unit of the model's value, empty when there is none
 * @param minimum smallest model value accepted, inclusive
 * @param maximum largest model value accepted, inclusive
 * @param options the only texts accepted; empty when any is
 * @param wire how the wire's words stand for model values ({@code ON} for true); empty when they
 *     are the same
 */
public record DataSchema(
    Type type,
    String unit,
    double scale,
    double offset,
    Optional<Double> minimum,
    Optional<Double> maximum,
    List<String> options,
    List<WireWord> wire) {

  /** Types of the model. */
  public enum Type {
    BOOLEAN,
    INTEGER,
    NUMBER,
    STRING,
    DATA
  }

  /** {@code wire} on the wire stands for {@code model} in the model ({@code ON}, {@code true}). */
  public record WireWord(String wire, String model) {}

  public DataSchema {
    options = List.copyOf(options);
    wire = List.copyOf(wire);
    if (!Double.isFinite(scale) || scale == 0 || !Double.isFinite(offset)) {
      throw new IllegalArgumentException(
          "scale must be finite and not 0, offset finite; not " + scale + " and " + offset);
    }
  }

  /** A schema of a type alone. */
  public static DataSchema of(Type type) {
    return new DataSchema(type, "", 1, 0, Optional.empty(), Optional.empty(), List.of(), List.of());
  }

  /** Whether the wire's numbers are the model's. */
  public boolean identity() {
    return scale == 1 && offset == 0;
  }
}
