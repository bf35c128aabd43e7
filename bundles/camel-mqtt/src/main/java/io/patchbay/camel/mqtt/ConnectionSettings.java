package io.patchbay.camel.mqtt;

import io.patchbay.access.DeviceCredentials.Login;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.Supplier;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;

/**
 * What a connection is made with.
 *
 * @param name for logs, health and metrics
 * @param uri {@code tcp://host:port} or {@code ssl://host:port}
 * @param login asked at every attempt, so that a changed secret is used
 * @param options socket, TLS and Last Will, made anew for every attempt
 * @param sessionExpiry seconds the broker keeps the session after the connection ends
 * @param keepSession whether the session stays when the connection is closed for good
 * @param receiveMaximum messages on their way that are not acknowledged, 1 to 65,535
 * @param keepAlive seconds, 1 to 65,535
 * @param messageIdProperty name of the user property with a unique message id, empty when there is
 *     none
 * @param cleanStart whether an earlier session is thrown away at the first attempt
 */
record ConnectionSettings(
    String name,
    URI uri,
    String clientId,
    Supplier<Optional<Login>> login,
    Supplier<MqttConnectionOptions> options,
    long sessionExpiry,
    boolean keepSession,
    boolean cleanStart,
    int receiveMaximum,
    int keepAlive,
    String messageIdProperty) {

  /** Packets larger than this are not taken (MQTT 5.0, clause 3.1.2.11.4). */
  static final long MAXIMUM_PACKET_SIZE = 1 << 20;

  private static final int CONNECT_SECONDS = 10;

  /** Options for one attempt. */
  MqttConnectionOptions attempt(boolean first) {
    MqttConnectionOptions made = options.get();
    made.setAutomaticReconnect(false);
    made.setCleanStart(first && cleanStart);
    made.setSessionExpiryInterval(sessionExpiry);
    made.setReceiveMaximum(receiveMaximum);
    made.setMaximumPacketSize(MAXIMUM_PACKET_SIZE);
    made.setKeepAliveInterval(keepAlive);
    made.setConnectionTimeout(CONNECT_SECONDS);
    login
        .get()
        .ifPresent(
            who -> {
              made.setUserName(who.user());
              made.setPassword(who.password().getBytes(StandardCharsets.UTF_8));
            });
    return made;
  }
}
