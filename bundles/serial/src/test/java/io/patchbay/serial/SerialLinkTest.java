package io.patchbay.serial;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class SerialLinkTest {
  private static final Duration SOON = Duration.ofSeconds(10);
  private final List<Boolean> changes = new CopyOnWriteArrayList<>();
  private final List<AutoCloseable> open = new CopyOnWriteArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable one : open) {
      one.close();
    }
    assertThat(threads()).isEmpty();
  }

  @Test
  void readsAndWritesFailAtOnceWhileThePortIsNotThere() {
    SerialLink link = link("serial:/dev/no-such-port");
    assertThatThrownBy(() -> link.write(new byte[1]))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("/dev/no-such-port");
    assertThatThrownBy(() -> link.read(new byte[1], SOON)).isInstanceOf(IOException.class);
  }

  @Test
  void aReadEndsWhenNothingComesInTime() throws Exception {
    Cable cable = cable();
    SerialLink link = up(link("serial:" + cable.hub()));
    assertThat(link.read(new byte[10], Duration.ofMillis(50))).isZero();
  }

  @Test
  void carriesOctetsBothWays() throws Exception {
    Cable cable = cable();
    SerialLink near = up(link("serial:" + cable.hub()));
    SerialLink far = up(link("serial:" + cable.device()));
    byte[] all = new byte[256];
    for (int i = 0; i < all.length; i++) {
      all[i] = (byte) i;
    }
    near.write(all);
    assertThat(read(far, all.length)).isEqualTo(all);
    far.write(new byte[] {1, 2, 3});
    assertThat(read(near, 3)).containsExactly(1, 2, 3);
  }

  @Test
  void noticesWithinASecondThatTheAdapterIsUnpluggedAndHeals() throws Exception {
    Cable cable = cable();
    SerialLink link = up(link("serial:" + cable.hub()));
    for (int round = 0; round < 5; round++) {
      cable.unplug();
      await().atMost(Duration.ofSeconds(1)).until(() -> !link.up());
      assertThatThrownBy(() -> link.write(new byte[1])).isInstanceOf(IOException.class);
      cable.plug();
      up(link);
      SerialLink far =
          up(SerialLink.open(LineAddress.of("serial:" + cable.device()), (u, w) -> {}));
      far.write(new byte[] {(byte) round});
      assertThat(read(link, 1)).containsExactly(round);
      far.close();
    }
    assertThat(threads()).hasSize(1);
  }

  @Test
  void aReaderThatWaitsIsToldWhenTheAdapterIsUnplugged() throws Exception {
    Cable cable = cable();
    SerialLink link = up(link("serial:" + cable.hub()));
    Thread puller =
        new Thread(
            () -> {
              try {
                cable.unplug();
              } catch (IOException e) {
                throw new IllegalStateException(e);
              }
            });
    puller.start();
    assertThatThrownBy(() -> link.read(new byte[1], SOON)).isInstanceOf(IOException.class);
    puller.join();
  }

  @Test
  void costsNoProcessorWhileItIsGone() throws Exception {
    Cable cable = cable();
    SerialLink link = up(link("serial:" + cable.hub()));
    cable.unplug();
    await().atMost(SOON).until(() -> !link.up());
    long thread =
        Thread.getAllStackTraces().keySet().stream()
            .filter(one -> one.getName().startsWith("patchbay-serial-"))
            .findFirst()
            .orElseThrow()
            .getId();
    var cpu = ManagementFactory.getThreadMXBean();
    long before = cpu.getThreadCpuTime(thread);
    await().during(Duration.ofSeconds(2)).atMost(SOON).until(() -> !link.up());
    assertThat(Duration.ofNanos(cpu.getThreadCpuTime(thread) - before))
        .isLessThan(Duration.ofMillis(100));
  }

  @Test
  void whatCameBeforeTheLineWentIsNotReadAfterwards() throws Exception {
    Cable cable = cable();
    SerialLink link = up(link("serial:" + cable.hub()));
    SerialLink far = up(SerialLink.open(LineAddress.of("serial:" + cable.device()), (u, w) -> {}));
    far.write("old".getBytes(US_ASCII));
    far.close();
    cable.unplug();
    await().atMost(SOON).until(() -> !link.up());
    cable.plug();
    up(link);
    assertThat(link.read(new byte[10], Duration.ofMillis(300))).isZero();
  }

  @Test
  void worksBehindASerialServerAndHealsWhenItComesBack() throws Exception {
    int port;
    SerialLink link;
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = server.getLocalPort();
      link = link("tcp://127.0.0.1:" + port);
      try (Socket far = server.accept()) {
        up(link);
        link.write(new byte[] {7});
        assertThat(far.getInputStream().read()).isEqualTo(7);
        far.getOutputStream().write(8);
        assertThat(read(link, 1)).containsExactly(8);
      }
    }
    await().atMost(Duration.ofSeconds(1)).until(() -> !link.up());
    try (ServerSocket server = new ServerSocket(port, 1, InetAddress.getLoopbackAddress());
        Socket far = server.accept()) {
      up(link);
      far.getOutputStream().write(9);
      assertThat(read(link, 1)).containsExactly(9);
    }
    // how often it says why it is still away depends on when the server is back
    assertThat(changes).startsWith(true, false).containsSubsequence(false, true);
  }

  @Test
  void keepsTheNewestOctetsWhenNobodyReads() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      SerialLink link = link("tcp://127.0.0.1:" + server.getLocalPort());
      try (Socket far = server.accept()) {
        up(link);
        byte[] many = new byte[20_000];
        many[many.length - 1] = 42;
        far.getOutputStream().write(many);
        byte[] got = new byte[32_000];
        await()
            .atMost(SOON)
            .until(
                () -> {
                  int count = link.read(got, Duration.ofSeconds(1));
                  return count > 0 && got[count - 1] == 42;
                });
      }
    }
  }

  @Test
  void closesTwiceAndThenFails() throws Exception {
    Cable cable = cable();
    SerialLink link = up(link("serial:" + cable.hub()));
    link.close();
    link.close();
    assertThatThrownBy(() -> link.write(new byte[1])).hasMessageContaining("closed");
  }

  private Cable cable() throws IOException {
    Cable cable = Cable.plugged();
    open.add(cable);
    return cable;
  }

  private SerialLink link(String line) {
    SerialLink link = SerialLink.open(LineAddress.of(line), (up, why) -> changes.add(up));
    open.add(link);
    return link;
  }

  private static SerialLink up(SerialLink link) {
    await().atMost(SOON).until(link::up);
    return link;
  }

  private static byte[] read(SerialLink link, int count) throws IOException {
    byte[] all = new byte[count];
    byte[] some = new byte[count];
    for (int filled = 0; filled < count; ) {
      int came = link.read(some, SOON);
      assertThat(came).isPositive();
      System.arraycopy(some, 0, all, filled, Math.min(came, count - filled));
      filled += came;
    }
    return all;
  }

  private static List<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith("patchbay-serial-"))
        .toList();
  }
}
