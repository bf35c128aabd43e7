package io.patchbay.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/** The properties the framework starts with, for the launcher and for tests that boot the same. */
public final class FrameworkSettings {
  /** Framework property: what {@code --set} gave, one setting a line. */
  public static final String SET = "patchbay.set";

  private static final String FILE = "framework.properties";

  private FrameworkSettings() {}

  /**
   * @param home read-only base with {@code bundles/ conf/ device-profiles/ routes/}
   * @param data all state
   * @param offset added to every listening port
   * @param settings {@code pid:key=value}, overlaying the configuration files
   */
  public static Map<String, String> of(Path home, Path data, int offset, List<String> settings) {
    Map<String, String> properties = new LinkedHashMap<>();
    Properties file = load(FILE);
    for (String key : file.stringPropertyNames()) {
      properties.put(
          key,
          file.getProperty(key, "")
              .replace("${patchbay.home}", home.toString())
              .replace("${patchbay.data}", data.toString()));
    }
    properties.put("patchbay.home", home.toString());
    properties.put("patchbay.data", data.toString());
    properties.put("patchbay.offset", Integer.toString(offset));
    properties.put(SET, String.join("\n", settings));
    return properties;
  }

  /** A properties file of the launcher itself. */
  static Properties load(String name) {
    Properties properties = new Properties();
    try (InputStream in = FrameworkSettings.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(name + " is missing in the launcher's jar");
      }
      properties.load(in);
      return properties;
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }
}
