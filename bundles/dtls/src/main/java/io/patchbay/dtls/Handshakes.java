package io.patchbay.dtls;

import io.patchbay.operation.Metrics.Sample;
import java.net.DatagramPacket;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.californium.scandium.DTLSConnector;
import org.eclipse.californium.scandium.DtlsDatagramFilter;
import org.eclipse.californium.scandium.DtlsHealth;
import org.eclipse.californium.scandium.dtls.DtlsHandshakeTimeoutException;
import org.eclipse.californium.scandium.dtls.Handshaker;

/**
 * Counts handshakes and sessions, and lets no more handshakes begin than can be under way at once:
 * one more is dropped, and its device sends again.
 */
public final class Handshakes extends DtlsDatagramFilter implements DtlsHealth {
  private static final int AT_ONCE = 256;

  /**
   * RFC 6347, clause 4.1 and 4.3.2: a record of handshake, in it a message that is a ClientHello.
   */
  private static final int HANDSHAKE = 22;

  private static final int CLIENT_HELLO = 1;
  private static final int RECORD_HEADER = 13;

  /** From so many on those that are silent make room. */
  private static final int CROWDED = AT_ONCE / 2;

  private final String prefix;

  /** Those that were under way when it was looked last. */
  private Set<Handshaker> before = none();

  private final AtomicInteger underWay = new AtomicInteger();
  private final LongAdder done = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private final LongAdder refused = new LongAdder();
  private final LongAdder silent = new LongAdder();
  private final LongAdder droppedRecords = new LongAdder();
  private volatile int sessions;

  /**
   * @param prefix of the names of its metrics
   */
  public Handshakes(String prefix, Configuration configuration) {
    super(configuration);
    this.prefix = prefix;
  }

  @Override
  public boolean onReceiving(DatagramPacket packet) {
    if (!super.onReceiving(packet)) {
      droppedRecords.increment();
      return false;
    }
    int at = packet.getOffset();
    byte[] octets = packet.getData();
    boolean hello =
        octets[at] == HANDSHAKE
            && packet.getLength() > RECORD_HEADER
            && octets[at + RECORD_HEADER] == CLIENT_HELLO;
    if (hello && underWay.get() >= AT_ONCE) {
      refused.increment();
      return false;
    }
    return true;
  }

  private static Set<Handshaker> none() {
    return Collections.synchronizedSet(Collections.newSetFromMap(new IdentityHashMap<>()));
  }

  /**
   * To be called every second or two: when many are under way, those that were at the last look,
   * too, are ended. Who says hello and nothing more keeps nobody out; a slow device comes again.
   */
  public synchronized void relieve(Iterable<DTLSConnector> open) {
    Set<Handshaker> last = before;
    Set<Handshaker> now = none();
    before = now;
    if (underWay.get() < CROWDED) {
      return;
    }
    for (DTLSConnector connector : open) {
      try {
        var unused =
            connector.startForEach(
                connection -> {
                  Handshaker handshaker = connection.getOngoingHandshake();
                  if (handshaker != null && last.contains(handshaker)) {
                    silent.increment();
                    handshaker.handshakeFailed(
                        new DtlsHandshakeTimeoutException("others wait for its room", 0));
                  } else if (handshaker != null) {
                    now.add(handshaker);
                  }
                  return false;
                });
      } catch (RejectedExecutionException e) {
        // it was closed, and its handshakes with it
      }
    }
  }

  public int sessions() {
    return sessions;
  }

  public List<Sample> samples() {
    return List.of(
        Sample.gauge(prefix + "_dtls_sessions", "DTLS sessions with devices", Map.of(), sessions),
        counter("done", done),
        counter("failed", failed),
        counter("dropped", refused),
        counter("silent", silent),
        Sample.counter(
            prefix + "_dtls_dropped_total",
            "DTLS records that were dropped: unreadable, or of no session",
            Map.of(),
            (double) droppedRecords.sum()));
  }

  private Sample counter(String result, LongAdder count) {
    return Sample.counter(
        prefix + "_dtls_handshakes_total",
        "DTLS handshakes, by result; dropped when too many are under way, silent"
            + " (also failed) when it made room for others",
        Map.of("result", result),
        (double) count.sum());
  }

  @Override
  public void startHandshake() {
    underWay.incrementAndGet();
  }

  @Override
  public void endHandshake(boolean success) {
    underWay.decrementAndGet();
    (success ? done : failed).increment();
  }

  @Override
  public void receivingRecord(boolean drop) {
    if (drop) {
      droppedRecords.increment();
    }
  }

  @Override
  public void receivingMacError() {
    droppedRecords.increment();
  }

  @Override
  public void setConnections(int count) {
    sessions = count;
  }

  @Override
  public boolean isEnabled() {
    return true;
  }

  @Override
  public void dump() {}

  @Override
  public void sendingRecord(boolean drop) {}

  @Override
  public void setMaxConnections(int max) {}

  @Override
  public void setPendingIncomingJobs(int count) {}

  @Override
  public void setPendingOutgoingJobs(int count) {}

  @Override
  public void setPendingHandshakeJobs(int count) {}

  @Override
  public void applicationAuthorizationRejected(boolean rejected) {}
}
