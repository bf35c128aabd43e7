package io.patchbay.binding.mqtt;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/**
 * A device, on a client that is not ours: {@code cmd/dev/get} it answers on {@code stat/dev/value},
 * {@code cmd/dev/set} it takes and answers nothing, {@code cmd/dev/ask} it answers as MQTT 5 says,
 * {@code cmd/dev/ignore} it ignores. Answers repeat the payload.
 */
final class Device implements AutoCloseable {
  final List<Integer> written = new CopyOnWriteArrayList<>();
  private final Mqtt5AsyncClient client;

  Device(int port) throws Exception {
    client =
        MqttClient.builder()
            .useMqttVersion5()
            .serverHost("127.0.0.1")
            .serverPort(port)
            .buildAsync();
    client.publishes(MqttGlobalPublishFilter.ALL, this::commanded);
    client.connect().get(10, TimeUnit.SECONDS);
    client
        .subscribeWith()
        .topicFilter("cmd/dev/+")
        .qos(MqttQos.AT_LEAST_ONCE)
        .send()
        .get(10, TimeUnit.SECONDS);
  }

  private void commanded(Mqtt5Publish command) {
    switch (command.getTopic().getLevels().get(2)) {
      case "get" -> answer("stat/dev/value", command);
      case "set" ->
          written.add(
              Integer.parseInt(new String(command.getPayloadAsBytes(), StandardCharsets.UTF_8)));
      case "ask" ->
          command.getResponseTopic().ifPresent(topic -> answer(topic.toString(), command));
      default -> {
        // it is ignored
      }
    }
  }

  private void answer(String topic, Mqtt5Publish command) {
    var unused =
        client.publish(
            Mqtt5Publish.builder()
                .topic(topic)
                .qos(MqttQos.AT_LEAST_ONCE)
                .payload(command.getPayloadAsBytes())
                .correlationData(command.getCorrelationData().orElse(null))
                .build());
  }

  void send(String topic, String payload) throws Exception {
    client
        .publishWith()
        .topic(topic)
        .qos(MqttQos.AT_LEAST_ONCE)
        .payload(payload.getBytes(StandardCharsets.UTF_8))
        .send()
        .get(10, TimeUnit.SECONDS);
  }

  @Override
  public void close() {
    var unused = client.disconnect();
  }
}
