package io.patchbay.camel.mqtt;

import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import io.patchbay.camel.mqtt.MqttConnections.Phase;
import io.patchbay.southbound.DeliveryId;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/** A real broker, connections to it, and who takes and sends; all closed after each test. */
abstract class BrokerFixture {
  static final Duration LIMIT = Duration.ofSeconds(20);

  final Path state;
  private final List<AutoCloseable> open = new ArrayList<>();
  Mosquitto broker = start();

  BrokerFixture(@TempDir Path state) {
    this.state = state;
  }

  static Mosquitto start(String... settings) {
    try {
      return Mosquitto.start(settings);
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** Writes down what it is given and answers as told, at once. */
  static final class Taker implements Inbox.Receiver {
    final Connection connection;
    final List<String> seen = new CopyOnWriteArrayList<>();
    final List<Optional<DeliveryId>> ids = new CopyOnWriteArrayList<>();
    volatile Function<Arrival, @Nullable Verdict> answer = arrival -> Verdict.TAKEN;

    Taker(Connection connection) {
      this.connection = connection;
    }

    @Override
    public void receive(Arrival arrival, int holder) {
      seen.add(text(arrival));
      ids.add(arrival.delivery());
      Verdict verdict = answer.apply(arrival);
      if (verdict != null) {
        connection.inbox.settle(arrival, holder, verdict);
      }
    }

    static String text(Arrival arrival) {
      return new String(arrival.message.getPayload(), StandardCharsets.UTF_8);
    }
  }

  @AfterEach
  void close() throws Exception {
    for (int i = open.size() - 1; i >= 0; i--) {
      open.get(i).close();
    }
    broker.close();
  }

  Connection connect(String name) {
    return connect(NamedConnections.settings(name, broker.uri(), 100));
  }

  Connection connect(ConnectionSettings settings) {
    SessionMemory memory = new SessionMemory(state.resolve(settings.name() + ".session"));
    Connection connection =
        new Connection(settings, Optional.of(memory), Optional.empty(), status -> {}, () -> {});
    open.add(connection);
    connection.open();
    return connection;
  }

  static Taker listen(Connection connection, String... filters) throws Exception {
    Taker taker = new Taker(connection);
    connection.inbox.attach(taker);
    subscribe(connection, filters);
    return taker;
  }

  static void subscribe(Connection connection, String... filters) throws Exception {
    want(
        connection,
        Arrays.stream(filters).collect(Collectors.toMap(filter -> filter, filter -> 1)));
  }

  static void want(Connection connection, Map<String, Integer> filters) throws Exception {
    connection.want(filters).toCompletableFuture().get(LIMIT.toSeconds(), TimeUnit.SECONDS);
  }

  Mqtt5BlockingClient peer() {
    Mqtt5BlockingClient peer =
        MqttClient.builder()
            .useMqttVersion5()
            .serverHost("127.0.0.1")
            .serverPort(broker.port())
            .buildBlocking();
    peer.connect();
    return peer;
  }

  static void send(Mqtt5BlockingClient peer, String topic, int from, int to) {
    for (int i = from; i <= to; i++) {
      peer.publish(
          Mqtt5Publish.builder()
              .topic(topic)
              .qos(MqttQos.AT_LEAST_ONCE)
              .payload(Integer.toString(i).getBytes(StandardCharsets.UTF_8))
              .build());
    }
  }

  static List<String> numbers(int from, int to) {
    return IntStream.rangeClosed(from, to).mapToObj(Integer::toString).toList();
  }

  static void awaitSeen(Taker taker, int count) {
    await().atMost(LIMIT).until(() -> taker.seen.size() >= count);
  }

  static void awaitAcknowledged(Connection connection) {
    await().atMost(LIMIT).until(() -> connection.inbox.unacknowledged() == 0);
  }

  static void awaitUp(Connection connection) {
    await().atMost(LIMIT).until(() -> connection.status().phase() == Phase.UP);
  }

  static void awaitDown(Connection connection) {
    await().atMost(LIMIT).until(() -> connection.status().phase() == Phase.DOWN);
  }

  static CompletableFuture<@Nullable Exception> publish(
      Connection connection, String topic, String payload, int qos, Duration patience) {
    return publish(connection, topic, payload, qos, patience, new AtomicBoolean());
  }

  /** As a courier does: when it fails, what belongs together is broken off. */
  static CompletableFuture<@Nullable Exception> publish(
      Connection connection,
      String topic,
      String payload,
      int qos,
      Duration patience,
      AtomicBoolean brokenOff) {
    CompletableFuture<@Nullable Exception> ended = new CompletableFuture<>();
    MqttMessage message = new MqttMessage(payload.getBytes(StandardCharsets.UTF_8));
    message.setQos(qos);
    message.setProperties(new MqttProperties());
    connection.outbox.publish(
        new Publication(
            topic,
            message,
            System.nanoTime() + patience.toNanos(),
            brokenOff,
            why -> {
              brokenOff.compareAndSet(false, why != null);
              ended.complete(why);
            }));
    return ended;
  }
}
