package io.patchbay.camel.mqtt;

import java.util.Map;
import java.util.Optional;
import org.apache.camel.Endpoint;
import org.apache.camel.component.paho.mqtt5.PahoMqtt5Component;
import org.apache.camel.component.paho.mqtt5.PahoMqtt5Configuration;
import org.apache.camel.spi.annotations.Component;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceReference;

/**
 * Camel's paho-mqtt5, asynchronous and lossless. Besides its own options an endpoint knows {@code
 * connection}, the name of a connection of the hub, and {@code session}: {@code own} (a consumer
 * gets a session with a client id of its own) or {@code main} (it takes all that the connection's
 * own session receives; for the binding).
 */
@Component("paho-mqtt5")
public final class MqttComponent extends PahoMqtt5Component {
  private @Nullable ConnectionPool own;

  @Override
  protected Endpoint createEndpoint(String uri, String topic, Map<String, Object> parameters)
      throws Exception {
    String connection = getAndRemoveParameter(parameters, "connection", String.class, "");
    String session = getAndRemoveParameter(parameters, "session", String.class, "own");
    if (!session.equals("own") && !(session.equals("main") && !connection.isEmpty())) {
      throw new IllegalArgumentException(
          "session=" + session + " is not understood; accepted: own, or main with connection=NAME");
    }
    boolean qosGiven = parameters.containsKey("qos");
    PahoMqtt5Configuration configuration = getConfiguration().copy();
    MqttEndpoint endpoint =
        new MqttEndpoint(uri, topic, this, configuration, connection, session.equals("main"));
    setProperties(endpoint, parameters);
    if (getClient() != null || endpoint.getClient() != null) {
      throw new IllegalArgumentException(
          "a client of one's own cannot be used here; name a connection instead");
    }
    if (!qosGiven && !connection.isEmpty()) {
      configuration.setQos(1);
    }
    return endpoint;
  }

  /**
   * The connections of the hub; outside a framework those in Camel's registry, or else its own.
   *
   * @throws IllegalStateException when the hub's are not there
   */
  synchronized ConnectionPool pool() {
    ConnectionPool registered =
        getCamelContext().getRegistry().findSingleByType(ConnectionPool.class);
    if (registered != null) {
      return registered;
    }
    Bundle bundle = FrameworkUtil.getBundle(MqttComponent.class);
    if (bundle != null) {
      return service(bundle.getBundleContext());
    }
    if (own == null) {
      own = new ConnectionPool(Optional.empty());
    }
    return own;
  }

  private static ConnectionPool service(@Nullable BundleContext context) {
    ServiceReference<ConnectionPool> reference =
        context == null ? null : context.getServiceReference(ConnectionPool.class);
    ConnectionPool pool =
        context == null || reference == null ? null : context.getService(reference);
    if (pool == null) {
      throw new IllegalStateException("the MQTT connections (bundle camel-mqtt) are not started");
    }
    return pool;
  }

  @Override
  protected void doStop() throws Exception {
    super.doStop();
    ConnectionPool mine;
    synchronized (this) {
      mine = own;
      own = null;
    }
    if (mine != null) {
      mine.close();
    }
  }
}
