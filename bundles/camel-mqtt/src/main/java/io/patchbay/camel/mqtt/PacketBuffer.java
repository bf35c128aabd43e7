package io.patchbay.camel.mqtt;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;
import org.eclipse.paho.mqttv5.common.packet.MqttPublish;
import org.eclipse.paho.mqttv5.common.packet.MqttWireMessage;

/**
 * MQTT 5.0 packets that wait to be written, one behind the other. What goes out for every message
 * is encoded here, by the clauses of chapter 3; Paho encodes the rest.
 */
final class PacketBuffer {
  private static final int SMALLEST = 1 << 12;

  /** What it grew to for a burst it gives back. */
  private static final int KEPT = 1 << 18;

  private static final int DUPLICATE = 8;

  private byte[] octets = new byte[SMALLEST];
  private int length;
  private int unconfirmed;

  boolean empty() {
    return length == 0;
  }

  /** Publications of QoS 0 in it. */
  int unconfirmed() {
    return unconfirmed;
  }

  /**
   * Adds a PUBLISH (clause 3.3).
   *
   * @param largest octets of a packet that the broker takes
   * @throws MqttRefusedException when it is larger
   */
  void publish(Publication publication, long largest) throws MqttRefusedException {
    MqttMessage message = publication.message;
    int mark = length;
    if (plain(message.getProperties())) {
      int qos = message.getQos();
      byte[] payload = message.getPayload();
      byte[] topic = publication.topic;
      int rest = 2 + topic.length + (qos == 0 ? 0 : 2) + 1 + payload.length;
      room(5 + rest);
      put(
          MqttWireMessage.MESSAGE_TYPE_PUBLISH << 4
              | (publication.again ? DUPLICATE : 0)
              | qos << 1
              | (message.isRetained() ? 1 : 0));
      variable(rest);
      number16(topic.length);
      raw(topic);
      if (qos > 0) {
        number16(publication.packetId);
      }
      put(0);
      raw(payload);
    } else {
      MqttPublish packet = new MqttPublish(publication.name(), message, message.getProperties());
      packet.setMessageId(publication.packetId);
      packet.setDuplicate(publication.again);
      add(packet);
    }
    if (length - mark > largest) {
      length = mark;
      throw new MqttRefusedException(ReasonCodes.PACKET_TOO_LARGE);
    }
    unconfirmed += message.getQos() == 0 ? 1 : 0;
  }

  private static boolean plain(MqttProperties properties) {
    return properties.getUserProperties().isEmpty()
        && properties.getContentType() == null
        && properties.getResponseTopic() == null
        && properties.getCorrelationData() == null
        && properties.getMessageExpiryInterval() == null
        && !properties.getPayloadFormat();
  }

  /**
   * Adds PUBACK, PUBREC, PUBREL or PUBCOMP that say yes (clause 3.4.2.1: two octets are enough).
   */
  void answer(int type, int packetId) {
    room(4);
    put(type << 4 | (type == MqttWireMessage.MESSAGE_TYPE_PUBREL ? 2 : 0));
    put(2);
    number16(packetId);
  }

  /** Adds any packet. */
  void add(MqttWireMessage packet) {
    try {
      byte[] header = packet.getHeader();
      byte[] payload = packet.getPayload();
      room(header.length + payload.length);
      raw(header);
      raw(payload);
    } catch (MqttException e) {
      throw new IllegalArgumentException("it cannot be sent by MQTT: " + e.getMessage(), e);
    }
  }

  private void room(int more) {
    if (length + more > octets.length) {
      octets = Arrays.copyOf(octets, Math.max(length + more, octets.length * 2));
    }
  }

  private void put(int octet) {
    octets[length++] = (byte) octet;
  }

  private void number16(int number) {
    put(number >>> 8);
    put(number);
  }

  private void variable(int number) {
    int rest = number;
    while (rest > 0x7F) {
      put(rest | 0x80);
      rest >>>= 7;
    }
    put(rest);
  }

  private void raw(byte[] more) {
    System.arraycopy(more, 0, octets, length, more.length);
    length += more.length;
  }

  /** Writes all of it and is empty then. */
  void drain(OutputStream out) throws IOException {
    out.write(octets, 0, length);
    length = 0;
    unconfirmed = 0;
    if (octets.length > KEPT) {
      octets = new byte[SMALLEST];
    }
  }
}
