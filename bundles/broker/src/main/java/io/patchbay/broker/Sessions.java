package io.patchbay.broker;

import io.patchbay.access.DeviceCredentials;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.core.protocol.mqtt.MQTTSessionState;
import org.apache.activemq.artemis.core.protocol.mqtt.MQTTStateManager;
import org.apache.activemq.artemis.core.server.ActiveMQServer;
import org.apache.activemq.artemis.core.server.Queue;
import org.apache.activemq.artemis.spi.core.protocol.RemotingConnection;

/**
 * Ends what Artemis does not end by itself: connections whose credential changed, and sessions
 * restored from disk, of which it no longer knows how long they should live. Those are given {@code
 * maxSessionExpiry} from the start of the hub.
 */
final class Sessions {
  private final ActiveMQServer server;
  private final MQTTStateManager states;
  private final BrokerSecurity security;
  private final DeviceCredentials credentials;
  private final QueueWatch queues;
  private final long restoredUntil;

  /** Client ids restored from disk and not seen since; only gets smaller. */
  private final Map<String, MQTTSessionState> restored = new HashMap<>();

  Sessions(
      ActiveMQServer server,
      MQTTStateManager states,
      BrokerSecurity security,
      DeviceCredentials credentials,
      QueueWatch queues,
      int maxSessionExpiry) {
    this.server = server;
    this.states = states;
    this.security = security;
    this.credentials = credentials;
    this.queues = queues;
    restoredUntil = System.nanoTime() + TimeUnit.SECONDS.toNanos(maxSessionExpiry);
    states
        .getSessionStates()
        .forEach(
            (clientId, state) -> {
              if (!clientId.startsWith(BrokerSecurity.HUB_CLIENTS)) {
                restored.put(clientId, state);
                queues.queuesOf(clientId).stream()
                    .map(Queue::getUser)
                    .filter(java.util.Objects::nonNull)
                    .findFirst()
                    .ifPresent(user -> security.own(clientId, user.toString()));
              }
            });
  }

  /** Called every second by one thread. */
  synchronized void look() throws Exception {
    for (RemotingConnection connection : server.getRemotingService().getConnections()) {
      Login login = BrokerSecurity.login(connection);
      if (login != null && security.isStale(login)) {
        end(connection);
      }
    }
    Map<String, MQTTSessionState> now = states.getSessionStates();
    restored.entrySet().removeIf(entry -> now.get(entry.getKey()) != entry.getValue());
    restored.values().removeIf(state -> state.getSession() != null);
    if (!restored.isEmpty() && System.nanoTime() - restoredUntil > 0) {
      for (String clientId : List.copyOf(restored.keySet())) {
        forget(clientId);
      }
      restored.clear();
    }
    security.keepOwnersOf(now.keySet());
  }

  /** Ends every connection of the user, and, when it has no credential any more, its sessions. */
  void end(String user) {
    for (RemotingConnection connection :
        new ArrayList<>(server.getRemotingService().getConnections())) {
      Login login = BrokerSecurity.login(connection);
      if (login != null && login.getName().equals(user)) {
        end(connection);
      }
    }
    if (credentials.list().stream().noneMatch(credential -> credential.user().equals(user))) {
      for (String clientId : states.getSessionStates().keySet()) {
        if (user.equals(security.owner(clientId))) {
          forget(clientId);
        }
      }
    }
  }

  private static void end(RemotingConnection connection) {
    connection.fail(new ActiveMQException("the credential of this session was changed or removed"));
  }

  private void forget(String clientId) {
    try {
      states.removeSessionState(clientId);
      Set<Queue> own = queues.queuesOf(clientId);
      for (Queue queue : own) {
        queue.deleteQueue(true);
      }
    } catch (Exception e) {
      throw new IllegalStateException("the session of " + clientId + " could not be removed", e);
    }
  }
}
