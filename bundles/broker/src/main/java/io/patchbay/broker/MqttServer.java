package io.patchbay.broker;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import javax.management.MBeanServerFactory;
import org.apache.activemq.artemis.api.core.QueueConfiguration;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.core.config.Configuration;
import org.apache.activemq.artemis.core.paging.PagingManager;
import org.apache.activemq.artemis.core.persistence.StorageManager;
import org.apache.activemq.artemis.core.postoffice.impl.PostOfficeImpl;
import org.apache.activemq.artemis.core.security.SecurityStore;
import org.apache.activemq.artemis.core.server.BindingQueryResult;
import org.apache.activemq.artemis.core.server.Queue;
import org.apache.activemq.artemis.core.server.impl.ActiveMQServerImpl;

/**
 * Artemis that makes an address when somebody subscribes, but none when somebody only publishes:
 * the setting for it cannot tell the two, and would write one to disk for every topic.
 */
final class MqttServer extends ActiveMQServerImpl {
  private static final SimpleString TOPICS = SimpleString.of("$sys.topics");

  private final BrokerSecurity security;
  private final Handover handover;
  private final Topics topics = new Topics();

  MqttServer(Configuration configuration, BrokerSecurity security, Handover handover) {
    // its own and empty: asking for the platform's makes all of the beans that describe the machine
    super(configuration, MBeanServerFactory.newMBeanServer(), security);
    this.security = security;
    this.handover = handover;
  }

  /** Each session takes it from here. */
  @Override
  public SecurityStore getSecurityStore() {
    return new Permissions(
        super.getSecurityStore(), security, topic -> topics.sent(office(), topic));
  }

  @Override
  protected StorageManager createStorageManager() {
    return new HubStore(
        getConfiguration(),
        getCriticalAnalyzer(),
        getExecutorFactory(),
        getScheduledPool(),
        getIOExecutorFactory(),
        getIoCriticalErrorListener(),
        handover);
  }

  private PostOfficeImpl office() {
    return (PostOfficeImpl) getPostOffice();
  }

  /** Forgets topics to which nobody listens any more; called again and again by one thread. */
  void lookAtTopics() throws Exception {
    topics.look(office());
  }

  /** Stores what the hub does not take in time; called again and again by one thread. */
  void storeLate() throws Exception {
    if (getStorageManager() instanceof HubStore store) {
      store.storeLate();
    }
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

  /**
   * A topic that nobody subscribed to by name shares one store with all such topics: its own would
   * cost 8 KiB and only count octets, since messages are paged with the queue they wait in.
   */
  @Override
  public PagingManager createPagingManager() throws Exception {
    PagingManager own = super.createPagingManager();
    return (PagingManager)
        Proxy.newProxyInstance(
            PagingManager.class.getClassLoader(),
            new Class<?>[] {PagingManager.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("getPageStore")
                  && arguments[0] instanceof SimpleString name) {
                return own.getPageStore(getAddressInfo(name) == null ? TOPICS : name);
              }
              try {
                return method.invoke(own, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause() == null ? e : e.getCause();
              }
            });
  }
}
