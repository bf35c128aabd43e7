package io.patchbay.itests.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** Sends a fleet's messages into one side of a subject and takes its readings from the other. */
final class Load implements AutoCloseable {
  /** Send times remembered, of all devices together; more than can be under way. */
  private static final int REMEMBERED = 1 << 19;

  private static final int MOST_LATENCIES = 4_000_000;

  private final Fleet fleet;
  private final long pid;
  private final Line line;
  private final int remembered;
  private final long[][] sentAt;
  private final long[] counters;
  private final long[] last;
  private final AtomicLong received = new AtomicLong();
  private final AtomicLong disorder = new AtomicLong();
  private final Semaphore window = new Semaphore(0);
  private final long[] latencies = new long[MOST_LATENCIES];
  private int measured;
  private volatile boolean measuring;

  /**
   * One measurement.
   *
   * @param rate messages per second that came out
   */
  record Result(
      double rate, double p50Ms, double p99Ms, double cpuMicrosPerMessage, double rssMb) {}

  /** Makes the line; what comes out is told to the receiver. */
  @FunctionalInterface
  interface Lines {
    Line open(MqttPeer.Receiver receiver) throws IOException;
  }

  Load(Fleet fleet, long pid, Lines lines) throws IOException {
    this.fleet = fleet;
    this.pid = pid;
    remembered = Integer.highestOneBit(REMEMBERED / fleet.size());
    sentAt = new long[fleet.size()][remembered];
    counters = new long[fleet.size()];
    last = new long[fleet.size()];
    line = lines.open(this::received);
  }

  /** Through a broker, QoS 1 on both sides. */
  static Line through(int port, List<String> login, MqttPeer.Receiver receiver) throws IOException {
    MqttPeer out = MqttPeer.connect(port, "bench-receiver", login, 0, receiver, id -> {});
    out.subscribe("patchbay/things/+/properties/+");
    MqttPeer in =
        MqttPeer.connect(port, "bench-sender", login, 0, (topic, payload) -> {}, id -> {});
    return new Line() {
      @Override
      public void send(String topic, byte[] payload) throws IOException {
        in.publish(topic, payload);
      }

      @Override
      public void flush() throws IOException {
        in.flush();
      }

      @Override
      public void close() {
        try (out) {
          in.close();
        }
      }
    };
  }

  private void received(String topic, byte[] payload) {
    long now = System.nanoTime();
    Fleet.Seen seen = Fleet.seen(topic, payload);
    if (seen.counter() <= last[seen.device()]) {
      disorder.incrementAndGet();
    }
    last[seen.device()] = Math.max(last[seen.device()], seen.counter());
    received.incrementAndGet();
    if (measuring && measured < MOST_LATENCIES) {
      latencies[measured++] = now - sentAt[seen.device()][(int) seen.counter() & remembered - 1];
    }
    window.release();
  }

  private void send(long number) throws IOException, InterruptedException {
    int device = (int) (number % fleet.size());
    long counter = ++counters[device];
    sentAt[device][(int) counter & remembered - 1] = System.nanoTime();
    line.send(fleet.topic(device), Fleet.payload(device, counter));
  }

  /** As fast as it goes with so many under way. */
  Result closed(int outstanding, Duration warm, Duration duration)
      throws IOException, InterruptedException {
    window.drainPermits();
    window.release(outstanding);
    long begin = System.nanoTime() + warm.toNanos();
    long end = begin + duration.toNanos();
    Meter meter = new Meter();
    long number = 0;
    for (long now = System.nanoTime(); now < end; now = System.nanoTime()) {
      meter.startAt(now, begin);
      if (!window.tryAcquire()) {
        line.flush();
        if (!window.tryAcquire(20, TimeUnit.SECONDS)) {
          throw new IOException("nothing came out for 20 s after " + received.get() + " messages");
        }
      }
      send(number++);
    }
    Result result = meter.stop();
    line.flush();
    drain(outstanding);
    return result;
  }

  /** At a rate; latency is what is wanted. */
  Result paced(double rate, Duration warm, Duration duration)
      throws IOException, InterruptedException {
    window.drainPermits();
    long begin = System.nanoTime();
    long measureFrom = begin + warm.toNanos();
    long end = measureFrom + duration.toNanos();
    Meter meter = new Meter();
    long sent = 0;
    for (long now = System.nanoTime(); now < end; now = System.nanoTime()) {
      meter.startAt(now, measureFrom);
      long due = (long) ((now - begin) / 1e9 * rate);
      if (sent == due) {
        LockSupport.parkNanos(200_000);
        continue;
      }
      while (sent < due) {
        send(sent++);
      }
      line.flush();
    }
    Result result = meter.stop();
    drain((int) Math.min(sent, Integer.MAX_VALUE));
    return result;
  }

  private void drain(int under) throws IOException, InterruptedException {
    if (!window.tryAcquire(under, 20, TimeUnit.SECONDS)) {
      throw new IOException(
          "of " + under + " messages under way " + window.availablePermits() + " came out in 20 s");
    }
    if (disorder.get() > 0) {
      throw new IOException(disorder.get() + " messages came out of order or twice");
    }
  }

  /** Counts from the end of the warm-up. */
  private final class Meter {
    private long from;
    private long count;
    private long cpu;

    void startAt(long now, long begin) throws IOException {
      if (from == 0 && now >= begin) {
        from = now;
        count = received.get();
        cpu = Usage.cpuMicros(pid);
        measured = 0;
        measuring = true;
      }
    }

    Result stop() throws IOException {
      measuring = false;
      double seconds = (System.nanoTime() - from) / 1e9;
      long messages = received.get() - count;
      double used = Usage.cpuMicros(pid) - cpu;
      long[] sorted = Arrays.copyOf(latencies, measured);
      Arrays.sort(sorted);
      return new Result(
          messages / seconds,
          percentile(sorted, 0.50),
          percentile(sorted, 0.99),
          used / Math.max(1, messages),
          Usage.rssMb(pid));
    }
  }

  private static double percentile(long[] sorted, double part) {
    return sorted.length == 0 ? 0 : sorted[(int) ((sorted.length - 1) * part)] / 1e6;
  }

  @Override
  public void close() throws IOException {
    line.close();
  }
}
