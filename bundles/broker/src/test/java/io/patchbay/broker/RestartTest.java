package io.patchbay.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5ConnAckException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RestartTest {
  @Test
  void aRestoredSessionKeepsItsOwnerAndItsMessages(@TempDir Path data) throws Exception {
    subscribeAndLeave(data, RunningBroker.settings(data));
    try (RunningBroker running = new RunningBroker(RunningBroker.settings(data))) {
      assertThatThrownBy(() -> running.device("lamp", "archive").connect())
          .isInstanceOf(Mqtt5ConnAckException.class);
      Mqtt5BlockingClient archive = running.device("plug", "archive");
      try (var publishes = archive.publishes(MqttGlobalPublishFilter.ALL)) {
        assertThat(
                archive
                    .connectWith()
                    .cleanStart(false)
                    .sessionExpiryInterval(600)
                    .send()
                    .isSessionPresent())
            .isTrue();
        assertThat(publishes.receive(5, TimeUnit.SECONDS)).isPresent();
      }
      archive.disconnect();
    }
  }

  @Test
  void aRestoredSessionOfSomebodyWhoNeverComesBackEnds(@TempDir Path data) throws Exception {
    subscribeAndLeave(data, RunningBroker.settings(data));
    try (RunningBroker running = new RunningBroker(lasting(RunningBroker.settings(data), 1))) {
      assertThat(running.broker.queues().subscriptions()).isEqualTo(1);
      await()
          .atMost(10, TimeUnit.SECONDS)
          .until(() -> running.broker.queues().subscriptions() == 0);
      // What is nobody's session any more can be anybody's.
      Mqtt5BlockingClient lamp = running.device("lamp", "archive");
      await()
          .atMost(5, TimeUnit.SECONDS)
          .ignoreExceptions()
          .until(() -> !lamp.connect().isSessionPresent());
      lamp.disconnect();
    }
    try (RunningBroker running = new RunningBroker(RunningBroker.settings(data))) {
      assertThat(running.broker.queues().subscriptions()).isZero();
    }
  }

  private static void subscribeAndLeave(Path data, BrokerSettings settings) throws Exception {
    try (RunningBroker running = new RunningBroker(settings)) {
      Mqtt5BlockingClient archive = running.device("plug", "archive");
      archive.connectWith().cleanStart(false).sessionExpiryInterval(600).send();
      archive.subscribeWith().topicFilter("patchbay/things/#").qos(MqttQos.AT_LEAST_ONCE).send();
      archive.disconnect();
      Mqtt5AsyncClient hub = running.hub("patchbay-hub-local");
      hub.connect().join();
      hub.publishWith()
          .topic("patchbay/things/a")
          .qos(MqttQos.AT_LEAST_ONCE)
          .payload(new byte[] {1})
          .send()
          .join();
      hub.disconnect().join();
    }
    assertThat(data.resolve("broker/journal")).isDirectory();
  }

  private static BrokerSettings lasting(BrokerSettings usual, int maxSessionExpiry) {
    return new BrokerSettings(
        usual.directory(),
        usual.offset(),
        usual.host(),
        usual.port(),
        usual.tlsPort(),
        usual.keystore(),
        usual.keystorePassword(),
        usual.keystoreType(),
        usual.maxPacketBytes(),
        usual.maxConnections(),
        usual.maxQueueBytes(),
        usual.maxQueueMessages(),
        usual.maxQueues(),
        usual.maxTopics(),
        usual.maxRetained(),
        usual.globalMaxBytes(),
        maxSessionExpiry);
  }
}
