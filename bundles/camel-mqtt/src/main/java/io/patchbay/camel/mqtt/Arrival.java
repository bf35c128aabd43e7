package io.patchbay.camel.mqtt;

import io.patchbay.southbound.DeliveryId;
import java.util.List;
import java.util.Optional;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.packet.UserProperty;

/** A message that came, on its way to the consumer and back to its acknowledgement. */
final class Arrival {
  /** Ids of deliveries are at most this long ({@link DeliveryId}). */
  private static final int LONGEST_ID = 64;

  final Link link;
  final String connection;
  final String topic;
  final MqttMessage message;
  private final String uniqueId;

  // guarded by the inbox
  int holder;
  boolean handed;
  boolean settled;
  boolean resumed;

  Arrival(
      Link link, String connection, String topic, MqttMessage message, String messageIdProperty) {
    this.link = link;
    this.connection = connection;
    this.topic = topic;
    this.message = message;
    this.uniqueId = messageIdProperty.isEmpty() ? "" : uniqueId(message, messageIdProperty);
  }

  private static String uniqueId(MqttMessage message, String property) {
    List<UserProperty> properties = message.getProperties().getUserProperties();
    // the last one: a broker that adds its own adds it behind
    for (int i = properties.size() - 1; i >= 0; i--) {
      UserProperty one = properties.get(i);
      if (one.getKey().equals(property)) {
        String id = one.getValue();
        return id == null || id.length() > LONGEST_ID ? "" : id;
      }
    }
    return "";
  }

  boolean acknowledged() {
    return message.getQos() > 0;
  }

  boolean unique() {
    return !uniqueId.isEmpty();
  }

  /** How this delivery is told from its repetition; with QoS 0 there is none. */
  Optional<DeliveryId> delivery() {
    if (unique()) {
      return Optional.of(new DeliveryId(uniqueId, DeliveryId.Kind.UNIQUE));
    }
    if (!acknowledged()) {
      return Optional.empty();
    }
    String id = message.getId() + ":" + Long.toHexString(hash(topic, message.getPayload()));
    return Optional.of(
        new DeliveryId(id, resumed ? DeliveryId.Kind.RESUMED : DeliveryId.Kind.FIRST));
  }

  /** FNV-1a over both, 64 bits. */
  static long hash(String topic, byte[] payload) {
    long hash = 0xcbf29ce484222325L;
    for (int i = 0; i < topic.length(); i++) {
      hash = (hash ^ topic.charAt(i)) * 0x100000001b3L;
    }
    hash = (hash ^ 0x10000) * 0x100000001b3L;
    for (byte octet : payload) {
      hash = (hash ^ (octet & 0xFF)) * 0x100000001b3L;
    }
    return hash;
  }
}
