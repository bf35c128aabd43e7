package io.patchbay.binding.coap;

import static org.assertj.core.api.Assertions.assertThat;

import io.patchbay.coap.CountingParser;
import io.patchbay.testkit.FuzzSeeds;
import io.patchbay.testkit.RecordingUplinkPort;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.eclipse.californium.core.coap.CoAP;
import org.eclipse.californium.core.coap.Message;
import org.eclipse.californium.core.coap.MessageFormatException;
import org.eclipse.californium.core.coap.Request;
import org.eclipse.californium.core.config.CoapConfig;
import org.eclipse.californium.elements.RawData;
import org.eclipse.californium.elements.UdpEndpointContext;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Whatever a datagram holds is a request that is answered, or refused. */
public final class CoapFuzzTest {
  static {
    CoapConfig.register();
  }

  private static final InetSocketAddress HERE =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 5_683);
  private static final Listening LISTENING = new Listening();
  private static final Repetitions REPETITIONS = new Repetitions(System::nanoTime);
  private static final ResourceDirectory DIRECTORY =
      new ResourceDirectory(
          new RegistrationFiles(Path.of("target", "nowhere")),
          new Introductions(new RecordingUplinkPort(), Requests.things(), Map::of),
          Access.ANONYMOUS,
          task -> {},
          Runnable::run);

  static {
    LISTENING.hear(
        Set.of(
            Requests.interest("tele/{device}/value", "text/plain"),
            Requests.interest("senml/#", "application/senml+json")));
  }

  /** Jazzer's entry. */
  public static void fuzzerTestOneInput(byte[] input) {
    links(new String(input, StandardCharsets.UTF_8));
    Message message;
    try {
      message =
          new CountingParser(() -> {})
              .parseMessage(RawData.inbound(input, new UdpEndpointContext(HERE), false, 1, HERE));
    } catch (MessageFormatException e) {
      assertThat(e.getMessage()).isNotBlank();
      return;
    }
    if (message instanceof Request request && CoAP.isRequest(request.getRawCode())) {
      String path = request.getOptions().getUriPathString();
      byte[] payload = request.getPayload() == null ? new byte[0] : request.getPayload();
      assertThat(LISTENING.at(path)).isNotNull();
      assertThat(REPETITIONS.delivery(request, payload).value()).hasSizeLessThanOrEqualTo(64);
      String types =
          Links.of(LISTENING.all(), Readings.OWN, request.getOptions().getUriQueryStrings());
      assertThat(types).isNotNull();
      if (ResourceDirectory.serves(path)) {
        DIRECTORY
            .answer(
                request, path, () -> CompletableFuture.completedStage(request.getPayloadString()))
            .thenAccept(response -> assertThat(response.getCode()).isNotNull());
      }
    }
  }

  /** What is read is written so that it is read as the same. */
  private static void links(String text) {
    try {
      for (Link link : Link.parse(text, ResourceDirectory.LINKS)) {
        assertThat(Link.parse(link.toString(), 1)).containsExactly(link);
      }
    } catch (IllegalArgumentException e) {
      assertThat(e.getMessage()).isNotBlank();
    }
  }

  @TestFactory
  Stream<DynamicTest> answersOrRefuses() {
    return FuzzSeeds.tests(getClass(), CoapFuzzTest::fuzzerTestOneInput);
  }
}
