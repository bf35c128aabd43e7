package io.patchbay.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5PubAckException;
import com.hivemq.client.mqtt.mqtt5.message.connect.connack.Mqtt5ConnAck;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LimitsTest {
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
  void closesOnTenMegabytesOfGarbage() throws Exception {
    byte[] garbage = new byte[10 * 1024 * 1024];
    new Random(1).nextBytes(garbage);
    garbage[0] = 'x';
    assertThat(isClosedAfter(garbage)).isTrue();
    assertThat(running.broker.counters().refusedConnections.sum()).isPositive();
    assertServes();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n",
        "PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n",
        "AMQP\u0000\u0001\u0000\u0000",
        "CONNECT\naccept-version:1.2\n\n\u0000"
      })
  void closesOnOtherProtocols(String opening) throws Exception {
    assertThat(isClosedAfter(opening.getBytes(StandardCharsets.ISO_8859_1))).isTrue();
    assertServes();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "10ffffff7f", // a CONNECT of 268,435,455 octets
        "10ffffffff01", // a length of five octets
        "10818004", // one octet beyond the limit of 65,536
        "100d00044d5154540500003c0aff0000" // properties that are longer than the packet
      })
  void closesOnConnectPacketsThatCannotBe(String hex) throws Exception {
    assertThat(isClosedAfter(java.util.HexFormat.of().parseHex(hex))).isTrue();
    assertServes();
  }

  @Test
  void disconnectsWhoSendsTooLargeAPacket() {
    Mqtt5AsyncClient plug = running.asyncDevice("plug", "p1");
    Mqtt5ConnAck connack = plug.connect().join();
    assertThat(connack.getRestrictions().getMaximumPacketSize()).isEqualTo(65_536);
    plug.disconnect().join();
    var old = running.device3("plug", "p3");
    old.connect();
    assertThatThrownBy(
            () ->
                old.publishWith()
                    .topic("a")
                    .qos(MqttQos.AT_LEAST_ONCE)
                    .payload(new byte[70_000])
                    .send())
        .isNotNull();
    await().atMost(5, TimeUnit.SECONDS).until(() -> !old.getState().isConnected());
    assertThat(running.broker.counters().refusedPackets.sum()).isPositive();
    assertServes();
  }

  @Test
  void closesConnectionsBeyondTheLimit() throws Exception {
    List<Socket> open = new ArrayList<>();
    try {
      for (int i = 0; i < running.broker.settings().maxConnections(); i++) {
        open.add(new Socket(InetAddress.getLoopbackAddress(), running.broker.port()));
      }
      await()
          .atMost(5, TimeUnit.SECONDS)
          .until(
              () ->
                  running.broker.counters().connections.get()
                      == running.broker.settings().maxConnections());
      assertThat(isClosedAfter(new byte[0])).isTrue();
    } finally {
      for (Socket socket : open) {
        socket.close();
      }
    }
    await()
        .atMost(5, TimeUnit.SECONDS)
        .until(() -> running.broker.counters().connections.get() == 0);
    assertServes();
  }

  @Test
  void refusesMoreRetainedMessagesThanItKeeps() {
    Mqtt5BlockingClient plug = running.device("plug", "p1");
    plug.connect();
    int most = running.broker.settings().maxRetained();
    for (int i = 0; i < most; i++) {
      retain(plug, "r/" + i);
    }
    await()
        .atMost(5, TimeUnit.SECONDS)
        .until(() -> running.broker.queues().retainedCount() == most);
    assertThatThrownBy(() -> retain(plug, "r/more")).isInstanceOf(Mqtt5PubAckException.class);
    plug.disconnect();
  }

  @Test
  void refusesMoreTopicsThanItKeepsTrackOf() {
    Mqtt5BlockingClient plug = running.device("plug", "p1");
    plug.connect();
    for (int i = 0; i < running.broker.settings().maxTopics(); i++) {
      plug.publishWith().topic("t/" + i).qos(MqttQos.AT_MOST_ONCE).send();
    }
    assertThatThrownBy(() -> plug.publishWith().topic("t/x").qos(MqttQos.AT_LEAST_ONCE).send())
        .isInstanceOf(Mqtt5PubAckException.class);
    plug.disconnect();
  }

  @Test
  void shortensSessionsThatShouldNeverEndAndSaysSo() {
    Mqtt5BlockingClient plug = running.device("plug", "p1");
    Mqtt5ConnAck connack = plug.connectWith().cleanStart(false).noSessionExpiry().send();
    assertThat(connack.getSessionExpiryInterval())
        .hasValue(running.broker.settings().maxSessionExpiry());
    plug.disconnect();
  }

  @Test
  void keepsAMessageThatExpiresInYears() throws Exception {
    Mqtt5BlockingClient plug = running.device("plug", "p1");
    plug.connect();
    try (var publishes = plug.publishes(com.hivemq.client.mqtt.MqttGlobalPublishFilter.ALL)) {
      plug.subscribeWith().topicFilter("e").qos(MqttQos.AT_LEAST_ONCE).send();
      plug.publishWith()
          .topic("e")
          .qos(MqttQos.AT_LEAST_ONCE)
          .messageExpiryInterval(4_000_000_000L)
          .send();
      assertThat(publishes.receive(5, TimeUnit.SECONDS)).isPresent();
    }
    plug.disconnect();
  }

  private static void retain(Mqtt5BlockingClient client, String topic) {
    client
        .publishWith()
        .topic(topic)
        .qos(MqttQos.AT_LEAST_ONCE)
        .retain(true)
        .payload(new byte[] {1})
        .send();
  }

  private void assertServes() {
    Mqtt5BlockingClient plug = running.device("plug", "serves");
    plug.connect();
    plug.publishWith().topic("a").qos(MqttQos.AT_LEAST_ONCE).send();
    plug.disconnect();
  }

  /** Whether the broker closes without having answered anything. */
  private boolean isClosedAfter(byte[] octets) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), running.broker.port())) {
      socket.setSoTimeout(8_000);
      InputStream in = socket.getInputStream();
      try {
        socket.getOutputStream().write(octets);
        return in.read() < 0;
      } catch (java.net.SocketException reset) {
        return true;
      }
    }
  }
}
