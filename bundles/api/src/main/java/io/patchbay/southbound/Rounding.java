package io.patchbay.southbound;

import java.math.BigDecimal;
import java.math.MathContext;

/** Rounds to 12 significant decimal digits, so that what scaling adds in binary is not data. */
final class Rounding {
  private static final int DIGITS = 12;
  private static final MathContext SLOW = new MathContext(DIGITS);

  /** Powers of ten that a double holds exactly. */
  private static final double[] POWERS = new double[23];

  static {
    for (int i = 0; i < POWERS.length; i++) {
      POWERS[i] = Double.parseDouble("1e" + i);
    }
  }

  private Rounding() {}

  /**
   * Exact as long as the power is: a whole number below 2^53 divided or multiplied by it is rounded
   * once, to the double nearest to the decimal.
   */
  static double round(double value) {
    if (value == 0 || !Double.isFinite(value)) {
      return value;
    }
    int shift = DIGITS - 1 - (int) Math.floor(Math.log10(Math.abs(value)));
    if (shift >= 0 && shift < POWERS.length) {
      return Math.rint(value * POWERS[shift]) / POWERS[shift];
    } else if (shift < 0 && -shift < POWERS.length) {
      return Math.rint(value / POWERS[-shift]) * POWERS[-shift];
    }
    return new BigDecimal(value).round(SLOW).doubleValue();
  }
}
