package io.patchbay.runtime;

import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/** In which order bundles start; they stop, and drain, in reverse. */
public final class StartLevels {
  private static final String FALLBACK = "default";

  private final Map<String, Integer> levels = new TreeMap<>();
  private final int fallback;

  /** Reads {@code start-levels.properties}: symbolic names, or beginnings of them with a star. */
  public StartLevels() {
    Properties file = FrameworkSettings.load("start-levels.properties");
    for (String name : file.stringPropertyNames()) {
      levels.put(name, Integer.valueOf(file.getProperty(name, "").strip()));
    }
    fallback = levels.getOrDefault(FALLBACK, 1);
  }

  /** From 1 up; what is not listed comes with the libraries. */
  public int of(String symbolicName) {
    Integer exact = levels.get(symbolicName);
    if (exact != null) {
      return exact;
    }
    for (Map.Entry<String, Integer> entry : levels.entrySet()) {
      String name = entry.getKey();
      if (name.endsWith("*")
          && symbolicName
              .toLowerCase(Locale.ROOT)
              .startsWith(name.substring(0, name.length() - 1).toLowerCase(Locale.ROOT))) {
        return entry.getValue();
      }
    }
    return fallback;
  }
}
