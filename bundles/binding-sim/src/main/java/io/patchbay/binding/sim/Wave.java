package io.patchbay.binding.sim;

import io.patchbay.profile.Form;
import java.time.Instant;

/**
 * What a simulated value does as time goes by.
 *
 * @param period seconds, larger than 0
 */
record Wave(Shape shape, double low, double high, double period) {
  /** How a property behaves. */
  enum Shape {
    SINE,
    SAW,
    /** Keeps what was written. */
    MEMORY,
    /** Written false, the whole device is unreachable, until it is written true. */
    POWER,
    /** Never answers. */
    SILENT
  }

  /**
   * @throws IllegalArgumentException naming the term that is wrong and what is accepted
   */
  static Wave of(Form form) {
    String name = form.required("wave");
    Shape shape =
        switch (name) {
          case "sine" -> Shape.SINE;
          case "saw" -> Shape.SAW;
          case "memory" -> Shape.MEMORY;
          case "power" -> Shape.POWER;
          case "silent" -> Shape.SILENT;
          default ->
              throw new IllegalArgumentException(
                  "wave '" + name + "' is not known; accepted: sine, saw, memory, power, silent");
        };
    Wave wave =
        new Wave(
            shape, number(form, "low", 0), number(form, "high", 100), number(form, "period", 60));
    if (!(wave.period > 0)) {
      throw new IllegalArgumentException("period must be larger than 0 s, not " + wave.period);
    }
    return wave;
  }

  private static double number(Form form, String term, double otherwise) {
    String text = form.term(term).orElse("");
    try {
      return text.isEmpty() ? otherwise : Double.parseDouble(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(term + " must be a number, not '" + text + "'", e);
    }
  }

  /** The value at a moment, to three decimals: the same for everybody who asks then. */
  double at(Instant moment) {
    double phase = (moment.toEpochMilli() / 1000.0 / period) % 1.0;
    double part = shape == Shape.SINE ? (1 - Math.cos(2 * Math.PI * phase)) / 2 : phase;
    return Math.rint((low + (high - low) * part) * 1000) / 1000;
  }
}
