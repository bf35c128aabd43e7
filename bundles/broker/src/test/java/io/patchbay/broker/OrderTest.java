package io.patchbay.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** MQTT 5.0, clause 4.6, with thousands of messages of one publisher under way. */
final class OrderTest {
  private static final int SENT = 20_000;

  private RunningBroker running;

  @BeforeEach
  void start(@TempDir Path data) throws Exception {
    running = new RunningBroker(RunningBroker.wide(data));
  }

  @AfterEach
  void stop() {
    running.close();
  }

  @RepeatedTest(3) // one that overtakes does not do so every time
  void storedMessagesStayInOrder() {
    Mqtt5AsyncClient archive = running.asyncDevice("plug", "archive");
    List<Integer> seen = collect(archive);
    archive.connectWith().cleanStart(true).sessionExpiryInterval(600).send().join();
    archive.subscribeWith().topicFilter("tele/#").qos(MqttQos.AT_LEAST_ONCE).send().join();
    Mqtt5AsyncClient plug = running.asyncDevice("plug", "p1");
    plug.connect().join();
    List<Integer> acknowledged = publishAll(plug);
    await().atMost(60, TimeUnit.SECONDS).until(() -> seen.size() == SENT);
    assertThat(copy(seen)).isEqualTo(IntStream.range(0, SENT).boxed().toList());
    assertThat(acknowledged).hasSize(SENT);
    plug.disconnect().join();
    archive.disconnect().join();
  }

  @Test
  void messagesHandedOverToTheHubStayInOrder() {
    Mqtt5AsyncClient hub = running.hub("patchbay-hub-local");
    List<Integer> seen = collect(hub);
    connect(hub);
    hub.subscribeWith().topicFilter("tele/#").qos(MqttQos.AT_LEAST_ONCE).send().join();
    Mqtt5AsyncClient plug = running.asyncDevice("plug", "p1");
    plug.connect().join();
    List<Integer> acknowledged = publishAll(plug);
    await().atMost(60, TimeUnit.SECONDS).until(() -> seen.size() == SENT);
    assertThat(copy(seen)).isEqualTo(IntStream.range(0, SENT).boxed().toList());
    assertThat(acknowledged).hasSize(SENT);
    await().atMost(5, TimeUnit.SECONDS).until(() -> running.broker.handover().size() == 0);
    plug.disconnect().join();
    hub.disconnect().join();
  }

  @Test
  void whatWasNotAcknowledgedComesFirstOnTheNextConnection() throws Exception {
    Mqtt5AsyncClient subscriber = running.hub("patchbay-hub-local");
    connect(subscriber);
    subscriber.subscribeWith().topicFilter("tele/#").qos(MqttQos.AT_LEAST_ONCE).send().join();
    subscriber.disconnect().join();
    Mqtt5AsyncClient archive = running.asyncDevice("plug", "archive");
    archive.connectWith().cleanStart(true).sessionExpiryInterval(600).send().join();
    archive.subscribeWith().topicFilter("out/#").qos(MqttQos.AT_LEAST_ONCE).send().join();
    archive.disconnect().join();
    Mqtt5AsyncClient plug = running.asyncDevice("plug", "p1");
    plug.connect().join();
    CompletableFuture<List<Integer>> all = CompletableFuture.supplyAsync(() -> publishAll(plug));
    for (int round = 0; round < 20; round++) {
      Mqtt5AsyncClient hub = running.hub("patchbay-hub-local");
      List<Integer> seen = Collections.synchronizedList(new ArrayList<>());
      hub.publishes(MqttGlobalPublishFilter.ALL, publish -> seen.add(number(publish)), true);
      connect(hub);
      await().atMost(20, TimeUnit.SECONDS).until(() -> seen.size() > 500);
      // the broker is still storing them when the connection ends
      for (int i = 0; i < 300; i++) {
        CompletableFuture<?> unused =
            hub.publishWith().topic("out/1").qos(MqttQos.AT_LEAST_ONCE).send();
      }
      hub.disconnect().join();
      assertThat(copy(seen)).as("connection %s", round).startsWith(0).isSorted();
    }
    Mqtt5AsyncClient hub = running.hub("patchbay-hub-local");
    List<Integer> seen = collect(hub);
    connect(hub);
    await().atMost(60, TimeUnit.SECONDS).until(() -> seen.size() == SENT);
    assertThat(copy(seen)).isEqualTo(IntStream.range(0, SENT).boxed().toList());
    assertThat(all.get(20, TimeUnit.SECONDS)).hasSize(SENT);
    hub.disconnect().join();
    plug.disconnect().join();
  }

  private static void connect(Mqtt5AsyncClient hub) {
    hub.connectWith()
        .cleanStart(false)
        .noSessionExpiry()
        .restrictions()
        .receiveMaximum(1_000)
        .applyRestrictions()
        .send()
        .join();
  }

  private static List<Integer> collect(Mqtt5AsyncClient client) {
    List<Integer> seen = Collections.synchronizedList(new ArrayList<>());
    client.publishes(MqttGlobalPublishFilter.ALL, publish -> seen.add(number(publish)));
    return seen;
  }

  private static int number(Mqtt5Publish publish) {
    return ByteBuffer.wrap(publish.getPayloadAsBytes()).getInt();
  }

  /** The numbers that were acknowledged. */
  private static List<Integer> publishAll(Mqtt5AsyncClient plug) {
    List<Integer> acknowledged = Collections.synchronizedList(new ArrayList<>());
    List<CompletableFuture<?>> sent = new ArrayList<>();
    for (int i = 0; i < SENT; i++) {
      int number = i;
      sent.add(
          plug.publishWith()
              .topic("tele/" + i % 10)
              .qos(MqttQos.AT_LEAST_ONCE)
              .payload(ByteBuffer.allocate(4).putInt(0, i).array())
              .send()
              .thenRun(() -> acknowledged.add(number)));
    }
    CompletableFuture.allOf(sent.toArray(new CompletableFuture<?>[0]))
        .orTimeout(90, TimeUnit.SECONDS)
        .join();
    return copy(acknowledged);
  }

  private static List<Integer> copy(List<Integer> synchronizedList) {
    synchronized (synchronizedList) {
      return List.copyOf(synchronizedList);
    }
  }
}
