package io.patchbay.itests.prove;

import io.patchbay.itests.bench.Fleet;
import io.patchbay.itests.bench.MqttPeer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** An enterprise system: takes every reading from the hub's broker, in a session that is kept. */
final class North implements AutoCloseable {
  private static final int KEPT_SECONDS = 3_600;
  private static final String FILTER = "patchbay/things/+/properties/+";

  private final List<BitSet> seen = new ArrayList<>();
  private final long[] last;
  private long outOfOrder;
  private long repeated;
  private long previous = System.nanoTime();
  private long longestGap;
  private MqttPeer peer;

  North(Fleet fleet, int port, List<String> login) throws IOException {
    for (int i = 0; i < fleet.size(); i++) {
      seen.add(new BitSet());
    }
    last = new long[fleet.size()];
    peer = connect(port, login);
    peer.subscribe(FILTER);
  }

  private MqttPeer connect(int port, List<String> login) throws IOException {
    return MqttPeer.connect(
        port, "prove-north", login, KEPT_SECONDS, this::received, acknowledged -> {});
  }

  /** After the broker came back. */
  void reconnect(int port, List<String> login) throws IOException {
    peer.close();
    peer = connect(port, login);
    peer.subscribe(FILTER);
  }

  private synchronized void received(String topic, byte[] payload) {
    if (!topic.startsWith("patchbay/things/bench-")) {
      return;
    }
    long now = System.nanoTime();
    longestGap = Math.max(longestGap, now - previous);
    previous = now;
    Fleet.Seen one = Fleet.seen(topic, payload);
    BitSet counters = seen.get(one.device());
    if (counters.get((int) one.counter())) {
      repeated++;
    } else if (one.counter() < last[one.device()]) {
      outOfOrder++;
    }
    counters.set((int) one.counter());
    last[one.device()] = Math.max(last[one.device()], one.counter());
  }

  /** Silence before does not count for the longest gap. */
  synchronized void beginGap() {
    longestGap = 0;
    previous = System.nanoTime();
  }

  /** The present silence included. */
  synchronized long longestGapMs() {
    return Math.max(longestGap, System.nanoTime() - previous) / 1_000_000;
  }

  synchronized long delivered() {
    return seen.stream().mapToLong(BitSet::cardinality).sum();
  }

  synchronized long outOfOrder() {
    return outOfOrder;
  }

  synchronized long repeated() {
    return repeated;
  }

  synchronized BitSet seen(int device) {
    return (BitSet) seen.get(device).clone();
  }

  @Override
  public void close() {
    peer.close();
  }
}
