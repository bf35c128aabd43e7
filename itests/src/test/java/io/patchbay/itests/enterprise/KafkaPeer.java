package io.patchbay.itests.enterprise;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.tools.StorageTool;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.utils.Time;

/** A Kafka broker, its controller with it, in this process. */
final class KafkaPeer implements AutoCloseable {
  private final int port;
  private final KafkaRaftServer server;

  private KafkaPeer(int port, KafkaRaftServer server) {
    this.port = port;
    this.server = server;
  }

  static KafkaPeer start(Path folder) throws IOException {
    int port = Ports.free();
    int controller = Ports.free();
    Properties settings = new Properties();
    settings.setProperty("process.roles", "broker,controller");
    settings.setProperty("node.id", "1");
    settings.setProperty("controller.quorum.voters", "1@127.0.0.1:" + controller);
    settings.setProperty("controller.listener.names", "CONTROLLER");
    settings.setProperty(
        "listeners", "PLAINTEXT://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + controller);
    settings.setProperty("log.dirs", folder.resolve("log").toString());
    settings.setProperty("num.partitions", "4");
    settings.setProperty("offsets.topic.num.partitions", "1");
    settings.setProperty("offsets.topic.replication.factor", "1");
    settings.setProperty("group.initial.rebalance.delay.ms", "0");
    settings.setProperty("log.cleaner.dedupe.buffer.size", "2097152");
    Files.createDirectories(folder);
    Path file = folder.resolve("server.properties");
    try (var out = Files.newBufferedWriter(file)) {
      settings.store(out, null);
    }
    format(file);
    KafkaRaftServer server = new KafkaRaftServer(KafkaConfig.fromProps(settings), Time.SYSTEM);
    server.startup();
    return new KafkaPeer(port, server);
  }

  private static void format(Path settings) throws IOException {
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8);
    String[] words = {"format", "-t", "AAAAAAAAAAAAAAAAAAAAAQ", "-c", settings.toString()};
    if (StorageTool.execute(words, out) != 0) {
      throw new IOException(
          "Kafka's storage was not made: " + said.toString(StandardCharsets.UTF_8));
    }
  }

  String address() {
    return "127.0.0.1:" + port;
  }

  /** Reads a topic from its beginning. */
  Reader read(String topic) {
    Properties settings = new Properties();
    settings.setProperty("bootstrap.servers", address());
    settings.setProperty("group.id", "reader-of-" + topic);
    settings.setProperty("auto.offset.reset", "earliest");
    settings.setProperty("metadata.max.age.ms", "500");
    KafkaConsumer<String, String> consumer =
        new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer());
    consumer.subscribe(List.of(topic));
    return new Reader(consumer);
  }

  /** What came so far; used by one thread. */
  static final class Reader implements AutoCloseable {
    private final KafkaConsumer<String, String> consumer;
    private final List<ConsumerRecord<String, String>> records = new ArrayList<>();

    private Reader(KafkaConsumer<String, String> consumer) {
      this.consumer = consumer;
    }

    List<ConsumerRecord<String, String>> records() {
      consumer.poll(Duration.ofMillis(100)).forEach(records::add);
      return records;
    }

    @Override
    public void close() {
      consumer.close(Duration.ofSeconds(2));
    }
  }

  @Override
  public void close() {
    server.shutdown();
    server.awaitShutdown();
  }
}
