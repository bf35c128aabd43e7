package io.patchbay.northbound.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.patchbay.northbound.Feed;
import io.patchbay.store.Recorded;
import io.patchbay.store.Selection;
import io.patchbay.thing.Quality;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.TimeSource;
import io.patchbay.thing.Uplink.Reading;
import io.patchbay.thing.Value;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StreamTest {
  private final RestHub hub;

  StreamTest(@TempDir Path home) throws Exception {
    hub = new RestHub(home, Map.of("idleSeconds", 2));
  }

  @AfterEach
  void stop() throws Exception {
    hub.stop();
  }

  private BufferedReader open(String query, String lastEventId) throws Exception {
    var request =
        hub.request("/api/v1/stream" + query, "viewer").header("Accept", "text/event-stream");
    if (!lastEventId.isEmpty()) {
      request.header("Last-Event-ID", lastEventId);
    }
    HttpResponse<InputStream> response =
        hub.client.send(request.build(), BodyHandlers.ofInputStream());
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("Content-Type").orElseThrow())
        .startsWith("text/event-stream");
    return new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8));
  }

  /** The ids of the next events. */
  private static List<Long> ids(BufferedReader stream, int count) throws Exception {
    List<Long> ids = new ArrayList<>();
    while (ids.size() < count) {
      String line = stream.readLine();
      assertThat(line).isNotNull();
      if (line.startsWith("id: ")) {
        ids.add(Long.parseLong(line.substring(4)));
      }
    }
    return ids;
  }

  @Test
  void resumesWithoutGapOrDuplicateUnderLoad() throws Exception {
    int total = 3_000;
    AtomicBoolean failed = new AtomicBoolean();
    CountDownLatch some = new CountDownLatch(500);
    Thread load =
        new Thread(
            () -> {
              try {
                for (int i = 1; i <= total; i++) {
                  hub.rooms.append(FakeRooms.reading("plug1", i));
                  some.countDown();
                }
              } catch (RuntimeException e) {
                failed.set(true);
              }
            },
            "patchbay-test-load");
    load.start();
    some.await();
    List<Long> seen = new ArrayList<>();
    long last = 0;
    // Goes away in the middle, several times, and comes back with what it saw last.
    while (seen.size() < total) {
      try (BufferedReader stream = open("?thing=plug1", Long.toString(last))) {
        seen.addAll(ids(stream, Math.min(700, total - seen.size())));
        last = seen.get(seen.size() - 1);
      }
    }
    load.join();
    assertThat(failed).isFalse();
    assertThat(seen).hasSize(total).isSorted().doesNotHaveDuplicates();
    assertThat(seen.get(total - 1)).isEqualTo(total);
  }

  @Test
  void selectsAndKeepsAlive() throws Exception {
    try (BufferedReader stream = open("?thing=a&kind=reading,status", "")) {
      assertThat(stream.readLine()).isEqualTo(": connected");
      await().until(() -> hub.rooms.feeds.size() == 1);
      hub.rooms.append(FakeRooms.reading("b", 1));
      long wanted = hub.rooms.append(FakeRooms.reading("a", 2));
      assertThat(ids(stream, 1)).containsExactly(wanted);
      assertThat(stream.readLine()).isEqualTo("event: reading");
      assertThat(stream.readLine()).startsWith("data: {\"sequence\":").contains("\"value\":2.0");
      assertThat(stream.readLine()).isEmpty();
      assertThat(stream.readLine()).isEqualTo(": heartbeat");
    }
    await().atMost(Duration.ofSeconds(10)).until(() -> hub.rooms.feeds.isEmpty());
  }

  @Test
  void refusesWhatItCannotServe() throws Exception {
    assertThat(
            hub.send(hub.request("/api/v1/stream", "viewer").header("Last-Event-ID", "x"))
                .statusCode())
        .isEqualTo(400);
    assertThat(hub.get("/api/v1/stream?kind=noise", "viewer").statusCode()).isEqualTo(400);
    assertThat(hub.get("/api/v1/stream", "").statusCode()).isEqualTo(401);
    List<BufferedReader> open = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      open.add(open("", ""));
    }
    assertThat(hub.get("/api/v1/stream", "viewer").statusCode()).isEqualTo(503);
    assertThat(hub.get("/health", "").statusCode()).isEqualTo(200);
    for (BufferedReader stream : open) {
      stream.close();
    }
  }

  @Test
  void dropsAClientThatTakesNothing() throws Exception {
    for (int i = 0; i < 1_000; i++) {
      hub.rooms.append(large(i));
    }
    try (Socket socket = new Socket()) {
      socket.setReceiveBufferSize(4_096);
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), hub.port()));
      String request =
          String.join(
              "\r\n",
              "GET /api/v1/stream HTTP/1.1",
              "Host: a",
              "Authorization: Bearer viewer",
              "Last-Event-ID: 0",
              "",
              "");
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      await().until(() -> metric("patchbay_rest_streams ").equals("1"));
      await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> metric("patchbay_rest_streams_dropped_total ").equals("1"));
      assertThat(hub.rooms.feeds).isEmpty();
    }
  }

  private String metric(String name) throws Exception {
    return hub.get("/metrics", "viewer")
        .body()
        .lines()
        .filter(line -> line.startsWith(name))
        .map(line -> line.substring(name.length()))
        .findFirst()
        .orElse("");
  }

  /** 20 MB of these fill every buffer between here and the client. */
  private static Reading large(int number) {
    Value text = new Value.Text(number + "x".repeat(20_000));
    return new Reading(
        new ThingId("large"),
        "text",
        text,
        "",
        FakeRooms.TIME,
        TimeSource.HUB,
        FakeRooms.TIME,
        Quality.GOOD);
  }

  @Test
  void saysThatSomethingWasRemovedMeanwhile() throws Exception {
    for (int i = 1; i <= 5; i++) {
      hub.rooms.append(FakeRooms.reading("plug1", i));
    }
    hub.rooms.journal.dropTo(3);
    try (BufferedReader stream = open("", "1")) {
      List<String> lines = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        lines.add(stream.readLine());
      }
      assertThat(lines).contains("event: gap");
      assertThat(ids(stream, 2)).containsExactly(4L, 5L);
    }
  }

  @Test
  void fallsBackToTheJournalWhenItsQueueIsFull() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    LiveStream stream =
        new LiveStream(hub.rooms.journal, Selection.all(), 4, Duration.ofMillis(20), out);
    CountDownLatch end = new CountDownLatch(1);
    Feed.Registration registration =
        new Feed.Registration() {
          @Override
          public long dropped() {
            return 0;
          }

          @Override
          public void close() {
            end.countDown();
          }
        };
    Thread runner =
        new Thread(
            () -> {
              try {
                stream.run(
                    receiver -> {
                      // 20 uplinks come at once; the queue holds 4 of them.
                      for (int i = 1; i <= 20; i++) {
                        long sequence = hub.rooms.append(FakeRooms.reading("plug1", i));
                        assertThat(
                                receiver.offer(
                                    new Recorded(
                                        sequence, "plug@1", FakeRooms.reading("plug1", i))))
                            .isTrue();
                      }
                      assertThat(
                              receiver.offer(
                                  new Recorded(0, "plug@1", FakeRooms.reading("plug1", 21))))
                          .as("no journal keeps it: dropped, and said so")
                          .isFalse();
                      return registration;
                    },
                    -1);
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
            },
            "patchbay-test-stream");
    runner.start();
    await().until(() -> out.toString(StandardCharsets.UTF_8).contains("id: 20\n"));
    stream.end();
    runner.join();
    assertThat(end.getCount()).isZero();
    List<Long> ids = new ArrayList<>();
    out.toString(StandardCharsets.UTF_8)
        .lines()
        .filter(line -> line.startsWith("id: "))
        .forEach(line -> ids.add(Long.parseLong(line.substring(4))));
    assertThat(ids).hasSize(20).isSorted().doesNotHaveDuplicates();
  }
}
