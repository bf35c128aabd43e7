package io.patchbay.broker;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.mqtt3.Mqtt3BlockingClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5ClientBuilder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A broker in this process, open to devices, and clients for it. */
final class RunningBroker implements AutoCloseable {
  static final List<String> ALL = List.of("#");

  final KnownDevices devices =
      new KnownDevices()
          .with("plug", ALL, ALL)
          .with("lamp", List.of("lamp/#"), List.of("lamp/+/set", "patchbay/#"));
  final EmbeddedBroker broker;

  RunningBroker(BrokerSettings settings) throws Exception {
    this(settings, Duration.ofSeconds(5));
  }

  RunningBroker(BrokerSettings settings, Duration patience) throws Exception {
    broker = new EmbeddedBroker(settings, devices, patience);
    try {
      broker.listen();
    } catch (IOException e) {
      broker.close();
      throw e;
    }
  }

  /** Small enough to be filled within a test. */
  static BrokerSettings settings(Path data) {
    return new BrokerSettings(
        data.resolve("broker"),
        0,
        "127.0.0.1",
        0,
        0,
        "",
        "",
        "PKCS12",
        65_536,
        20,
        200_000,
        100,
        50,
        2_000,
        5,
        32 * 1024 * 1024,
        3600);
  }

  /** Room for many. */
  static BrokerSettings wide(Path data) {
    return new BrokerSettings(
        data.resolve("broker"),
        0,
        "127.0.0.1",
        0,
        0,
        "",
        "",
        "PKCS12",
        65_536,
        20,
        64 * 1024 * 1024,
        100_000,
        50,
        10_000,
        5,
        256 * 1024 * 1024,
        3600);
  }

  Mqtt5BlockingClient device(String user, String clientId) {
    return builder(broker.port(), user, clientId).buildBlocking();
  }

  Mqtt5AsyncClient asyncDevice(String user, String clientId) {
    return builder(broker.port(), user, clientId).buildAsync();
  }

  Mqtt3BlockingClient device3(String user, String clientId) {
    return MqttClient.builder()
        .useMqttVersion3()
        .serverHost("127.0.0.1")
        .serverPort(broker.port())
        .identifier(clientId)
        .simpleAuth()
        .username(user)
        .password(KnownDevices.password(user).getBytes(StandardCharsets.UTF_8))
        .applySimpleAuth()
        .buildBlocking();
  }

  Mqtt5AsyncClient hub(String clientId) {
    return builder(broker.hubPort(), "patchbay-hub", clientId).buildAsync();
  }

  static Mqtt5ClientBuilder builder(int port, String user, String clientId) {
    return MqttClient.builder()
        .useMqttVersion5()
        .serverHost("127.0.0.1")
        .serverPort(port)
        .identifier(clientId)
        .simpleAuth()
        .username(user)
        .password(KnownDevices.password(user).getBytes(StandardCharsets.UTF_8))
        .applySimpleAuth();
  }

  @Override
  public void close() {
    broker.close();
  }
}
