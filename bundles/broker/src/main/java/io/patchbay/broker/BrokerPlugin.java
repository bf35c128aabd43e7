package io.patchbay.broker;

import io.netty.channel.Channel;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.ActiveMQSecurityException;
import org.apache.activemq.artemis.api.core.Message;
import org.apache.activemq.artemis.api.core.QueueConfiguration;
import org.apache.activemq.artemis.core.protocol.mqtt.MQTTUtil;
import org.apache.activemq.artemis.core.server.Queue;
import org.apache.activemq.artemis.core.server.ServerSession;
import org.apache.activemq.artemis.core.server.plugin.ActiveMQServerMessagePlugin;
import org.apache.activemq.artemis.core.server.plugin.ActiveMQServerQueuePlugin;
import org.apache.activemq.artemis.core.transaction.Transaction;

/** Where Artemis asks before it keeps a message or makes a queue. */
final class BrokerPlugin implements ActiveMQServerMessagePlugin, ActiveMQServerQueuePlugin {
  private final DeliveryStamp stamp;
  private final QueueWatch queues;
  private final Counters counters;
  private final ConnectionOrder order;

  BrokerPlugin(DeliveryStamp stamp, QueueWatch queues, Counters counters, ConnectionOrder order) {
    this.order = order;
    this.stamp = stamp;
    this.queues = queues;
    this.counters = counters;
  }

  @Override
  public void beforeSend(
      ServerSession session,
      Transaction tx,
      Message message,
      boolean direct,
      boolean noAutoCreateQueue)
      throws ActiveMQException {
    Channel channel = PacketRules.channel(session.getRemotingConnection());
    order.enter(channel);
    Backpressure.Flow flow = channel == null ? null : Backpressure.flow(channel);
    if (flow != null) {
      if (PacketRules.isHandledWhenSent(qos(message))) {
        flow.handled();
      }
      checkDevice(message);
    }
    stamp.stamp(message);
  }

  @Override
  public void beforeCreateQueue(QueueConfiguration queue) throws ActiveMQException {
    queues.beforeCreate(queue);
  }

  @Override
  public void afterCreateQueue(Queue queue) {
    queues.afterCreate(queue);
  }

  private void checkDevice(Message message) throws ActiveMQSecurityException {
    if (TopicFilters.isReserved(message.getAddress())) {
      counters.refusedTopics.increment();
      throw new ActiveMQSecurityException("topics with $ in front or with :: are not for devices");
    }
    if (queues.isRetainedFull()
        && message.containsProperty(MQTTUtil.MQTT_MESSAGE_RETAIN_KEY)
        && message.getBooleanProperty(MQTTUtil.MQTT_MESSAGE_RETAIN_KEY)) {
      counters.refusedTopics.increment();
      throw new ActiveMQSecurityException("there are as many retained messages as are kept");
    }
  }

  private static int qos(Message message) {
    return message.containsProperty(MQTTUtil.MQTT_QOS_LEVEL_KEY)
        ? message.getIntProperty(MQTTUtil.MQTT_QOS_LEVEL_KEY)
        : 0;
  }
}
