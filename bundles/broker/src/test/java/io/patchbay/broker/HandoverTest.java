package io.patchbay.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the hub keeps, the broker does not keep too. */
final class HandoverTest {
  private static final Duration LONG = Duration.ofMinutes(10);
  private static final Duration SHORT = Duration.ofMillis(300);

  @TempDir Path data = Path.of("target");

  @Test
  void theHubThatGoesAwayGetsTheMessageAgainAndThenThePubackComes() throws Exception {
    try (RunningBroker running = new RunningBroker(RunningBroker.settings(data), LONG)) {
      Queue<Mqtt5Publish> first = new ConcurrentLinkedQueue<>();
      Mqtt5AsyncClient hub = hub(running, first, true);
      Mqtt5AsyncClient plug = running.asyncDevice("plug", "p1");
      plug.connect().join();
      CompletableFuture<?> puback = publish(plug, "tele/1", MqttQos.AT_LEAST_ONCE);
      await().atMost(10, TimeUnit.SECONDS).until(() -> first.size() == 1);
      hub.disconnectWith().noSessionExpiry().send().join();

      Queue<Mqtt5Publish> second = new ConcurrentLinkedQueue<>();
      Mqtt5AsyncClient back = hub(running, second, false);
      await().atMost(10, TimeUnit.SECONDS).until(() -> second.size() == 1);
      assertThat(id(second)).isEqualTo(id(first));
      assertThat(puback).isNotDone();
      assertThat(running.broker.handover().size()).isEqualTo(1);

      second.element().acknowledge();
      assertThat(puback).succeedsWithin(Duration.ofSeconds(5));
      await().atMost(5, TimeUnit.SECONDS).until(() -> running.broker.handover().size() == 0);
      plug.disconnect().join();
      back.disconnect().join();
    }
  }

  @Test
  void aHubThatTakesTooLongFindsTheMessageStoredAfterARestart() throws Exception {
    Queue<Mqtt5Publish> first = new ConcurrentLinkedQueue<>();
    try (RunningBroker running = new RunningBroker(RunningBroker.settings(data), SHORT)) {
      Mqtt5AsyncClient hub = hub(running, first, true);
      Mqtt5AsyncClient plug = running.asyncDevice("plug", "p1");
      plug.connect().join();
      CompletableFuture<?> puback = publish(plug, "tele/1", MqttQos.AT_LEAST_ONCE);
      assertThat(puback).succeedsWithin(Duration.ofSeconds(10));
      assertThat(first).hasSize(1);
      assertThat(running.broker.handover().size()).isZero();
      plug.disconnect().join();
      hub.disconnectWith().noSessionExpiry().send().join();
    }
    try (RunningBroker running = new RunningBroker(RunningBroker.settings(data), SHORT)) {
      Queue<Mqtt5Publish> second = new ConcurrentLinkedQueue<>();
      Mqtt5AsyncClient hub = hub(running, second, false);
      await().atMost(10, TimeUnit.SECONDS).until(() -> second.size() == 1);
      assertThat(id(second)).isEqualTo(id(first));
      second.element().acknowledge();
      hub.disconnectWith().noSessionExpiry().send().join();
    }
    try (RunningBroker running = new RunningBroker(RunningBroker.settings(data), SHORT)) {
      assertThat(running.broker.queues().hubDepth()).isZero();
    }
  }

  @Test
  void whatComesWhileTheHubIsAwayIsStoredAtOnce() throws Exception {
    try (RunningBroker running = new RunningBroker(RunningBroker.settings(data), LONG)) {
      Mqtt5AsyncClient hub = hub(running, new ConcurrentLinkedQueue<>(), true);
      hub.disconnectWith().noSessionExpiry().send().join();
      Mqtt5BlockingClient plug = running.device("plug", "p1");
      plug.connect();
      plug.publishWith().topic("tele/1").qos(MqttQos.AT_LEAST_ONCE).send();
      plug.publishWith().topic("tele/2").qos(MqttQos.AT_LEAST_ONCE).retain(true).send();
      assertThat(running.broker.handover().size()).isZero();
      plug.disconnect();
    }
    try (RunningBroker running = new RunningBroker(RunningBroker.settings(data), LONG)) {
      assertThat(running.broker.queues().hubDepth()).isEqualTo(2);
    }
  }

  @Test
  void aSecondSubscriberThatStaysMakesTheBrokerStore() throws Exception {
    try (RunningBroker running = new RunningBroker(RunningBroker.settings(data), LONG)) {
      Queue<Mqtt5Publish> seen = new ConcurrentLinkedQueue<>();
      Mqtt5AsyncClient hub = hub(running, seen, true);
      Mqtt5BlockingClient archive = running.device("plug", "archive");
      archive.connectWith().cleanStart(true).sessionExpiryInterval(600).send();
      archive.subscribeWith().topicFilter("tele/#").qos(MqttQos.AT_LEAST_ONCE).send();
      Mqtt5AsyncClient plug = running.asyncDevice("plug", "p1");
      plug.connect().join();
      assertThat(publish(plug, "tele/1", MqttQos.AT_LEAST_ONCE))
          .succeedsWithin(Duration.ofSeconds(5));
      await().atMost(5, TimeUnit.SECONDS).until(() -> seen.size() == 1);
      assertThat(running.broker.handover().size()).isZero();
      plug.disconnect().join();
      archive.disconnect();
      hub.disconnect().join();
    }
  }

  @Test
  void aSubscriptionThatEndsWithItsConnectionIsNotStored() throws Exception {
    try (RunningBroker running = new RunningBroker(RunningBroker.settings(data), LONG)) {
      Mqtt5BlockingClient stays = running.device("plug", "stays");
      stays.connectWith().cleanStart(true).sessionExpiryInterval(600).send();
      stays.subscribeWith().topicFilter("patchbay/#").qos(MqttQos.AT_LEAST_ONCE).send();
      Mqtt5BlockingClient live = running.device("plug", "live");
      live.connect();
      live.subscribeWith().topicFilter("patchbay/#").qos(MqttQos.AT_LEAST_ONCE).send();
      await()
          .atMost(5, TimeUnit.SECONDS)
          .until(
              () ->
                  running.broker.queues().queuesOf("live").size() == 1
                      && running.broker.queues().queuesOf("stays").size() == 1);
      assertThat(running.broker.queues().queuesOf("live")).noneMatch(queue -> queue.isDurable());
      assertThat(running.broker.queues().queuesOf("stays")).allMatch(queue -> queue.isDurable());
      stays.disconnect();
      live.disconnect();
    }
  }

  private static CompletableFuture<?> publish(Mqtt5AsyncClient client, String topic, MqttQos qos) {
    return client.publishWith().topic(topic).qos(qos).payload(new byte[] {1}).send();
  }

  /** Acknowledges only when told to. */
  private static Mqtt5AsyncClient hub(
      RunningBroker running, Queue<Mqtt5Publish> seen, boolean subscribe) {
    Mqtt5AsyncClient hub = running.hub("patchbay-hub-local");
    hub.publishes(MqttGlobalPublishFilter.ALL, seen::add, true);
    hub.connectWith().cleanStart(false).noSessionExpiry().send().join();
    if (subscribe) {
      hub.subscribeWith().topicFilter("tele/#").qos(MqttQos.AT_LEAST_ONCE).send().join();
    }
    return hub;
  }

  private static String id(Queue<Mqtt5Publish> seen) {
    return seen.element().getUserProperties().asList().stream()
        .filter(property -> property.getName().toString().equals(DeliveryStamp.PROPERTY))
        .map(property -> property.getValue().toString())
        .findFirst()
        .orElseThrow();
  }
}
