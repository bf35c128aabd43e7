package io.patchbay.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5ConnAckException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5PubAckException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5SubAckException;
import com.hivemq.client.mqtt.mqtt5.message.connect.connack.Mqtt5ConnAckReasonCode;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class AccessTest {

  private RunningBroker running;

  @BeforeEach
  void start(@TempDir Path data) throws Exception {
    running = new RunningBroker(RunningBroker.settings(data));
  }

  @AfterEach
  void stop() {
    running.close();
  }

  @Test
  void refusesAnonymous() {
    assertRefused(
        MqttClient.builder()
            .useMqttVersion5()
            .serverHost("127.0.0.1")
            .serverPort(running.broker.port())
            .identifier("nobody")
            .buildBlocking(),
        Mqtt5ConnAckReasonCode.BAD_USER_NAME_OR_PASSWORD);
    assertThat(running.broker.counters().refusedLogins.sum()).isEqualTo(1);
  }

  @Test
  void refusesUnknownUserAndWrongPassword() {
    assertRefused(running.device("unknown", "a"), Mqtt5ConnAckReasonCode.BAD_USER_NAME_OR_PASSWORD);
    Mqtt5BlockingClient wrong = running.device("plug", "a");
    assertThatThrownBy(
            () ->
                wrong
                    .connectWith()
                    .simpleAuth()
                    .username("plug")
                    .password("wrong".getBytes(java.nio.charset.StandardCharsets.UTF_8))
                    .applySimpleAuth()
                    .send())
        .isInstanceOf(Mqtt5ConnAckException.class);
  }

  @Test
  void refusesTheHubsLoginAtTheDevicesDoorAndDevicesAtTheHubs() {
    assertRefused(
        running.device("patchbay-hub", "a"), Mqtt5ConnAckReasonCode.BAD_USER_NAME_OR_PASSWORD);
    assertRefused(
        RunningBroker.builder(running.broker.hubPort(), "plug", "a").buildBlocking(),
        Mqtt5ConnAckReasonCode.BAD_USER_NAME_OR_PASSWORD);
  }

  @Test
  void refusesTheHubsClientIdsToDevices() {
    assertRefused(
        running.device("plug", "patchbay-hub"), Mqtt5ConnAckReasonCode.CLIENT_IDENTIFIER_NOT_VALID);
  }

  @Test
  void refusesAClientIdThatAnotherUserHas() {
    Mqtt5BlockingClient owner = running.device("plug", "kitchen");
    owner.connect();
    assertRefused(
        running.device("lamp", "kitchen"), Mqtt5ConnAckReasonCode.CLIENT_IDENTIFIER_NOT_VALID);
    assertThat(owner.getState().isConnected()).isTrue();
    owner.disconnect();
  }

  @Test
  void aRefusedConnectionDoesNotEndTheSessionItAskedFor() {
    Mqtt5BlockingClient owner = running.device("plug", "kitchen");
    owner.connectWith().cleanStart(false).sessionExpiryInterval(600).send();
    subscribe(owner, "a");
    owner.disconnect();
    assertRefused(
        running.device("lamp", "kitchen"), Mqtt5ConnAckReasonCode.CLIENT_IDENTIFIER_NOT_VALID);
    assertRefused(
        running.device("unknown", "kitchen"), Mqtt5ConnAckReasonCode.BAD_USER_NAME_OR_PASSWORD);
    assertThat(
            owner
                .connectWith()
                .cleanStart(false)
                .sessionExpiryInterval(600)
                .send()
                .isSessionPresent())
        .isTrue();
    owner.disconnect();
  }

  @ParameterizedTest
  @ValueSource(strings = {"plug/state", "patchbay/things/a", "$SYS/x", "lamp/a::b"})
  void refusesToPublishWhereNoRuleAllows(String topic) {
    Mqtt5BlockingClient lamp = running.device("lamp", "l1");
    lamp.connect();
    assertThatThrownBy(() -> publish(lamp, topic)).isInstanceOf(Mqtt5PubAckException.class);
    publish(lamp, "lamp/1/state");
    lamp.disconnect();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "patchbay/things/a",
        "patchbay",
        "$SYS/x",
        "$sys.mqtt.sessions",
        "a::patchbay-h.x"
      })
  void aWildcardRuleDoesNotOpenTheHubsTopicsForPublishing(String topic) {
    Mqtt5BlockingClient plug = running.device("plug", "p1");
    plug.connect();
    assertThatThrownBy(() -> publish(plug, topic)).isInstanceOf(Mqtt5PubAckException.class);
    plug.disconnect();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"#", "lamp/#", "lamp/1/state", "$SYS/#", "$share/g/lamp/1/set", "lamp/1/set::x"})
  void refusesToSubscribeWhereNoRuleAllows(String filter) {
    Mqtt5BlockingClient lamp = running.device("lamp", "l1");
    lamp.connect();
    assertThatThrownBy(() -> subscribe(lamp, filter)).isInstanceOf(Mqtt5SubAckException.class);
    subscribe(lamp, "lamp/1/set");
    subscribe(lamp, "patchbay/things/+/properties/+");
    lamp.disconnect();
  }

  @Test
  void aSharedSubscriptionCannotTakeTheHubsQueue() {
    Mqtt5AsyncClient hub = running.hub("patchbay-hub");
    hub.connect().join();
    hub.subscribeWith().topicFilter("a/#").qos(MqttQos.AT_LEAST_ONCE).send().join();
    Mqtt5BlockingClient plug = running.device("plug", "p1");
    plug.connect();
    assertThatThrownBy(() -> subscribe(plug, "$share/patchbay-hub/a/#"))
        .isInstanceOf(Mqtt5SubAckException.class);
    plug.disconnect();
    hub.disconnect().join();
  }

  @Test
  void endsSessionsOfARemovedCredential() throws Exception {
    Mqtt5BlockingClient lamp = running.device("lamp", "l1");
    lamp.connectWith().cleanStart(false).sessionExpiryInterval(600).send();
    subscribe(lamp, "lamp/1/set");
    running.devices.remove("lamp");
    running.broker.changed("lamp");
    await().atMost(5, TimeUnit.SECONDS).until(() -> !lamp.getState().isConnected());
    assertRefused(running.device("lamp", "l1"), Mqtt5ConnAckReasonCode.BAD_USER_NAME_OR_PASSWORD);
    running.devices.with("lamp", RunningBroker.ALL, RunningBroker.ALL);
    Mqtt5BlockingClient again = running.device("lamp", "l1");
    assertThat(
            again
                .connectWith()
                .cleanStart(false)
                .sessionExpiryInterval(600)
                .send()
                .isSessionPresent())
        .isFalse();
    again.disconnect();
  }

  @Test
  void deliversBetweenDevicesAndHub() throws Exception {
    Mqtt5BlockingClient plug = running.device("plug", "p1");
    plug.connect();
    try (Mqtt5BlockingClient.Mqtt5Publishes publishes =
        plug.publishes(MqttGlobalPublishFilter.ALL)) {
      subscribe(plug, "patchbay/things/+/properties/#");
      Mqtt5AsyncClient hub = running.hub("patchbay-hub");
      hub.connect().join();
      hub.publishWith()
          .topic("patchbay/things/p/properties/power")
          .qos(MqttQos.AT_LEAST_ONCE)
          .payload("[]".getBytes(java.nio.charset.StandardCharsets.UTF_8))
          .send()
          .join();
      Optional<Mqtt5Publish> got = publishes.receive(5, TimeUnit.SECONDS);
      assertThat(got).map(publish -> publish.getTopic().toString()).isNotEmpty();
      hub.disconnect().join();
    }
    plug.disconnect();
  }

  private static void assertRefused(Mqtt5BlockingClient client, Mqtt5ConnAckReasonCode reason) {
    assertThatThrownBy(client::connect)
        .isInstanceOfSatisfying(
            Mqtt5ConnAckException.class,
            refused -> assertThat(refused.getMqttMessage().getReasonCode()).isEqualTo(reason));
  }

  private static void publish(Mqtt5BlockingClient client, String topic) {
    client.publishWith().topic(topic).qos(MqttQos.AT_LEAST_ONCE).payload(new byte[] {1}).send();
  }

  private static void subscribe(Mqtt5BlockingClient client, String filter) {
    client.subscribeWith().topicFilter(filter).qos(MqttQos.AT_LEAST_ONCE).send();
  }
}
