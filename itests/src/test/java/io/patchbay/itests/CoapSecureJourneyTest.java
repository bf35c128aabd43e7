package io.patchbay.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A device with a certificate of the customer's authority posts, is kept to what is its own, and
 * observes what the hub knows. The authority is OpenSSL's, the device libcoap's.
 */
final class CoapSecureJourneyTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final String PROFILE =
      """
      id: climate
      title: Room climate
      thing: "{device}"
      match: [ { protocol: coap, resource: "climate/{device}", mediaType: text/plain } ]
      properties:
        temperature: { type: number, unit: Cel, forms: [ { protocol: coap, resource: "climate/{device}", mediaType: text/plain } ] }
      """;

  private Path keys = Path.of("target");

  @Test
  void aCertificateIsEnough(@TempDir Path data, @TempDir Path keys) throws Exception {
    this.keys = keys;
    Files.createDirectories(data.resolve("device-profiles"));
    Files.writeString(data.resolve("device-profiles/climate.yaml"), PROFILE);
    authority();
    issue("hub");
    issue("c9");
    openssl("pkcs12 -export -name hub -inkey hub.key -in hub.pem -out hub.p12 -passout pass:opens");
    int offset = RunningHub.freeOffset();
    try (RunningHub hub =
        RunningHub.start(
            data,
            offset,
            "io.patchbay.binding.coap:trust=" + keys.resolve("customer.pem"),
            "io.patchbay.binding.coap:keystore=" + keys.resolve("hub.p12"),
            "io.patchbay.binding.coap:keystorePassword=opens")) {
      String door = "coaps://127.0.0.1:" + (5694 + offset) + "/";
      await("the port")
          .atMost(LIMIT)
          .untilAsserted(() -> assertThat(post(door + "climate/c9", "20.5")).isEmpty());
      assertThat(Climate.value(hub, "c9", "temperature").doubleValue()).isEqualTo(20.5);
      assertThat(post(door + "climate/c8", "20.5")).startsWith("4.03");

      Path heard = data.resolve("heard.txt");
      Process observer =
          new ProcessBuilder(
                  client("-s", "60", "-A", "110", door + "things/c9/properties/temperature"))
              .redirectErrorStream(true)
              .redirectOutput(heard.toFile())
              .start();
      try {
        await("the value of now")
            .atMost(LIMIT)
            .until(() -> Files.readString(heard).contains("20.5"));
        assertThat(post(door + "climate/c9", "21.5")).isEmpty();
        await("the next").atMost(LIMIT).until(() -> Files.readString(heard).contains("21.5"));
      } finally {
        observer.destroyForcibly().waitFor();
      }
    }
  }

  private void authority() throws Exception {
    openssl(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=customer"
            + " -keyout customer.key -out customer.pem");
  }

  private void issue(String subject) throws Exception {
    Files.writeString(
        keys.resolve("names"), "subjectAltName=IP:127.0.0.1\nkeyUsage=digitalSignature\n");
    openssl(
        "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=%1$s -keyout %1$s.key -out %1$s.csr"
            .formatted(subject));
    openssl(
        "x509 -req -days 2 -CA customer.pem -CAkey customer.key -CAcreateserial -extfile names -in %1$s.csr -out %1$s.pem"
            .formatted(subject));
  }

  private void openssl(String words) throws Exception {
    List<String> command = new ArrayList<>(List.of("openssl"));
    command.addAll(Arrays.asList(words.split(" ")));
    Process process =
        new ProcessBuilder(command)
            .directory(keys.toFile())
            .redirectErrorStream(true)
            .redirectOutput(keys.resolve("openssl.txt").toFile())
            .start();
    assertThat(process.waitFor()).as(Files.readString(keys.resolve("openssl.txt"))).isZero();
  }

  private String post(String uri, String payload) throws Exception {
    return Climate.said(false, client("-B", "10", "-m", "post", "-t", "0", "-e", payload, uri))
        .strip();
  }

  private List<String> client(String... words) {
    return Climate.with(
        List.of(
            "coap-client-openssl",
            "-c",
            keys.resolve("c9.pem").toString(),
            "-j",
            keys.resolve("c9.key").toString(),
            "-C",
            keys.resolve("customer.pem").toString()),
        words);
  }
}
