package io.patchbay.profiles.foreign;

import com.fasterxml.jackson.databind.JsonNode;
import io.patchbay.operation.Finding;
import io.patchbay.operation.Finding.Severity;
import java.util.List;
import java.util.function.ToIntFunction;

/**
 * A file that is imported, and what is to be said of it.
 *
 * @param name path as the user knows it
 * @param tree of JSON or YAML; nothing of other texts
 * @param line where something of the tree stands, by JSON Pointer
 * @param findings takes what is wrong
 */
public record Source(
    String name, String text, JsonNode tree, ToIntFunction<String> line, List<Finding> findings) {

  void error(String pointer, String message) {
    errorAt(line.applyAsInt(pointer), message);
  }

  void errorAt(int at, String message) {
    findings.add(new Finding(Severity.ERROR, name, at, message));
  }

  void warn(String pointer, String message) {
    findings.add(new Finding(Severity.WARNING, name, line.applyAsInt(pointer), message));
  }
}
