package io.patchbay.itests.bench;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5Client;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;

/**
 * The floor: subscribe, decode, rename or scale, encode, publish, acknowledge when the broker has
 * it. Nothing is kept.
 */
final class HiveRelay {
  private static final ObjectMapper JSON = new ObjectMapper();

  private HiveRelay() {}

  /**
   * @param arguments port of the broker
   */
  public static void main(String[] arguments) throws InterruptedException {
    Mqtt5AsyncClient client =
        Mqtt5Client.builder()
            .identifier("bench-relay")
            .serverHost("127.0.0.1")
            .serverPort(Integer.parseInt(arguments[0]))
            .buildAsync();
    client.toBlocking().connect();
    client.publishes(MqttGlobalPublishFilter.SUBSCRIBED, in -> relay(client, in), true);
    client.subscribeWith().topicFilter(Fleet.FILTER).qos(MqttQos.AT_LEAST_ONCE).send().join();
    System.out.println("ready");
    new CountDownLatch(1).await();
  }

  private static void relay(Mqtt5AsyncClient client, Mqtt5Publish in) {
    try {
      int device = Relaying.device(in.getTopic().toString());
      byte[] out = Relaying.convert(device, in.getPayloadAsBytes());
      var unused =
          client
              .publishWith()
              .topic(Fleet.north(device))
              .qos(MqttQos.AT_LEAST_ONCE)
              .payload(out)
              .send()
              .whenComplete(
                  (result, failure) -> {
                    if (failure == null) {
                      in.acknowledge();
                    } else {
                      System.err.println("not relayed: " + failure);
                    }
                  });
    } catch (IOException e) {
      System.err.println("not understood: " + e);
      in.acknowledge();
    }
  }

  /** What both floors do with a message. */
  static final class Relaying {
    private Relaying() {}

    static int device(String topic) {
      return Integer.parseInt(topic.substring(topic.lastIndexOf('/') + 1));
    }

    static byte[] convert(int device, byte[] payload) throws IOException {
      Fleet.Kind kind = Fleet.kind(device);
      JsonNode value = JSON.readTree(payload).get(kind.key());
      if (value == null || !value.isNumber()) {
        throw new IOException("no number '" + kind.key() + "'");
      }
      ByteArrayOutputStream out = new ByteArrayOutputStream(128);
      try (JsonGenerator json = JSON.createGenerator(out)) {
        json.writeStartArray();
        json.writeStartObject();
        json.writeStringField("n", Fleet.thing(device) + "/" + kind.property());
        if (!kind.unit().isEmpty()) {
          json.writeStringField("u", kind.unit());
        }
        json.writeNumberField("v", kind.value(value.doubleValue()));
        json.writeNumberField("t", System.currentTimeMillis() / 1000.0);
        json.writeEndObject();
        json.writeEndArray();
      }
      return out.toByteArray();
    }
  }
}
