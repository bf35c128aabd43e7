package io.patchbay.camel.mqtt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.patchbay.access.DeviceCredentials.Login;
import io.patchbay.camel.mqtt.MqttConnections.Phase;
import io.patchbay.operation.Health;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How a connection comes to be, stays and ends, against a real broker. */
final class ConnectionTest extends BrokerFixture {
  ConnectionTest(@TempDir Path state) {
    super(state);
  }

  @Test
  void saysWhatToDoWhenThePasswordIsWrong() throws Exception {
    broker.close();
    broker = start("allow_anonymous false");
    Connection connection =
        connect(
            NamedConnections.settings(
                "wrong", broker.uri(), 100, Optional.of(new Login("plant", "guess")), ""));
    await().atMost(LIMIT).until(() -> connection.check().state() == Health.State.CRITICAL);
    assertThat(connection.check().message()).containsAnyOf("user and password", "rights");
    assertThat(connection.check().message()).doesNotContain("guess");
  }

  @Test
  void logsInWithUserAndPassword() throws Exception {
    broker.close();
    Path passwords = state.resolve("passwords");
    Process made =
        new ProcessBuilder("mosquitto_passwd", "-c", "-b", passwords.toString(), "plant", "secret")
            .start();
    assertThat(made.waitFor()).isZero();
    broker = start("allow_anonymous false", "password_file " + passwords);
    Connection connection =
        connect(
            NamedConnections.settings(
                "right", broker.uri(), 100, Optional.of(new Login("plant", "secret")), ""));
    awaitUp(connection);
  }

  @Test
  void keepsTryingWhileThereIsNoBroker() {
    broker.kill();
    Connection connection = connect("late");
    await().atMost(LIMIT).until(() -> connection.check().message().contains("cannot be reached"));
    broker.startAgain();
    awaitUp(connection);
    assertThat(connection.check().state()).isEqualTo(Health.State.OK);
  }

  @Test
  void doesNotFightForASessionThatWasTakenOver() throws Exception {
    // this mosquitto says nothing when it ends the older of two: MQTT 5.0, clause 3.1.4-3
    try (ScriptedBroker scripted = new ScriptedBroker()) {
      Connection connection = connect(NamedConnections.settings("twin", scripted.uri(), 100));
      awaitUp(connection);
      scripted.send(0xE0, 0x02, 0x8E, 0x00);
      await().atMost(LIMIT).until(() -> connection.check().state() == Health.State.CRITICAL);
      assertThat(connection.check().message()).contains("took the session over");
      assertThat(connection.status().phase()).isEqualTo(Phase.DOWN);
      assertThat(scripted.connections()).isEqualTo(1);
    }
  }

  @Test
  void saysThatAnotherClientMayHaveTheSameIdWhenItIsCutOffAgainAndAgain() throws Exception {
    try (ScriptedBroker scripted = new ScriptedBroker()) {
      Connection connection = connect(NamedConnections.settings("cut", scripted.uri(), 100));
      for (int i = 0; i < 3; i++) {
        int round = i;
        await().atMost(LIMIT).until(() -> scripted.connections() > round);
        awaitUp(connection);
        scripted.cut();
        awaitDown(connection);
      }
      assertThat(connection.check().message()).contains("same client id 'patchbay-cut'");
    }
  }

  @Test
  void survivesGarbageFromTheBroker() throws Exception {
    try (ScriptedBroker scripted = new ScriptedBroker()) {
      Connection connection = connect(NamedConnections.settings("garbage", scripted.uri(), 100));
      awaitUp(connection);
      scripted.send(0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x01);
      await().atMost(LIMIT).until(() -> scripted.connections() > 1);
      awaitUp(connection);
    }
  }

  @Test
  void refusesAFilterThatIsNone() {
    Connection connection = connect("filters");
    assertThatThrownBy(() -> subscribe(connection, "a/#/b"))
        .hasCauseInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void saysThatTheBrokerRefusesASubscription() throws Exception {
    // mosquitto grants what may not be read, and keeps it back
    try (ScriptedBroker scripted = new ScriptedBroker()) {
      Connection connection = connect(NamedConnections.settings("rights", scripted.uri(), 100));
      awaitUp(connection);
      CompletableFuture<Void> asked = connection.want(Map.of("shut/#", 1)).toCompletableFuture();
      byte[] subscribe = scripted.read(0x82);
      scripted.send(0x90, 0x04, subscribe[0], subscribe[1], 0x00, 0x87);
      assertThatThrownBy(() -> asked.get(LIMIT.toSeconds(), TimeUnit.SECONDS))
          .hasCauseInstanceOf(MqttRefusedException.class)
          .hasMessageContaining("rights");
      assertThat(connection.check().state()).isEqualTo(Health.State.CRITICAL);
      assertThat(connection.check().message()).contains("does not let it subscribe");
      assertThat(connection.subscriptions()).isEmpty();
    }
  }

  @Test
  void givesUpABrokerThatIsSilentWhenAsked() throws Exception {
    try (ScriptedBroker scripted = new ScriptedBroker(0x13, 0x00, 0x01)) { // keep alive of 1 s
      Connection connection = connect(NamedConnections.settings("silent", scripted.uri(), 100));
      awaitUp(connection);
      assertThat(scripted.read(0xC0)).isEmpty();
      await().atMost(LIMIT).until(() -> scripted.connections() > 1);
    }
  }

  @Test
  void asksABrokerThatOnlyTalksBeforeItHangsUp() throws Exception {
    try (ScriptedBroker scripted = new ScriptedBroker(0x13, 0x00, 0x01)) {
      Connection connection = connect(NamedConnections.settings("talking", scripted.uri(), 100));
      awaitUp(connection);
      Thread talker = new Thread(() -> talk(scripted));
      talker.start();
      assertThat(scripted.read(0xC0)).isEmpty();
      talker.interrupt();
      talker.join();
    }
  }

  /** QoS 0 over and over: the client has nothing to say to it. */
  private static void talk(ScriptedBroker scripted) {
    while (!Thread.interrupted()) {
      try {
        scripted.send(0x30, 0x04, 0x00, 0x01, 'a', 0x00);
      } catch (java.io.IOException e) {
        return;
      }
      java.util.concurrent.locks.LockSupport.parkNanos(10_000_000);
    }
  }

  @Test
  void followsWhatIsWantedAndRemembersItOverARestart() throws Exception {
    Connection first = connect("memory");
    subscribe(first, "a/#", "b/1");
    subscribe(first, "b/+");
    assertThat(first.subscriptions()).containsExactly("b/+");
    first.close();
    send(peer(), "a/1", 1, 1);
    send(peer(), "b/1", 2, 2);
    Connection second = connect("memory");
    Taker taker = new Taker(second);
    second.inbox.attach(taker);
    awaitSeen(taker, 1);
    assertThat(second.subscriptions()).containsExactly("b/+");
    assertThat(taker.seen).containsExactly("2");
    subscribe(second, "c/#");
    send(peer(), "b/1", 3, 3);
    send(peer(), "c/1", 4, 4);
    awaitSeen(taker, 2);
    assertThat(taker.seen).containsExactly("2", "4");
  }

  @Test
  void subscribesAgainWhenTheBrokerForgotTheSession() throws Exception {
    Connection connection = connect("forgotten");
    Taker taker = listen(connection, "a/#");
    broker.kill();
    awaitDown(connection);
    Files.deleteIfExists(broker.folder().resolve("mosquitto.db"));
    broker.startAgain();
    awaitUp(connection);
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () -> {
              send(peer(), "a/1", 1, 1);
              assertThat(taker.seen).isNotEmpty();
            });
  }

  @Test
  void leavesNoThreadBehind() throws Exception {
    Connection connection = connect("threads");
    listen(connection, "a/#");
    await()
        .atMost(LIMIT)
        .until(
            () ->
                threads().contains("patchbay-mqtt-threads-receive")
                    && threads().contains("patchbay-mqtt-threads-send"));
    connection.close();
    connection.close();
    await()
        .atMost(LIMIT)
        .until(() -> threads().stream().noneMatch(name -> name.contains("threads")));
  }

  private static List<String> threads() {
    return Thread.getAllStackTraces().keySet().stream().map(Thread::getName).toList();
  }
}
