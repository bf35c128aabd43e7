package io.patchbay.operation;

import java.util.List;
import java.util.Map;

/** Whiteboard service: measurements of one room, taken when somebody asks. Must not block. */
public interface Metrics {
  List<Sample> samples();

  /**
   * @param name Prometheus style, {@code patchbay_uplink_frames_total}; counters end in {@code
   *     _total}
   * @param help one sentence
   */
  record Sample(String name, String help, Kind kind, Map<String, String> labels, double value) {
    public Sample {
      labels = Map.copyOf(labels);
    }

    public static Sample counter(
        String name, String help, Map<String, String> labels, double value) {
      return new Sample(name, help, Kind.COUNTER, labels, value);
    }

    public static Sample gauge(String name, String help, Map<String, String> labels, double value) {
      return new Sample(name, help, Kind.GAUGE, labels, value);
    }
  }

  /** Kinds of measurement. */
  enum Kind {
    COUNTER,
    GAUGE
  }
}
