package io.patchbay.security;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What names of tokens, users and secrets may look like. */
final class Names {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");
  private static final Pattern USER = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._@-]{0,63}");

  private Names() {}

  static void checkName(String what, String name) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "the name of a "
              + what
              + " has 1 to 64 of A-Z a-z 0-9 . _ - and \""
              + shortened(name)
              + "\" does not fit");
    }
  }

  /** Users beginning with {@code patchbay-} are the hub's own. */
  static void checkUser(String user) {
    if (!USER.matcher(user).matches()) {
      throw new IllegalArgumentException(
          "a user has 1 to 64 of A-Z a-z 0-9 . _ @ - and begins with a letter or digit; \""
              + shortened(user)
              + "\" does not fit");
    }
    if (user.startsWith("patchbay-")) {
      throw new IllegalArgumentException(
          "users beginning with patchbay- are the hub's own; choose another name than " + user);
    }
  }

  /** MQTT 5.0, clause 4.7.1: {@code #} alone at the end, {@code +} alone in its level. */
  static void checkFilter(String filter) {
    String wrong = fault(filter);
    if (wrong != null) {
      throw new IllegalArgumentException("the topic filter \"" + shortened(filter) + "\" " + wrong);
    }
  }

  private static @Nullable String fault(String filter) {
    if (filter.isEmpty() || filter.length() > 1024) {
      return "must have 1 to 1024 characters";
    }
    if (filter.startsWith("$")) {
      return "begins with $: such topics are the broker's own";
    }
    if (filter.chars().anyMatch(Character::isISOControl)) {
      return "has a control character";
    }
    String[] levels = filter.split("/", -1);
    for (int i = 0; i < levels.length; i++) {
      String level = levels[i];
      if (level.contains("#") && (level.length() > 1 || i < levels.length - 1)) {
        return "may have # only as its last level";
      }
      if (level.contains("+") && level.length() > 1) {
        return "may have + only as a whole level";
      }
    }
    return null;
  }

  private static String shortened(String text) {
    String head = text.length() > 80 ? text.substring(0, 80) + "…" : text;
    return head.replaceAll("\\p{Cntrl}", "?");
  }
}
