package io.patchbay.broker;

import io.netty.channel.Channel;
import io.netty.handler.codec.mqtt.MqttQoS;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.ActiveMQSecurityException;
import org.apache.activemq.artemis.api.core.Message;
import org.apache.activemq.artemis.api.core.QueueConfiguration;
import org.apache.activemq.artemis.core.protocol.mqtt.MQTTUtil;
import org.apache.activemq.artemis.core.server.MessageReference;
import org.apache.activemq.artemis.core.server.Queue;
import org.apache.activemq.artemis.core.server.RouteContextList;
import org.apache.activemq.artemis.core.server.RoutingContext;
import org.apache.activemq.artemis.core.server.ServerConsumer;
import org.apache.activemq.artemis.core.server.ServerSession;
import org.apache.activemq.artemis.core.server.impl.AckReason;
import org.apache.activemq.artemis.core.server.plugin.ActiveMQServerConsumerPlugin;
import org.apache.activemq.artemis.core.server.plugin.ActiveMQServerMessagePlugin;
import org.apache.activemq.artemis.core.server.plugin.ActiveMQServerQueuePlugin;
import org.apache.activemq.artemis.core.transaction.Transaction;
import org.jspecify.annotations.Nullable;

/** Where Artemis asks before it keeps a message, makes a queue, or ends a consumer. */
final class BrokerPlugin
    implements ActiveMQServerMessagePlugin,
        ActiveMQServerQueuePlugin,
        ActiveMQServerConsumerPlugin {
  private final DeliveryStamp stamp;
  private final QueueWatch queues;
  private final Counters counters;
  private final ConnectionOrder order;
  private final Handover handover;

  BrokerPlugin(
      DeliveryStamp stamp,
      QueueWatch queues,
      Counters counters,
      ConnectionOrder order,
      Handover handover) {
    this.order = order;
    this.handover = handover;
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
      if (qos(message) == MqttQoS.AT_LEAST_ONCE.value()) {
        flow.begin();
      }
      if (PacketRules.isHandledWhenSent(qos(message))) {
        flow.handled();
      }
      checkDevice(message);
    }
    stamp.stamp(message);
  }

  /** Artemis knows where the message goes, but has not stored it. */
  @Override
  public void beforeMessageRoute(
      Message message, RoutingContext context, boolean direct, boolean rejectDuplicates) {
    ServerSession session = context.getServerSession();
    if (session == null || !message.isDurable() || message.isLargeMessage()) {
      return;
    }
    Channel channel = PacketRules.channel(session.getRemotingConnection());
    Backpressure.Flow flow = channel == null ? null : Backpressure.flow(channel);
    if (flow == null
        || channel == null
        || !channel.isActive()
        || qos(message) != MqttQoS.AT_LEAST_ONCE.value()
        || isRetained(message)) {
      return;
    }
    Acknowledgements.Waiting puback = flow.begun();
    Queue only = onlyDurable(context);
    if (puback != null && only != null && queues.isHub(only) && only.getConsumerCount() > 0) {
      handover.begin(message, only.getID(), puback);
    }
  }

  @Override
  public void onMessageRouteException(
      Message message,
      RoutingContext context,
      boolean direct,
      boolean rejectDuplicates,
      Exception failure) {
    handover.drop(message.getMessageID());
  }

  @Override
  public void messageAcknowledged(
      @Nullable Transaction tx,
      MessageReference reference,
      AckReason reason,
      @Nullable ServerConsumer consumer) {
    handover.settle(
        reference.getMessageID(), reason == AckReason.NORMAL || reason == AckReason.EXPIRED);
  }

  @Override
  public void beforeCloseConsumer(ServerConsumer consumer, boolean failed) {
    order.leave(consumer);
  }

  @Override
  public void afterCloseConsumer(ServerConsumer consumer, boolean failed) {
    order.enterAgain(consumer);
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
    if (queues.isRetainedFull() && isRetained(message)) {
      counters.refusedTopics.increment();
      throw new ActiveMQSecurityException("there are as many retained messages as are kept");
    }
  }

  /** The one queue that would keep the message over a restart; null when it is not one. */
  private static @Nullable Queue onlyDurable(RoutingContext context) {
    Queue only = null;
    for (RouteContextList queues : context.getContexListing().values()) {
      for (Queue queue : queues.getDurableQueues()) {
        if (only != null) {
          return null;
        }
        only = queue;
      }
    }
    return only;
  }

  private static boolean isRetained(Message message) {
    return message.containsProperty(MQTTUtil.MQTT_MESSAGE_RETAIN_KEY)
        && message.getBooleanProperty(MQTTUtil.MQTT_MESSAGE_RETAIN_KEY);
  }

  private static int qos(Message message) {
    return message.containsProperty(MQTTUtil.MQTT_QOS_LEVEL_KEY)
        ? message.getIntProperty(MQTTUtil.MQTT_QOS_LEVEL_KEY)
        : 0;
  }
}
