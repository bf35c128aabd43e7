package io.patchbay.itests.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeoutException;

/**
 * The hub and its floors on one mosquitto, QoS 1 in and out, one after the other in each
 * repetition; the rate with so many messages under way, then latency at half of that rate.
 */
final class MqttBench {
  private static final int DEVICES = 100;
  private static final String FLOOR = "HiveMQ relay";

  private final Options options;
  private final Path work;

  MqttBench(Options options, Path work) {
    this.options = options;
    this.work = work;
  }

  /** How to begin a subject. */
  private interface Start {
    Subject on(int port, Path data) throws IOException, InterruptedException, TimeoutException;
  }

  private record Case(String name, Start start) {}

  private record Both(Load.Result fast, Load.Result half) {}

  List<Measurement> run() throws IOException, InterruptedException, TimeoutException {
    Fleet fleet = new Fleet(DEVICES);
    List<Case> cases =
        List.of(
            new Case(FLOOR, (port, data) -> Subject.java(FLOOR, HiveRelay.class, port)),
            new Case(
                "plain Camel", (port, data) -> Subject.java("plain Camel", PlainCamel.class, port)),
            new Case("hub, broker outside", (port, data) -> Subject.external(data, fleet, port)),
            new Case("hub, own broker", (port, data) -> Subject.embedded(data, fleet)));
    List<Case> wanted = cases.stream().filter(one -> one.name().contains(options.only())).toList();
    List<List<Both>> results = new ArrayList<>();
    wanted.forEach(one -> results.add(new ArrayList<>()));
    for (int round = 0; round < options.rounds(); round++) {
      for (int i = 0; i < wanted.size(); i++) {
        Path folder = work.resolve("mqtt-" + round + "-" + i);
        try (PlainBroker broker = PlainBroker.start(folder.resolve("broker"));
            Subject subject = wanted.get(i).start().on(broker.port(), folder.resolve("data"))) {
          Both both = measure(fleet, subject);
          results.get(i).add(both);
          System.err.printf(
              "%s, round %d: %.0f msg/s%n", subject.name(), round + 1, both.fast().rate());
        }
      }
    }
    return summarise(wanted, results);
  }

  private Both measure(Fleet fleet, Subject subject) throws IOException, InterruptedException {
    Duration warm = Duration.ofMillis(options.seconds() * 500L);
    Duration time = Duration.ofSeconds(options.seconds());
    try (Load load = new Load(fleet, subject.pid(), subject.port(), subject.login())) {
      Load.Result fast = load.closed(options.outstanding(), warm, time);
      return new Both(fast, load.paced(fast.rate() / 2, warm.dividedBy(4), time));
    }
  }

  private static List<Measurement> summarise(List<Case> cases, List<List<Both>> results) {
    double floor = 0;
    List<Both> medians = new ArrayList<>();
    for (int i = 0; i < cases.size(); i++) {
      List<Both> sorted = new ArrayList<>(results.get(i));
      sorted.sort(Comparator.comparingDouble(both -> both.fast().rate()));
      Both median = sorted.get(sorted.size() / 2);
      medians.add(median);
      if (cases.get(i).name().equals(FLOOR)) {
        floor = median.fast().rate();
      }
    }
    List<Measurement> all = new ArrayList<>();
    for (int i = 0; i < cases.size(); i++) {
      Both median = medians.get(i);
      all.add(
          new Measurement(
              cases.get(i).name(),
              median.fast().rate(),
              "messages/s",
              FLOOR,
              floor,
              median.half().p50Ms(),
              median.half().p99Ms(),
              median.fast().cpuMicrosPerMessage(),
              median.fast().rssMb()));
    }
    return all;
  }
}
