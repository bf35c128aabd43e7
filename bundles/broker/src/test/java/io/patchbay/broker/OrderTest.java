package io.patchbay.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.activemq.artemis.core.persistence.OperationContext;
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

  @RepeatedTest(3) // what the thread did before that ends the connection is left to chance
  void whatWasNotAcknowledgedComesFirstOnTheNextConnection() throws Exception {
    Mqtt5AsyncClient hub = running.hub("patchbay-hub-local");
    List<Integer> first = collect(hub, true);
    connect(hub);
    hub.subscribeWith().topicFilter("tele/#").qos(MqttQos.AT_LEAST_ONCE).send().join();
    Mqtt5AsyncClient plug = running.asyncDevice("plug", "p1");
    plug.connect().join();
    CompletableFuture<?> one = say(plug, "tele/1", 1);
    await().atMost(10, TimeUnit.SECONDS).until(() -> first.size() == 1);
    // every thread of the broker has worked for the device
    IntStream.range(0, 2_000)
        .mapToObj(i -> say(plug, "out/1", i))
        .toList()
        .forEach(CompletableFuture::join);

    // the disk is slow: the hub's connection ends before what the device said is stored
    List<OperationContext> busy = running.broker.contexts();
    busy.forEach(OperationContext::storeLineUp);
    hub.disconnect().join();
    Mqtt5AsyncClient lamp = running.asyncDevice("plug", "p2");
    lamp.connect().join();
    CompletableFuture<?> two = say(lamp, "tele/1", 2);
    Mqtt5AsyncClient again = running.hub("patchbay-hub-local");
    List<Integer> seen = collect(again, false);
    connect(again);
    await().atMost(10, TimeUnit.SECONDS).until(() -> seen.contains(2));
    busy.forEach(OperationContext::done);
    assertThat(copy(seen)).containsExactly(1, 2);
    CompletableFuture.allOf(one, two).get(20, TimeUnit.SECONDS);
    again.disconnect().join();
    lamp.disconnect().join();
    plug.disconnect().join();
  }

  private static CompletableFuture<?> say(Mqtt5AsyncClient client, String topic, int number) {
    return client
        .publishWith()
        .topic(topic)
        .qos(MqttQos.AT_LEAST_ONCE)
        .payload(ByteBuffer.allocate(4).putInt(0, number).array())
        .send();
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
    return collect(client, false);
  }

  /**
   * @param keep whether it acknowledges nothing
   */
  private static List<Integer> collect(Mqtt5AsyncClient client, boolean keep) {
    List<Integer> seen = Collections.synchronizedList(new ArrayList<>());
    client.publishes(
        MqttGlobalPublishFilter.ALL,
        publish -> seen.add(ByteBuffer.wrap(publish.getPayloadAsBytes()).getInt()),
        keep);
    return seen;
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
