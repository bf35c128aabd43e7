package io.patchbay.profiles;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Collections;
import java.util.Map;

/**
 * A YAML file as a tree, with the line of everything in it.
 *
 * @param lines by JSON Pointer (RFC 6901); a member's line is that of its key
 */
record YamlDocument(JsonNode root, Map<String, Integer> lines) {
  YamlDocument {
    lines = Collections.unmodifiableMap(lines);
  }

  /** The line of what the pointer names, or of the nearest thing around it that exists. */
  int line(String pointer) {
    String at = pointer;
    while (true) {
      Integer line = lines.get(at);
      if (line != null) {
        return line;
      }
      if (at.isEmpty()) {
        return 0;
      }
      at = at.substring(0, Math.max(0, at.lastIndexOf('/')));
    }
  }

  /** A member's pointer. */
  static String below(String pointer, String name) {
    return pointer + '/' + name.replace("~", "~0").replace("/", "~1");
  }
}
