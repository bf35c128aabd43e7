package io.patchbay.security;

import io.patchbay.access.Audit.Act;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One act as one line of JSON (RFC 8259): an object of five texts in fixed order. */
final class AuditLine {
  private static final List<String> KEYS = List.of("at", "who", "act", "on", "result");
  private static final int MAX_TEXT = 1000;

  private final String line;
  private int next;

  private AuditLine(String line) {
    this.line = line;
  }

  static String write(Act act) {
    List<String> values =
        List.of(act.at().toString(), act.who(), act.act(), act.on(), act.result());
    StringBuilder out = new StringBuilder(256);
    for (int i = 0; i < KEYS.size(); i++) {
      out.append(i == 0 ? "{\"" : ",\"").append(KEYS.get(i)).append("\":\"");
      escape(values.get(i), out);
      out.append('"');
    }
    return out.append("}\n").toString();
  }

  /** Empty when it is not such a line, whole. */
  static Optional<Act> read(String text) {
    AuditLine reader = new AuditLine(text);
    List<String> values = new ArrayList<>();
    for (int i = 0; i < KEYS.size(); i++) {
      String value =
          reader.skip((i == 0 ? "{\"" : ",\"") + KEYS.get(i) + "\":\"") ? reader.text() : null;
      if (value == null) {
        return Optional.empty();
      }
      values.add(value);
    }
    if (!reader.skip("}") || reader.next != text.length()) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new Act(
              Instant.parse(values.get(0)),
              values.get(1),
              values.get(2),
              values.get(3),
              values.get(4)));
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  private static void escape(String text, StringBuilder out) {
    int end = Math.min(text.length(), MAX_TEXT);
    for (int i = 0; i < end; i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c < ' ' || c == 0x7f || Character.isSurrogate(c)) {
        out.append(String.format("\\u%04x", (int) c));
      } else {
        out.append(c);
      }
    }
    if (end < text.length()) {
      out.append('…');
    }
  }

  private boolean skip(String expected) {
    boolean there = line.startsWith(expected, next);
    next += there ? expected.length() : 0;
    return there;
  }

  /** What stands before the closing quote; null when there is none or an escape is broken. */
  private @Nullable String text() {
    StringBuilder out = new StringBuilder();
    while (next < line.length()) {
      char c = line.charAt(next++);
      if (c == '"') {
        return out.toString();
      }
      if (c != '\\') {
        out.append(c);
      } else if (next < line.length() && line.charAt(next) != 'u') {
        out.append(line.charAt(next++));
      } else {
        try {
          // four digits and no sign, which parseInt would take
          out.append((char) HexFormat.fromHexDigits(line, next + 1, next + 5));
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
          return null;
        }
        next += 5;
      }
    }
    return null;
  }
}
