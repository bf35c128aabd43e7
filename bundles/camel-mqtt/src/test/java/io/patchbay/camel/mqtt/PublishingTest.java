package io.patchbay.camel.mqtt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;
import org.eclipse.paho.mqttv5.common.packet.UserProperty;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is published over a connection, against a real broker. */
final class PublishingTest extends BrokerFixture {
  PublishingTest(@TempDir Path state) {
    super(state);
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
        new Publication("a/1", message, System.nanoTime() + LIMIT.toNanos(), null, why -> {}));
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
  void sendsNothingThatFollowsWhatWasGivenUp() throws Exception {
    Connection reader = connect("following");
    Taker taker = listen(reader, "out/#");
    Connection writer = connect("giving-up");
    awaitUp(writer);
    broker.stop();
    awaitDown(writer);
    AtomicBoolean brokenOff = new AtomicBoolean();
    var one = publish(writer, "out/1", "1", 1, LIMIT, brokenOff);
    var two = publish(writer, "out/1", "2", 1, Duration.ofMillis(300), brokenOff);
    var three = publish(writer, "out/1", "3", 1, LIMIT, brokenOff);
    var other = publish(writer, "out/2", "other", 1, LIMIT);
    assertThat(two.get(LIMIT.toSeconds(), TimeUnit.SECONDS)).hasMessageContaining("down");
    broker.startAgain();
    assertThat(three.get(LIMIT.toSeconds(), TimeUnit.SECONDS)).isNotNull();
    assertThat(one.get(LIMIT.toSeconds(), TimeUnit.SECONDS)).isNotNull();
    assertThat(other.get(LIMIT.toSeconds(), TimeUnit.SECONDS)).isNull();
    await().atMost(LIMIT).until(() -> taker.seen.contains("other"));
    assertThat(taker.seen).containsExactly("other");
  }

  @Test
  void refusesAtOnceWhatComesAfterTheConnectionWasRemoved() throws Exception {
    Connection writer = connect("removed");
    awaitUp(writer);
    writer.close();
    assertThat(publish(writer, "out/1", "late", 1, LIMIT).get(1, TimeUnit.SECONDS))
        .hasMessageContaining("was removed");
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
}
