package io.patchbay.camel.mqtt;

/**
 * Message headers of the component besides those of Camel's own paho-mqtt5 ({@code CamelMqttTopic},
 * {@code CamelPahoMqtt5OverrideTopic}, …).
 */
public final class MqttHeaders {
  /** Of what came: whether it is a stored copy of unknown age (Boolean). */
  public static final String RETAINED = "PatchbayMqttRetained";

  /** Of what came: the connection it came through (text). */
  public static final String CONNECTION = "PatchbayMqttConnection";

  /** Where the sender wants the answer (MQTT 5.0, clause 3.3.2.3.5); both ways. */
  public static final String RESPONSE_TOPIC = "PatchbayMqttResponseTopic";

  /** What tells the answer apart (clause 3.3.2.3.6), octets; both ways. */
  public static final String CORRELATION_DATA = "PatchbayMqttCorrelationData";

  /** User properties (clause 3.3.2.3.7) of what came, a map of texts. */
  public static final String USER_PROPERTIES = "PatchbayMqttUserProperties";

  /**
   * Of what is published: how long it may take in milliseconds, the wait for a connection included.
   */
  public static final String PATIENCE = "PatchbayMqttPatience";

  /**
   * Property of the exchange, an AtomicBoolean: true from when one that must come before it has
   * failed; what waits is not sent then. Set by {@code hub:readings?subscription=…} and its like.
   */
  public static final String BROKEN_OFF = "HubBrokenOff";

  private MqttHeaders() {}
}
