package io.patchbay.runtime.configuration;

import java.util.regex.Pattern;

/**
 * What a configuration is for.
 *
 * @param pid of the component, or of the factory when there is a name
 * @param name tells the configurations of a factory apart; empty for a single configuration
 */
public record Pid(String pid, String name) {
  private static final Pattern FORM =
      Pattern.compile("[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*(~[A-Za-z0-9_.-]+)?");

  static Pid parse(String text, String where) throws ConfigurationException {
    if (!FORM.matcher(text).matches()) {
      throw new ConfigurationException(
          where, "'" + text + "' names no configuration; accepted: pid, or factory.pid~name");
    }
    int tilde = text.indexOf('~');
    return tilde < 0
        ? new Pid(text, "")
        : new Pid(text.substring(0, tilde), text.substring(tilde + 1));
  }

  @Override
  public String toString() {
    return name.isEmpty() ? pid : pid + "~" + name;
  }
}
