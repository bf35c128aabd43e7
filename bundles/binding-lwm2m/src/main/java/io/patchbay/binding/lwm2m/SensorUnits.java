package io.patchbay.binding.lwm2m;

import java.util.Locale;

/** What sensors write into resource 5701, as the hub's table of units knows it. */
final class SensorUnits {
  private static final int TEMPERATURE = 3303;
  private static final int HUMIDITY = 3304;
  private static final int LONGEST = 32;

  private SensorUnits() {}

  /** Empty when nothing is said; what is not known stays, and is refused where it is converted. */
  static String senml(int object, String said) {
    String unit = said.strip();
    String lower = unit.toLowerCase(Locale.ROOT);
    if (object == TEMPERATURE) {
      // a C alone is a coulomb elsewhere
      switch (lower) {
        case "c", "cel", "celsius", "degrees celsius" -> {
          return "Cel";
        }
        case "f", "fahrenheit", "degrees fahrenheit" -> {
          return "degF";
        }
        default -> {
          // as it is
        }
      }
    } else if (object == HUMIDITY && (unit.equals("%") || unit.equals("/100"))) {
      return "%RH";
    }
    return unit.length() > LONGEST ? unit.substring(0, LONGEST) : unit;
  }
}
