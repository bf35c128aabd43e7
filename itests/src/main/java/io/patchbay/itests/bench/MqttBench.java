package io.patchbay.itests.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeoutException;

/**
 * The hub beside its floors: through one mosquitto each, and with the load generator as the broker.
 * Each subject is started and warmed up once; then each repetition measures one after the other,
 * the rate with so many messages under way, and the latency at half of the first of these rates.
 */
final class MqttBench {
  private static final int DEVICES = 100;
  private static final int MANY_DEVICES = 10_000;
  private static final int MANY_PROFILES = 52;
  private static final int MANY_ROUTES = 20;
  private static final Duration RAMP = Duration.ofMillis(500);
  private static final String RELAY = "HiveMQ relay";
  private static final String HUB = "hub";

  private final Options options;
  private final Path work;
  private final Fleet fleet = new Fleet(DEVICES);
  private int folders;

  MqttBench(Options options, Path work) {
    this.options = options;
    this.work = work;
  }

  /** A subject under load, and what ends with it. */
  private static final class Trial implements AutoCloseable {
    final Deque<AutoCloseable> open = new ArrayDeque<>();
    Optional<Load> load = Optional.empty();

    <T extends AutoCloseable> T with(T part) {
      open.push(part);
      return part;
    }

    Trial under(Load running) {
      load = Optional.of(with(running));
      return this;
    }

    @Override
    public void close() throws IOException {
      while (!open.isEmpty()) {
        try {
          open.pop().close();
        } catch (IOException | RuntimeException e) {
          throw e;
        } catch (Exception e) {
          throw new IOException("a subject did not end", e);
        }
      }
    }
  }

  private interface Start {
    void of(Trial trial, Path folder) throws Exception;
  }

  private record Case(String name, String floor, Start start) {}

  private record Outcome(Load.Result fast, Load.Result half) {}

  List<Measurement> run() throws Exception {
    List<Measurement> all = new ArrayList<>();
    all.addAll(group(throughMosquitto()));
    all.addAll(group(straight()));
    all.addAll(group(unkept()));
    return all;
  }

  private List<Case> throughMosquitto() {
    Fleet many = new Fleet(MANY_DEVICES, MANY_PROFILES, true);
    return List.of(
        new Case(RELAY, RELAY, outside(fleet, (port, data) -> relay(port))),
        new Case("plain Camel", RELAY, outside(fleet, (port, data) -> camel(port, 1))),
        new Case(HUB, RELAY, outside(fleet, (port, data) -> hub(data, fleet, port))),
        new Case(
            "hub, sync=normal",
            RELAY,
            outside(
                fleet,
                (port, data) ->
                    Subject.external(
                        data, fleet, port, 1, 1, "io.patchbay.journal.sqlite:sync=normal"))),
        new Case(
            "hub, 10,000 things",
            HUB,
            outside(many, (port, data) -> Subject.external(data, many, port, 1, MANY_ROUTES))),
        new Case("hub, own broker", RELAY, this::ownBroker));
  }

  private List<Case> straight() {
    return List.of(
        new Case("relay, no broker", "relay, no broker", straight(fleet, 1, (p, d) -> relay(p))),
        new Case(
            "hub, no broker",
            "relay, no broker",
            straight(fleet, 1, (port, data) -> hub(data, fleet, port))));
  }

  private List<Case> unkept() {
    Fleet volatileFleet = new Fleet(DEVICES, Fleet.KINDS.size(), false);
    return List.of(
        new Case(
            "plain Camel, QoS 0", "plain Camel, QoS 0", straight(fleet, 0, (p, d) -> camel(p, 0))),
        new Case(
            "hub, QoS 0, not kept",
            "plain Camel, QoS 0",
            straight(
                volatileFleet,
                0,
                (port, data) -> Subject.external(data, volatileFleet, port, 0, 1))));
  }

  private interface Subjects {
    Subject start(int port, Path data) throws IOException, InterruptedException, TimeoutException;
  }

  private static Subject relay(int port) throws IOException {
    return Subject.java(RELAY, HiveRelay.class, port, 1);
  }

  private static Subject camel(int port, int qos) throws IOException {
    return Subject.java("plain Camel", PlainCamel.class, port, qos);
  }

  private static Subject hub(Path data, Fleet fleet, int port)
      throws IOException, InterruptedException, TimeoutException {
    return Subject.external(data, fleet, port, 1, 1);
  }

  private static Start outside(Fleet fleet, Subjects subjects) {
    return (trial, folder) -> {
      PlainBroker broker = trial.with(PlainBroker.start(folder.resolve("broker")));
      Subject subject = trial.with(subjects.start(broker.port(), folder.resolve("data")));
      trial.under(
          new Load(
              fleet, subject.pid(), receiver -> Load.through(broker.port(), List.of(), receiver)));
    };
  }

  private void ownBroker(Trial trial, Path folder) throws Exception {
    Subject subject = trial.with(Subject.embedded(folder.resolve("data"), fleet));
    List<String> login = subject.login();
    trial.under(
        new Load(fleet, subject.pid(), receiver -> Load.through(subject.port(), login, receiver)));
  }

  private static Start straight(Fleet fleet, int qos, Subjects subjects) {
    return (trial, folder) -> {
      Switch receiver = new Switch();
      LoadBroker broker = trial.with(new LoadBroker(qos, receiver));
      Subject subject = trial.with(subjects.start(broker.port(), folder.resolve("data")));
      broker.awaitListener(Fleet.KINDS.size());
      trial.under(
          new Load(
              fleet,
              subject.pid(),
              to -> {
                receiver.to = to;
                return broker;
              }));
    };
  }

  /** The broker is there before the load, which needs the subject, which needs the broker. */
  private static final class Switch implements MqttPeer.Receiver {
    private volatile MqttPeer.Receiver to = (topic, payload) -> {};

    @Override
    public void received(String topic, byte[] payload) {
      to.received(topic, payload);
    }
  }

  private List<Integer> loads() {
    return options.outstanding() > 0 ? List.of(options.outstanding()) : List.of(256, 1_024);
  }

  private List<Measurement> group(List<Case> cases) throws Exception {
    List<Case> wanted = cases.stream().filter(one -> options.wants(one.name())).toList();
    Map<String, List<Outcome>> outcomes = new LinkedHashMap<>();
    try (Trial all = new Trial()) {
      List<Trial> trials = new ArrayList<>();
      for (Case one : wanted) {
        Trial trial = all.with(new Trial());
        Path folder = Files.createDirectories(work.resolve("mqtt-" + folders++));
        one.start().of(trial, folder);
        trial
            .load
            .orElseThrow()
            .closed(loads().get(0), Duration.ZERO, Duration.ofSeconds(options.warm()));
        trials.add(trial);
      }
      for (int round = 0; round < options.rounds(); round++) {
        for (int i = 0; i < wanted.size(); i++) {
          measure(wanted.get(i).name(), trials.get(i).load.orElseThrow(), outcomes);
        }
      }
    }
    return summarise(wanted, outcomes);
  }

  private void measure(String name, Load load, Map<String, List<Outcome>> outcomes)
      throws IOException, InterruptedException {
    Duration time = Duration.ofSeconds(options.seconds());
    for (int outstanding : loads()) {
      Load.Result fast = load.closed(outstanding, RAMP, time);
      // latency is a matter of the rate: once is enough
      Load.Result half =
          outstanding == loads().get(0)
              ? load.paced(fast.rate() / 2, RAMP, time)
              : new Load.Result(0, 0, 0, 0, 0);
      String key = key(name, outstanding);
      outcomes.computeIfAbsent(key, made -> new ArrayList<>()).add(new Outcome(fast, half));
      System.err.printf(
          "%s: %.0f msg/s, %.1f us; at half p50 %.2f ms, p99 %.2f ms%n",
          key, fast.rate(), fast.cpuMicrosPerMessage(), half.p50Ms(), half.p99Ms());
    }
  }

  private static String key(String name, int outstanding) {
    return name + ", " + outstanding;
  }

  private List<Measurement> summarise(List<Case> cases, Map<String, List<Outcome>> outcomes) {
    List<Measurement> all = new ArrayList<>();
    for (int outstanding : loads()) {
      for (Case one : cases) {
        Outcome own = median(outcomes.getOrDefault(key(one.name(), outstanding), List.of()));
        String floor = key(one.floor(), outstanding);
        List<Outcome> floors = outcomes.getOrDefault(floor, List.of());
        all.add(
            new Measurement(
                key(one.name(), outstanding),
                own.fast().rate(),
                "messages/s",
                floor,
                floors.isEmpty() ? 0 : median(floors).fast().rate(),
                own.half().p50Ms(),
                own.half().p99Ms(),
                own.fast().cpuMicrosPerMessage(),
                own.fast().rssMb()));
      }
    }
    return all;
  }

  private static Outcome median(List<Outcome> outcomes) {
    return outcomes.stream()
        .sorted(Comparator.comparingDouble((Outcome one) -> one.fast().rate()))
        .toList()
        .get(outcomes.size() / 2);
  }
}
