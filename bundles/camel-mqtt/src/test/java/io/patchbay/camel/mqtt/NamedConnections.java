package io.patchbay.camel.mqtt;

import io.patchbay.access.DeviceCredentials.Login;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;

/** The connections without a framework, for tests. */
public final class NamedConnections {
  private NamedConnections() {}

  /**
   * @param state where sessions are remembered
   */
  public static ConnectionPool pool(Path state) {
    return new ConnectionPool(Optional.of(state));
  }

  public static void close(ConnectionPool pool) {
    pool.close();
  }

  /** Opens a named connection; what is returned closes it. */
  public static Runnable open(ConnectionPool pool, String name, URI uri) {
    return pool.open(settings(name, uri, 1_000));
  }

  static ConnectionSettings settings(String name, URI uri, int receiveMaximum) {
    return settings(name, uri, receiveMaximum, Optional.empty(), "");
  }

  static ConnectionSettings settings(
      String name, URI uri, int receiveMaximum, Optional<Login> login, String messageIdProperty) {
    return new ConnectionSettings(
        name,
        uri,
        "patchbay-" + name,
        () -> login,
        MqttConnectionOptions::new,
        3_600,
        true,
        false,
        receiveMaximum,
        20,
        messageIdProperty);
  }
}
