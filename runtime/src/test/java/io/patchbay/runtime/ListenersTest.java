package io.patchbay.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.patchbay.runtime.Listeners.Listener;
import io.patchbay.runtime.Listeners.Transport;
import io.patchbay.runtime.configuration.Pid;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ListenersTest {
  private static final String LOOPBACK = "127.0.0.1";

  @Test
  void namesTheTcpPortInUse() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertThat(refusal(Transport.TCP, LOOPBACK, taken.getLocalPort()))
          .isEqualTo(
              "TCP port %d on 127.0.0.1 (broker) is in use; stop what listens there, or move this"
                  + " hub's ports with --offset 100 or --set a.broker:port=PORT.",
              taken.getLocalPort());
    }
  }

  @Test
  void namesTheUdpPortInUse() throws Exception {
    try (DatagramSocket taken =
        new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
      assertThat(refusal(Transport.UDP, LOOPBACK, taken.getLocalPort()))
          .startsWith("UDP port " + taken.getLocalPort() + " on 127.0.0.1 (broker) is in use");
    }
  }

  @Test
  void namesAHostThatIsNotHere() {
    assertThat(refusal(Transport.TCP, "192.0.2.1", 4711)).contains("correct host and port");
    assertThat(refusal(Transport.TCP, "nowhere.invalid", 4711)).contains("is no address");
  }

  @Test
  void leavesAFreePortFree() throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    List<Listener> listeners = List.of(listener(Transport.TCP, LOOPBACK, port));
    assertThatCode(
            () -> {
              Listeners.check(listeners);
              Listeners.check(listeners);
            })
        .doesNotThrowAnyException();
  }

  private static String refusal(Transport transport, String host, int port) {
    List<Listener> listeners = List.of(listener(transport, host, port));
    return String.valueOf(
        catchThrowableOfType(Refusal.class, () -> Listeners.check(listeners)).getMessage());
  }

  private static Listener listener(Transport transport, String host, int port) {
    return new Listener("broker", transport, host, port, new Pid("a.broker", ""), "port");
  }
}
