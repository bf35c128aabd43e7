package io.patchbay.broker;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.patchbay.access.DeviceCredentials;
import io.patchbay.access.DeviceCredentials.DeviceCredential;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import javax.security.auth.Subject;
import org.apache.activemq.artemis.core.protocol.mqtt.exceptions.InvalidClientIdException;
import org.apache.activemq.artemis.core.security.CheckType;
import org.apache.activemq.artemis.core.security.Role;
import org.apache.activemq.artemis.spi.core.protocol.RemotingConnection;
import org.apache.activemq.artemis.spi.core.security.ActiveMQSecurityManager5;
import org.jspecify.annotations.Nullable;

/**
 * Lets in whom {@link DeviceCredentials} know, and to the topics of their rules. Addresses are MQTT
 * topics here: the broker's wildcard characters are set to MQTT's.
 */
final class BrokerSecurity implements ActiveMQSecurityManager5 {
  /** Security domain of the hub's own door. */
  static final String HUB_DOMAIN = "hub";

  /** Client ids that only the hub's own clients may use. */
  static final String HUB_CLIENTS = "patchbay-";

  /** Passwords checked at once, of the {@link #THREADS} that Artemis has for everything. */
  private static final int MOST_VERIFYING = 64;

  static final int THREADS = 96;

  /** Client id of a connection that is not let in, or not yet. */
  private static final String NOBODY = "$nobody";

  private final DeviceCredentials credentials;
  private final Counters counters;
  private final int maxTopics;

  /** Grows by one entry for every user whose credential an administrator changed. */
  private final Map<String, Long> versions = new ConcurrentHashMap<>();

  /** Who a session belongs to, by client id; entries go with their session. */
  private final Map<String, String> owners = new ConcurrentHashMap<>();

  /** Topics seen, at most {@code maxTopics}: Artemis keeps a record of each until a restart. */
  private final Set<String> topics = ConcurrentHashMap.newKeySet();

  private final AtomicInteger verifying = new AtomicInteger();

  BrokerSecurity(DeviceCredentials credentials, Counters counters, int maxTopics) {
    this.credentials = credentials;
    this.counters = counters;
    this.maxTopics = maxTopics;
  }

  @Override
  public @Nullable Subject authenticate(
      @Nullable String user,
      @Nullable String password,
      RemotingConnection connection,
      @Nullable String domain) {
    Login known = login(connection);
    if (known != null) {
      return connection.getSubject(); // Artemis asks again for every packet
    }
    boolean hub = HUB_DOMAIN.equals(domain);
    String clientId = String.valueOf(connection.getClientID());
    // Artemis forgets the session of a connection that is refused: it must not be another's.
    connection.setClientID(NOBODY);
    if (!hub && verifying.incrementAndGet() > MOST_VERIFYING) {
      verifying.decrementAndGet();
      return tooBusy(connection);
    }
    try {
      Subject subject = authenticate(user, password, connection, clientId, hub);
      if (subject != null) {
        connection.setClientID(clientId);
      }
      return subject;
    } finally {
      if (!hub) {
        verifying.decrementAndGet();
      }
    }
  }

  private @Nullable Subject authenticate(
      @Nullable String user,
      @Nullable String password,
      RemotingConnection connection,
      String clientId,
      boolean hub) {
    Optional<Login> login =
        user == null || password == null
            ? Optional.empty()
            : verify(user, password, connection, clientId, hub);
    if (login.isEmpty()) {
      counters.refusedLogins.increment();
      return null;
    }
    if (!hub) {
      takeClientId(clientId, login.get().getName());
    }
    Subject subject = new Subject();
    subject.getPrincipals().add(login.get());
    return subject;
  }

  @Override
  public boolean authorize(
      @Nullable Subject subject, Set<Role> roles, CheckType check, String address) {
    Login login = login(subject);
    if (login == null || isStale(login)) {
      return false;
    }
    if (login.hub()) {
      return check != CheckType.MANAGE && check != CheckType.EDIT;
    }
    int queueAt = address.indexOf("::");
    if (queueAt < 0) {
      return switch (check) {
        case SEND -> login.mayPublish(address) && isWithinTopics(address);
        case CREATE_ADDRESS -> TopicFilters.allowSubscribe(login.credential().subscribe(), address);
        default -> false;
      };
    }
    String filter = address.substring(0, queueAt);
    if (!address.substring(queueAt + 2).equals(login.clientId() + "." + filter)) {
      return false; // the queue of another client
    }
    return switch (check) {
      case CONSUME, CREATE_DURABLE_QUEUE, CREATE_NON_DURABLE_QUEUE ->
          TopicFilters.allowSubscribe(login.credential().subscribe(), filter);
      case DELETE_DURABLE_QUEUE, DELETE_NON_DURABLE_QUEUE -> true;
      default -> false;
    };
  }

  @Override
  public boolean validateUser(String user, String password) {
    return false; // without a connection nobody is known
  }

  @Override
  public boolean validateUserAndRole(
      String user, String password, Set<Role> roles, CheckType checkType) {
    return false;
  }

  /** From now on, logins with the former credential are worth nothing. */
  void changed(String user) {
    versions.merge(user, 1L, Long::sum);
  }

  boolean isStale(Login login) {
    return login.version() != versions.getOrDefault(login.getName(), 0L);
  }

  /** Sessions that were stored keep their owner. */
  void own(String clientId, String user) {
    owners.putIfAbsent(clientId, user);
  }

  @Nullable String owner(String clientId) {
    return owners.get(clientId);
  }

  /** Forgets the owners of sessions that are no more. */
  void keepOwnersOf(Set<String> clientIds) {
    owners.keySet().retainAll(clientIds);
  }

  /** Whether so many logins are being checked that another would not be. */
  boolean isBusy() {
    return verifying.get() >= MOST_VERIFYING;
  }

  int topicCount() {
    return topics.size();
  }

  int maxTopics() {
    return maxTopics;
  }

  static @Nullable Login login(RemotingConnection connection) {
    return login(connection.getSubject());
  }

  private static @Nullable Login login(@Nullable Subject subject) {
    if (subject == null) {
      return null;
    }
    for (java.security.Principal principal : subject.getPrincipals()) {
      if (principal instanceof Login login) {
        return login;
      }
    }
    return null;
  }

  private Optional<Login> verify(
      String user, String password, RemotingConnection connection, String clientId, boolean hub) {
    if (user.equals(credentials.hub().user()) != hub) {
      return Optional.empty(); // the hub's login opens the hub's door, others open the others'
    }
    long version = versions.getOrDefault(user, 0L);
    Optional<DeviceCredential> found =
        credentials.verify(user, password, isFromLoopback(connection));
    return found.map(credential -> new Login(credential, clientId, hub, version));
  }

  private void takeClientId(String clientId, String user) {
    if (clientId.startsWith(HUB_CLIENTS)
        || clientId.startsWith("$")
        || clientId.length() > 256
        || !user.equals(owners.merge(clientId, user, (owner, taker) -> owner))) {
      counters.refusedLogins.increment();
      throw new InvalidClientIdException();
    }
  }

  private boolean isWithinTopics(String topic) {
    if (topics.contains(topic)) {
      return true;
    }
    if (topics.size() >= maxTopics) {
      counters.refusedTopics.increment();
      return false;
    }
    topics.add(topic);
    return true;
  }

  /** Closed before it hears that its login is wrong, which it may not be. */
  private @Nullable Subject tooBusy(RemotingConnection connection) {
    Channel channel = PacketRules.channel(connection);
    if (channel != null) {
      ChannelFuture unused = channel.close();
    }
    counters.refusedConnections.increment();
    return null;
  }

  private static boolean isFromLoopback(RemotingConnection connection) {
    Channel channel = PacketRules.channel(connection);
    return channel != null
        && channel.remoteAddress() instanceof InetSocketAddress remote
        && remote.getAddress() != null
        && remote.getAddress().isLoopbackAddress();
  }
}
