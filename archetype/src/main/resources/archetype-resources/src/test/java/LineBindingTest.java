package ${package};

import static org.assertj.core.api.Assertions.assertThat;

import io.patchbay.profile.Form;
import io.patchbay.profile.Op;
import io.patchbay.southbound.Answer;
import io.patchbay.southbound.Receipt;
import io.patchbay.southbound.Rejection;
import io.patchbay.southbound.Request;
import io.patchbay.southbound.Wire;
import io.patchbay.testkit.RecordingUplinkPort;
import io.patchbay.testkit.camel.PlainContexts;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Command;
import io.patchbay.thing.CommandId;
import io.patchbay.thing.Outcome;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Value;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What devices do that do not keep to the protocol. */
final class LineBindingTest {
  private final RecordingUplinkPort hub = new RecordingUplinkPort();
  private final PlainContexts contexts = new PlainContexts(hub, Map.of());
  private final int port;
  private LineBinding binding;
  private final Socket socket;
  private final BufferedReader in;

  LineBindingTest() throws Exception {
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    binding = start(Duration.ofMinutes(10));
    socket = dial();
    in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
  }

  private LineBinding start(Duration silence) throws Exception {
    return new LineBinding(
        PlainContexts.NO_BUNDLE,
        contexts,
        "127.0.0.1",
        port,
        new Devices(2),
        new Visitors(2, silence));
  }

  private Socket dial() throws IOException {
    Socket dialled = new Socket(InetAddress.getLoopbackAddress(), port);
    dialled.setSoTimeout(10_000);
    return dialled;
  }

  @AfterEach
  void stop() throws IOException {
    socket.close();
    binding.stop();
    hub.close();
  }

  private String answer(String line) throws IOException {
    socket.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
    return String.valueOf(in.readLine());
  }

  @Test
  void handsUpWhatIsNoLineAndSaysWhatBecameOfIt() throws Exception {
    hub.answer(offer -> new Receipt.Rejected(Rejection.UNKNOWN_ADDRESS, "no profile"));

    assertThat(answer("meter7 is warm")).isEqualTo("no ? no profile");
    assertThat(hub.offers())
        .singleElement()
        .satisfies(
            offer ->
                assertThat(offer.frame().orElseThrow().payload().text())
                    .isEqualTo("meter7 is warm"));
  }

  @Test
  void endsAConnectionWhoseLineDoesNotEnd() throws Exception {
    assertThat(answer("m".repeat(2_000))).isEqualTo("null");
  }

  @Test
  void closesAConnectionOnWhichNothingIsSaid() throws Exception {
    binding.stop();
    binding = start(Duration.ofMillis(200));

    try (Socket silent = dial()) {
      assertThat(silent.getInputStream().read()).isNegative();
    }
  }

  @Test
  void closesOneConnectionMoreThanThereMayBe() throws Exception {
    assertThat(answer("meter1")).isEqualTo("ok");
    try (Socket second = dial()) {
      second.getOutputStream().write("meter2\n".getBytes(StandardCharsets.UTF_8));
      assertThat(second.getInputStream().read()).isEqualTo('o');
      try (Socket third = dial()) {
        assertThat(third.getInputStream().read()).isNegative();
      }
    }
    assertThat(answer("meter1")).isEqualTo("ok");
  }

  @Test
  void takesNoMoreDevicesThanItMay() throws Exception {
    assertThat(answer("meter1")).isEqualTo("ok");
    assertThat(answer("meter2")).isEqualTo("ok");
    assertThat(answer("meter3 1 temperature 20")).isEqualTo("busy 1");
    assertThat(answer("meter2 1 temperature 20")).isEqualTo("ok 1");
  }

  @Test
  void sendsNoSecondLineWithinAValue() throws Exception {
    assertThat(answer("meter7")).isEqualTo("ok");

    Answer answer =
        contexts
            .downlink()
            .send(write("1\nset relay on"))
            .toCompletableFuture()
            .get(10, TimeUnit.SECONDS);

    assertThat(answer)
        .isInstanceOfSatisfying(
            Answer.Failed.class,
            failed -> assertThat(failed.reason()).isEqualTo(Outcome.Reason.NOT_ALLOWED));
    assertThat(answer("meter7")).isEqualTo("ok");
  }

  private static Request write(String text) {
    ThingId id = new ThingId("meter7");
    URI base = URI.create(LineProtocol.SCHEME + "://local");
    Thing thing = new Thing(id, base, "meter", Map.of(), Map.of());
    Map<String, String> terms = Map.of("address", "meter7/level");
    Form form = new Form(LineProtocol.SCHEME, Set.of(Op.WRITE), "", terms);
    Wire wire = new Wire(form, "meter7/level", terms, Optional.of(Bytes.utf8(text)));
    Instant deadline = Instant.now().plusSeconds(5);
    Command command = new Command.Write(id, "level", new Value.Text(text), deadline);
    return new Request(CommandId.fresh(), command, thing, Map.of("level", wire));
  }
}
