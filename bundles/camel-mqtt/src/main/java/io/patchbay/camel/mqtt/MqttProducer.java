package io.patchbay.camel.mqtt;

import static org.apache.camel.component.paho.mqtt5.PahoMqtt5Constants.CAMEL_PAHO_MSG_PROPERTIES;
import static org.apache.camel.component.paho.mqtt5.PahoMqtt5Constants.CAMEL_PAHO_MSG_QOS;
import static org.apache.camel.component.paho.mqtt5.PahoMqtt5Constants.CAMEL_PAHO_MSG_RETAINED;
import static org.apache.camel.component.paho.mqtt5.PahoMqtt5Constants.CAMEL_PAHO_OVERRIDE_TOPIC;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.InvalidPayloadException;
import org.apache.camel.Message;
import org.apache.camel.support.DefaultAsyncProducer;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;
import org.jspecify.annotations.Nullable;

/**
 * Publishes in call order; the exchange ends when the broker has confirmed, with QoS 0 when it is
 * written. The route goes on on a thread of the connection, which must not be blocked.
 */
final class MqttProducer extends DefaultAsyncProducer {
  private static final long PATIENCE_MILLIS = 10_000;

  /** Never changed. */
  private static final MqttProperties NONE = new MqttProperties();

  private final MqttEndpoint endpoint;
  private final TopicOfMessage topic;
  private volatile @Nullable Connection connection;

  MqttProducer(MqttEndpoint endpoint) {
    super(endpoint);
    this.endpoint = endpoint;
    topic = TopicOfMessage.parse(endpoint.getTopic());
  }

  @Override
  protected void doStart() throws Exception {
    super.doStart();
    endpoint.qos();
    if (endpoint.shared()) {
      connection = endpoint.producing();
    }
  }

  @Override
  protected void doStop() throws Exception {
    Connection opened = connection;
    connection = null;
    if (opened != null) {
      endpoint.pool().release(opened);
    }
    super.doStop();
  }

  @Override
  public boolean process(Exchange exchange, AsyncCallback callback) {
    try {
      Message in = exchange.getIn();
      long patience = in.getHeader(MqttHeaders.PATIENCE, PATIENCE_MILLIS, Long.class);
      Publication publication =
          new Publication(
              topic(in),
              message(in),
              System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(patience),
              exchange.getProperty(MqttHeaders.BROKEN_OFF, AtomicBoolean.class),
              why -> {
                if (why != null) {
                  exchange.setException(why);
                }
                callback.done(false);
              });
      Connection own = connection;
      if (own != null) {
        own.outbox.publish(publication);
      } else {
        endpoint.publish(publication);
      }
      return false;
    } catch (InvalidPayloadException | RuntimeException e) {
      exchange.setException(e);
      callback.done(true);
      return true;
    }
  }

  private String topic(Message in) {
    String given = in.getHeader(CAMEL_PAHO_OVERRIDE_TOPIC, String.class);
    return given == null ? topic.of(in) : given;
  }

  private MqttMessage message(Message in) throws InvalidPayloadException {
    MqttMessage message =
        new MqttMessage(in.getBody() == null ? new byte[0] : in.getMandatoryBody(byte[].class));
    message.setQos(in.getHeader(CAMEL_PAHO_MSG_QOS, endpoint.qos(), Integer.class));
    message.setRetained(
        in.getHeader(
            CAMEL_PAHO_MSG_RETAINED, endpoint.getConfiguration().isRetained(), Boolean.class));
    MqttProperties properties =
        properties(in.getHeader(CAMEL_PAHO_MSG_PROPERTIES, MqttProperties.class));
    String responseTopic = in.getHeader(MqttHeaders.RESPONSE_TOPIC, String.class);
    if (responseTopic != null) {
      properties = properties == NONE ? new MqttProperties() : properties;
      properties.setResponseTopic(responseTopic);
      properties.setCorrelationData(in.getHeader(MqttHeaders.CORRELATION_DATA, byte[].class));
    }
    message.setProperties(properties);
    return message;
  }

  /** Only what a sender may say: a message that is passed on keeps no trace of how it came. */
  private static MqttProperties properties(@Nullable MqttProperties given) {
    if (given == null) {
      return NONE;
    }
    MqttProperties properties = new MqttProperties();
    properties.setUserProperties(given.getUserProperties());
    properties.setContentType(given.getContentType());
    properties.setResponseTopic(given.getResponseTopic());
    properties.setCorrelationData(given.getCorrelationData());
    properties.setMessageExpiryInterval(given.getMessageExpiryInterval());
    properties.setPayloadFormat(given.getPayloadFormat());
    return properties;
  }
}
