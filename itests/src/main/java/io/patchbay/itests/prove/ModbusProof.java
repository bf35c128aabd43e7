package io.patchbay.itests.prove;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.patchbay.itests.RunningHub;
import io.patchbay.itests.bench.ModbusPeer;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Many devices over TCP, each with 50 points a second, are asked on time; then a serial line with
 * many units, some of them dead, brings every live point in time, and writes are not kept waiting.
 * Every reading is of the register that it should be of, and every answer is kept once. The short
 * form runs beside other tests: it is lenient about time.
 */
final class ModbusProof {
  private static final int POINTS = ModbusPeer.COUNTER + 1;
  private static final int LINE_POINTS = 4;
  private static final int UNITS = 50;
  private static final int DEAD = 5;
  private static final int SETTING = 100;
  private static final long THINKING_MILLIS = 5;
  private static final int SAMPLED = 20;

  private final Path data;
  private final boolean brief;
  private final Findings findings = new Findings();
  private long answered;
  private long missing;
  private long duplicates;
  private long outOfOrder;

  private ModbusProof(Path data, boolean brief) {
    this.data = data;
    this.brief = brief;
  }

  static Proof run(Path data, Terms terms)
      throws IOException, InterruptedException, TimeoutException {
    ModbusProof proof = new ModbusProof(data, terms.brief());
    proof.play(terms.things(100, 200), terms.seconds(3, 45));
    // beside other tests an answer may come after its request has been given up
    proof.findings.figure("answersNotKept", proof.missing);
    long lost = terms.brief() ? 0 : proof.missing;
    return new Proof(
        1,
        proof.answered,
        proof.answered,
        proof.answered,
        proof.answered,
        lost,
        proof.duplicates,
        proof.outOfOrder,
        0,
        0,
        proof.findings.figures(),
        proof.findings.problems());
  }

  /** When each device, or unit of a line, was asked. */
  private static final class Asked implements ModbusPeer.Watch {
    private final boolean line;
    private final Map<Integer, ConcurrentLinkedQueue<Long>> times = new ConcurrentHashMap<>();

    Asked(boolean line) {
      this.line = line;
    }

    @Override
    public void asked(int device, int unit, long nanos) {
      times.computeIfAbsent(line ? unit : device, key -> new ConcurrentLinkedQueue<>()).add(nanos);
    }

    long[] between(int one, long from, long to) {
      return times.getOrDefault(one, new ConcurrentLinkedQueue<>()).stream()
          .mapToLong(Long::longValue)
          .filter(nanos -> nanos >= from && nanos < to)
          .toArray();
    }
  }

  private void play(int devices, int seconds)
      throws IOException, InterruptedException, TimeoutException {
    int baud = brief ? 38_400 : 9_600;
    Duration interval = Duration.ofSeconds(brief ? 1 : 5);
    long thinking = TimeUnit.MILLISECONDS.toNanos(THINKING_MILLIS);
    Asked overTcp = new Asked(false);
    Asked onLine = new Asked(true);
    try (ModbusPeer fleet = ModbusPeer.tcp(devices, 0, overTcp);
        ModbusPeer line = ModbusPeer.line(UNITS, DEAD, baud, thinking, onLine)) {
      prepare(fleet, devices, line.port(), baud, interval);
      try (RunningHub hub = RunningHub.start(data, RunningHub.freeOffset())) {
        fleet(hub, fleet, overTcp, devices, seconds);
        Files.delete(data.resolve("things/fleet.yaml"));
        Files.move(data.resolve("line.yaml"), data.resolve("things/line.yaml"));
        line(hub, line, onLine, baud, interval, seconds);
        for (JsonNode one : new Api(hub).get("/api/v1/rejected").get("rejected")) {
          // of a thing that was removed while it was asked
          findings.expect(one.get("reason").asText().equals("UNKNOWN_THING"), "rejected: " + one);
        }
      }
    }
  }

  private void prepare(ModbusPeer fleet, int devices, int port, int baud, Duration interval)
      throws IOException {
    Files.createDirectories(data.resolve("device-profiles"));
    Files.createDirectories(data.resolve("things"));
    Files.createDirectories(data.resolve("conf"));
    Files.createDirectories(data.resolve("routes"));
    // what is measured is asking and keeping; what goes north costs as much again
    Files.writeString(data.resolve("routes/readings-to-mqtt.camel.yaml"), "[]\n");
    Files.writeString(
        data.resolve("device-profiles/fleet.yaml"), profile("fleet", 0, Duration.ofSeconds(1)));
    Files.writeString(
        data.resolve("device-profiles/line.yaml"), profile("line", POINTS - LINE_POINTS, interval));
    StringBuilder things = new StringBuilder();
    for (int i = 0; i < devices; i++) {
      things.append(
          "- { id: tcp-%d, profile: fleet, base: \"modbus+tcp://127.0.0.1:%d\", terms: { unit: 1 } }%n"
              .formatted(i, fleet.ports().get(i)));
    }
    Files.writeString(data.resolve("things/fleet.yaml"), things);
    StringBuilder units = new StringBuilder();
    for (int unit = 1; unit <= UNITS; unit++) {
      units.append(
          "- { id: unit-%d, profile: line, base: \"modbus://line\", terms: { unit: %d } }%n"
              .formatted(unit, unit));
    }
    Files.writeString(data.resolve("line.yaml"), units);
    Files.writeString(
        data.resolve("conf/io.patchbay.binding.modbus.connection~line.cfg"),
        "url = rtu+tcp://127.0.0.1:%d?baud=%d%ntimeout = %d%n"
            .formatted(port, baud, brief ? 100 : 200));
  }

  private static String profile(String id, int first, Duration interval) {
    StringBuilder text = new StringBuilder("id: %s%ntitle: Registers%nproperties:%n".formatted(id));
    for (int i = first; i < POINTS; i++) {
      text.append(
          "  p%d: { type: integer, poll: %ds, forms: [ { protocol: modbus, address: %d } ] }%n"
              .formatted(i, interval.toSeconds(), i));
    }
    return text
        + "  setting: { type: integer, forms: [ { protocol: modbus, op: writeproperty, address: "
        + SETTING
        + " } ] }\n";
  }

  private void fleet(RunningHub hub, ModbusPeer peer, Asked asked, int devices, int seconds)
      throws IOException, InterruptedException {
    findings.expect(Drain.until(() -> peer.answered() > 2L * devices), "not all devices are asked");
    Drain.seconds(brief ? 1 : 20);
    Instant begin = Instant.now().plusSeconds(1);
    long from = System.nanoTime();
    Duration cpu = cpu(hub);
    long[] ticks = tick(seconds);
    findings.figure("tcp.cpuPercent", cpu(hub).minus(cpu).toMillis() / (10L * seconds));
    double second = TimeUnit.SECONDS.toNanos(1);
    long onTime = 0;
    double worst = 0;
    for (int device = 0; device < devices; device++) {
      long[] times = asked.between(device, from, from + (long) (seconds * second));
      // how far each lies from the device's own rhythm
      double[] phases = Arrays.stream(times).mapToDouble(at -> (at - from) % second).toArray();
      double own = phases.length == 0 ? 0 : middle(phases);
      for (double phase : phases) {
        double off = Math.abs(phase - own);
        double late = Math.min(off, second - off) / second;
        worst = Math.max(worst, late);
        onTime += late <= 0.1 ? 1 : 0;
      }
    }
    long due = (long) devices * seconds;
    // how well this machine let a bare timer keep the same times
    findings.figure("timer.onTimePerMille", ticks[0]);
    findings.figure("timer.worstMillis", ticks[1]);
    findings.figure("tcp.devices", devices);
    findings.figure("tcp.points", (long) devices * POINTS);
    findings.figure("tcp.pollsDue", due);
    findings.figure("tcp.onTimePerMille", 1_000 * Math.min(onTime, due) / due);
    findings.figure("tcp.worstMillis", (long) (1_000 * worst));
    long skipped = (long) new Api(hub).metric("patchbay_polls_skipped_total", "");
    findings.figure("tcp.skipped", skipped);
    findings.expect(
        1_000 * onTime >= (brief ? 800 : 999) * due,
        "of " + due + " polls over TCP only " + onTime + " were on time");
    for (int device = 0; device < devices; device += Math.max(1, devices / SAMPLED)) {
      check(hub, "tcp-" + device, device, 1, begin);
    }
  }

  /**
   * A thread that wakes 200 times a second: how many of 1,000 times in time, and how late at worst.
   */
  private static long[] tick(int seconds) throws InterruptedException {
    long from = System.nanoTime();
    long step = TimeUnit.MILLISECONDS.toNanos(5);
    long count = 200L * seconds;
    long good = 0;
    long worst = 0;
    for (long i = 1; i <= count; i++) {
      Drain.until(from + i * step);
      long late = (System.nanoTime() - from - i * step) / 1_000_000;
      good += late <= 100 ? 1 : 0;
      worst = Math.max(worst, late);
    }
    return new long[] {1_000 * good / count, worst};
  }

  private static Duration cpu(RunningHub hub) {
    return ProcessHandle.of(hub.pid())
        .flatMap(process -> process.info().totalCpuDuration())
        .orElse(Duration.ZERO);
  }

  private static double middle(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  private void line(
      RunningHub hub, ModbusPeer peer, Asked asked, int baud, Duration interval, int seconds)
      throws IOException, InterruptedException {
    findings.expect(
        Drain.until(() -> peer.answered() >= 2L * (UNITS - DEAD)), "not all units are asked");
    Drain.seconds(brief ? 1 : 15);
    Instant begin = Instant.now();
    long from = System.nanoTime();
    List<Long> writes = write(hub, from + TimeUnit.SECONDS.toNanos(brief ? seconds : 4L * seconds));
    long to = System.nanoTime();
    double worst = 0;
    for (int unit = 1; unit <= UNITS - DEAD; unit++) {
      List<Instant> times = check(hub, "unit-" + unit, 0, unit, begin);
      Instant last = null;
      for (Instant time : times) {
        if (last != null && last.isAfter(begin)) {
          double passed = Duration.between(last, time).toNanos();
          worst = Math.max(worst, Math.abs(passed / interval.toNanos() - 1));
        }
        last = time;
      }
      findings.expect(
          last != null && last.isAfter(Instant.now().minus(interval.multipliedBy(2))),
          "unit " + unit + " brings nothing any more");
    }
    long probes = 0;
    for (int unit = UNITS - DEAD + 1; unit <= UNITS; unit++) {
      probes += asked.between(unit, from, to).length;
    }
    // one request and its answer, and what is between them
    double octets = 8 + 5 + 2 * LINE_POINTS + 3.5;
    double cycle = (UNITS - DEAD) * (octets * 10_000 / baud + THINKING_MILLIS);
    long[] sorted = writes.stream().mapToLong(Long::longValue).sorted().toArray();
    long p99 = sorted.length == 0 ? 0 : sorted[(int) ((sorted.length - 1) * 0.99)];
    findings.figure("line.worstOffPerMille", (long) (1_000 * worst));
    findings.figure("line.probesOfDead", probes);
    findings.figure("line.cycleMillis", (long) cycle);
    findings.figure("line.writes", sorted.length);
    findings.figure("line.writeP99Millis", p99);
    findings.expect(
        worst <= (brief ? 1.5 : 0.1), "a live point was off its interval by " + 100 * worst + " %");
    findings.expect(
        p99 <= (brief ? 2 * interval.toMillis() : cycle), "a write took " + p99 + " ms at p99");
  }

  /** One write after the other, of one live unit after the other; how long each took. */
  private List<Long> write(RunningHub hub, long until) throws IOException, InterruptedException {
    List<Long> millis = new ArrayList<>();
    for (int i = 0; System.nanoTime() < until; i++) {
      int unit = 1 + i % (UNITS - DEAD);
      long begun = System.nanoTime();
      HttpResponse<String> answer =
          hub.send(
              hub.request("/api/v1/things/unit-" + unit + "/properties/setting")
                  .header("Content-Type", "application/json")
                  .PUT(BodyPublishers.ofString(Integer.toString(i & 0x7FFF))));
      millis.add((System.nanoTime() - begun) / 1_000_000);
      findings.expect(answer.statusCode() == 200, "a write was answered: " + answer.body());
      Drain.seconds(0.2);
    }
    return millis;
  }

  /**
   * Every reading is the register's, and the counter counts: what is missing from then on was
   * answered, and not kept.
   *
   * @return when the counter was read
   */
  private List<Instant> check(RunningHub hub, String thing, int device, int unit, Instant since)
      throws IOException, InterruptedException {
    JsonNode readings =
        new ObjectMapper()
            .readTree(hub.get("/api/v1/things/" + thing + "/readings?limit=100000").body())
            .path("readings");
    List<JsonNode> inOrder = new ArrayList<>();
    readings.forEach(inOrder::add);
    inOrder.sort(Comparator.comparingLong(reading -> reading.get("sequence").asLong()));
    List<Instant> times = new ArrayList<>();
    long last = 0;
    for (JsonNode reading : inOrder) {
      int address = Integer.parseInt(reading.get("property").asText().substring(1));
      long value = reading.get("value").asLong();
      if (address != ModbusPeer.COUNTER) {
        int holds = ModbusPeer.holds(device, unit, address);
        findings.expect(value == holds, thing + " p" + address + " reads " + value);
        continue;
      }
      Instant time = Instant.parse(reading.get("time").asText());
      answered++;
      missing += time.isAfter(since) && last > 0 ? Math.max(0, value - last - 1) : 0;
      duplicates += value == last ? 1 : 0;
      outOfOrder += value < last ? 1 : 0;
      last = value;
      times.add(time);
    }
    findings.expect(last > 1, thing + " has no readings");
    return times;
  }
}
