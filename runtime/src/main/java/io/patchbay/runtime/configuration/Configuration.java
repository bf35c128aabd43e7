package io.patchbay.runtime.configuration;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The effective configuration: the files that ship, overlaid by those of the data directory,
 * overlaid by the command line, each value checked and in its type.
 */
public final class Configuration {
  private static final String SUFFIX = ".cfg";

  /**
   * Configured by properties their bundles do not declare; nothing of theirs is checked. What route
   * files take from their settings is named in those files alone.
   */
  private static final Set<String> UNDECLARED =
      Set.of("org.apache.felix.http", "org.ops4j.pax.logging", "io.patchbay.routes.settings");

  private final Metatype metatype;
  private final Map<Pid, Map<String, Setting>> settings = new LinkedHashMap<>();
  private final Map<Pid, Map<String, Object>> values = new LinkedHashMap<>();

  private Configuration(Metatype metatype) {
    this.metatype = metatype;
  }

  /**
   * Reads and checks everything.
   *
   * @param home has {@code bundles/} and {@code conf/}
   * @param data may have {@code deploy/} and {@code conf/}
   * @param options {@code pid:key=value} or {@code factory.pid~name:key=value}
   */
  public static Configuration read(Path home, Path data, List<String> options)
      throws ConfigurationException {
    Configuration configuration =
        new Configuration(
            Metatype.of(
                List.of(home.resolve("bundles"), home.resolve("extras"), data.resolve("deploy"))));
    configuration.addFolder(home.resolve("conf"));
    configuration.addFolder(data.resolve("conf"));
    for (String option : options) {
      configuration.addOption(option);
    }
    configuration.convert();
    return configuration;
  }

  /** Values by configuration, in their types. */
  public Map<Pid, Map<String, Object>> values() {
    return values;
  }

  /** The same by {@code PID} or {@code PID~NAME}: in types that every class loader shares. */
  public Map<String, Map<String, Object>> named() {
    Map<String, Map<String, Object>> named = new LinkedHashMap<>();
    values.forEach((pid, value) -> named.put(pid.toString(), value));
    return named;
  }

  /** PIDs of factories, which have several configurations or none. */
  public boolean factory(String pid) {
    return metatype.find(pid).map(Metatype.Schema::factory).orElse(false);
  }

  /** The configurations of a PID; a single one without settings counts too. */
  public List<Pid> configured(String pid) {
    List<Pid> found = new ArrayList<>();
    if (!factory(pid)) {
      found.add(new Pid(pid, ""));
    }
    settings.keySet().stream()
        .filter(key -> key.pid().equals(pid) && !found.contains(key))
        .forEach(found::add);
    return found;
  }

  /** The value in force, the declared default included; empty when the bundle is not there. */
  public Optional<String> effective(Pid pid, String key) {
    Setting setting = settings.getOrDefault(pid, Map.of()).get(key);
    if (setting != null) {
      return Optional.of(setting.value());
    }
    return metatype
        .find(pid.pid())
        .map(schema -> schema.attributes().get(key))
        .flatMap(Attribute::fallback);
  }

  private void addFolder(Path folder) throws ConfigurationException {
    if (!Files.isDirectory(folder)) {
      return;
    }
    List<Path> files;
    try (Stream<Path> all = Files.list(folder)) {
      files = all.filter(file -> file.toString().endsWith(SUFFIX)).sorted().toList();
    } catch (IOException failed) {
      throw new ConfigurationException(folder.toString(), "cannot be read");
    }
    for (Path file : files) {
      String name = String.valueOf(file.getFileName());
      Pid pid = Pid.parse(name.substring(0, name.length() - SUFFIX.length()), file.toString());
      known(pid, file.toString());
      overlay(pid, PropertiesFile.read(file));
    }
  }

  private void addOption(String option) throws ConfigurationException {
    String where = "--set " + option;
    int equals = option.indexOf('=');
    int colon = option.indexOf(':');
    if (colon <= 0 || equals < colon + 2) {
      throw new ConfigurationException(
          where, "is not pid:key=value (pid~name:key=value for one of several)");
    }
    Pid pid = Pid.parse(option.substring(0, colon), where);
    known(pid, where);
    String key = option.substring(colon + 1, equals);
    overlay(pid, List.of(new Setting(key, option.substring(equals + 1), where)));
  }

  private void overlay(Pid pid, List<Setting> added) {
    Map<String, Setting> merged = settings.computeIfAbsent(pid, key -> new TreeMap<>());
    added.forEach(setting -> merged.put(setting.key(), setting));
  }

  private void known(Pid pid, String where) throws ConfigurationException {
    if (UNDECLARED.contains(pid.pid())) {
      return;
    }
    Optional<Metatype.Schema> schema = metatype.find(pid.pid());
    if (schema.isEmpty()) {
      throw new ConfigurationException(
          where,
          "no bundle is configured by '"
              + pid.pid()
              + "'; accepted: "
              + String.join(", ", metatype.pids()));
    }
    if (schema.get().factory() && pid.name().isEmpty()) {
      throw new ConfigurationException(
          where,
          "'" + pid.pid() + "' is configured several times, by name; accepted: " + pid + "~NAME");
    }
    if (!schema.get().factory() && !pid.name().isEmpty()) {
      throw new ConfigurationException(
          where, "'" + pid.pid() + "' is configured once; leave '~" + pid.name() + "' out");
    }
  }

  private void convert() throws ConfigurationException {
    for (Map.Entry<Pid, Map<String, Setting>> entry : settings.entrySet()) {
      Map<String, Object> converted = new LinkedHashMap<>();
      Optional<Metatype.Schema> schema = metatype.find(entry.getKey().pid());
      for (Setting setting : entry.getValue().values()) {
        converted.put(
            setting.key(),
            schema.isEmpty() ? setting.value() : convert(entry.getKey(), schema.get(), setting));
      }
      values.put(entry.getKey(), converted);
    }
  }

  private static Object convert(Pid pid, Metatype.Schema schema, Setting setting)
      throws ConfigurationException {
    Attribute attribute = schema.attributes().get(setting.key());
    if (attribute == null) {
      throw new ConfigurationException(
          setting.where(),
          "unknown key '"
              + setting.key()
              + "'; "
              + pid.pid()
              + " accepts: "
              + String.join(", ", schema.attributes().keySet()));
    }
    try {
      return attribute.convert(setting.value());
    } catch (IllegalArgumentException wrong) {
      throw new ConfigurationException(setting.where(), String.valueOf(wrong.getMessage()));
    }
  }
}
