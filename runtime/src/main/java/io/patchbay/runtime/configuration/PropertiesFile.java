package io.patchbay.runtime.configuration;

import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/**
 * Reads Java properties with line numbers. Stricter than {@link Properties}: a line must have its
 * {@code =} or {@code :}, and a key comes once.
 */
final class PropertiesFile {
  /** No configuration of ours comes near it. */
  private static final long MAX_BYTES = 1 << 20;

  private PropertiesFile() {}

  static List<Setting> read(Path file) throws ConfigurationException {
    String text;
    try {
      if (Files.size(file) > MAX_BYTES) {
        throw new ConfigurationException(file.toString(), "is larger than 1 MB");
      }
      text = Files.readString(file, StandardCharsets.UTF_8);
    } catch (CharacterCodingException malformed) {
      throw new ConfigurationException(file.toString(), "is not UTF-8 text");
    } catch (IOException failed) {
      throw new ConfigurationException(
          file.toString(), "cannot be read (" + failed.getClass().getSimpleName() + ")");
    }
    return parse(file.toString(), text);
  }

  static List<Setting> parse(String file, String text) throws ConfigurationException {
    Map<String, Setting> settings = new LinkedHashMap<>();
    for (LogicalLine line : logicalLines(text)) {
      String where = file + ":" + line.number();
      Setting setting = setting(line.text(), where);
      Setting before = settings.putIfAbsent(setting.key(), setting);
      if (before != null) {
        throw new ConfigurationException(
            where, "'" + setting.key() + "' is given twice, first at " + before.where());
      }
    }
    return List.copyOf(settings.values());
  }

  private static Setting setting(String line, String where) throws ConfigurationException {
    int separator = separator(line);
    if (separator <= 0) {
      throw new ConfigurationException(where, "'" + line.strip() + "' is not key=value");
    }
    Properties one = new Properties();
    try {
      one.load(new StringReader(line));
    } catch (IOException | IllegalArgumentException malformed) {
      throw new ConfigurationException(
          where, "has a malformed \\u escape; accepted: \\u and four hexadecimal digits");
    }
    if (one.size() != 1) {
      throw new ConfigurationException(where, "'" + line.strip() + "' is not key=value");
    }
    String key = one.stringPropertyNames().iterator().next();
    if (key.isEmpty() || !key.equals(unescapedKey(line, separator))) {
      throw new ConfigurationException(where, "'" + line.strip() + "' is not key=value");
    }
    return new Setting(key, one.getProperty(key, "").strip(), where);
  }

  /** The key as written; one with escapes or blanks in it names nothing of ours. */
  private static String unescapedKey(String line, int separator) {
    return line.substring(0, separator).strip();
  }

  private static int separator(String line) {
    int equals = line.indexOf('=');
    int colon = line.indexOf(':');
    if (equals < 0 || colon < 0) {
      return Math.max(equals, colon);
    }
    return Math.min(equals, colon);
  }

  private record LogicalLine(int number, String text) {}

  /** Joins lines that end in an odd number of backslashes, drops comments and empty lines. */
  private static List<LogicalLine> logicalLines(String text) {
    List<LogicalLine> logical = new ArrayList<>();
    List<String> natural = text.lines().toList();
    for (int at = 0; at < natural.size(); at++) {
      int number = at + 1;
      String line = natural.get(at).stripLeading();
      if (line.isBlank() || line.startsWith("#") || line.startsWith("!")) {
        continue;
      }
      StringBuilder joined = new StringBuilder(line);
      while (continues(joined) && at + 1 < natural.size()) {
        at++;
        joined.setLength(joined.length() - 1);
        joined.append(natural.get(at).stripLeading());
      }
      logical.add(new LogicalLine(number, joined.toString()));
    }
    return logical;
  }

  private static boolean continues(CharSequence line) {
    int backslashes = 0;
    for (int at = line.length() - 1; at >= 0 && line.charAt(at) == '\\'; at--) {
      backslashes++;
    }
    return backslashes % 2 == 1;
  }
}
