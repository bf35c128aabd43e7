package io.patchbay.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt3.Mqtt3BlockingClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DeliveryTest {
  @TempDir Path data = Path.of("target");

  @Test
  void aRedeliveryAfterAKillHasTheSameId() throws Exception {
    Map<String, String> before = new HashMap<>();
    try (BrokerProcess broker = new BrokerProcess(data)) {
      Queue<Mqtt5Publish> seen = new ConcurrentLinkedQueue<>();
      Mqtt5AsyncClient hub = hub(broker.hubPort, seen, true);
      Mqtt5BlockingClient plug = RunningBroker.builder(broker.port, "plug", "p1").buildBlocking();
      plug.connect();
      for (int i = 0; i < 20; i++) {
        publish(plug, "tele/" + i, i);
      }
      await().atMost(10, TimeUnit.SECONDS).until(() -> seen.size() == 20);
      seen.forEach(publish -> before.put(publish.getTopic().toString(), id(publish)));
      broker.kill();
      await().atMost(10, TimeUnit.SECONDS).until(() -> !hub.getState().isConnected());
    }
    assertThat(new HashSet<>(before.values())).hasSize(20);
    try (BrokerProcess broker = new BrokerProcess(data)) {
      Queue<Mqtt5Publish> seen = new ConcurrentLinkedQueue<>();
      Mqtt5AsyncClient hub = hub(broker.hubPort, seen, false);
      await().atMost(10, TimeUnit.SECONDS).until(() -> seen.size() == 20);
      Map<String, String> after = new HashMap<>();
      seen.forEach(publish -> after.put(publish.getTopic().toString(), id(publish)));
      assertThat(after).isEqualTo(before);
      assertThat(List.copyOf(seen))
          .isSortedAccordingTo(Comparator.comparingInt(DeliveryTest::number));

      Mqtt5BlockingClient plug = RunningBroker.builder(broker.port, "plug", "p1").buildBlocking();
      plug.connect();
      publish(plug, "tele/0", 0);
      await().atMost(10, TimeUnit.SECONDS).until(() -> seen.size() == 21);
      assertThat(before.values()).doesNotContain(id(List.copyOf(seen).get(20)));
      hub.disconnect().join();
    }
  }

  @Test
  void stampsOldClientsForgersAndLargeMessages() throws Exception {
    try (RunningBroker running =
        new RunningBroker(RunningBroker.settings(data), Duration.ofMillis(10))) {
      Queue<Mqtt5Publish> seen = new ConcurrentLinkedQueue<>();
      Mqtt5AsyncClient hub = hub(running.broker.hubPort(), seen, true);
      Mqtt3BlockingClient old = running.device3("plug", "old");
      old.connect();
      old.publishWith().topic("a/1").qos(MqttQos.EXACTLY_ONCE).payload(new byte[] {1}).send();
      old.publishWith().topic("a/2").qos(MqttQos.AT_MOST_ONCE).payload(new byte[] {2}).send();
      old.publishWith().topic("a/3").qos(MqttQos.AT_LEAST_ONCE).payload(new byte[60_000]).send();
      Mqtt5BlockingClient forger = running.device("plug", "forger");
      forger.connect();
      forger
          .publishWith()
          .topic("a/4")
          .qos(MqttQos.AT_LEAST_ONCE)
          .userProperties()
          .add("x.patchbay-delivery", "kept")
          .add("patchbay-delivery", "forged")
          .add("patchbay-delivery", "forged again")
          .applyUserProperties()
          .send();
      await().atMost(10, TimeUnit.SECONDS).until(() -> seen.size() == 4);
      List<String> ids = new ArrayList<>();
      for (Mqtt5Publish publish : seen) {
        ids.add(id(publish));
      }
      assertThat(ids).doesNotContain("", "forged", "forged again").doesNotHaveDuplicates();
      assertThat(ids).allMatch(id -> id.length() <= 64);
      Mqtt5Publish forged =
          seen.stream()
              .filter(p -> p.getTopic().toString().equals("a/4"))
              .findFirst()
              .orElseThrow();
      assertThat(forged.getUserProperties().asList())
          .extracting(property -> property.getName() + "=" + property.getValue())
          .containsExactly(
              "x.patchbay-delivery=kept",
              "patchbay-delivery=" + id(forged),
              "patchbay-delivery=" + id(forged));
      hub.disconnect().join();
    }
  }

  /** A hub that has a durable subscription and never acknowledges. */
  private static Mqtt5AsyncClient hub(int port, Queue<Mqtt5Publish> seen, boolean subscribe) {
    Mqtt5AsyncClient hub =
        RunningBroker.builder(port, "patchbay-hub", "patchbay-hub-local").buildAsync();
    hub.publishes(MqttGlobalPublishFilter.ALL, seen::add, true);
    hub.connectWith()
        .cleanStart(false)
        .noSessionExpiry()
        .restrictions()
        .receiveMaximum(1000)
        .applyRestrictions()
        .send()
        .join();
    if (subscribe) {
      for (String filter : List.of("tele/#", "a/#")) {
        hub.subscribeWith().topicFilter(filter).qos(MqttQos.EXACTLY_ONCE).send().join();
      }
    }
    return hub;
  }

  private static void publish(Mqtt5BlockingClient client, String topic, int number) {
    client
        .publishWith()
        .topic(topic)
        .qos(MqttQos.AT_LEAST_ONCE)
        .payload(new byte[] {(byte) number})
        .send();
  }

  private static int number(Mqtt5Publish publish) {
    return publish.getPayloadAsBytes()[0];
  }

  private static String id(Mqtt5Publish publish) {
    return publish.getUserProperties().asList().stream()
        .filter(property -> property.getName().toString().equals(DeliveryStamp.PROPERTY))
        .map(property -> property.getValue().toString())
        .findFirst()
        .orElse("");
  }
}
