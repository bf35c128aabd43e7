package io.patchbay.camel.mqtt;

import io.patchbay.southbound.DeliveryId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.CamelContext;
import org.apache.camel.component.paho.mqtt5.PahoMqtt5Constants;
import org.apache.camel.component.paho.mqtt5.PahoMqtt5Message;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;
import org.eclipse.paho.mqttv5.common.packet.UserProperty;

/** A message that came. Headers are made when somebody asks for them. */
public final class MqttArrival extends PahoMqtt5Message {
  private final Arrival arrival;

  MqttArrival(CamelContext context, Arrival arrival) {
    super(context, arrival.message);
    this.arrival = arrival;
    setBody(arrival.message.getPayload());
  }

  public String connection() {
    return arrival.connection;
  }

  public String topic() {
    return arrival.topic;
  }

  public byte[] payload() {
    return arrival.message.getPayload();
  }

  public boolean retained() {
    return arrival.message.isRetained();
  }

  /** How the delivery is told from its repetition; with QoS 0 there is none. */
  public Optional<DeliveryId> delivery() {
    return arrival.delivery();
  }

  /** What tells an answer apart (MQTT 5.0, clause 3.3.2.3.6); empty when there is nothing. */
  public Optional<byte[]> correlationData() {
    return Optional.ofNullable(arrival.message.getProperties().getCorrelationData());
  }

  @Override
  public PahoMqtt5Message newInstance() {
    return new PahoMqtt5Message(getCamelContext(), arrival.message);
  }

  @Override
  protected boolean isPopulateHeadersSupported() {
    return true;
  }

  @Override
  protected void populateInitialHeaders(Map<String, Object> map) {
    MqttProperties properties = arrival.message.getProperties();
    map.put(PahoMqtt5Constants.MQTT_TOPIC, arrival.topic);
    map.put(PahoMqtt5Constants.MQTT_QOS, arrival.message.getQos());
    map.put(PahoMqtt5Constants.CAMEL_PAHO_MSG_PROPERTIES, properties);
    map.put(MqttHeaders.RETAINED, retained());
    map.put(MqttHeaders.CONNECTION, arrival.connection);
    if (properties.getResponseTopic() != null) {
      map.put(MqttHeaders.RESPONSE_TOPIC, properties.getResponseTopic());
    }
    if (properties.getCorrelationData() != null) {
      map.put(MqttHeaders.CORRELATION_DATA, properties.getCorrelationData());
    }
    List<UserProperty> user = properties.getUserProperties();
    if (!user.isEmpty()) {
      Map<String, String> texts = new LinkedHashMap<>();
      user.forEach(one -> texts.put(one.getKey(), one.getValue()));
      map.put(MqttHeaders.USER_PROPERTIES, texts);
    }
  }
}
