package io.patchbay.camel.mqtt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import io.patchbay.access.DeviceCredentials.Login;
import io.patchbay.camel.mqtt.MqttConnections.Phase;
import io.patchbay.operation.Health;
import io.patchbay.southbound.DeliveryId;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;
import org.eclipse.paho.mqttv5.common.packet.UserProperty;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One connection against a real broker. */
final class ConnectionTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private final Path state;
  private final List<AutoCloseable> open = new ArrayList<>();
  private Mosquitto broker = start();

  ConnectionTest(@TempDir Path state) {
    this.state = state;
  }

  private static Mosquitto start(String... settings) {
    try {
      return Mosquitto.start(settings);
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** Writes down what it is given and answers as told, at once. */
  private static final class Taker implements Inbox.Receiver {
    final Connection connection;
    final List<String> seen = new CopyOnWriteArrayList<>();
    final List<Optional<DeliveryId>> ids = new CopyOnWriteArrayList<>();
    volatile Function<Arrival, @Nullable Verdict> answer = arrival -> Verdict.TAKEN;

    Taker(Connection connection) {
      this.connection = connection;
    }

    @Override
    public void receive(Arrival arrival, int holder) {
      seen.add(text(arrival));
      ids.add(arrival.delivery());
      Verdict verdict = answer.apply(arrival);
      if (verdict != null) {
        connection.inbox.settle(arrival, holder, verdict);
      }
    }

    static String text(Arrival arrival) {
      return new String(arrival.message.getPayload(), StandardCharsets.UTF_8);
    }
  }

  @AfterEach
  void close() throws Exception {
    for (int i = open.size() - 1; i >= 0; i--) {
      open.get(i).close();
    }
    broker.close();
  }

  private Connection connect(String name) {
    return connect(NamedConnections.settings(name, broker.uri(), 100));
  }

  private Connection connect(ConnectionSettings settings) {
    SessionMemory memory = new SessionMemory(state.resolve(settings.name() + ".session"));
    Connection connection =
        new Connection(settings, Optional.of(memory), Optional.empty(), status -> {}, () -> {});
    open.add(connection);
    connection.open();
    return connection;
  }

  private static Taker listen(Connection connection, String... filters) throws Exception {
    Taker taker = new Taker(connection);
    connection.inbox.attach(taker);
    subscribe(connection, filters);
    return taker;
  }

  private static void subscribe(Connection connection, String... filters) throws Exception {
    connection
        .want(Set.of(filters), 1)
        .toCompletableFuture()
        .get(LIMIT.toSeconds(), TimeUnit.SECONDS);
  }

  private Mqtt5BlockingClient peer() {
    Mqtt5BlockingClient peer =
        MqttClient.builder()
            .useMqttVersion5()
            .serverHost("127.0.0.1")
            .serverPort(broker.port())
            .buildBlocking();
    peer.connect();
    return peer;
  }

  private static void send(Mqtt5BlockingClient peer, String topic, int from, int to) {
    for (int i = from; i <= to; i++) {
      peer.publish(
          Mqtt5Publish.builder()
              .topic(topic)
              .qos(MqttQos.AT_LEAST_ONCE)
              .payload(Integer.toString(i).getBytes(StandardCharsets.UTF_8))
              .build());
    }
  }

  private static List<String> numbers(int from, int to) {
    return IntStream.rangeClosed(from, to).mapToObj(Integer::toString).toList();
  }

  private static void awaitSeen(Taker taker, int count) {
    await().atMost(LIMIT).until(() -> taker.seen.size() >= count);
  }

  private static void awaitAcknowledged(Connection connection) {
    await().atMost(LIMIT).until(() -> connection.inbox.unacknowledged() == 0);
  }

  private static void awaitUp(Connection connection) {
    await().atMost(LIMIT).until(() -> connection.status().phase() == Phase.UP);
  }

  private static void awaitDown(Connection connection) {
    await().atMost(LIMIT).until(() -> connection.status().phase() == Phase.DOWN);
  }

  private static CompletableFuture<@Nullable Exception> publish(
      Connection connection, String topic, String payload, int qos, Duration patience) {
    CompletableFuture<@Nullable Exception> ended = new CompletableFuture<>();
    MqttMessage message = new MqttMessage(payload.getBytes(StandardCharsets.UTF_8));
    message.setQos(qos);
    message.setProperties(new MqttProperties());
    connection.outbox.publish(
        new Publication(topic, message, System.nanoTime() + patience.toNanos(), ended::complete));
    return ended;
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
  void cutsABrokerOffThatIgnoresTheReceiveMaximum() throws Exception {
    try (ScriptedBroker scripted = new ScriptedBroker()) {
      Connection connection = connect(NamedConnections.settings("flood", scripted.uri(), 5));
      Taker taker = new Taker(connection);
      taker.answer = arrival -> null;
      connection.inbox.attach(taker);
      awaitUp(connection);
      for (int id = 1; id <= 20; id++) {
        scripted.send(0x32, 0x06, 0x00, 0x01, 'a', 0x00, id, 0x00);
      }
      await().atMost(LIMIT).until(() -> scripted.connections() > 1);
      assertThat(taker.seen.size()).isLessThanOrEqualTo(5);
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
      CompletableFuture<Void> asked = connection.want(Set.of("shut/#"), 1).toCompletableFuture();
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
  void refusesWhatIsLargerThanTheBrokerTakes() throws Exception {
    try (ScriptedBroker scripted = new ScriptedBroker(0x27, 0x00, 0x00, 0x00, 0x20)) { // 32 octets
      Connection connection = connect(NamedConnections.settings("small", scripted.uri(), 100));
      awaitUp(connection);
      var refused = publish(connection, "a/1", "x".repeat(100), 1, LIMIT);
      var taken = publish(connection, "a/1", "small", 0, LIMIT);
      assertThat(refused.get(LIMIT.toSeconds(), TimeUnit.SECONDS))
          .isInstanceOf(MqttRefusedException.class)
          .hasMessageContaining("larger");
      assertThat(taken.get(LIMIT.toSeconds(), TimeUnit.SECONDS)).isNull();
      assertThat(connection.outbox.pending()).isZero();
    }
  }

  @Test
  void refusesATopicThatIsAFilter() {
    Connection connection = connect("topics");
    assertThatThrownBy(() -> publish(connection, "a/#", "x", 1, LIMIT))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a/#");
  }

  @Test
  void keepsWhatAPublicationSaysBesidesItsPayload() throws Exception {
    Connection reader = connect("properties");
    Taker taker = new Taker(reader);
    List<Arrival> came = new CopyOnWriteArrayList<>();
    taker.answer =
        arrival -> {
          came.add(arrival);
          return Verdict.TAKEN;
        };
    reader.inbox.attach(taker);
    subscribe(reader, "a/#");
    MqttProperties properties = new MqttProperties();
    properties.setContentType("text/plain");
    properties.setResponseTopic("b/1");
    properties.setCorrelationData(new byte[] {1, 2});
    properties.setMessageExpiryInterval(60L);
    properties.setUserProperties(List.of(new UserProperty("who", "hub")));
    MqttMessage message = new MqttMessage(new byte[70_000]);
    message.setQos(1);
    message.setProperties(properties);
    reader.outbox.publish(
        new Publication("a/1", message, System.nanoTime() + LIMIT.toNanos(), why -> {}));
    await().atMost(LIMIT).until(() -> came.size() == 1);
    MqttProperties got = came.get(0).message.getProperties();
    assertThat(came.get(0).message.getPayload()).hasSize(70_000);
    assertThat(got.getContentType()).isEqualTo("text/plain");
    assertThat(got.getResponseTopic()).isEqualTo("b/1");
    assertThat(got.getCorrelationData()).containsExactly(1, 2);
    assertThat(got.getMessageExpiryInterval()).isBetween(1L, 60L);
    assertThat(got.getUserProperties().get(0).getValue()).isEqualTo("hub");
  }

  @Test
  void holdsBackAcknowledgementsUntilTheConsumerIsDone() throws Exception {
    Connection connection = connect("slow");
    Taker taker = listen(connection, "a/#");
    taker.answer = arrival -> null;
    Mqtt5BlockingClient peer = peer();
    send(peer, "a/1", 1, 3);
    awaitSeen(taker, 3);
    assertThat(connection.inbox.unacknowledged()).isEqualTo(3);
    assertThat(connection.inbox.acknowledged.sum()).isZero();
    broker.stop();
    awaitDown(connection);
    broker.startAgain();
    awaitSeen(taker, 6);
    assertThat(taker.seen).containsExactly("1", "2", "3", "1", "2", "3");
    assertThat(taker.ids.subList(3, 6))
        .allSatisfy(id -> assertThat(id.get().kind()).isEqualTo(DeliveryId.Kind.RESUMED));
    assertThat(taker.ids.subList(3, 6).stream().map(id -> id.get().value()))
        .containsExactlyElementsOf(
            taker.ids.subList(0, 3).stream().map(id -> id.get().value()).toList());
  }

  @Test
  void takesFreshOnesForFreshAgainAfterTheFirstThatWasNotKnown() throws Exception {
    Connection connection = connect("fresh");
    Taker taker = listen(connection, "a/#");
    Mqtt5BlockingClient peer = peer();
    send(peer, "a/1", 1, 1);
    awaitAcknowledged(connection);
    broker.stop();
    broker.startAgain();
    awaitUp(connection);
    Mqtt5BlockingClient again = peer();
    send(again, "a/1", 2, 2);
    awaitSeen(taker, 2);
    awaitAcknowledged(connection);
    send(again, "a/1", 3, 3);
    awaitSeen(taker, 3);
    assertThat(taker.ids.stream().map(id -> id.get().kind()))
        .containsExactly(DeliveryId.Kind.FIRST, DeliveryId.Kind.RESUMED, DeliveryId.Kind.FIRST);
  }

  @Test
  void losesNothingWhenTheBrokerIsKilledWithMessagesUnacknowledged() throws Exception {
    Connection connection = connect("killed");
    Taker taker = listen(connection, "a/#");
    taker.answer = arrival -> null;
    Mqtt5BlockingClient peer = peer();
    send(peer, "a/1", 1, 50);
    awaitSeen(taker, 20); // mosquitto's own window
    // what is killed is what its database holds; it writes when more comes
    await()
        .atMost(LIMIT)
        .until(
            () -> {
              broker.publish("-t", "other/1", "-m", "x", "-r");
              return written("a/1") >= 50;
            });
    broker.kill();
    awaitDown(connection);
    int before = taker.seen.size();
    taker.answer = arrival -> Verdict.TAKEN;
    broker.startAgain();
    await().atMost(LIMIT).until(() -> taker.seen.subList(before, taker.seen.size()).size() >= 50);
    assertThat(taker.seen.subList(before, taker.seen.size()))
        .containsExactlyElementsOf(numbers(1, 50));
    awaitAcknowledged(connection);
  }

  private int written(String text) throws Exception {
    Path database = broker.folder().resolve("mosquitto.db");
    return Files.exists(database)
        ? new String(Files.readAllBytes(database), StandardCharsets.ISO_8859_1)
                .split(text, -1)
                .length
            - 1
        : 0;
  }

  @Test
  void offersAgainInOrderWhatFoundNoRoom() throws Exception {
    Connection connection = connect("busy");
    Taker taker = listen(connection, "a/#");
    List<String> taken = new CopyOnWriteArrayList<>();
    int[] refusals = {5};
    taker.answer =
        arrival -> {
          if (refusals[0]-- > 0) {
            return new Verdict.Later(Duration.ofMillis(30));
          }
          taken.add(Taker.text(arrival));
          return Verdict.TAKEN;
        };
    send(peer(), "a/1", 1, 30);
    await().atMost(LIMIT).until(() -> taken.size() >= 30);
    assertThat(taken).containsExactlyElementsOf(numbers(1, 30));
    awaitAcknowledged(connection);
    assertThat(connection.inbox.offeredAgain.sum()).isEqualTo(5);
  }

  @Test
  void offersAgainWhatFailed() throws Exception {
    Connection connection = connect("failing");
    Taker taker = listen(connection, "a/#");
    int[] failures = {2};
    taker.answer = arrival -> failures[0]-- > 0 ? Verdict.FAILED : Verdict.TAKEN;
    send(peer(), "a/1", 1, 2);
    awaitAcknowledged(connection);
    awaitSeen(taker, 4);
    assertThat(taker.seen).containsExactly("1", "1", "1", "2");
  }

  @Test
  void outlivesAConsumerThatThrows() throws Exception {
    Connection connection = connect("throwing");
    Taker taker = listen(connection, "a/#");
    int[] failures = {1};
    taker.answer =
        arrival -> {
          if (failures[0]-- > 0) {
            throw new IllegalStateException("a bug");
          }
          return Verdict.TAKEN;
        };
    send(peer(), "a/1", 1, 2);
    awaitSeen(taker, 3);
    awaitAcknowledged(connection);
    assertThat(taker.seen).containsExactly("1", "1", "2");
  }

  @Test
  void givesTheNextConsumerWhatTheOneBeforeDidNotFinish() throws Exception {
    Connection connection = connect("stuck");
    Taker stuck = listen(connection, "a/#");
    stuck.answer = arrival -> null;
    send(peer(), "a/1", 1, 3);
    awaitSeen(stuck, 3);
    Taker next = new Taker(connection);
    connection.inbox.attach(next);
    assertThat(connection.inbox.detach(stuck, Duration.ofMillis(50))).isFalse();
    awaitSeen(next, 3);
    assertThat(next.seen).containsExactly("1", "2", "3");
    awaitAcknowledged(connection);
  }

  @Test
  void acknowledgesInOrderOfArrival() throws Exception {
    Connection connection = connect("order");
    Taker taker = listen(connection, "a/#");
    List<Arrival> held = new CopyOnWriteArrayList<>();
    taker.answer =
        arrival -> {
          held.add(arrival);
          return null;
        };
    send(peer(), "a/1", 1, 3);
    awaitSeen(taker, 3);
    connection.inbox.settle(held.get(2), 0, Verdict.TAKEN);
    connection.inbox.settle(held.get(1), 0, Verdict.TAKEN);
    assertThat(connection.inbox.acknowledged.sum()).isZero();
    connection.inbox.settle(held.get(0), 0, Verdict.TAKEN);
    assertThat(connection.inbox.acknowledged.sum()).isEqualTo(3);
  }

  @Test
  void letsTheBrokerWaitAtTheReceiveMaximum() throws Exception {
    Connection connection = connect(NamedConnections.settings("window", broker.uri(), 5));
    Taker taker = listen(connection, "a/#");
    taker.answer = arrival -> null;
    send(peer(), "a/1", 1, 20);
    awaitSeen(taker, 5);
    Connection other = connect("probe");
    Taker probe = listen(other, "a/#");
    send(peer(), "a/1", 21, 21);
    awaitSeen(probe, 1);
    assertThat(taker.seen).hasSize(5);
  }

  @Test
  void marksRetainedMessages() throws Exception {
    broker.publish("-t", "a/kept", "-m", "old", "-r", "-q", "1");
    Connection connection = connect("retained");
    List<Boolean> retained = new CopyOnWriteArrayList<>();
    Taker taker = new Taker(connection);
    taker.answer =
        arrival -> {
          retained.add(arrival.message.isRetained());
          return Verdict.TAKEN;
        };
    connection.inbox.attach(taker);
    subscribe(connection, "a/#");
    awaitSeen(taker, 1);
    broker.publish("-t", "a/kept", "-m", "new", "-r", "-q", "1");
    awaitSeen(taker, 2);
    assertThat(retained).containsExactly(true, false);
    assertThat(taker.seen).containsExactly("old", "new");
  }

  @Test
  void takesEveryQualityOfService() throws Exception {
    Connection connection = connect("qos");
    Taker taker = listen(connection, "a/#");
    for (String qos : List.of("0", "1", "2")) {
      broker.publish("-t", "a/q", "-m", qos, "-q", qos);
      int expected = Integer.parseInt(qos) + 1;
      awaitSeen(taker, expected);
    }
    assertThat(taker.seen).containsExactly("0", "1", "2");
    assertThat(taker.ids.get(0)).isEmpty();
    assertThat(taker.ids.get(1)).isPresent();
    assertThat(taker.ids.get(2)).isPresent();
    awaitAcknowledged(connection);
  }

  @Test
  void knowsADeliveryByItsMessageIdProperty() throws Exception {
    Connection connection =
        connect(
            NamedConnections.settings(
                "named", broker.uri(), 100, Optional.empty(), "patchbay-delivery"));
    Taker taker = listen(connection, "a/#");
    peer()
        .publish(
            Mqtt5Publish.builder()
                .topic("a/1")
                .qos(MqttQos.AT_LEAST_ONCE)
                .userProperties()
                .add("patchbay-delivery", "false")
                .add("patchbay-delivery", "m-17")
                .applyUserProperties()
                .build());
    awaitSeen(taker, 1);
    assertThat(taker.ids.get(0)).contains(new DeliveryId("m-17", DeliveryId.Kind.UNIQUE));
  }

  @Test
  void hearsOnceWhereFiltersOverlap() throws Exception {
    Connection connection = connect("overlap");
    Taker taker = listen(connection, "a/+", "+/b");
    Mqtt5BlockingClient peer = peer();
    send(peer, "a/b", 1, 3);
    send(peer, "c/b", 4, 4);
    send(peer, "a/c", 5, 5);
    awaitSeen(taker, 5);
    awaitAcknowledged(connection);
    assertThat(taker.seen).containsExactly("1", "2", "3", "4", "5");
    // mosquitto sent one copy per subscription
    assertThat(connection.inbox.received.sum()).isEqualTo(8);
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
  void publishesInOrderAcrossALostBroker() throws Exception {
    Connection reader = connect("reader");
    Taker taker = listen(reader, "out/#");
    Connection writer = connect("writer");
    awaitUp(writer);
    List<CompletableFuture<@Nullable Exception>> ended = new ArrayList<>();
    for (int i = 1; i <= 500; i++) {
      ended.add(publish(writer, "out/1", "" + i, 1, LIMIT));
      if (i == 250) {
        broker.stop();
        awaitDown(writer);
        broker.startAgain();
      }
    }
    for (CompletableFuture<@Nullable Exception> one : ended) {
      assertThat(one.get(LIMIT.toSeconds(), TimeUnit.SECONDS)).isNull();
    }
    await().atMost(LIMIT).until(() -> taker.seen.contains("500"));
    assertThat(taker.seen.stream().distinct().toList()).containsExactlyElementsOf(numbers(1, 500));
  }

  @Test
  void deliversExactlyOnceWithQos2AcrossLostConnections() throws Exception {
    Connection reader = connect("reader2");
    Taker taker = listen(reader, "out/#");
    Connection writer = connect("writer2");
    awaitUp(writer);
    List<CompletableFuture<@Nullable Exception>> ended = new ArrayList<>();
    for (int i = 1; i <= 300; i++) {
      ended.add(publish(writer, "out/1", "" + i, 2, LIMIT));
      if (i % 100 == 0) {
        broker.stop();
        awaitDown(writer);
        broker.startAgain();
        awaitUp(writer);
      }
    }
    for (CompletableFuture<@Nullable Exception> one : ended) {
      assertThat(one.get(LIMIT.toSeconds(), TimeUnit.SECONDS)).isNull();
    }
    await().atMost(LIMIT).until(() -> taker.seen.contains("300"));
    awaitAcknowledged(reader);
    assertThat(new java.util.TreeSet<>(taker.seen)).hasSize(300);
    assertThat(writer.outbox.pending()).isZero();
  }

  @Test
  void failsWhatWaitsTooLongForAConnection() throws Exception {
    Connection connection = connect("patience");
    awaitUp(connection);
    broker.kill();
    awaitDown(connection);
    Exception why =
        publish(connection, "a/1", "x", 1, Duration.ofMillis(200)).get(5, TimeUnit.SECONDS);
    assertThat(why).hasMessageContaining("connection is down");
    assertThat(connection.outbox.pending()).isZero();
  }

  @Test
  void tellsThatThePublicationWasRefused() throws Exception {
    broker.close();
    Path rights = state.resolve("rights");
    Files.writeString(rights, "topic read #\ntopic write open/#\n");
    broker = start("acl_file " + rights);
    Connection connection = connect("refused");
    awaitUp(connection);
    assertThat(publish(connection, "open/1", "x", 1, LIMIT).get(5, TimeUnit.SECONDS)).isNull();
    assertThat(publish(connection, "shut/1", "x", 1, LIMIT).get(5, TimeUnit.SECONDS))
        .isInstanceOf(MqttRefusedException.class)
        .hasMessageContaining("rights");
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
