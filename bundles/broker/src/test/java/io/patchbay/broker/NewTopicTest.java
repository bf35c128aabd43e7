package io.patchbay.broker;

import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.io.TempDir;

/** Topics are new to the broker while others publish there and subscribe. */
final class NewTopicTest {
  private static final int TOPICS = 5_000;
  private static final int AT_ONCE = 100;

  private RunningBroker running;

  @BeforeEach
  void start(@TempDir Path data) throws Exception {
    running = new RunningBroker(RunningBroker.wide(data));
  }

  @AfterEach
  void stop() {
    running.close();
  }

  private Mqtt5AsyncClient connected(String clientId) {
    Mqtt5AsyncClient client = running.asyncDevice("plug", clientId);
    client.connect().join();
    return client;
  }

  private static AtomicInteger listen(Mqtt5AsyncClient client, String filter) {
    AtomicInteger heard = new AtomicInteger();
    client.publishes(MqttGlobalPublishFilter.ALL, message -> heard.incrementAndGet());
    client.subscribeWith().topicFilter(filter).qos(MqttQos.AT_LEAST_ONCE).send().join();
    return heard;
  }

  private static CompletableFuture<?> publish(Mqtt5AsyncClient client, String topic) {
    return client.publishWith().topic(topic).qos(MqttQos.AT_LEAST_ONCE).send();
  }

  private static void publishAll(List<Mqtt5AsyncClient> publishers, String topic) {
    List<CompletableFuture<?>> under = new ArrayList<>();
    for (int i = 0; i < TOPICS; i++) {
      for (Mqtt5AsyncClient publisher : publishers) {
        under.add(publish(publisher, topic + i));
      }
      if (under.size() >= AT_ONCE) {
        under.forEach(CompletableFuture::join);
        under.clear();
      }
    }
    under.forEach(CompletableFuture::join);
  }

  @RepeatedTest(3) // whether they meet is left to chance
  void twoWhoPublishThereFirstAreBothHeard() {
    AtomicInteger heard = listen(connected("listener"), "tele/+");
    publishAll(List.of(connected("p1"), connected("p2"), connected("p3")), "tele/");
    await().atMost(20, TimeUnit.SECONDS).until(() -> heard.get() == 3 * TOPICS);
  }

  @RepeatedTest(3) // whether they meet is left to chance
  void whoSubscribesMeanwhileIsDeafToNoTopic() {
    AtomicInteger first = listen(connected("listener"), "tele/+");
    Mqtt5AsyncClient publisher = connected("p1");
    List<AtomicInteger> late = new ArrayList<>();
    CompletableFuture<?> subscribing =
        CompletableFuture.runAsync(
            () -> {
              for (int i = 0; i < 15; i++) {
                late.add(listen(connected("late" + i), "tele/#"));
              }
            });
    publishAll(List.of(publisher), "tele/");
    subscribing.join();
    await().atMost(20, TimeUnit.SECONDS).until(() -> first.get() == TOPICS);
    late.forEach(heard -> heard.set(0));
    publishAll(List.of(publisher), "tele/");
    await()
        .atMost(20, TimeUnit.SECONDS)
        .until(() -> late.stream().allMatch(heard -> heard.get() == TOPICS));
  }
}
