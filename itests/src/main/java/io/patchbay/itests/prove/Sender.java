package io.patchbay.itests.prove;

import io.patchbay.itests.bench.Fleet;
import io.patchbay.itests.bench.MqttPeer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Publishes a fleet's messages at a rate and remembers which of them were acknowledged. */
final class Sender {
  /** Messages without their PUBACK at once; packet ids are not used again before. */
  private static final int WINDOW = 4_096;

  private final Fleet fleet;
  private final long[] counters;
  private final List<BitSet> acknowledged = new ArrayList<>();
  private final int[] devices = new int[1 << 16];
  private final int[] numbers = new int[1 << 16];
  private long sent;

  Sender(Fleet fleet) {
    this.fleet = fleet;
    counters = new long[fleet.size()];
    for (int i = 0; i < fleet.size(); i++) {
      acknowledged.add(new BitSet());
    }
  }

  /** Sends until told to stop, or until the connection breaks. Waits for a broker that is away. */
  void run(int port, List<String> login, int perSecond, BooleanSupplier goOn)
      throws IOException, InterruptedException {
    Semaphore window = new Semaphore(WINDOW);
    Optional<MqttPeer> connected = connect(port, login, window, goOn);
    if (connected.isEmpty()) {
      return;
    }
    try (MqttPeer peer = connected.get()) {
      send(peer, perSecond, goOn, window);
      if (peer.open() && !window.tryAcquire(WINDOW, 30, TimeUnit.SECONDS) && peer.open()) {
        throw new IllegalStateException(
            (WINDOW - window.availablePermits()) + " messages were not acknowledged in 30 s");
      }
    }
  }

  private Optional<MqttPeer> connect(
      int port, List<String> login, Semaphore window, BooleanSupplier goOn)
      throws IOException, InterruptedException {
    List<MqttPeer> connected = new ArrayList<>();
    boolean ended =
        Drain.until(
            () -> {
              try {
                connected.add(
                    MqttPeer.connect(
                        port,
                        "prove-sender",
                        login,
                        0,
                        (topic, payload) -> {},
                        id -> {
                          acknowledge(id);
                          window.release();
                        }));
                return true;
              } catch (IOException e) {
                return !goOn.getAsBoolean();
              }
            });
    if (!ended) {
      throw new IOException("the broker did not take the fleet's connection within a minute");
    }
    return connected.stream().findFirst();
  }

  private void send(MqttPeer peer, int perSecond, BooleanSupplier goOn, Semaphore window)
      throws InterruptedException {
    long begin = System.nanoTime();
    long count = 0;
    try {
      while (goOn.getAsBoolean() && peer.open()) {
        long due = (System.nanoTime() - begin) * perSecond / 1_000_000_000L;
        while (count < due && window.tryAcquire()) {
          publish(peer, (int) (sent % fleet.size()));
          count++;
        }
        peer.flush();
        LockSupport.parkNanos(500_000);
      }
    } catch (IOException broken) {
      // That is what the proof does to it.
      System.err.println("the connection ended: " + broken.getMessage());
    }
  }

  private void publish(MqttPeer peer, int device) throws IOException {
    long counter = ++counters[device];
    sent++;
    synchronized (this) {
      int id = peer.publish(fleet.topic(device), Fleet.payload(device, counter));
      devices[id] = device;
      numbers[id] = (int) counter;
    }
  }

  private synchronized void acknowledge(int id) {
    acknowledged.get(devices[id]).set(numbers[id]);
  }

  long sent() {
    return sent;
  }

  /** The acknowledged counters of a device. */
  synchronized BitSet acknowledged(int device) {
    return (BitSet) acknowledged.get(device).clone();
  }

  synchronized long acknowledged() {
    return acknowledged.stream().mapToLong(BitSet::cardinality).sum();
  }
}
