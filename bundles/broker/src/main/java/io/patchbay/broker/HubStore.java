package io.patchbay.broker;

import java.util.concurrent.ScheduledExecutorService;
import org.apache.activemq.artemis.api.core.Message;
import org.apache.activemq.artemis.core.config.Configuration;
import org.apache.activemq.artemis.core.io.IOCallback;
import org.apache.activemq.artemis.core.io.IOCriticalErrorListener;
import org.apache.activemq.artemis.core.paging.PagingStore;
import org.apache.activemq.artemis.core.paging.cursor.PagePosition;
import org.apache.activemq.artemis.core.persistence.impl.journal.JournalStorageManager;
import org.apache.activemq.artemis.core.server.MessageReference;
import org.apache.activemq.artemis.core.server.RouteContextList;
import org.apache.activemq.artemis.core.transaction.Transaction;
import org.apache.activemq.artemis.utils.ExecutorFactory;
import org.apache.activemq.artemis.utils.critical.CriticalAnalyzer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Artemis' store, which leaves out what is being handed over to the hub. */
final class HubStore extends JournalStorageManager {
  private static final Logger log = LoggerFactory.getLogger(HubStore.class);

  private final Handover handover;

  /** The last transaction of this thread that acknowledged. */
  private static final ThreadLocal<Acknowledging> last =
      ThreadLocal.withInitial(Acknowledging::new);

  /** A transaction without a record needs no commit, which would cost a write. */
  private static final class Acknowledging {
    private long tx = -1;
    private boolean written;

    void add(long to, boolean record) {
      written = record || (to == tx && written);
      tx = to;
    }

    /** True when it has no record. */
    boolean end(long of) {
      boolean empty = of == tx && !written;
      tx = -1;
      return empty;
    }
  }

  HubStore(
      Configuration configuration,
      CriticalAnalyzer analyzer,
      ExecutorFactory executors,
      ScheduledExecutorService scheduled,
      ExecutorFactory ioExecutors,
      IOCriticalErrorListener errors,
      Handover handover) {
    super(configuration, analyzer, executors, scheduled, ioExecutors, errors);
    this.handover = handover;
  }

  @Override
  public void storeMessage(Message message) throws Exception {
    if (!handover.holds(message.getMessageID())) {
      super.storeMessage(message);
    }
  }

  @Override
  public void storeReference(long queue, long message, boolean last) throws Exception {
    if (!handover.holds(message)) {
      super.storeReference(queue, message, last);
    }
  }

  @Override
  public boolean addToPage(
      PagingStore store, Message message, @Nullable Transaction tx, RouteContextList queues)
      throws Exception {
    boolean paged = super.addToPage(store, message, tx, queues);
    if (paged && queues.getNumberOfDurableQueues() > 0) {
      handover.cancel(message.getMessageID());
    }
    return paged;
  }

  @Override
  public void updateDeliveryCount(MessageReference reference) throws Exception {
    if (!handover.holds(reference.getMessage().getMessageID())) {
      super.updateDeliveryCount(reference);
    }
  }

  @Override
  public void storeAcknowledgeTransactional(long tx, long queue, long message) throws Exception {
    boolean stored = !handover.acknowledge(message);
    last.get().add(tx, stored);
    if (stored) {
      super.storeAcknowledgeTransactional(tx, queue, message);
    }
  }

  @Override
  public void storeCursorAcknowledgeTransactional(long tx, long queue, PagePosition position)
      throws Exception {
    last.get().add(tx, true);
    super.storeCursorAcknowledgeTransactional(tx, queue, position);
  }

  @Override
  public void storeMessageTransactional(long tx, Message message) throws Exception {
    last.get().add(tx, true);
    super.storeMessageTransactional(tx, message);
  }

  @Override
  public void storeReferenceTransactional(long tx, long queue, long message) throws Exception {
    last.get().add(tx, true);
    super.storeReferenceTransactional(tx, queue, message);
  }

  @Override
  public void storeAcknowledge(long queue, long message) throws Exception {
    if (!handover.acknowledge(message)) {
      super.storeAcknowledge(queue, message);
    }
  }

  @Override
  public void commit(long tx, boolean lineUp) throws Exception {
    if (!last.get().end(tx)) {
      super.commit(tx, lineUp);
    }
  }

  @Override
  public void rollback(long tx) throws Exception {
    if (!last.get().end(tx)) {
      super.rollback(tx);
    }
  }

  @Override
  public void deleteMessage(long message) throws Exception {
    if (!handover.forget(message)) {
      super.deleteMessage(message);
    }
  }

  /** Stores what the hub does not take in time. */
  void storeLate() throws Exception {
    Runnable done =
        handover.storeLate(
            (message, queue) -> {
              super.storeMessage(message);
              super.storeReference(queue, message.getMessageID(), true);
            });
    if (done != null) {
      afterCompleteOperations(
          new IOCallback() {
            @Override
            public void done() {
              done.run();
            }

            @Override
            public void onError(int code, String message) {
              log.error("Messages for the hub could not be stored: {}", message);
            }
          });
    }
  }
}
