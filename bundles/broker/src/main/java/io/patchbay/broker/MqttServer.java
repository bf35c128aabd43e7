package io.patchbay.broker;

import org.apache.activemq.artemis.api.core.QueueConfiguration;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.core.config.Configuration;
import org.apache.activemq.artemis.core.server.BindingQueryResult;
import org.apache.activemq.artemis.core.server.Queue;
import org.apache.activemq.artemis.core.server.impl.ActiveMQServerImpl;

/**
 * Artemis that makes an address when somebody subscribes, but none when somebody only publishes:
 * the setting for it cannot tell the two, and would write one to disk for every topic.
 */
final class MqttServer extends ActiveMQServerImpl {
  MqttServer(Configuration configuration, BrokerSecurity security) {
    super(configuration, null, security);
  }

  @Override
  public BindingQueryResult bindingQuery(SimpleString address, boolean newFqqn) throws Exception {
    BindingQueryResult found = super.bindingQuery(address, newFqqn);
    return new BindingQueryResult(
        found.isExists(),
        found.getAddressInfo(),
        found.getQueueNames(),
        found.isAutoCreateQueues(),
        true,
        found.isDefaultPurgeOnNoConsumers(),
        found.getDefaultMaxConsumers(),
        found.isDefaultExclusive(),
        found.isDefaultLastValue(),
        found.getDefaultLastValueKey(),
        found.isDefaultNonDestructive(),
        found.getDefaultConsumersBeforeDispatch(),
        found.getDefaultDelayBeforeDispatch());
  }

  /** Queues of the broker's own (retained messages, QoS 2) bring their address along. */
  @Override
  public Queue createQueue(QueueConfiguration queue, boolean ignoreIfExists) throws Exception {
    return super.createQueue(queue.setAutoCreateAddress(true), ignoreIfExists);
  }
}
