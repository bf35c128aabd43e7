package io.patchbay.itests.bench;

import io.patchbay.itests.RunningHub;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;

/**
 * A rule on the hub: from the moment a device sends its reading to the embedded broker to the
 * moment its command arrives, when every one of so many readings a second makes a command.
 */
final class RuleBench {
  private static final int DEVICES = 100;
  private static final int PER_SECOND = 1_000;

  private static final String PROFILE =
      """
      id: bench-rule
      title: What is measured and set
      thing: "rule-{device}"
      match: [ { protocol: mqtt, topic: "rule/{device}/in" } ]
      properties:
        level: { type: number, forms: [ { protocol: mqtt, topic: "rule/{device}/in", path: l } ] }
        target:
          type: number
          forms: [ { protocol: mqtt, op: writeproperty, topic: "rule/{device}/out", mediaType: text/plain, payload: "{value}" } ]
      """;

  private static final String COMMAND =
      """
            - setHeader: { name: HubProperty, constant: target }
            - setBody: { simple: "${header.HubValue}" }
            - to: hub:command
      """;

  private static final Map<String, String> RULES = new LinkedHashMap<>();

  static {
    RULES.put(
        "every reading",
        """
        - from:
            uri: hub:readings?profile=bench-rule&property=level&inFlight=100
            steps:
        """);
    RULES.put(
        "threshold",
        """
        - from:
            uri: hub:threshold?profile=bench-rule&property=level&above=0.6&below=0.4
            steps:
        """);
  }

  private final Options options;
  private final Path work;

  RuleBench(Options options, Path work) {
    this.options = options;
    this.work = work;
  }

  List<Measurement> run() throws IOException, InterruptedException, TimeoutException {
    List<Measurement> all = new ArrayList<>();
    for (Map.Entry<String, String> rule : RULES.entrySet()) {
      if (options.wants(rule.getKey())) {
        all.add(measure(rule.getKey(), rule.getValue() + COMMAND));
      }
    }
    return all;
  }

  private Measurement measure(String name, String route)
      throws IOException, InterruptedException, TimeoutException {
    Path data = work.resolve(name.replace(' ', '-'));
    Files.createDirectories(data.resolve("device-profiles"));
    Files.createDirectories(data.resolve("routes"));
    Files.writeString(data.resolve("device-profiles/bench-rule.yaml"), PROFILE);
    Files.writeString(data.resolve("routes/rule.camel.yaml"), route);
    try (RunningHub hub = RunningHub.start(data, RunningHub.freeOffset());
        Loop loop = new Loop(hub)) {
      loop.run(options.warm());
      loop.reset();
      loop.run(options.seconds() * options.rounds());
      return loop.result(name);
    }
  }

  /** Devices that send, and note when what they sent comes back as a command. */
  private static final class Loop implements AutoCloseable {
    private final MqttPeer peer;
    private final AtomicLongArray sentAt = new AtomicLongArray(DEVICES);
    private final AtomicLong sent = new AtomicLong();
    private final AtomicLong back = new AtomicLong();
    private final long[] nanos = new long[1 << 20];
    private long turn;
    private long from;

    Loop(RunningHub hub) throws IOException {
      peer =
          MqttPeer.connect(
              hub.mqttPort(), "rule", List.of(hub.mqttLogin()), 0, this::received, id -> {});
      peer.subscribe("rule/+/out");
    }

    private void received(String topic, byte[] payload) {
      int device = Integer.parseInt(topic.split("/")[1]);
      long begun = sentAt.getAndSet(device, 0);
      if (begun != 0) {
        nanos[(int) (back.getAndIncrement() % nanos.length)] = System.nanoTime() - begun;
      }
    }

    /** Each device in its turn, its value up and down: each reading is another state. */
    void run(int seconds) throws IOException {
      from = System.nanoTime();
      long messages = (long) seconds * PER_SECOND;
      for (long i = 0; i < messages; i++) {
        long due = from + i * (TimeUnit.SECONDS.toNanos(1) / PER_SECOND);
        for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
          LockSupport.parkNanos(left);
        }
        int device = (int) (turn % DEVICES);
        byte[] payload =
            ("{\"l\":" + (turn / DEVICES) % 2 + "}").getBytes(StandardCharsets.US_ASCII);
        turn++;
        sentAt.set(device, System.nanoTime());
        int unused = peer.publish("rule/" + device + "/in", payload);
        peer.flush();
        sent.incrementAndGet();
      }
    }

    void reset() {
      sent.set(0);
      back.set(0);
    }

    Measurement result(String name) {
      LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(1));
      double seconds = sent.get() / (double) PER_SECOND;
      int count = (int) Math.min(back.get(), nanos.length);
      long[] sorted = Arrays.copyOf(nanos, count);
      Arrays.sort(sorted);
      System.out.printf(
          "%s: %d readings, %d commands, slowest %.1f ms%n",
          name, sent.get(), back.get(), count == 0 ? 0 : sorted[count - 1] / 1e6);
      return new Measurement(
          "rule: " + name,
          back.get() / seconds,
          "commands/s",
          "rule: " + name,
          PER_SECOND,
          percentile(sorted, 0.5),
          percentile(sorted, 0.99),
          0,
          0);
    }

    private static double percentile(long[] sorted, double part) {
      return sorted.length == 0 ? 0 : sorted[(int) ((sorted.length - 1) * part)] / 1e6;
    }

    @Override
    public void close() {
      peer.close();
    }
  }
}
