package io.patchbay.camel.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import io.patchbay.testkit.FuzzSeeds;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.packet.MqttWireMessage;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Whatever a broker sends is read or ends the connection, as it does in {@link Link}. */
public final class PacketReaderFuzzTest {
  private static final Subscriptions HELD =
      Subscriptions.NONE.with(Map.of("a/+", 1)).with(Map.of("+/b", 1)).with(Map.of("#", 0));

  /** Jazzer's entry. */
  public static void fuzzerTestOneInput(byte[] input) {
    PacketReader reader = new PacketReader(new ByteArrayInputStream(input), 1 << 20, () -> {});
    try {
      for (int packets = 0; packets <= input.length; packets++) {
        take(reader.next(), reader);
      }
    } catch (IOException e) {
      assertThat(e.getMessage()).isNotBlank();
      return;
    }
    throw new AssertionError("more packets than octets");
  }

  private static void take(int first, PacketReader reader) throws IOException {
    switch (first >> 4) {
      case MqttWireMessage.MESSAGE_TYPE_PUBLISH -> {
        String topic = reader.text();
        MqttMessage message = reader.message();
        List<Integer> ids = message.getProperties().getSubscriptionIdentifiers();
        boolean unused = HELD.surplus(topic, ids);
        assertThat(reader.remaining()).isZero();
      }
      case MqttWireMessage.MESSAGE_TYPE_PUBACK -> {
        int packetId = reader.number16() + (reader.remaining() > 0 ? reader.octet() : 0);
        assertThat(packetId).isNotNegative();
      }
      case MqttWireMessage.MESSAGE_TYPE_SUBACK -> {
        int packetId = reader.number16();
        assertThat(packetId).isBetween(0, 65_535);
        reader.skipProperties();
        while (reader.remaining() > 0) {
          assertThat(reader.octet()).isBetween(0, 255);
        }
      }
      default -> assertThat(reader.whole()).isNotNull();
    }
  }

  @TestFactory
  Stream<DynamicTest> readsOrEndsTheConnection() {
    return FuzzSeeds.tests(getClass(), PacketReaderFuzzTest::fuzzerTestOneInput);
  }
}
