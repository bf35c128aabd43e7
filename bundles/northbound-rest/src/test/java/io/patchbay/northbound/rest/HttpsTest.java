package io.patchbay.northbound.rest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class HttpsTest {
  private static final String PASSWORD = "only-for-this-test";

  private final Path home;

  HttpsTest(@TempDir Path home) {
    this.home = home;
  }

  private Path keystore() throws IOException, InterruptedException {
    Path file = home.resolve("hub.p12");
    Path keytool = Path.of(System.getProperty("java.home"), "bin", "keytool");
    String options =
        "-genkeypair -alias hub -keyalg EC -dname CN=localhost -ext san=ip:127.0.0.1"
            + " -storetype PKCS12 -validity 2 -storepass "
            + PASSWORD;
    List<String> command = new java.util.ArrayList<>(List.of(keytool.toString()));
    command.addAll(List.of(options.split(" ", -1)));
    command.addAll(List.of("-keystore", file.toString()));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    return file;
  }

  @Test
  void saysThatHttpsIsNotOpenWhenTheKeystoreIsWrong() throws Exception {
    Path wrong = Files.writeString(home.resolve("wrong.p12"), "no keystore");
    RestHub hub =
        new RestHub(
            home,
            Map.of("httpsPort", 0, "keystore", wrong.toString(), "keystorePassword", PASSWORD));
    try {
      assertThat(hub.securePort()).isZero();
      HttpResponse<String> health = hub.get("/health", "viewer");
      assertThat(health.statusCode()).isEqualTo(503);
      assertThat(health.body())
          .contains("HTTPS is not open: the keystore")
          .doesNotContain(PASSWORD);
    } finally {
      hub.stop();
    }
  }

  @Test
  void servesHttpsWithAKeystore() throws Exception {
    Path file = keystore();
    RestHub hub =
        new RestHub(
            home,
            Map.of("httpsPort", 0, "keystore", file.toString(), "keystorePassword", PASSWORD));
    try {
      KeyStore made = KeyStore.getInstance("PKCS12");
      try (InputStream in = Files.newInputStream(file)) {
        made.load(in, PASSWORD.toCharArray());
      }
      KeyStore trusted = KeyStore.getInstance("PKCS12");
      trusted.load(null, null);
      trusted.setCertificateEntry("hub", made.getCertificate("hub"));
      TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
      trust.init(trusted);
      SSLContext tls = SSLContext.getInstance("TLS");
      tls.init(null, trust.getTrustManagers(), null);
      HttpClient client = HttpClient.newBuilder().sslContext(tls).build();
      URI uri = URI.create("https://127.0.0.1:" + hub.securePort() + "/health");
      HttpResponse<String> answer =
          client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
      assertThat(answer.body()).isEqualTo("{\"status\":\"ok\"}");
    } finally {
      hub.stop();
    }
  }
}
