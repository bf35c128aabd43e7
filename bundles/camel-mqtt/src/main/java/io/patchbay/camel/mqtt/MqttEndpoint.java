package io.patchbay.camel.mqtt;

import io.patchbay.access.DeviceCredentials.Login;
import java.net.URI;
import java.util.Optional;
import org.apache.camel.Consumer;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.apache.camel.component.paho.mqtt5.PahoMqtt5Configuration;
import org.apache.camel.component.paho.mqtt5.PahoMqtt5Constants;
import org.apache.camel.component.paho.mqtt5.PahoMqtt5Endpoint;
import org.jspecify.annotations.Nullable;

/** A topic on a connection: a named one of the hub, or one opened for this endpoint. */
final class MqttEndpoint extends PahoMqtt5Endpoint {
  /** For sessions that nobody may come back to: when a route file was removed. */
  private static final long OWN_SESSION_SECONDS = 300;

  private static final int OWN_RECEIVE_MAXIMUM = 1_000;

  private final MqttComponent component;
  private final String connection;
  private final boolean main;
  private volatile @Nullable ConnectionPool pool;

  MqttEndpoint(
      String uri,
      String topic,
      MqttComponent component,
      PahoMqtt5Configuration configuration,
      String connection,
      boolean main) {
    super(uri, topic, component, configuration);
    this.component = component;
    this.connection = connection;
    this.main = main;
  }

  @Override
  public Producer createProducer() {
    return new MqttProducer(this);
  }

  @Override
  public Consumer createConsumer(Processor processor) throws Exception {
    if (!main) {
      TopicFilter.of(getTopic());
    }
    MqttConsumer consumer = new MqttConsumer(this, processor);
    configureConsumer(consumer);
    return consumer;
  }

  /** Whether a consumer takes what the connection's own session receives. */
  boolean main() {
    return main;
  }

  /** Found once: the pool and the component come and go together, in one bundle. */
  ConnectionPool pool() {
    ConnectionPool found = pool;
    if (found == null) {
      found = component.pool();
      pool = found;
    }
    return found;
  }

  /** A connection of its own to publish on; release it. */
  Connection producing() {
    return pool().share(settings("publish"));
  }

  /** Publishes over the named connection: looked up each time, it may be configured anew. */
  void publish(Publication publication) {
    pool().publish(connection, publication);
  }

  /**
   * The connection to consume from; release it unless it is the main one.
   *
   * @param routeId part of the session's identity, so that a route that is swapped finds it again
   */
  Connection consuming(String routeId) {
    if (connection.isEmpty()) {
      return pool().share(settings(routeId));
    }
    Connection named = pool().named(connection);
    return main ? named : pool().share(derived(named.settings, routeId));
  }

  boolean shared() {
    return connection.isEmpty();
  }

  private String identity(String routeId) {
    long hash = Arrival.hash(getTopic() + " " + routeId, new byte[0]);
    return routeId.replaceAll("[^A-Za-z0-9._-]", "_")
        + "-"
        + Long.toHexString(hash).substring(0, 6);
  }

  private ConnectionSettings derived(ConnectionSettings named, String routeId) {
    String identity = identity(routeId);
    long expiry = getConfiguration().getSessionExpiryInterval();
    return new ConnectionSettings(
        named.name() + "-" + identity,
        named.uri(),
        named.clientId() + "-" + identity,
        named.login(),
        named.options(),
        expiry >= 0 ? expiry : OWN_SESSION_SECONDS,
        true,
        false,
        named.receiveMaximum(),
        named.keepAlive(),
        named.messageIdProperty());
  }

  private ConnectionSettings settings(String purpose) {
    PahoMqtt5Configuration given = getConfiguration();
    String user = given.getUserName();
    String password = given.getPassword();
    String clientId = given.getClientId();
    long expiry = given.getSessionExpiryInterval();
    String identity =
        clientId == null || clientId.isEmpty()
            ? identity(purpose + " " + given.getBrokerUrl() + " " + user)
            : clientId;
    return new ConnectionSettings(
        identity,
        URI.create(given.getBrokerUrl()),
        clientId == null || clientId.isEmpty() ? generateClientId() : clientId,
        () ->
            user == null || user.isEmpty()
                ? Optional.empty()
                : Optional.of(new Login(user, password == null ? "" : password)),
        this::createMqttConnectionOptions,
        expiry >= 0 ? expiry : OWN_SESSION_SECONDS,
        !given.isCleanStart(),
        given.isCleanStart(),
        Math.min(given.getReceiveMaximum(), OWN_RECEIVE_MAXIMUM),
        given.getKeepAliveInterval(),
        "");
  }

  /** QoS of this endpoint; a consumer gets at most 1 (at least once, after the route is done). */
  int qos() {
    int qos = getConfiguration().getQos();
    if (qos < 0 || qos > PahoMqtt5Constants.DEFAULT_QOS) {
      throw new IllegalArgumentException("qos must be 0, 1 or 2, not " + qos);
    }
    return qos;
  }
}
