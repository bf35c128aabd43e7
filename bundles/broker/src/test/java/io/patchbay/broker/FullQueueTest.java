package io.patchbay.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FullQueueTest {
  private static final int SENT = 2_000;
  private static final int SIZE = 1_000;

  /** Of such a message in a queue, with its properties. */
  private static final int WEIGHT = 1_300;

  private RunningBroker running;

  @BeforeEach
  void start(@TempDir Path data) throws Exception {
    running = new RunningBroker(RunningBroker.settings(data), Duration.ofSeconds(1));
  }

  @AfterEach
  void stop() {
    running.close();
  }

  @Test
  void aFullHubQueueWithholdsThePubackUntilItIsDrained() {
    long bound = running.broker.settings().maxQueueBytes();
    Queue<Mqtt5Publish> held = new ConcurrentLinkedQueue<>();
    Mqtt5AsyncClient hub = running.hub("patchbay-hub-local");
    hub.publishes(MqttGlobalPublishFilter.ALL, held::add, true);
    connectDurably(hub);
    hub.subscribeWith().topicFilter("tele/#").qos(MqttQos.AT_LEAST_ONCE).send().join();

    Mqtt5AsyncClient plug = running.asyncDevice("plug", "p1");
    plug.connectWith().keepAlive(0).send().join();
    AtomicInteger acknowledged = new AtomicInteger();
    List<CompletableFuture<?>> sent = new ArrayList<>();
    for (int i = 0; i < SENT; i++) {
      sent.add(
          plug.publishWith()
              .topic("tele/" + i % 10)
              .qos(MqttQos.AT_LEAST_ONCE)
              .payload(ByteBuffer.allocate(SIZE).putInt(0, i).array())
              .send()
              .thenRun(acknowledged::incrementAndGet));
    }
    await().atMost(20, TimeUnit.SECONDS).until(() -> running.broker.backpressure().isClosed());
    // The hub takes nothing: what is in its queue is stored after a while, the rest waits.
    await()
        .during(Duration.ofSeconds(1))
        .atMost(Duration.ofSeconds(20))
        .until(() -> acknowledged.get() > 0 && stable(acknowledged));
    assertThat(acknowledged.get()).isPositive().isLessThan(SENT / 2);
    // what was on its way when the queue was found full, and what was read while that was handled
    assertThat(running.broker.queues().hubBytes())
        .isBetween(bound, bound + 2L * Backpressure.MOST_WAITING * WEIGHT);

    // A second device gets one packet in, that stops it.
    Mqtt5AsyncClient other = running.asyncDevice("plug", "p2");
    other.connect().join();
    other.publishWith().topic("tele/x").qos(MqttQos.AT_LEAST_ONCE).send().join();
    CompletableFuture<?> second =
        other.publishWith().topic("tele/y").qos(MqttQos.AT_LEAST_ONCE).send();
    await()
        .during(Duration.ofMillis(500))
        .atMost(Duration.ofSeconds(5))
        .until(() -> !second.isDone());

    hub.publishes(MqttGlobalPublishFilter.REMAINING, publish -> {});
    AtomicInteger drained = new AtomicInteger();
    await()
        .atMost(30, TimeUnit.SECONDS)
        .until(
            () -> {
              for (Mqtt5Publish one = held.poll(); one != null; one = held.poll()) {
                one.acknowledge();
                drained.incrementAndGet();
              }
              return drained.get() == SENT + 2;
            });
    CompletableFuture.allOf(sent.toArray(new CompletableFuture<?>[0])).join();
    assertThat(second).succeedsWithin(Duration.ofSeconds(5));
    await().atMost(5, TimeUnit.SECONDS).until(() -> !running.broker.backpressure().isClosed());
    plug.disconnect().join();
    other.disconnect().join();
    hub.disconnect().join();
  }

  @Test
  void anAbsentSubscriberLosesItsOldestAndBlocksNobody() {
    Mqtt5BlockingClient archive = running.device("plug", "archive");
    archive.connectWith().cleanStart(false).sessionExpiryInterval(600).send();
    archive.subscribeWith().topicFilter("patchbay/things/#").qos(MqttQos.AT_LEAST_ONCE).send();
    archive.disconnect();

    Mqtt5AsyncClient hub = running.hub("patchbay-hub-local");
    hub.connect().join();
    publishAll(hub, "patchbay/things/a/properties/p", SENT);
    int most = running.broker.settings().maxQueueMessages();
    await()
        .atMost(10, TimeUnit.SECONDS)
        .until(() -> running.broker.queues().dropped() == SENT - most);
    assertThat(running.broker.queues().subscriberDepth()).isEqualTo(most);
    assertThat(running.broker.backpressure().isClosed()).isFalse();

    AtomicInteger newest = new AtomicInteger();
    Mqtt5AsyncClient back = running.asyncDevice("plug", "archive");
    back.publishes(
        MqttGlobalPublishFilter.ALL,
        publish -> newest.set(ByteBuffer.wrap(publish.getPayloadAsBytes()).getInt()));
    back.connectWith().cleanStart(false).sessionExpiryInterval(600).send().join();
    await().atMost(10, TimeUnit.SECONDS).until(() -> newest.get() == SENT - 1);
    back.disconnect().join();
    hub.disconnect().join();
  }

  @Test
  void whatNobodySubscribedToLeavesNothing() {
    Mqtt5AsyncClient hub = running.hub("patchbay-hub-local");
    hub.connect().join();
    for (int topic = 0; topic < 20; topic++) {
      publishAll(hub, "patchbay/things/" + topic + "/properties/p", 100);
    }
    assertThat(running.broker.addresses()).noneMatch(name -> name.startsWith("patchbay/"));
    assertThat(running.broker.queues().subscriberDepth()).isZero();
    assertThat(running.broker.queues().hubDepth()).isZero();
    hub.disconnect().join();
  }

  private static void publishAll(Mqtt5AsyncClient client, String topic, int count) {
    List<CompletableFuture<?>> sent = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      sent.add(
          client
              .publishWith()
              .topic(topic)
              .qos(MqttQos.AT_LEAST_ONCE)
              .payload(ByteBuffer.allocate(SIZE).putInt(0, i).array())
              .send());
    }
    CompletableFuture.allOf(sent.toArray(new CompletableFuture<?>[0])).join();
  }

  private static void connectDurably(Mqtt5AsyncClient client) {
    client
        .connectWith()
        .cleanStart(false)
        .noSessionExpiry()
        .restrictions()
        .receiveMaximum(65_535)
        .applyRestrictions()
        .send()
        .join();
  }

  private int lastAcknowledged = -1;

  private boolean stable(AtomicInteger acknowledged) {
    int now = acknowledged.get();
    boolean same = now == lastAcknowledged;
    lastAcknowledged = now;
    return same;
  }
}
