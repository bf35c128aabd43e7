package io.patchbay.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TlsTest {
  @Test
  void servesMosquittoOverTls(@TempDir Path data) throws Exception {
    Path keystore = data.resolve("hub.p12");
    Path certificate = data.resolve("hub.pem");
    keytool(
        "-genkeypair",
        "-keyalg",
        "EC",
        "-alias",
        "hub",
        "-dname",
        "CN=localhost",
        "-ext",
        "san=ip:127.0.0.1",
        "-keystore",
        keystore.toString(),
        "-storepass",
        "change-it");
    keytool(
        "-exportcert",
        "-rfc",
        "-alias",
        "hub",
        "-keystore",
        keystore.toString(),
        "-storepass",
        "change-it",
        "-file",
        certificate.toString());
    try (RunningBroker running = new RunningBroker(withKeystore(data, keystore, "change-it"))) {
      // Plain octets at this door are refused, and it serves on.
      try (Socket plain = new Socket(InetAddress.getLoopbackAddress(), running.broker.tlsPort())) {
        plain.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        plain.setSoTimeout(10_000);
        assertThat(plain.getInputStream().readAllBytes().length).isLessThan(100);
      }
      int port = running.broker.tlsPort();
      assertThat(publish(port, "--cafile", certificate.toString())).isZero();
      assertThat(publish(running.broker.port())).isZero();
      assertThat(running.broker.counters().messagesIn.sum()).isEqualTo(2);
    }
  }

  @Test
  void saysWhatIsWrongWithAKeystore(@TempDir Path data) throws Exception {
    Path keystore = Files.writeString(data.resolve("hub.p12"), "no keystore");
    for (Path path : new Path[] {keystore, data.resolve("missing.p12")}) {
      assertThatThrownBy(() -> new RunningBroker(withKeystore(data, path, "x")).close())
          .isInstanceOf(IOException.class)
          .hasMessageContaining("cannot use the keystore " + path)
          .hasMessageContaining("keystorePassword");
    }
  }

  private static int publish(int port, String... more) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                "mosquitto_pub",
                "-h",
                "127.0.0.1",
                "-p",
                "" + port,
                "-u",
                "plug",
                "-P",
                KnownDevices.password("plug"),
                "-q",
                "1",
                "-t",
                "a",
                "-m",
                "x"));
    command.addAll(List.of(more));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }

  private static void keytool(String... arguments) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(Path.of(System.getProperty("java.home"), "bin", "keytool").toString()));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertThat(process.waitFor()).isZero();
  }

  private static BrokerSettings withKeystore(Path data, Path keystore, String password) {
    BrokerSettings usual = RunningBroker.settings(data);
    return new BrokerSettings(
        usual.directory(),
        0,
        usual.host(),
        0,
        0,
        keystore.toString(),
        password,
        "PKCS12",
        usual.maxPacketBytes(),
        usual.maxConnections(),
        usual.maxQueueBytes(),
        usual.maxQueueMessages(),
        usual.maxQueues(),
        usual.maxTopics(),
        usual.maxRetained(),
        usual.globalMaxBytes(),
        usual.maxSessionExpiry());
  }
}
