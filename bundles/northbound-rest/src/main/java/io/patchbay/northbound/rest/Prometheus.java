package io.patchbay.northbound.rest;

import io.patchbay.operation.Metrics;
import io.patchbay.operation.Metrics.Sample;
import io.patchbay.thing.SenMl;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Prometheus text format 0.0.4: all samples of a name together, under one HELP and TYPE. */
final class Prometheus {
  static final String MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private Prometheus() {}

  static String text(List<Sample> samples) {
    Map<String, List<Sample>> byName = new TreeMap<>();
    for (Sample sample : samples) {
      if (sample.name().matches("[a-zA-Z_:][a-zA-Z0-9_:]*")) {
        byName.computeIfAbsent(sample.name(), name -> new ArrayList<>()).add(sample);
      }
    }
    StringBuilder out = new StringBuilder();
    byName.forEach(
        (name, same) -> {
          Sample first = same.get(0);
          String type = first.kind() == Metrics.Kind.COUNTER ? "counter" : "gauge";
          out.append("# HELP ")
              .append(name)
              .append(' ')
              .append(escape(first.help(), false))
              .append('\n');
          out.append("# TYPE ").append(name).append(' ').append(type).append('\n');
          for (Sample sample : same) {
            out.append(name)
                .append(labels(sample))
                .append(' ')
                .append(value(sample.value()))
                .append('\n');
          }
        });
    return out.toString();
  }

  private static String labels(Sample sample) {
    return sample.labels().isEmpty()
        ? ""
        : new TreeMap<>(sample.labels())
            .entrySet().stream()
                .map(label -> label.getKey() + "=\"" + escape(label.getValue(), true) + '"')
                .collect(Collectors.joining(",", "{", "}"));
  }

  private static String escape(String text, boolean quotes) {
    String escaped = text.replace("\\", "\\\\").replace("\n", "\\n");
    return quotes ? escaped.replace("\"", "\\\"") : escaped;
  }

  private static String value(double value) {
    if (Double.isNaN(value)) {
      return "NaN";
    }
    return Double.isInfinite(value) ? (value > 0 ? "+Inf" : "-Inf") : SenMl.number(value);
  }
}
