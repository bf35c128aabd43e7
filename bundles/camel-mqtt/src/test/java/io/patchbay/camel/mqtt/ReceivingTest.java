package io.patchbay.camel.mqtt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import io.patchbay.southbound.DeliveryId;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a connection brings, against a real broker. */
final class ReceivingTest extends BrokerFixture {
  ReceivingTest(@TempDir Path state) {
    super(state);
  }

  @Test
  void readsNoMoreFromABrokerThatIgnoresTheReceiveMaximumUntilSomethingIsDone() throws Exception {
    try (ScriptedBroker scripted = new ScriptedBroker()) {
      Connection connection = connect(NamedConnections.settings("eager", scripted.uri(), 5));
      Taker taker = new Taker(connection);
      List<Arrival> held = new CopyOnWriteArrayList<>();
      taker.answer =
          arrival -> {
            held.add(arrival);
            return null;
          };
      connection.inbox.attach(taker);
      awaitUp(connection);
      for (int id = 1; id <= 30; id++) {
        scripted.send(0x32, 0x06, 0x00, 0x01, 'a', 0x00, id, 0x00);
      }
      await().atMost(LIMIT).until(() -> connection.inbox.received.sum() == 11);
      assertThat(connection.inbox.unacknowledged()).isEqualTo(10);
      taker.answer = arrival -> Verdict.TAKEN;
      held.forEach(one -> connection.inbox.settle(one, 0, Verdict.TAKEN));
      await().atMost(LIMIT).until(() -> connection.inbox.acknowledged.sum() == 30);
      assertThat(scripted.connections()).isEqualTo(1);
    }
  }

  @Test
  void cutsABrokerOffThatIgnoresTheReceiveMaximumWhenNothingIsDone() throws Exception {
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
  void takesNothingForARepetitionThatIsSentForTheFirstTime() throws Exception {
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
    assertThat(taker.ids.stream().map(id -> id.get().kind())).containsOnly(DeliveryId.Kind.FIRST);
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
  void hearsWithQos0WhatNeedNotBeKeptAndFollowsWhenThatChanges() throws Exception {
    Connection connection = connect("unkept");
    Taker taker = new Taker(connection);
    connection.inbox.attach(taker);
    want(connection, Map.of("a/+", 0, "b/+", 1));
    send(peer(), "a/1", 1, 1);
    send(peer(), "b/1", 2, 2);
    awaitSeen(taker, 2);
    assertThat(taker.ids).extracting(Optional::isPresent).containsExactly(false, true);
    want(connection, Map.of("a/+", 1, "b/+", 0));
    send(peer(), "a/1", 3, 3);
    send(peer(), "b/1", 4, 4);
    awaitSeen(taker, 4);
    assertThat(taker.ids).extracting(Optional::isPresent).containsExactly(false, true, true, false);
    awaitAcknowledged(connection);
  }

  @Test
  void changesTheQualityOfServiceOfWhatASessionFromBeforeTheRestartHolds() throws Exception {
    Connection first = connect("changed");
    want(first, Map.of("a/+", 0));
    first.close();
    send(peer(), "a/1", 1, 1);
    Connection second = connect("changed");
    Taker taker = new Taker(second);
    second.inbox.attach(taker);
    want(second, Map.of("a/+", 1));
    send(peer(), "a/1", 2, 2);
    awaitSeen(taker, 1);
    // with QoS 0 mosquitto keeps nothing for who is away
    assertThat(taker.seen).containsExactly("2");
    assertThat(taker.ids.get(0)).isPresent();
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
}
