package io.patchbay.northbound.rest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whoever sends a body that is refused has the answer, however much of it is still on its way. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class RefusedBodyTest {
  private static final String THINGS = "/api/v1/things";
  private static final int TIMES = 20;

  /** Octets. */
  private static final long HUGE = 64L << 20;

  private final RestHub hub;

  RefusedBodyTest(@TempDir Path home) throws Exception {
    hub = new RestHub(home);
  }

  @AfterAll
  void stop() throws Exception {
    hub.stop();
  }

  private int status(String token, String mediaType, BodyPublisher body) throws Exception {
    HttpResponse<String> answer =
        hub.send(hub.request(THINGS, token).header("Content-Type", mediaType).POST(body));
    assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/problem+json");
    return answer.statusCode();
  }

  @ParameterizedTest
  @ValueSource(ints = {17_000, 200_000, 2_000_000})
  void oneThatIsTooLarge(int size) throws Exception {
    byte[] body = new byte[size];
    for (int i = 0; i < TIMES; i++) {
      assertThat(status("operator", "application/json", BodyPublishers.ofByteArray(body)))
          .isEqualTo(413);
      BodyPublisher chunks = BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body));
      assertThat(status("operator", "application/json", chunks)).isEqualTo(413);
    }
  }

  @Test
  void oneThatNobodyReads() throws Exception {
    BodyPublisher body = BodyPublishers.ofByteArray(new byte[1_000_000]);
    for (int i = 0; i < TIMES; i++) {
      assertThat(status("operator", "text/plain", body)).isEqualTo(415);
      assertThat(status("viewer", "application/json", body)).isEqualTo(403);
    }
  }

  @Test
  @Timeout(20)
  void oneThatIsFarTooLargeIsAnsweredAndItsConnectionClosed() throws Exception {
    for (String type : List.of("application/json", "text/plain")) {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), hub.port())) {
        String head =
            "POST "
                + THINGS
                + " HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer operator\r\n"
                + "Content-Type: "
                + type
                + "\r\nContent-Length: "
                + HUGE
                + "\r\n\r\n";
        socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
        // all of it, without a look at the answer
        byte[] some = new byte[1 << 16];
        for (long sent = 0; sent < HUGE; sent += some.length) {
          socket.getOutputStream().write(some);
        }
        String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(answer)
            .startsWith("HTTP/1.1 " + (type.equals("text/plain") ? 415 : 413))
            .containsIgnoringCase("Connection: close")
            .endsWith("}");
      }
    }
  }

  @Test
  @Timeout(10)
  void oneThatWaitsForAWordIsNotWaitedFor() throws Exception {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), hub.port())) {
      String head =
          "POST "
              + THINGS
              + " HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer operator\r\n"
              + "Content-Type: application/json\r\nContent-Length: 900000\r\n"
              + "Expect: 100-continue\r\n\r\n";
      socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
      InputStream in = socket.getInputStream();
      String answer = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      assertThat(answer).startsWith("HTTP/1.1 413").contains("16384");
    }
  }
}
