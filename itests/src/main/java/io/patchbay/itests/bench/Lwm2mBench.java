package io.patchbay.itests.bench;

import io.patchbay.itests.RunningHub;
import java.io.IOException;
import java.net.DatagramSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Devices that register for the first time and are observed, and notifications, of the hub, which
 * keeps both, and of bare Leshan; and how many can be registered in 1 GiB.
 */
final class Lwm2mBench {
  private static final int DEVICES = 256;
  private static final int MANY = 100_000;
  private static final double MANY_SECONDS = 150;
  private static final double SETTLE_SECONDS = 30;
  private static final String REGISTRATIONS = "registrations";
  private static final String FLEET = "registrations, room for a fleet";
  private static final String NOTIFICATIONS = "notifications";
  private static final String REGISTERED = "100,000 registered, 1 GiB";
  private static final String BARE = ", bare Leshan";
  private static final Pattern KEPT =
      Pattern.compile("(?m)^patchbay_journal_uplinks_total ([0-9.E]+)$");

  /** What the README advises for tens of thousands of devices. */
  private static final Map<String, String> ROOM = Map.of("PATCHBAY_HEAP", "1g");

  /** One property, which is observed; the hub would make more of the definitions. */
  private static final String PROFILE =
      """
      id: bench
      title: A thermometer
      thing: "{endpoint}"
      match: [ { protocol: lwm2m, endpoint: "bench-*" } ]
      properties:
        temperature: { type: number, unit: Cel, forms: [ { protocol: lwm2m, mediaType: application/senml+json, path: /3303/0/5700 } ] }
      """;

  private final Options options;
  private final Path work;

  Lwm2mBench(Options options, Path work) {
    this.options = options;
    this.work = work;
  }

  private record Rate(double perSecond, Lwm2mLoad.Result result, double cpuMicros) {}

  List<Measurement> run() throws IOException, InterruptedException, TimeoutException {
    List<Measurement> all = new ArrayList<>();
    if (options.wants(REGISTRATIONS)) {
      all.addAll(registrations(REGISTRATIONS, Map.of()));
    }
    if (options.wants(FLEET)) {
      all.addAll(registrations(FLEET, ROOM));
    }
    if (options.wants(NOTIFICATIONS)) {
      all.addAll(notifications());
    }
    if (options.wants(REGISTERED)) {
      all.add(many());
    }
    return all;
  }

  private static RunningHub hub(Path data, Map<String, String> environment)
      throws IOException, InterruptedException, TimeoutException {
    Files.createDirectories(data.resolve("routes"));
    // what is measured is taking and keeping; what goes north costs as much again
    Files.writeString(data.resolve("routes/readings-to-mqtt.camel.yaml"), "[]\n");
    Files.writeString(
        Files.createDirectories(data.resolve("device-profiles")).resolve("bench.yaml"), PROFILE);
    RunningHub hub =
        RunningHub.start(
            data,
            RunningHub.freeOffset(),
            environment,
            "io.patchbay.binding.lwm2m:unsecured=bench-*",
            "io.patchbay.binding.lwm2m:registrations=1000000");
    long until = System.nanoTime() + (long) (SETTLE_SECONDS * 1e9);
    while (!hub.get("/health").body().contains("127.0.0.1:" + port(hub))) {
      if (System.nanoTime() > until) {
        throw new TimeoutException("LwM2M does not listen");
      }
    }
    return hub;
  }

  private static int port(RunningHub hub) {
    return 5683 + hub.offset();
  }

  /** Hub and floor, each with devices of its own. */
  private interface Round {
    void play(RunningHub hub, Lwm2mLoad toHub, Subject bare, Lwm2mLoad toBare)
        throws IOException, InterruptedException, TimeoutException;
  }

  private double beside(Path data, Map<String, String> environment, Round round)
      throws IOException, InterruptedException, TimeoutException {
    int devices = options.outstanding(DEVICES);
    int port = freePort();
    try (RunningHub hub = hub(data, environment);
        Subject bare = Subject.java("bare Leshan", PlainLeshan.class, port, 0);
        Lwm2mLoad toHub = new Lwm2mLoad(port(hub), devices);
        Lwm2mLoad toBare = new Lwm2mLoad(port, devices)) {
      round.play(hub, toHub, bare, toBare);
      return Usage.rssMb(hub.pid());
    }
  }

  private List<Measurement> registrations(String name, Map<String, String> environment)
      throws IOException, InterruptedException, TimeoutException {
    List<Rate> ours = new ArrayList<>();
    List<Rate> floors = new ArrayList<>();
    double rss =
        beside(
            work.resolve("registrations" + environment.size()),
            environment,
            (hub, toHub, bare, toBare) -> {
              Lwm2mLoad.Result unused = toBare.registerAgain(options.warm() / 2.0);
              unused = toHub.registerAgain(options.warm());
              int most = (MANY - MANY / 4) / options.rounds();
              for (int i = 0; i < options.rounds(); i++) {
                Rate own = rate(hub.pid(), () -> toHub.register(options.seconds(), most));
                int many = (int) own.result().answered(); // both know as many devices
                ours.add(own);
                floors.add(rate(bare.pid(), () -> toBare.register(options.seconds(), many)));
              }
            });
    return pair(name, ours, floors, rss);
  }

  private List<Measurement> notifications()
      throws IOException, InterruptedException, TimeoutException {
    List<Rate> ours = new ArrayList<>();
    List<Rate> floors = new ArrayList<>();
    double rss =
        beside(
            work.resolve("notifications"),
            Map.of(),
            (hub, toHub, bare, toBare) -> {
              toBare.arrive(SETTLE_SECONDS);
              toHub.arrive(SETTLE_SECONDS);
              Lwm2mLoad.Result unused = toBare.notify(options.warm() / 2.0);
              unused = toHub.notify(options.warm() / 2.0);
              for (int i = 0; i < options.rounds(); i++) {
                floors.add(rate(bare.pid(), () -> toBare.notify(options.seconds())));
                ours.add(kept(hub, toHub));
              }
            });
    return pair(NOTIFICATIONS, ours, floors, rss);
  }

  private static List<Measurement> pair(
      String name, List<Rate> ours, List<Rate> floors, double rss) {
    return List.of(
        measurement(name + BARE, median(floors), name, median(floors), 0),
        measurement(name, median(ours), name, median(floors), rss));
  }

  private interface Work {
    Lwm2mLoad.Result run() throws IOException;
  }

  private static Rate rate(long pid, Work work) throws IOException {
    long cpu = Usage.cpuMicros(pid);
    Lwm2mLoad.Result result = work.run();
    return new Rate(
        result.perSecond(),
        result,
        (Usage.cpuMicros(pid) - cpu) / (double) Math.max(1, result.answered()));
  }

  /** What the journal holds counts, and the time until it does. */
  private Rate kept(RunningHub hub, Lwm2mLoad load) throws IOException, InterruptedException {
    double before = quiet(hub);
    long begun = System.nanoTime();
    Rate rate = rate(hub.pid(), () -> load.notify(options.seconds()));
    double after = quiet(hub);
    double acknowledged = rate.result().answered();
    if (after - before < acknowledged) {
      System.err.println(acknowledged - (after - before) + " notifications are not in the journal");
    }
    double lasted = Math.max(rate.result().seconds(), (System.nanoTime() - begun) / 1e9 - QUIET);
    return new Rate(
        Math.min(acknowledged, after - before) / lasted, rate.result(), rate.cpuMicros());
  }

  private static final double QUIET = 0.2;

  /** Entries of the journal, when for so long none has come. */
  private static double quiet(RunningHub hub) throws IOException, InterruptedException {
    double last = -1;
    long since = System.nanoTime();
    while (System.nanoTime() - since < QUIET * 1e9) {
      Matcher entries = KEPT.matcher(hub.get("/metrics").body());
      double now = entries.find() ? Double.parseDouble(entries.group(1)) : 0;
      if (now != last) {
        last = now;
        since = System.nanoTime();
      }
    }
    return last;
  }

  private Measurement many() throws IOException, InterruptedException, TimeoutException {
    Path data = work.resolve("many");
    try (RunningHub hub = hub(data, ROOM);
        Lwm2mLoad load = new Lwm2mLoad(port(hub), 256)) {
      Rate rate = rate(hub.pid(), () -> load.register(MANY_SECONDS, MANY));
      double unused = quiet(hub);
      return new Measurement(
          REGISTERED,
          rate.result().answered(),
          "devices",
          REGISTERED,
          MANY,
          rate.result().p50Ms(),
          rate.result().p99Ms(),
          rate.cpuMicros(),
          Usage.rssMb(hub.pid()));
    }
  }

  private static Rate median(List<Rate> rates) {
    return rates.stream()
        .sorted(Comparator.comparingDouble(Rate::perSecond))
        .toList()
        .get(rates.size() / 2);
  }

  private static Measurement measurement(
      String name, Rate own, String unit, Rate floor, double rss) {
    return new Measurement(
        name,
        own.perSecond(),
        unit.substring(0, 5) + "./s",
        unit + BARE,
        floor.perSecond(),
        own.result().p50Ms(),
        own.result().p99Ms(),
        own.cpuMicros(),
        rss);
  }

  private static int freePort() throws IOException {
    try (DatagramSocket probe = new DatagramSocket(0)) {
      return probe.getLocalPort();
    }
  }
}
