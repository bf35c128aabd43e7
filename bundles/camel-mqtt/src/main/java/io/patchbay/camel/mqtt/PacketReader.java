package io.patchbay.camel.mqtt;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;
import org.eclipse.paho.mqttv5.common.packet.MqttWireMessage;
import org.eclipse.paho.mqttv5.common.packet.UserProperty;

/**
 * Reads MQTT 5.0 packets from a socket, as many octets at a time as there are. What comes for every
 * message is read here, by the clauses of chapter 3; Paho decodes the rest. Used by one thread.
 */
final class PacketReader {
  /** What happens when nothing came for the socket's timeout. */
  @FunctionalInterface
  interface Silence {
    /** Throws when the connection is given up. */
    void broken() throws IOException;
  }

  private static final int BUFFER = 1 << 16;

  /** The flag DUP of a PUBLISH (clause 3.3.1.1). */
  private static final int DUPLICATE = 8;

  private final InputStream in;
  private final long largest;
  private final Silence silence;
  private byte[] octets = new byte[BUFFER];

  /** The rest of the packet is from here to {@link #end}, what has come is to {@link #to}. */
  private int at;

  private int end;
  private int to;
  private int first;
  private int start;

  /**
   * @param largest remaining length that is accepted, octets
   */
  PacketReader(InputStream in, long largest, Silence silence) {
    this.in = in;
    this.largest = largest;
    this.silence = silence;
  }

  /** Waits for a packet and returns its first octet: type and flags (clause 2.1.1). */
  int next() throws IOException {
    at = end;
    await(2);
    first = octets[at++] & 0xFF;
    int length = 0;
    int shift = 0;
    int octet;
    do {
      if (shift > 21) {
        throw malformed("a length of more than four octets");
      }
      await(1);
      octet = octets[at++] & 0xFF;
      length |= (octet & 0x7F) << shift;
      shift += 7;
    } while (octet > 0x7F);
    if (length > largest) {
      throw malformed("a packet of " + length + " octets; accepted: " + largest);
    }
    await(length);
    start = at;
    end = at + length;
    return first;
  }

  private void await(int count) throws IOException {
    while (to - at < count) {
      if (at == to) {
        at = 0;
        to = 0;
      }
      if (at + count > octets.length) {
        byte[] target = count > octets.length ? new byte[count + BUFFER] : octets;
        System.arraycopy(octets, at, target, 0, to - at);
        octets = target;
        to -= at;
        at = 0;
      }
      try {
        int read = in.read(octets, to, octets.length - to);
        if (read < 0) {
          throw new EOFException("closed by the broker");
        }
        to += read;
      } catch (SocketTimeoutException e) {
        silence.broken();
      }
    }
  }

  static IOException malformed(String what) {
    return new IOException("the broker sent what is not MQTT 5: " + what);
  }

  private void claim(int count) throws IOException {
    if (end - at < count) {
      throw malformed("a packet that ends too early");
    }
  }

  /** Octets of the packet that were not read. */
  int remaining() {
    return end - at;
  }

  int octet() throws IOException {
    claim(1);
    return octets[at++] & 0xFF;
  }

  int number16() throws IOException {
    claim(2);
    return (octets[at++] & 0xFF) << 8 | (octets[at++] & 0xFF);
  }

  private long number32() throws IOException {
    return (long) number16() << 16 | number16();
  }

  /** Clause 1.5.5. */
  private int variable() throws IOException {
    int value = 0;
    for (int shift = 0; shift <= 21; shift += 7) {
      int octet = octet();
      value |= (octet & 0x7F) << shift;
      if (octet <= 0x7F) {
        return value;
      }
    }
    throw malformed("a number of more than four octets");
  }

  private byte[] octets(int count) throws IOException {
    claim(count);
    byte[] taken = Arrays.copyOfRange(octets, at, at + count);
    at += count;
    return taken;
  }

  String text() throws IOException {
    int length = number16();
    claim(length);
    String text = new String(octets, at, length, StandardCharsets.UTF_8);
    at += length;
    return text;
  }

  /** What follows the topic of a PUBLISH (clause 3.3). */
  MqttMessage message() throws IOException {
    int qos = first >> 1 & 3;
    if (qos == 3) {
      throw malformed("QoS 3");
    }
    int id = qos == 0 ? 0 : number16();
    MqttProperties properties = properties();
    MqttMessage message = new MqttMessage(octets(remaining()), qos, (first & 1) != 0, properties);
    message.setId(id);
    message.setDuplicate((first & DUPLICATE) != 0);
    return message;
  }

  /** Properties of a PUBLISH (clause 3.3.2.3). */
  private MqttProperties properties() throws IOException {
    MqttProperties properties = new MqttProperties();
    int length = variable();
    claim(length);
    int behind = at + length;
    List<Integer> subscriptions = new ArrayList<>(1);
    while (at < behind) {
      int property = octet();
      switch (property) {
        case MqttProperties.PAYLOAD_FORMAT_INDICATOR_IDENTIFIER ->
            properties.setPayloadFormat(octet() == 1);
        case MqttProperties.MESSAGE_EXPIRY_INTERVAL_IDENTIFIER ->
            properties.setMessageExpiryInterval(number32());
        case MqttProperties.CONTENT_TYPE_IDENTIFIER -> properties.setContentType(text());
        case MqttProperties.RESPONSE_TOPIC_IDENTIFIER -> respond(properties, text());
        case MqttProperties.CORRELATION_DATA_IDENTIFIER ->
            properties.setCorrelationData(octets(number16()));
        case MqttProperties.SUBSCRIPTION_IDENTIFIER -> subscriptions.add(variable());
        case MqttProperties.USER_DEFINED_PAIR_IDENTIFIER ->
            properties.getUserProperties().add(new UserProperty(text(), text()));
        // topic aliases are not allowed to it: CONNECT says so
        default -> throw malformed("property " + property + " in PUBLISH");
      }
    }
    if (at != behind) {
      throw malformed("properties that are longer than they say");
    }
    if (!subscriptions.isEmpty()) {
      properties.setSubscriptionIdentifiers(subscriptions);
    }
    return properties;
  }

  private static void respond(MqttProperties properties, String topic) {
    try {
      properties.setResponseTopic(topic);
    } catch (IllegalArgumentException e) {
      // no topic (clause 4.7), so nobody can be answered; the message is good all the same
    }
  }

  /** Steps over the properties of an acknowledgement. */
  void skipProperties() throws IOException {
    int length = variable();
    claim(length);
    at += length;
  }

  /** The packet as Paho reads it. */
  MqttWireMessage whole() throws IOException {
    byte[] length = MqttWireMessage.encodeVariableByteInteger(end - start);
    byte[] packet = new byte[1 + length.length + end - start];
    packet[0] = (byte) first;
    System.arraycopy(length, 0, packet, 1, length.length);
    System.arraycopy(octets, start, packet, 1 + length.length, end - start);
    try {
      return MqttWireMessage.createWireMessage(packet);
    } catch (MqttException | RuntimeException e) {
      throw new IOException("the broker sent what is not MQTT 5: " + e.getMessage(), e);
    }
  }
}
