package io.patchbay.itests.prove;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a proof measures besides the common figures, and what it finds wrong, in words. */
final class Findings {
  private final Map<String, Long> figures = new LinkedHashMap<>();
  private final List<String> problems = new ArrayList<>();

  void figure(String name, long value) {
    figures.put(name, value);
  }

  long figure(String name) {
    return figures.getOrDefault(name, 0L);
  }

  void count(String name) {
    figures.merge(name, 1L, Long::sum);
  }

  /** Keeps the largest. */
  void atLeast(String name, long value) {
    figures.merge(name, value, Math::max);
  }

  void expect(boolean holds, String otherwise) {
    if (!holds) {
      System.err.println("does not hold: " + otherwise);
      problems.add(otherwise);
    }
  }

  Map<String, Long> figures() {
    return Map.copyOf(figures);
  }

  List<String> problems() {
    return List.copyOf(problems);
  }
}
