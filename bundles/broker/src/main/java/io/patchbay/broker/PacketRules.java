package io.patchbay.broker;

import static io.netty.handler.codec.mqtt.MqttProperties.MqttPropertyType.PUBLICATION_EXPIRY_INTERVAL;
import static io.netty.handler.codec.mqtt.MqttProperties.MqttPropertyType.SESSION_EXPIRY_INTERVAL;

import io.netty.channel.Channel;
import io.netty.handler.codec.mqtt.MqttConnAckMessage;
import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageIdVariableHeader;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttProperties.IntegerProperty;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.mqtt.MqttReasonCodeAndPropertiesVariableHeader;
import io.netty.handler.codec.mqtt.MqttSubscribeMessage;
import io.netty.handler.codec.mqtt.MqttTopicSubscription;
import io.netty.handler.codec.mqtt.MqttVersion;
import io.netty.util.AttributeKey;
import org.apache.activemq.artemis.core.protocol.mqtt.MQTTInterceptor;
import org.apache.activemq.artemis.core.remoting.impl.netty.NettyConnection;
import org.apache.activemq.artemis.spi.core.protocol.RemotingConnection;
import org.jspecify.annotations.Nullable;

/**
 * Looks at every packet on its way in and out: counts, bounds what a device may ask for, keeps the
 * flow, and takes messages and acknowledgements from Artemis to send them in order.
 */
final class PacketRules {
  /** What no rule allows, so that the subscription is answered with 0x87, not authorized. */
  private static final String REFUSED = "$refused";

  /** Artemis multiplies by 1000 in an int: more would be in the past, and the message lost. */
  private static final int MESSAGE_EXPIRY_LIMIT = 2_000_000;

  private static final AttributeKey<Boolean> SHORTENED =
      AttributeKey.valueOf(PacketRules.class, "session");

  private final BrokerSecurity security;
  private final Counters counters;
  private final int maxSessionExpiry;

  private final ConnectionOrder order;

  PacketRules(
      BrokerSecurity security, Counters counters, int maxSessionExpiry, ConnectionOrder order) {
    this.order = order;
    this.security = security;
    this.counters = counters;
    this.maxSessionExpiry = maxSessionExpiry;
  }

  /** On the connection's event loop; true lets the packet pass. */
  MQTTInterceptor incoming() {
    return (packet, connection) -> {
      Channel channel = channel(connection);
      Backpressure.Flow flow = channel == null ? null : Backpressure.flow(channel);
      if (packet instanceof MqttPublishMessage publish) {
        limitMessageExpiry(publish);
        counters.messagesIn.increment();
        if (flow != null) {
          if (publish.fixedHeader().qosLevel() == MqttQoS.AT_LEAST_ONCE) {
            flow.acknowledgements().arrived(publish.variableHeader().packetId());
          }
          flow.received(publish.fixedHeader().remainingLength());
        }
      } else if (flow != null && channel != null) {
        return control(packet, channel, flow);
      }
      return true;
    };
  }

  MQTTInterceptor outgoing() {
    return (packet, connection) -> {
      Channel channel = channel(connection);
      MqttMessageType type = packet.fixedHeader().messageType();
      if (type == MqttMessageType.PUBLISH) {
        counters.messagesOut.increment();
        return !sent(packet, channel);
      } else if (type == MqttMessageType.PUBACK) {
        return !acknowledged(packet, channel);
      }
      order.enter(channel);
      if (type == MqttMessageType.PUBREC) {
        Backpressure.Flow flow = channel == null ? null : Backpressure.flow(channel);
        if (flow != null) {
          flow.handled();
        }
      } else if (packet instanceof MqttConnAckMessage connack) {
        if (channel != null && connack.variableHeader().connectReturnCode().byteValue() == 0) {
          PacketFrames.accepted(channel);
          tellSessionExpiry(connack, channel);
        }
      }
      return true;
    };
  }

  private static boolean sent(MqttMessage packet, @Nullable Channel channel) {
    if (channel == null) {
      return false;
    }
    Outbound.of(channel).send(packet);
    return true;
  }

  private static boolean acknowledged(MqttMessage puback, @Nullable Channel channel) {
    Backpressure.Flow flow = channel == null ? null : Backpressure.flow(channel);
    if (flow != null && puback.variableHeader() instanceof MqttMessageIdVariableHeader of) {
      flow.acknowledgements().acknowledge(of.messageId(), puback);
      return true;
    }
    return sent(puback, channel);
  }

  /** A QoS 2 packet can come again without being sent on: it is handled when PUBREC goes out. */
  static boolean isHandledWhenSent(int qos) {
    return qos != MqttQoS.EXACTLY_ONCE.value();
  }

  static @Nullable Channel channel(RemotingConnection connection) {
    return connection.getTransportConnection() instanceof NettyConnection netty
        ? netty.getNettyChannel()
        : null;
  }

  private boolean control(MqttMessage packet, Channel channel, Backpressure.Flow flow) {
    if (packet instanceof MqttConnectMessage connect) {
      if (security.isBusy()) {
        counters.refusedConnections.increment();
        return false; // closed without an answer: it may come again
      }
      if (connect.variableHeader().version() == MqttVersion.MQTT_5.protocolLevel()) {
        flow.speaksMqtt5();
        if (limitSessionExpiry(connect.variableHeader().properties())) {
          channel.attr(SHORTENED).set(true);
        }
      }
    } else if (packet instanceof MqttSubscribeMessage subscribe) {
      for (MqttTopicSubscription subscription : subscribe.payload().topicSubscriptions()) {
        if (TopicFilters.isReserved(subscription.topicFilter())) {
          subscription.setTopicFilter(REFUSED);
        }
      }
    } else if (packet.variableHeader() instanceof MqttReasonCodeAndPropertiesVariableHeader end) {
      limitSessionExpiry(end.properties());
    }
    return true;
  }

  /** 0xFFFFFFFF, never (MQTT 5.0, clause 3.1.2.11.2), arrives as -1. */
  private boolean limitSessionExpiry(MqttProperties properties) {
    MqttProperties.MqttProperty<?> asked = properties.getProperty(SESSION_EXPIRY_INTERVAL.value());
    if (asked != null
        && asked.value() instanceof Integer seconds
        && (seconds < 0 || seconds > maxSessionExpiry)) {
      properties.add(new IntegerProperty(SESSION_EXPIRY_INTERVAL.value(), maxSessionExpiry));
      return true;
    }
    return false;
  }

  /** MQTT 5.0, clause 3.2.2.3.2: the client must hear when it gets less than it asked for. */
  private void tellSessionExpiry(MqttConnAckMessage connack, Channel channel) {
    if (Boolean.TRUE.equals(channel.attr(SHORTENED).get())) {
      connack
          .variableHeader()
          .properties()
          .add(new IntegerProperty(SESSION_EXPIRY_INTERVAL.value(), maxSessionExpiry));
    }
  }

  private static void limitMessageExpiry(MqttPublishMessage publish) {
    MqttProperties properties = publish.variableHeader().properties();
    MqttProperties.MqttProperty<?> asked =
        properties.getProperty(PUBLICATION_EXPIRY_INTERVAL.value());
    if (asked != null
        && asked.value() instanceof Integer seconds
        && (seconds < 0 || seconds > MESSAGE_EXPIRY_LIMIT)) {
      properties.add(
          new IntegerProperty(PUBLICATION_EXPIRY_INTERVAL.value(), MESSAGE_EXPIRY_LIMIT));
    }
  }
}
