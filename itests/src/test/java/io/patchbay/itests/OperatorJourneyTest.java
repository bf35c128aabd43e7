package io.patchbay.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Starting, stopping, and the ways a start can go wrong: each says in one sentence what to do. */
final class OperatorJourneyTest {
  @Test
  void isToldThatAnotherHubHasTheDirectory(@TempDir Path data) throws Exception {
    try (RunningHub hub = RunningHub.start(data, RunningHub.freeOffset())) {
      Refusal refusal = refused(data, RunningHub.freeOffset());

      assertThat(refusal.code()).isEqualTo(1);
      assertThat(refusal.text()).contains(data.toString()).contains(Long.toString(hub.pid()));
    }
  }

  @Test
  void isToldWhichPortIsInUse(@TempDir Path data) throws Exception {
    int offset = RunningHub.freeOffset();
    try (ServerSocket squatter =
        new ServerSocket(1883 + offset, 1, InetAddress.getLoopbackAddress())) {
      Refusal refusal = refused(data, offset);

      assertThat(refusal.code()).isEqualTo(1);
      assertThat(refusal.text())
          .contains(Integer.toString(squatter.getLocalPort()))
          .contains("--offset");
    }
  }

  @Test
  void isToldFileLineAndKeyOfABrokenConfiguration(@TempDir Path data) throws Exception {
    Files.createDirectories(data.resolve("conf"));
    Files.writeString(data.resolve("conf/io.patchbay.broker.cfg"), "# the broker\nprot = 1883\n");

    Refusal refusal = refused(data, RunningHub.freeOffset());

    assertThat(refusal.code()).isEqualTo(1);
    assertThat(refusal.text())
        .contains("io.patchbay.broker.cfg:2")
        .contains("prot")
        .contains("port");
  }

  @Test
  void isToldWhatASettingMustLookLike(@TempDir Path data) throws Exception {
    Refusal refusal =
        refused(data, RunningHub.freeOffset(), "--set", "io.patchbay.broker:port=many");

    assertThat(refusal.code()).isNotZero();
    assertThat(refusal.text()).contains("port").contains("many");
  }

  @Test
  void stopsCleanlyAndComesBackWithEverything(@TempDir Path data) throws Exception {
    int offset = RunningHub.freeOffset();
    String token;
    try (RunningHub hub = RunningHub.start(data, offset)) {
      token = Files.readString(data.resolve("admin-token"));
      Mosquitto.publish(
          hub.mqttPort(), hub.mqttLogin(), "tele/p1/SENSOR", "{\"ENERGY\":{\"Power\":42}}");
      await()
          .atMost(Duration.ofSeconds(5))
          .until(() -> hub.get("/api/v1/things/p1/properties/power").statusCode() == 200);
      assertThat(hub.stop()).isZero();
    }
    try (RunningHub hub = RunningHub.start(data, offset)) {
      assertThat(Files.readString(data.resolve("admin-token"))).isEqualTo(token);
      assertThat(hub.get("/api/v1/things/p1/properties/power").body()).contains("42");
      assertThat(hub.get("/api/v1/things/p1/readings?property=power").body()).contains("42");
      assertThat(hub.ready()).startsWith("ready").contains("admin-token");
    }
  }

  @Test
  void checksProfilesAndRoutesWithoutAHub(@TempDir Path data) throws Exception {
    assertThat(run(command("check")).code()).isZero();

    Path broken =
        Files.writeString(data.resolve("broken.yaml"), "id: x\ntitle: X\nproperteis: {}\n");
    Refusal refusal = run(command("check", broken.toString()));

    assertThat(refusal.code()).isNotZero();
    assertThat(refusal.text()).contains("broken.yaml:3").contains("properteis");
  }

  private record Refusal(int code, String text) {}

  private static Refusal refused(Path data, int offset, String... more) throws Exception {
    List<String> command =
        command("run", "--data", data.toString(), "--offset", Integer.toString(offset));
    command.addAll(List.of(more));
    Refusal refusal = run(command);
    assertThat(refusal.text()).doesNotContain("\tat ").doesNotContain("ready");
    assertThat(refusal.text().strip().lines().toList()).as(refusal.text()).hasSize(1);
    return refusal;
  }

  private static Refusal run(List<String> command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return new Refusal(process.exitValue(), said);
  }

  private static List<String> command(String... words) {
    List<String> command = new ArrayList<>();
    command.add(RunningHub.dist().resolve("bin/patchbay").toString());
    command.addAll(List.of(words));
    return command;
  }
}
