package io.patchbay.camel.mqtt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.patchbay.access.Secrets;
import io.patchbay.camel.mqtt.MqttConnections.Phase;
import java.io.IOException;
import java.lang.annotation.Annotation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** External connections as they are configured, over TLS with certificates made by openssl. */
final class TlsTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private final Path folder;
  private final ConnectionPool pool;
  private final Mosquitto broker;

  TlsTest(@TempDir Path folder) throws Exception {
    this.folder = folder;
    pool = NamedConnections.pool(folder.resolve("state"));
    openssl(
        "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test-ca -keyout ca.key -out ca.pem");
    certificate("server", "subjectAltName=IP:127.0.0.1");
    certificate("client", "extendedKeyUsage=clientAuth");
    broker =
        Mosquitto.start(
            "cafile " + folder.resolve("ca.pem"),
            "certfile " + folder.resolve("server.pem"),
            "keyfile " + folder.resolve("server.key"),
            "require_certificate true");
  }

  private void certificate(String name, String extension) throws Exception {
    Files.writeString(folder.resolve(name + ".ext"), extension + "\n");
    openssl(
        "req -newkey rsa:2048 -nodes -subj /CN="
            + name
            + " -keyout NAME.key -out NAME.csr".replace("NAME", name));
    openssl(
        "x509 -req -in NAME.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out NAME.pem"
                .replace("NAME", name)
            + " -extfile "
            + name
            + ".ext");
  }

  private void openssl(String arguments) throws Exception {
    List<String> command = new java.util.ArrayList<>(List.of("openssl"));
    command.addAll(List.of(arguments.split(" ")));
    Process process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("openssl.log").toFile())
            .start();
    assertThat(process.waitFor()).as(arguments).isZero();
  }

  @AfterEach
  void close() {
    pool.close();
    broker.close();
  }

  private record Settings(
      String url,
      String caFile,
      String certificateFile,
      String keyFile,
      boolean verifyHostName,
      String clientId)
      implements ExternalConnection.Config {
    @Override
    public String user() {
      return "";
    }

    @Override
    public String secret() {
      return "";
    }

    @Override
    public long sessionExpiry() {
      return 60;
    }

    @Override
    public int receiveMaximum() {
      return 10;
    }

    @Override
    public int keepAlive() {
      return 10;
    }

    @Override
    public String messageIdProperty() {
      return "";
    }

    @Override
    public Class<? extends Annotation> annotationType() {
      return ExternalConnection.Config.class;
    }
  }

  private static final class NoSecrets implements Secrets {
    @Override
    public Optional<String> find(String name) {
      return Optional.empty();
    }

    @Override
    public void put(String name, String secret) {}

    @Override
    public boolean remove(String name) {
      return false;
    }

    @Override
    public List<String> names() {
      return List.of();
    }
  }

  private ExternalConnection open(String ca, String certificate, String key) throws IOException {
    return new ExternalConnection(
        "tls",
        new Settings("ssl://127.0.0.1:" + broker.port(), ca, certificate, key, true, ""),
        folder,
        pool,
        new NoSecrets());
  }

  @Test
  void namesTheFileThatIsMissing() {
    assertThatThrownBy(() -> open("nowhere.pem", "", ""))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("nowhere.pem is missing");
  }

  @Test
  void namesTheFileThatIsNoCertificate() {
    assertThatThrownBy(() -> open("client.key", "", ""))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("client.key holds no certificates");
  }

  @Test
  void doesNotConnectToABrokerItDoesNotTrust() throws Exception {
    ExternalConnection connection = open("client.pem", "client.pem", "client.key");
    await().atMost(LIMIT).until(() -> pool.checks().get(0).message().contains("cannot be reached"));
    assertThat(pool.checks().get(0).message()).containsIgnoringCase("cert");
    connection.deactivate();
  }

  @Test
  void connectsWithItsCertificateAndKeepsItsClientId() throws Exception {
    ExternalConnection connection = open("ca.pem", "client.pem", "client.key");
    await().atMost(LIMIT).until(() -> pool.named("tls").status().phase() == Phase.UP);
    String clientId = pool.named("tls").settings.clientId();
    assertThat(clientId).startsWith("patchbay-tls-");
    connection.deactivate();
    ExternalConnection again = open("ca.pem", "client.pem", "client.key");
    assertThat(pool.named("tls").settings.clientId()).isEqualTo(clientId);
    again.deactivate();
  }
}
