package io.patchbay.deployer;

import io.patchbay.operation.Metrics.Sample;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** Counts what the deployer did. */
final class Tally {
  private record Act(String operation, String result) {}

  private final Map<Act, LongAdder> acts = new ConcurrentHashMap<>();
  private final Map<String, Duration> away = new ConcurrentHashMap<>();

  void count(String operation, String result) {
    acts.computeIfAbsent(new Act(operation, result), act -> new LongAdder()).increment();
  }

  void away(String symbolicName, Duration time) {
    away.put(symbolicName, time);
  }

  List<Sample> samples() {
    List<Sample> samples = new ArrayList<>();
    acts.forEach(
        (act, count) ->
            samples.add(
                Sample.counter(
                    "patchbay_deployer_operations_total",
                    "Bundles deployed and removed, by result.",
                    Map.of("operation", act.operation(), "result", act.result()),
                    count.doubleValue())));
    away.forEach(
        (name, time) ->
            samples.add(
                Sample.gauge(
                    "patchbay_deployer_away_seconds",
                    "How long a bundle was away when it was last replaced.",
                    Map.of("bundle", name),
                    time.toNanos() / 1e9)));
    return samples;
  }
}
