package io.patchbay.broker;

import io.netty.channel.Channel;
import io.patchbay.access.DeviceCredentials;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.SSLContext;
import org.apache.activemq.artemis.api.core.QueueConfiguration;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.api.core.TransportConfiguration;
import org.apache.activemq.artemis.core.config.Configuration;
import org.apache.activemq.artemis.core.config.WildcardConfiguration;
import org.apache.activemq.artemis.core.config.impl.ConfigurationImpl;
import org.apache.activemq.artemis.core.persistence.OperationContext;
import org.apache.activemq.artemis.core.protocol.mqtt.MQTTSessionState;
import org.apache.activemq.artemis.core.protocol.mqtt.MQTTStateManager;
import org.apache.activemq.artemis.core.protocol.mqtt.MQTTVersion;
import org.apache.activemq.artemis.core.remoting.impl.netty.NettyAcceptor;
import org.apache.activemq.artemis.core.remoting.impl.netty.NettyAcceptorFactory;
import org.apache.activemq.artemis.core.remoting.impl.netty.TransportConstants;
import org.apache.activemq.artemis.core.server.JournalType;
import org.apache.activemq.artemis.core.settings.impl.AddressFullMessagePolicy;
import org.apache.activemq.artemis.core.settings.impl.AddressSettings;
import org.apache.activemq.artemis.spi.core.protocol.RemotingConnection;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One broker: the hub's door is open once it is made, the devices' once {@link #listen} was called.
 */
final class EmbeddedBroker implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(EmbeddedBroker.class);
  private static final String HUB_DOOR = "hub";
  private static final String DEVICE_DOOR = "devices";
  private static final SimpleString NOWHERE = SimpleString.of("patchbay-nowhere");
  private static final int LOOK_MILLIS = 50;

  /** Longer than the hub needs for what it lets be under way, shorter than devices wait. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /** How long the ends of clients' sessions may take when the broker stops. */
  private static final Duration SESSIONS_END = Duration.ofSeconds(2);

  private static final int SESSIONS_EVERY = 20;

  private final BrokerSettings settings;
  private final Counters counters;
  private final BrokerSecurity security;
  private final QueueWatch queues;
  private final Handover handover;
  private final DiskSpace disk;
  private final MqttServer server;
  private final ConnectionOrder order;
  private final Backpressure backpressure;
  private final Sessions sessions;
  private final FrontDoor door;
  private final int hubPort;
  private final ScheduledExecutorService watch =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "patchbay-broker-watch");
            thread.setDaemon(true);
            return thread;
          });
  private final ScheduledFuture<?> looking;
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile @Nullable MQTTStateManager states;
  private int looks;
  private int port = -1;
  private int tlsPort = -1;

  EmbeddedBroker(BrokerSettings settings, DeviceCredentials credentials) throws Exception {
    this(settings, credentials, PATIENCE);
  }

  /**
   * @param patience with the hub, before a message is stored here
   */
  EmbeddedBroker(BrokerSettings settings, DeviceCredentials credentials, Duration patience)
      throws Exception {
    this.settings = settings;
    counters = new Counters();
    security = new BrokerSecurity(credentials, counters, settings.maxTopics());
    queues = new QueueWatch(settings, credentials.hub().user(), counters, this::endsWithConnection);
    handover = new Handover(patience);
    server = new MqttServer(configuration(settings), security, handover);
    disk = new DiskSpace(settings.directory());
    backpressure = new Backpressure(() -> disk.isLow() || queues.isFull(server), counters);
    order = new ConnectionOrder(server);
    PacketRules rules = new PacketRules(security, counters, settings.maxSessionExpiry(), order);
    server.getServiceRegistry().addIncomingInterceptor(rules.incoming());
    server.getServiceRegistry().addOutgoingInterceptor(rules.outgoing());
    server.registerBrokerPlugin(
        new BrokerPlugin(new DeliveryStamp(new SecureRandom()), queues, counters, order, handover));
    FrontDoor opened = null;
    try {
      server.start();
      if (!server.isActive()) {
        throw new IOException(
            "the broker did not start; its journal in "
                + settings.directory()
                + " is in use by another process or cannot be read; the log says more");
      }
      // messages about each session, queue and consumer, which nobody reads: there is no cluster
      server.getManagementService().enableNotifications(false);
      queues.look(server);
      MQTTStateManager all = MQTTStateManager.getInstance(server);
      states = all;
      sessions =
          new Sessions(server, all, security, credentials, queues, settings.maxSessionExpiry());
      opened = new FrontDoor(settings.maxPacketBytes(), counters);
      hubPort = opened.openForHub(acceptor(HUB_DOOR));
      door = opened;
    } catch (Exception e) {
      if (opened != null) {
        opened.close();
      }
      stopServer(e);
      watch.shutdownNow();
      throw e;
    }
    looking =
        watch.scheduleWithFixedDelay(this::look, LOOK_MILLIS, LOOK_MILLIS, TimeUnit.MILLISECONDS);
  }

  /** Returns when it was closed or Artemis has ended itself. */
  void awaitEnd() throws InterruptedException {
    ended.await();
  }

  int hubPort() {
    return hubPort;
  }

  /** Port of plain MQTT; -1 before {@link #listen} and when there is none. */
  synchronized int port() {
    return port;
  }

  synchronized int tlsPort() {
    return tlsPort;
  }

  /**
   * Opens the devices' doors, once.
   *
   * @throws IOException in words, when a port is taken or the keystore cannot be read
   */
  synchronized void listen() throws IOException {
    if (port >= 0 || tlsPort >= 0) {
      return;
    }
    SSLContext tls = settings.keystore().isEmpty() ? null : Tls.context(settings);
    NettyAcceptor acceptor = acceptor(DEVICE_DOOR);
    if (settings.port() >= 0) {
      port = open(acceptor, settings.port(), null);
    }
    if (tls != null && settings.tlsPort() >= 0) {
      tlsPort = open(acceptor, settings.tlsPort(), tls);
    }
    log.info(
        "Devices may connect to {}: {}{}",
        settings.host(),
        port >= 0 ? "mqtt " + port : "no plain MQTT",
        tlsPort >= 0 ? ", mqtts " + tlsPort : "");
  }

  /** Ends the sessions of a credential that was changed or removed. */
  void changed(String user) {
    security.changed(user);
    // Artemis leaves behind, on each thread that calls it, what leads back to this bundle.
    CompletableFuture.runAsync(() -> sessions.end(user), watch).join();
  }

  Counters counters() {
    return counters;
  }

  QueueWatch queues() {
    return queues;
  }

  DiskSpace disk() {
    return disk;
  }

  Backpressure backpressure() {
    return backpressure;
  }

  BrokerSecurity security() {
    return security;
  }

  BrokerSettings settings() {
    return settings;
  }

  /** What each connection that is there waits on before it goes on. */
  List<OperationContext> contexts() {
    List<OperationContext> contexts = new ArrayList<>();
    for (RemotingConnection connection : server.getRemotingService().getConnections()) {
      Channel channel = PacketRules.channel(connection);
      if (channel != null) {
        contexts.add(order.context(channel));
      }
    }
    return contexts;
  }

  /** Names of the addresses that are there. */
  List<String> addresses() {
    return server.getPostOffice().getAddresses().stream().map(SimpleString::toString).toList();
  }

  @Override
  public void close() {
    ended.countDown();
    looking.cancel(false);
    watch.shutdownNow();
    door.close();
    awaitSessions();
    stopServer(null);
  }

  /**
   * Until Artemis has ended the sessions of the connections that were closed: it does so on threads
   * of its own, and an end that begins when the server has taken their consumers away fails
   * halfway.
   */
  private void awaitSessions() {
    long deadline = System.nanoTime() + SESSIONS_END.toNanos();
    while (!server.getSessions().isEmpty() && System.nanoTime() - deadline < 0) {
      LockSupport.parkNanos(LOOK_MILLIS * 100_000L);
    }
  }

  /** Messages on their way to the hub that are not stored here. */
  Handover handover() {
    return handover;
  }

  /**
   * Whether the queue is of an MQTT 5 session that ends with its connection (clause 3.1.2.11.2):
   * Artemis would keep it, and every message in it, on disk.
   */
  private boolean endsWithConnection(QueueConfiguration queue) {
    String name = String.valueOf(queue.getName());
    String topic = "." + queue.getAddress();
    MQTTStateManager all = states;
    if (all == null || !name.endsWith(topic)) {
      return false;
    }
    String clientId = name.substring(0, name.length() - topic.length());
    if (!all.isClientConnected(clientId)) {
      return false;
    }
    MQTTSessionState state;
    try {
      state = all.getSessionState(clientId);
    } catch (Exception e) {
      throw new IllegalStateException("the session of " + clientId + " cannot be read", e);
    }
    return state.getSession() != null
        && state.getSession().getVersion() == MQTTVersion.MQTT_5
        && state.getClientSessionExpiryInterval() == 0;
  }

  private int open(NettyAcceptor acceptor, int configured, @Nullable SSLContext tls)
      throws IOException {
    int wanted = configured == 0 ? 0 : configured + settings.offset();
    return door.openForDevices(
        settings.host(), wanted, acceptor, tls, backpressure, settings.maxConnections());
  }

  private NettyAcceptor acceptor(String name) throws IOException {
    if (server.getRemotingService().getAcceptor(name) instanceof NettyAcceptor acceptor) {
      return acceptor;
    }
    throw new IOException("the broker has no acceptor " + name + "; the log says why");
  }

  /** Everything that has to be done again and again. */
  private void look() {
    if (!server.isStarted()) {
      looking.cancel(false);
      ended.countDown();
      return;
    }
    try {
      disk.look();
      backpressure.look();
      server.storeLate();
      if (++looks % SESSIONS_EVERY == 0) {
        queues.look(server);
        queues.cut(server);
        sessions.look();
        server.lookAtTopics();
      }
    } catch (Exception e) {
      log.error("Looking after the broker's queues failed; it is tried again", e);
    }
  }

  private void stopServer(@Nullable Exception because) {
    try {
      server.stop();
    } catch (Exception e) {
      if (because != null) {
        because.addSuppressed(e);
      } else {
        log.error("The broker did not stop cleanly", e);
      }
    }
  }

  private static Configuration configuration(BrokerSettings settings) {
    ConfigurationImpl configuration = new ConfigurationImpl();
    configuration
        .setName("patchbay")
        .setBindingsDirectory(settings.directory().resolve("bindings").toString())
        .setJournalDirectory(settings.directory().resolve("journal").toString())
        .setLargeMessagesDirectory(settings.directory().resolve("large").toString())
        .setPagingDirectory(settings.directory().resolve("paging").toString())
        .setJournalType(JournalType.NIO)
        .setJournalFileSize(1024 * 1024)
        .setJournalMinFiles(2)
        .setJournalPoolFiles(4)
        .setJournalBufferTimeout_NIO(200_000)
        .setJournalSyncNonTransactional(true)
        .setJournalSyncTransactional(true)
        // The last resort, when subscribers come back faster than they are cut: to disk.
        .setGlobalMaxSize(settings.globalMaxBytes() * 2)
        .setWildCardConfiguration(
            new WildcardConfiguration().setDelimiter('/').setAnyWords('#').setSingleWord('+'))
        .setManagementAddress(SimpleString.of("$sys.management"))
        .setManagementNotificationAddress(SimpleString.of("$sys.notifications"))
        .setClusterUser(random())
        .setClusterPassword(random())
        .setSecurityEnabled(true)
        .setAuthenticationCacheSize(0)
        .setAuthorizationCacheSize(0)
        .setJMXManagementEnabled(false)
        .setMessageCounterEnabled(false)
        .setCriticalAnalyzer(false)
        .setGracefulShutdownEnabled(false)
        .setPersistDeliveryCountBeforeDelivery(false)
        .setThreadPoolMaxSize(BrokerSecurity.THREADS)
        .setScheduledThreadPoolMaxSize(2)
        .setMqttSessionScanInterval(1000)
        .addAddressSetting(
            "#",
            new AddressSettings()
                .setAutoCreateAddresses(false)
                .setAutoCreateQueues(false)
                .setAutoDeleteAddresses(true)
                .setAutoDeleteQueues(true)
                .setAddressFullMessagePolicy(AddressFullMessagePolicy.PAGE)
                // Nothing goes there; without the two names each new queue is warned of.
                .setDeadLetterAddress(NOWHERE)
                .setExpiryAddress(NOWHERE)
                .setMaxDeliveryAttempts(-1));
    configuration.addAcceptorConfiguration(door(HUB_DOOR, BrokerSecurity.HUB_DOMAIN, settings));
    configuration.addAcceptorConfiguration(door(DEVICE_DOOR, DEVICE_DOOR, settings));
    return configuration;
  }

  /** An acceptor that binds no port: {@link FrontDoor} hands it the connections. */
  private static TransportConfiguration door(String name, String domain, BrokerSettings settings) {
    Map<String, Object> network = new HashMap<>();
    network.put(TransportConstants.HTTP_UPGRADE_ENABLED_PROP_NAME, true);
    network.put(TransportConstants.PROTOCOLS_PROP_NAME, "MQTT");
    network.put(TransportConstants.USE_EPOLL_PROP_NAME, false);
    network.put(TransportConstants.USE_KQUEUE_PROP_NAME, false);
    network.put(TransportConstants.REMOTING_THREADS_PROPNAME, 1);
    network.put(TransportConstants.HANDSHAKE_TIMEOUT, 0);
    Map<String, Object> mqtt = new HashMap<>();
    mqtt.put("securityDomain", domain);
    mqtt.put("maximumPacketSize", settings.maxPacketBytes());
    mqtt.put("serverKeepAlive", 65_535);
    mqtt.put("topicAliasMaximum", 100);
    // The hub's sessions never end by themselves.
    mqtt.put(
        "defaultMqttSessionExpiryInterval",
        name.equals(HUB_DOOR) ? -1 : settings.maxSessionExpiry());
    return new TransportConfiguration(NettyAcceptorFactory.class.getName(), network, name, mqtt);
  }

  private static String random() {
    byte[] octets = new byte[24];
    new SecureRandom().nextBytes(octets);
    return java.util.HexFormat.of().formatHex(octets);
  }
}
