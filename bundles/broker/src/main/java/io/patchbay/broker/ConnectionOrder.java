package io.patchbay.broker;

import io.netty.channel.Channel;
import io.netty.util.AttributeKey;
import org.apache.activemq.artemis.core.persistence.OperationContext;
import org.apache.activemq.artemis.core.server.ActiveMQServer;
import org.apache.activemq.artemis.core.server.ServerConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the messages of one connection in order (MQTT 5.0, clause 4.6). Artemis handles packets on
 * any thread of its pool, and routes or writes what must wait for its journal when the operation
 * context of that thread has completed: of two messages the later could find another thread, with
 * nothing to wait for, and overtake. Here both wait on the connection's own context.
 *
 * <p>What a connection has not acknowledged when it ends waits for nothing: it is back in its queue
 * before the session's next connection is given what came later (clause 4.4).
 */
final class ConnectionOrder {
  private static final AttributeKey<OperationContext> CONTEXT =
      AttributeKey.valueOf(ConnectionOrder.class, "context");

  private static final String LEFT = "patchbay.context";

  private final ActiveMQServer server;

  ConnectionOrder(ActiveMQServer server) {
    this.server = server;
  }

  /** What this thread does next belongs to the connection. */
  void enter(@Nullable Channel channel) {
    if (channel != null) {
      server.getStorageManager().setContext(context(channel));
    }
  }

  /** What the connection waits on. */
  OperationContext context(Channel channel) {
    OperationContext context = channel.attr(CONTEXT).get();
    if (context == null) {
      OperationContext fresh = server.newOperationContext();
      OperationContext earlier = channel.attr(CONTEXT).setIfAbsent(fresh);
      context = earlier == null ? fresh : earlier;
    }
    return context;
  }

  /** What this thread does next waits for nothing that was done before. */
  void leave(ServerConsumer ending) {
    ending.addAttachment(LEFT, server.getStorageManager().getContext());
    server.getStorageManager().setContext(server.newOperationContext());
  }

  /** Ends what {@link #leave} began. */
  void enterAgain(ServerConsumer ended) {
    if (ended.getAttachment(LEFT) instanceof OperationContext earlier) {
      server.getStorageManager().setContext(earlier);
    }
  }
}
