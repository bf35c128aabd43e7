package io.patchbay.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A new zip is unpacked somewhere else and started on the data directory of the old one. */
final class ZipJourneyTest {
  private static final String POWER = "/api/v1/things/p1/properties/power";

  @Test
  void anUpgradeKeepsDataAndConfiguration(@TempDir Path folder) throws Exception {
    Path data = folder.resolve("data");
    int offset = RunningHub.freeOffset();
    String token;
    try (RunningHub old = RunningHub.start(data, offset)) {
      token = Files.readString(data.resolve("admin-token"));
      publish(old, 42);
      await().atMost(Duration.ofSeconds(5)).until(() -> old.get(POWER).statusCode() == 200);
      assertThat(old.stop()).isZero();
    }
    assertThat(Files.readAllLines(data.resolve("log/patchbay.log")))
        .as("a hub that was used and stopped has nothing to complain of")
        .noneMatch(line -> line.contains(" ERROR ") || line.contains(" WARN "));
    Files.writeString(
        data.resolve("conf/io.patchbay.northbound.rest.cfg"), "# moved\nport = 8085\n");

    Path home = unpack(folder.resolve("new"));
    try (RunningHub fresh = RunningHub.startAt(home, data, offset)) {
      assertThat(fresh.ready()).contains(":" + (8085 + offset) + "/");
      assertThat(Files.readString(data.resolve("admin-token"))).isEqualTo(token);
      HttpRequest moved =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + (8085 + offset) + POWER))
              .header("Authorization", "Bearer " + token.strip())
              .build();
      var latest = HttpClient.newHttpClient().send(moved, HttpResponse.BodyHandlers.ofString());
      assertThat(latest.body()).contains("\"value\":42");
      assertThat(fresh.stop()).isZero();
    }
  }

  private static void publish(RunningHub hub, int power) throws Exception {
    String payload = "{\"ENERGY\":{\"Power\":" + power + "}}";
    Mosquitto.publish(hub.mqttPort(), hub.mqttLogin(), "tele/p1/SENSOR", payload);
  }

  /** The folder in it. Which files can be run is in the zip, but Java does not say. */
  private static Path unpack(Path to) throws IOException {
    Path dist = RunningHub.dist();
    Path zip = dist.resolveSibling(dist.getFileName() + ".zip");
    try (ZipFile file = new ZipFile(zip.toFile())) {
      for (var entries = file.entries(); entries.hasMoreElements(); ) {
        ZipEntry entry = entries.nextElement();
        Path target = to.resolve(entry.getName());
        if (entry.isDirectory()) {
          Files.createDirectories(target);
        } else {
          Files.createDirectories(target.getParent());
          try (InputStream in = file.getInputStream(entry)) {
            Files.copy(in, target);
          }
        }
      }
    }
    Path home = to.resolve(dist.getFileName());
    assertThat(home.resolve("bin/patchbay").toFile().setExecutable(true)).isTrue();
    return home;
  }
}
