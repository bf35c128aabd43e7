package io.patchbay.itests.bench;

import io.patchbay.itests.RunningHub;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;

/**
 * Requests per second on one connection, of the hub and of a bare loop that asks, waits and asks
 * again: over TCP, by Camel's client and by a socket alone, with devices that take so long to
 * answer, and on a serial line. Each request is one reading of one thing, which the hub keeps.
 */
final class ModbusBench {
  private static final int THINGS = 100;
  private static final int BAUD = 115_200;
  private static final long THINKING_ON_LINES = 2_000_000;
  private static final int PATIENCE_SECONDS = 30;

  /** A device, and how a bare loop speaks to it. */
  private record Case(String name, boolean line, long thinkingNanos) {}

  private static final List<Case> CASES =
      List.of(
          new Case("TCP, 0 ms", false, 0),
          new Case("TCP, 1 ms", false, 1_000_000),
          new Case("TCP, 5 ms", false, 5_000_000),
          new Case("RTU, " + BAUD + " baud", true, THINKING_ON_LINES));

  private final Options options;
  private final Path work;

  ModbusBench(Options options, Path work) {
    this.options = options;
    this.work = work;
  }

  List<Measurement> run() throws IOException, InterruptedException, TimeoutException {
    List<Measurement> all = new ArrayList<>();
    for (Case one : CASES) {
      if (options.wants(one.name()) && one.line()) {
        all.addAll(measure(one, ModbusLoop.Kind.LINE));
      } else if (options.wants(one.name())) {
        all.addAll(measure(one, ModbusLoop.Kind.CAMEL));
        all.addAll(measure(one, ModbusLoop.Kind.SOCKET));
      }
    }
    return all;
  }

  private record Rate(double perSecond, double cpuMicros) {}

  private List<Measurement> measure(Case one, ModbusLoop.Kind kind)
      throws IOException, InterruptedException, TimeoutException {
    String name = one.name() + (one.line() ? "" : " by " + kind.words());
    Path data = work.resolve(name.replaceAll("[^A-Za-z0-9]+", "-"));
    try (ModbusPeer peer = peer(one);
        ModbusPeer bare = peer(one)) {
      prepare(data, one, peer.port());
      List<Rate> ours = new ArrayList<>();
      List<Rate> floors = new ArrayList<>();
      double rss;
      try (RunningHub hub = RunningHub.start(data, RunningHub.freeOffset());
          ModbusLoop loop = ModbusLoop.of(kind, bare.port(), THINGS)) {
        warm(peer);
        Rate unused = bare(loop, bare, hub);
        for (int round = 0; round < options.rounds(); round++) {
          ours.add(rate(peer, hub.pid()));
          floors.add(bare(loop, bare, hub));
        }
        rss = Usage.rssMb(hub.pid());
      }
      Rate own = median(ours);
      Rate floor = median(floors);
      String floorName = "loop, " + name;
      return List.of(
          measurement(floorName, floor, floorName, floor, 0),
          measurement("hub, " + name, own, floorName, floor, rss));
    }
  }

  private static Measurement measurement(
      String name, Rate own, String floorName, Rate floor, double rss) {
    return new Measurement(
        name,
        own.perSecond(),
        "requests/s",
        floorName,
        floor.perSecond(),
        own.perSecond() == 0 ? 0 : 1_000 / own.perSecond(),
        0,
        own.cpuMicros(),
        rss);
  }

  private static Rate median(List<Rate> rates) {
    return rates.stream()
        .sorted(Comparator.comparingDouble(Rate::perSecond))
        .toList()
        .get(rates.size() / 2);
  }

  private static ModbusPeer peer(Case one) throws IOException {
    return one.line()
        ? ModbusPeer.line(247, 0, BAUD, one.thinkingNanos(), (device, unit, nanos) -> {})
        : ModbusPeer.tcp(1, one.thinkingNanos(), (device, unit, nanos) -> {});
  }

  /** More things than one connection can serve, so that somebody always waits for it. */
  private static void prepare(Path data, Case one, int port) throws IOException {
    StringBuilder profile =
        new StringBuilder("id: bench-modbus\ntitle: Many requests\nproperties:\n");
    for (int i = 0; i < ModbusLoop.POINTS; i++) {
      profile.append(
          "  p%d: { type: integer, poll: 10ms, forms: [ { protocol: modbus, address: %d, gap: 0 } ] }%n"
              .formatted(i, i * ModbusLoop.APART));
    }
    StringBuilder things = new StringBuilder();
    for (int unit = 1; unit <= THINGS; unit++) {
      things.append(
          "- { id: modbus-%d, profile: bench-modbus, base: \"modbus://bench\", terms: { unit: %d } }%n"
              .formatted(unit, unit));
    }
    Files.createDirectories(data.resolve("device-profiles"));
    Files.createDirectories(data.resolve("things"));
    Files.createDirectories(data.resolve("conf"));
    Files.createDirectories(data.resolve("routes"));
    // what is measured is asking and keeping; what goes north costs as much again
    Files.writeString(data.resolve("routes/readings-to-mqtt.camel.yaml"), "[]\n");
    Files.writeString(data.resolve("device-profiles/bench-modbus.yaml"), profile);
    Files.writeString(data.resolve("things/bench.yaml"), things);
    Files.writeString(
        data.resolve("conf/io.patchbay.binding.modbus.connection~bench.cfg"),
        "url = %stcp://127.0.0.1:%d%s%n"
            .formatted(one.line() ? "rtu+" : "", port, one.line() ? "?baud=" + BAUD : ""));
  }

  private void warm(ModbusPeer peer) throws IOException, InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (peer.answered() == 0) {
      if (System.nanoTime() > end) {
        throw new IOException("the hub asked nothing for " + PATIENCE_SECONDS + " s");
      }
      rest(0.1);
    }
    rest(options.warm());
  }

  /** The loop alone: the hub stands still meanwhile. */
  private Rate bare(ModbusLoop loop, ModbusPeer bare, RunningHub hub)
      throws IOException, InterruptedException {
    signal("-STOP", hub);
    loop.go(true);
    Rate rate = rate(bare, ProcessHandle.current().pid());
    loop.go(false);
    signal("-CONT", hub);
    rest(2);
    return rate;
  }

  private static void signal(String signal, RunningHub hub)
      throws IOException, InterruptedException {
    Process kill = new ProcessBuilder("kill", signal, Long.toString(hub.pid())).start();
    if (kill.waitFor() != 0) {
      throw new IOException("the hub took no " + signal);
    }
  }

  private Rate rate(ModbusPeer peer, long pid) throws IOException, InterruptedException {
    rest(0.5);
    long count = peer.answered();
    long cpu = Usage.cpuMicros(pid);
    long from = System.nanoTime();
    rest(options.seconds());
    double seconds = (System.nanoTime() - from) / 1e9;
    long requests = peer.answered() - count;
    return new Rate(
        requests / seconds, (Usage.cpuMicros(pid) - cpu) / (double) Math.max(1, requests));
  }

  private static void rest(double seconds) throws InterruptedException {
    long end = System.nanoTime() + (long) (seconds * 1e9);
    for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
      LockSupport.parkNanos(left);
      if (Thread.interrupted()) {
        throw new InterruptedException("the benchmark was told to end");
      }
    }
  }
}
