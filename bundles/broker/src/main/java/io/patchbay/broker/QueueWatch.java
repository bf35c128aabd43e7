package io.patchbay.broker;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.apache.activemq.artemis.api.core.ActiveMQSecurityException;
import org.apache.activemq.artemis.api.core.QueueConfiguration;
import org.apache.activemq.artemis.core.postoffice.Binding;
import org.apache.activemq.artemis.core.postoffice.QueueBinding;
import org.apache.activemq.artemis.core.protocol.mqtt.MQTTUtil;
import org.apache.activemq.artemis.core.server.ActiveMQServer;
import org.apache.activemq.artemis.core.server.MessageReference;
import org.apache.activemq.artemis.core.server.Queue;
import org.apache.activemq.artemis.utils.collections.LinkedListIterator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Bounds the queues. The hub's are never cut: when one of them is full, devices wait. A
 * subscriber's queue loses its oldest messages, counted, so that nobody who went away for good
 * blocks those who are there.
 */
final class QueueWatch {
  private static final Logger log = LoggerFactory.getLogger(QueueWatch.class);
  private static final String INTERNAL = "$sys.";
  private static final int MOST_CUT_AT_ONCE = 5_000;

  private final BrokerSettings settings;
  private final String hubUser;
  private final Counters counters;
  private final Predicate<QueueConfiguration> endsWithConnection;

  private volatile List<Queue> hubQueues = List.of();
  private volatile List<Queue> subscriberQueues = List.of();
  private final AtomicInteger retained = new AtomicInteger();
  private volatile boolean full;

  /**
   * @param endsWithConnection tells the queues that need not be kept on disk
   */
  QueueWatch(
      BrokerSettings settings,
      String hubUser,
      Counters counters,
      Predicate<QueueConfiguration> endsWithConnection) {
    this.endsWithConnection = endsWithConnection;
    this.settings = settings;
    this.hubUser = hubUser;
    this.counters = counters;
  }

  /** Before a queue is made, under the post office's lock. */
  void beforeCreate(QueueConfiguration queue) throws ActiveMQSecurityException {
    String name = queue.getName().toString();
    if (name.startsWith(MQTTUtil.MQTT_RETAIN_ADDRESS_PREFIX)) {
      retained.incrementAndGet();
      return;
    }
    if (name.startsWith(INTERNAL) || isHub(name, String.valueOf(queue.getUser()))) {
      return;
    }
    if (endsWithConnection.test(queue)) {
      queue.setDurable(false);
    }
    if (subscriberQueues.size() >= settings.maxQueues()) {
      throw new ActiveMQSecurityException(
          "there are " + settings.maxQueues() + " subscriptions, the most (maxQueues)");
    }
    queue.setRingSize((long) settings.maxQueueMessages());
  }

  /** A new queue of the hub counts at once; the others with the next {@link #look}. */
  synchronized void afterCreate(Queue queue) {
    if (isHub(queue.getName().toString(), String.valueOf(queue.getUser()))) {
      List<Queue> more = new ArrayList<>(hubQueues);
      more.add(queue);
      hubQueues = List.copyOf(more);
    }
  }

  /** The lists of queues are taken anew, which is what the other methods look at. */
  synchronized void look(ActiveMQServer server) {
    List<Queue> hub = new ArrayList<>();
    List<Queue> subscribers = new ArrayList<>();
    int[] kept = new int[1];
    server
        .getPostOffice()
        .getAllBindings()
        .forEach(binding -> sort(binding, hub, subscribers, kept));
    hubQueues = List.copyOf(hub);
    subscriberQueues = List.copyOf(subscribers);
    retained.set(kept[0]);
  }

  /** Whether devices have to wait; with some slack, so that it does not flutter. */
  boolean isFull(ActiveMQServer server) {
    long most = full ? settings.maxQueueBytes() / 5 * 4 : settings.maxQueueBytes();
    long global = full ? settings.globalMaxBytes() / 10 * 9 : settings.globalMaxBytes();
    boolean now = server.getPagingManager().getGlobalSize() >= global;
    for (Queue queue : hubQueues) {
      now |= queue.getPersistentSize() >= most;
    }
    if (now != full) {
      full = now;
      log.info(now ? "The hub's queue is full: devices wait" : "Devices may go on");
    }
    return now;
  }

  boolean isRetainedFull() {
    return retained.get() >= settings.maxRetained();
  }

  /**
   * Cuts subscribers' queues to their bound, and the largest when the memory for all is used up.
   */
  void cut(ActiveMQServer server) throws Exception {
    Queue largest = null;
    for (Queue queue : subscriberQueues) {
      if (queue.getPersistentSize() > settings.maxQueueBytes()) {
        cut(queue, settings.maxQueueBytes() / 5 * 4);
      }
      if (largest == null || queue.getPersistentSize() > largest.getPersistentSize()) {
        largest = queue;
      }
    }
    if (largest != null
        && server.getPagingManager().getGlobalSize() >= settings.globalMaxBytes() / 10 * 9) {
      cut(largest, largest.getPersistentSize() / 2);
    }
  }

  long hubDepth() {
    return hubQueues.stream().mapToLong(Queue::getMessageCount).sum();
  }

  long hubBytes() {
    return hubQueues.stream().mapToLong(Queue::getPersistentSize).sum();
  }

  long subscriberDepth() {
    return subscriberQueues.stream().mapToLong(Queue::getMessageCount).sum();
  }

  int subscriptions() {
    return subscriberQueues.size();
  }

  int retainedCount() {
    return retained.get();
  }

  /** Dropped from queues that are there now, and cut by size before. */
  long dropped() {
    return counters.trimmed.sum()
        + subscriberQueues.stream().mapToLong(Queue::getMessagesReplaced).sum();
  }

  /** Queues of one client's session. */
  Set<Queue> queuesOf(String clientId) {
    Set<Queue> own = new HashSet<>();
    for (Queue queue : subscriberQueues) {
      if (queue.getName().toString().startsWith(clientId + ".")) {
        own.add(queue);
      }
    }
    return own;
  }

  private void cut(Queue queue, long toBytes) throws Exception {
    long surplus = queue.getPersistentSize() - toBytes;
    List<Long> oldest = new ArrayList<>();
    try (LinkedListIterator<MessageReference> references = queue.iterator()) {
      while (surplus > 0 && oldest.size() < MOST_CUT_AT_ONCE && references.hasNext()) {
        MessageReference reference = references.next();
        surplus -= reference.getMessage().getPersistentSize();
        oldest.add(reference.getMessage().getMessageID());
      }
    }
    for (long id : oldest) {
      if (queue.deleteReference(id)) {
        counters.trimmed.increment();
      }
    }
  }

  private void sort(Binding binding, List<Queue> hub, List<Queue> subscribers, int[] kept) {
    if (!(binding instanceof QueueBinding queueBinding)) {
      return;
    }
    Queue queue = queueBinding.getQueue();
    String name = queue.getName().toString();
    if (name.startsWith(MQTTUtil.MQTT_RETAIN_ADDRESS_PREFIX)) {
      kept[0]++;
    } else if (isHub(name, String.valueOf(queue.getUser()))) {
      hub.add(queue);
    } else if (!name.startsWith(INTERNAL)) {
      subscribers.add(queue);
    }
  }

  /** Whether the queue is the hub's own. */
  boolean isHub(Queue queue) {
    return hubQueues.contains(queue);
  }

  private boolean isHub(String name, String user) {
    return name.startsWith(BrokerSecurity.HUB_CLIENTS) || user.equals(hubUser);
  }
}
