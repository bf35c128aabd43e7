package io.patchbay.itests.prove;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Random datagrams, malformed messages, bombs of a registered device and handshakes that are left
 * half open come to both ports of LwM2M. Devices that are registered are served throughout, one
 * that comes new is, too, and memory stays.
 */
final class Lwm2mGarbageProof {
  private static final long GROWN_HEAP_MB = 32;
  private static final int MOST_SESSIONS = 1_000;
  private static final long LONGEST_GAP_MS = 5_000;
  private static final long LONGEST_WAIT_SECONDS = 30;
  private static final int BAD = 4;
  private static final int HALF_OPEN = 10_000;

  private final Path data;
  private final Terms terms;
  private final Findings findings = new Findings();
  private final Random random = new Random(7);

  private Lwm2mGarbageProof(Path data, Terms terms) {
    this.data = data;
    this.terms = terms;
  }

  static Proof run(Path data, Terms terms)
      throws IOException, InterruptedException, TimeoutException {
    return new Lwm2mGarbageProof(data, terms).play();
  }

  @FunctionalInterface
  private interface Fault {
    void run() throws IOException, InterruptedException;
  }

  private Proof play() throws IOException, InterruptedException, TimeoutException {
    int devices = terms.things(40, 100);
    int datagrams = terms.perSecond(10_000, 100_000);
    try (Lwm2mHub hub = new Lwm2mHub(data);
        Lwm2mFleet fleet = new Lwm2mFleet(TimeUnit.MILLISECONDS.toNanos(200))) {
      for (int i = 0; i < devices; i++) {
        if (i % 5 == 0) {
          hub.secured(fleet, "proof-" + i);
        } else {
          fleet.plain("proof-" + i, hub.port());
        }
      }
      hub.settle(fleet, findings);
      long heap = Vitals.of(hub.running()).heapMb();
      findings.figure("heapMb.before", heap);
      during(fleet, "random", () -> random(hub, datagrams));
      during(fleet, "malformed", () -> malformed(hub, datagrams));
      during(fleet, "bombs", () -> bombs(hub));
      during(fleet, "halfOpen", () -> halfOpen(hub));
      findings.figure("malformed", (long) hub.api().metric("patchbay_lwm2m_malformed_total", ""));
      findings.figure("dropped", (long) hub.api().metric("patchbay_lwm2m_dropped_total", ""));
      // those that came faster than they could be looked at were dropped, and are counted, too
      findings.expect(
          findings.figure("malformed") > 0
              && findings.figure("malformed") + findings.figure("dropped") > datagrams / 2,
          "malformed ones do not count");
      findings.expect(
          fleet.registrations() == fleet.size(),
          fleet.size() + " devices registered " + fleet.registrations() + " times");
      for (Lwm2mFleet.Said said : fleet.silence()) {
        hub.judge(said, findings);
      }
      for (String line : Files.readAllLines(data.resolve("log/patchbay.log"))) {
        findings.expect(!line.contains(" ERROR "), "the log says " + line);
      }
      Proof proof = hub.verdict(1, findings.figure("gapMs"), findings);
      findings.expect(
          findings.figure("heapMb.after") - heap <= GROWN_HEAP_MB, "the heap has grown");
      return proof;
    }
  }

  private void during(Lwm2mFleet fleet, String what, Fault fault)
      throws IOException, InterruptedException {
    fleet.beginGap();
    fault.run();
    List<String> missing = fleet.notHeard(LONGEST_WAIT_SECONDS);
    findings.expect(missing.isEmpty(), "not heard after " + what + ": " + missing);
    long gap = fleet.longestGapMs();
    findings.figure("gapMs." + what, gap);
    findings.atLeast("gapMs", gap);
    findings.expect(gap < LONGEST_GAP_MS, "nobody was heard for " + gap + " ms: " + what);
  }

  private void random(Lwm2mHub hub, int count) throws IOException {
    try (DatagramSocket socket = new DatagramSocket()) {
      for (int i = 0; i < count; i++) {
        byte[] garbage = new byte[1 + random.nextInt(1_200)];
        random.nextBytes(garbage);
        toss(socket, garbage, i % 2 == 0 ? hub.port() : hub.securePort());
      }
    }
  }

  /** Messages that are nearly good, and records that say that they are of a handshake. */
  private void malformed(Lwm2mHub hub, int count) throws IOException {
    try (DatagramSocket socket = new DatagramSocket()) {
      for (int i = 0; i < count; i++) {
        byte[] message = Lwm2mOctets.register(i & 0xFFFF, "proof-nobody");
        for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
          message[random.nextInt(message.length)] ^= (byte) (1 << random.nextInt(8));
        }
        message[0] = i % 4 == 0 ? 0x4F : i % 4 == 1 ? 0x00 : message[0]; // token, version
        if (i % 4 == 2) {
          message[1] = 0; // Empty, with what none may have
        }
        toss(socket, message, hub.port());
        if (i % 4 == 3) {
          byte[] record = new byte[14 + random.nextInt(200)];
          random.nextBytes(record);
          record[0] = (byte) (20 + random.nextInt(6));
          record[1] = (byte) 0xFE;
          record[2] = (byte) 0xFD;
          record[13] = random.nextInt(4) == 0 ? 1 : record[13];
          toss(socket, record, hub.securePort());
        }
      }
    }
  }

  private static void toss(DatagramSocket socket, byte[] octets, int port) throws IOException {
    socket.send(new DatagramPacket(octets, octets.length, InetAddress.getLoopbackAddress(), port));
  }

  private void bombs(Lwm2mHub hub) throws IOException, InterruptedException {
    double refused = hub.api().metric("patchbay_lwm2m_refused_sends_total", "");
    double bad = hub.api().metric("patchbay_lwm2m_bad_notifications_total", "");
    double rejected = hub.api().get("/api/v1/ledger").get("rejected").asLong();
    try (Bomber bomber = new Bomber(hub.port())) {
      bomber.register();
      for (int round = 0; round < (terms.brief() ? 5 : 100); round++) {
        for (Lwm2mBomb bomb : Lwm2mBomb.SMALL) {
          int code = bomber.send(bomb);
          findings.expect(code >> 5 == BAD, "'" + bomb.kind() + "' is answered " + code);
          bomber.notifies(bomb);
        }
      }
      for (Lwm2mBomb bomb : Lwm2mBomb.LARGE) {
        int code = bomber.inBlocks(bomb);
        findings.expect(code >> 5 == BAD, "'" + bomb.kind() + "' is answered " + code);
      }
      findings.figure("bombs.sent", bomber.sent);
      findings.figure("bombs.small", bomber.sent - Lwm2mBomb.LARGE.size());
      findings.figure("bombs.notified", bomber.notified);
    }
    findings.figure(
        "refusedSends",
        (long) (hub.api().metric("patchbay_lwm2m_refused_sends_total", "") - refused));
    findings.figure(
        "badNotifications",
        (long) (hub.api().metric("patchbay_lwm2m_bad_notifications_total", "") - bad));
    findings.figure(
        "rejected", (long) (hub.api().get("/api/v1/ledger").get("rejected").asLong() - rejected));
    findings.expect(
        findings.figure("refusedSends") >= findings.figure("bombs.small"),
        "what was refused does not count");
  }

  /** While they are open a device comes new over DTLS, and one without. */
  private void halfOpen(Lwm2mHub hub) throws IOException, InterruptedException {
    HalfOpen peers = new HalfOpen(hub.securePort());
    peers.hellos(HALF_OPEN);
    try (Lwm2mFleet late = new Lwm2mFleet(TimeUnit.MILLISECONDS.toNanos(200))) {
      hub.secured(late, "proof-late-secure");
      late.plain("proof-late-plain", hub.port());
      int begun = peers.begin(HALF_OPEN / 2);
      long from = System.nanoTime();
      late.begin();
      begun += peers.begin(HALF_OPEN / 2);
      findings.figure(
          "sessions.atOnce", (long) hub.api().metric("patchbay_lwm2m_dtls_sessions", ""));
      List<String> missing = late.notHeard(LONGEST_WAIT_SECONDS);
      findings.expect(missing.isEmpty(), "new, and not served: " + missing);
      findings.figure("newDeviceMs", TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - from));
      for (Lwm2mFleet.Said said : late.silence()) {
        hub.judge(said, findings);
      }
      while (!terms.brief() && begun < HALF_OPEN) { // the hub lets in so many a second
        begun += peers.begin(500);
      }
      findings.figure("handshakes.halfOpen", begun);
    }
    findings.figure(
        "handshakes.dropped",
        (long) hub.api().metric("patchbay_lwm2m_dtls_handshakes_total", "dropped"));
    findings.figure(
        "handshakes.failed",
        (long) hub.api().metric("patchbay_lwm2m_dtls_handshakes_total", "failed"));
    findings.expect(
        findings.figure("sessions.atOnce") <= MOST_SESSIONS, "more sessions than there may be");
  }

  /** A device that is registered and observed, and says what it should not. */
  private static final class Bomber implements AutoCloseable {
    private static final int BLOCK = 1_024;
    private static final int SZX = 6;
    private static final int BLOCK1 = 27;
    private static final int CONTINUE = 0x5F;
    private static final int PATIENCE_MILLIS = 3_000;

    private final DatagramSocket socket = new DatagramSocket();
    private final int port;
    private byte[] token = {};
    private int mid;
    private int sent;
    private int notified;

    Bomber(int port) throws IOException {
      this.port = port;
      socket.setSoTimeout(PATIENCE_MILLIS);
    }

    void register() throws IOException {
      toss(socket, Lwm2mOctets.register(++mid, "proof-bomb"), port);
      while (token.length == 0) {
        ByteBuffer message = receive();
        if (message == null) {
          throw new IOException("the bomber is not observed");
        }
        hear(message);
      }
    }

    /** Answers what it is asked; whether it was that. */
    private boolean hear(ByteBuffer message) throws IOException {
      if (Lwm2mOctets.code(message) != Lwm2mOctets.GET) {
        return false;
      }
      byte[] asked = Lwm2mOctets.token(message);
      Lwm2mOctets answer =
          new Lwm2mOctets(
              Lwm2mOctets.ACKNOWLEDGEMENT, Lwm2mOctets.CONTENT, Lwm2mOctets.mid(message), asked);
      boolean[] observe = new boolean[1];
      Lwm2mOctets.options(message, (number, value) -> observe[0] |= number == Lwm2mOctets.OBSERVE);
      if (observe[0]) {
        token = asked;
        answer.observe(2);
      }
      toss(socket, answer.format(Lwm2mOctets.TLV).payload(Lwm2mOctets.temperature(0)), port);
      return true;
    }

    private @Nullable ByteBuffer receive() throws IOException {
      byte[] octets = new byte[1_500];
      DatagramPacket packet = new DatagramPacket(octets, octets.length);
      try {
        socket.receive(packet);
      } catch (SocketTimeoutException e) {
        return null;
      }
      return ByteBuffer.wrap(octets, 0, packet.getLength());
    }

    /** Code of the answer to the last message; 0 when it is an acknowledgement, or none came. */
    private int answer() throws IOException {
      for (ByteBuffer message = receive(); message != null; message = receive()) {
        if (!hear(message) && Lwm2mOctets.mid(message) == mid) {
          return Lwm2mOctets.code(message);
        }
      }
      return 0;
    }

    int send(Lwm2mBomb bomb) throws IOException {
      sent++;
      mid = mid + 1 & 0xFFFF;
      toss(
          socket,
          new Lwm2mOctets(Lwm2mOctets.CONFIRMABLE, Lwm2mOctets.POST, mid, new byte[0])
              .path("dp")
              .format(bomb.format())
              .payload(bomb.payload().toArray()),
          port);
      return answer();
    }

    /** Not waited for: one that the hub cannot keep it does not acknowledge. */
    void notifies(Lwm2mBomb bomb) throws IOException {
      notified++;
      mid = mid + 1 & 0xFFFF;
      toss(
          socket,
          new Lwm2mOctets(Lwm2mOctets.CONFIRMABLE, Lwm2mOctets.CONTENT, mid, token)
              .observe(notified + 2)
              .format(bomb.format())
              .payload(bomb.payload().toArray()),
          port);
    }

    int inBlocks(Lwm2mBomb bomb) throws IOException {
      sent++;
      byte[] all = bomb.payload().toArray();
      int code = CONTINUE;
      for (int at = 0; at < all.length && code == CONTINUE; at += BLOCK) {
        boolean more = at + BLOCK < all.length;
        int block = (at / BLOCK) << 4 | (more ? 8 : 0) | SZX;
        mid = mid + 1 & 0xFFFF;
        toss(
            socket,
            new Lwm2mOctets(Lwm2mOctets.CONFIRMABLE, Lwm2mOctets.POST, mid, new byte[] {7})
                .path("dp")
                .format(bomb.format())
                .option(BLOCK1, new byte[] {(byte) (block >> 8), (byte) block})
                .payload(java.util.Arrays.copyOfRange(all, at, Math.min(all.length, at + BLOCK))),
            port);
        code = answer();
      }
      return code;
    }

    @Override
    public void close() {
      socket.close();
    }
  }
}
