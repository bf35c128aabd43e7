package io.patchbay.itests.prove;

import io.patchbay.itests.RunningHub;
import io.patchbay.itests.bench.MqttPeer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeoutException;

/**
 * A subscriber that takes nothing, an SSE client that reads nothing, and a burst. Memory is
 * bounded, the others get everything, and what was let go is counted.
 */
final class BackPressureProof {
  private static final int BURST_PER_SECOND = 1_000_000;
  private static final String DROPPED = "patchbay_broker_subscriber_dropped_messages";
  private static final long GROWN_HEAP_MB = 96;

  private BackPressureProof() {}

  static Proof run(Path data, Terms terms)
      throws IOException, InterruptedException, TimeoutException {
    int burst = terms.rounds(30_000, 100_000);
    try (Scene scene =
            Scene.inside(data, terms.things(50, 200), "io.patchbay.northbound.rest:idleSeconds=5");
        Socket stream = stuckStream(scene.hub());
        Stuck subscriber = new Stuck(scene.hub())) {
      Findings findings = scene.findings;
      scene.load(terms.perSecond(500, 500));
      scene.await(500);
      Vitals before = Vitals.of(scene.hub());
      scene.silence();
      long begun = scene.sender.sent();
      scene.load(BURST_PER_SECOND);
      scene.north().beginGap();
      long most = 0;
      while (scene.sender.sent() < begun + burst) {
        most =
            Math.max(
                most, (long) scene.api().metric("jvm_memory_used_bytes", "area=\"heap\"") >> 20);
      }
      long gap = scene.north().longestGapMs();
      scene.silence();
      findings.expect(
          Drain.until(() -> scene.north().delivered() >= scene.sender.acknowledged()),
          "the receiver that works does not get everything");
      findings.expect(
          Drain.until(30, () -> counted(scene.api(), "patchbay_rest_streams_dropped_total")),
          "the stuck stream was not ended and counted");
      findings.expect(
          Drain.until(30, () -> counted(scene.api(), DROPPED)),
          "what the stuck subscriber did not take is not counted");
      findings.figure("heapMb.most", most);
      Vitals after = Vitals.of(scene.hub());
      findings.figure("heapMb.before", before.heapMb());
      findings.figure("heapMb.after", after.heapMb());
      findings.expect(
          after.heapMb() - before.heapMb() <= GROWN_HEAP_MB, "the heap has grown: " + after);
      findings.expect(
          !stream.isClosed() && subscriber.peer.open(), "the stuck ones were not there to the end");
      findings.figure("droppedForTheStuck", (long) scene.api().metric(DROPPED, ""));
      return scene.verdict(1, gap);
    }
  }

  private static boolean counted(Api api, String metric) throws IOException, InterruptedException {
    return api.metric(metric, "") > 0;
  }

  private static Socket stuckStream(RunningHub hub) throws IOException {
    Socket socket = new Socket();
    socket.setReceiveBufferSize(4_096);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), 8080 + hub.offset()));
    socket
        .getOutputStream()
        .write(
            ("GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n"
                    + "Authorization: Bearer "
                    + Files.readString(hub.data().resolve("admin-token")).strip()
                    + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
    return socket;
  }

  /** Subscribes to everything and takes one message. */
  private static final class Stuck implements AutoCloseable {
    private final CountDownLatch released = new CountDownLatch(1);
    private final MqttPeer peer;

    Stuck(RunningHub hub) throws IOException {
      // otherwise the system takes megabytes for it before the broker feels anything
      Socket socket = new Socket();
      socket.setReceiveBufferSize(4_096);
      peer =
          MqttPeer.connect(
              hub.mqttPort(),
              "prove-stuck",
              List.of(hub.mqttLogin()),
              0,
              (topic, payload) -> hold(),
              id -> {},
              socket);
      peer.subscribe("patchbay/#");
    }

    private void hold() {
      try {
        released.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    @Override
    public void close() {
      released.countDown();
      peer.close();
    }
  }
}
