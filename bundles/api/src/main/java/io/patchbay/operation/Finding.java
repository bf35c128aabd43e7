package io.patchbay.operation;

/**
 * Something wrong in a file.
 *
 * @param file path as the user knows it
 * @param line from 1; 0 when it concerns the whole file
 * @param message what is wrong and what is accepted
 */
public record Finding(Severity severity, String file, int line, String message) {
  /** How bad. */
  public enum Severity {
    WARNING,
    /** The file is refused. */
    ERROR
  }

  @Override
  public String toString() {
    return file
        + (line > 0 ? ":" + line : "")
        + ": "
        + severity.name().toLowerCase(java.util.Locale.ROOT)
        + ": "
        + message;
  }
}
