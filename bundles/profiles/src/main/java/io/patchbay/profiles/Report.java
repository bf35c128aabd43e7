package io.patchbay.profiles;

import io.patchbay.operation.Finding;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The findings of one file, gathered. */
final class Report {
  /** More than this help nobody. */
  private static final int MOST = 100;

  private final String file;
  private final List<Finding> findings = new ArrayList<>();

  /**
   * @param file path as the user knows it
   */
  Report(String file) {
    this.file = file;
  }

  String file() {
    return file;
  }

  void error(int line, String message) {
    add(Finding.Severity.ERROR, line, message);
  }

  void warn(int line, String message) {
    add(Finding.Severity.WARNING, line, message);
  }

  private void add(Finding.Severity severity, int line, String message) {
    Finding finding = new Finding(severity, file, line, message);
    if (findings.size() < MOST && !findings.contains(finding)) {
      findings.add(finding);
    }
  }

  boolean refused() {
    return findings.stream().anyMatch(f -> f.severity() == Finding.Severity.ERROR);
  }

  /** By line. */
  List<Finding> findings() {
    return findings.stream().sorted(Comparator.comparingInt(Finding::line)).toList();
  }
}
