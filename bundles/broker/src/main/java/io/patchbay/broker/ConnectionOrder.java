package io.patchbay.broker;

import io.netty.channel.Channel;
import io.netty.util.AttributeKey;
import org.apache.activemq.artemis.core.persistence.OperationContext;
import org.apache.activemq.artemis.core.server.ActiveMQServer;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the messages of one connection in order (MQTT 5.0, clause 4.6). Artemis handles packets on
 * any thread of its pool, and routes or writes what must wait for its journal when the operation
 * context of that thread has completed: of two messages the later could find another thread, with
 * nothing to wait for, and overtake. Here both wait on the connection's own context.
 */
final class ConnectionOrder {
  private static final AttributeKey<OperationContext> CONTEXT =
      AttributeKey.valueOf(ConnectionOrder.class, "context");

  private final ActiveMQServer server;

  ConnectionOrder(ActiveMQServer server) {
    this.server = server;
  }

  /** What this thread does next belongs to the connection. */
  void enter(@Nullable Channel channel) {
    if (channel == null) {
      return;
    }
    OperationContext context = channel.attr(CONTEXT).get();
    if (context == null) {
      OperationContext fresh = server.newOperationContext();
      OperationContext earlier = channel.attr(CONTEXT).setIfAbsent(fresh);
      context = earlier == null ? fresh : earlier;
    }
    server.getStorageManager().setContext(context);
  }
}
