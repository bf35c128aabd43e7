package io.patchbay.broker;

import java.nio.file.Path;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.AttributeType;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/**
 * The configuration, checked.
 *
 * @param directory where the broker keeps its journal
 * @param offset added to both ports
 */
record BrokerSettings(
    Path directory,
    int offset,
    String host,
    int port,
    int tlsPort,
    String keystore,
    String keystorePassword,
    String keystoreType,
    int maxPacketBytes,
    int maxConnections,
    long maxQueueBytes,
    int maxQueueMessages,
    int maxQueues,
    int maxTopics,
    int maxRetained,
    long globalMaxBytes,
    int maxSessionExpiry) {

  /** Artemis counts session expiry in milliseconds of an int: beyond, sessions would never end. */
  private static final int EXPIRY_LIMIT = 2_000_000;

  private static final String PID = "io.patchbay.broker";

  /** Keys of {@code io.patchbay.broker}. */
  @ObjectClassDefinition(id = PID, name = "Embedded MQTT broker")
  @interface Config {
    @AttributeDefinition(description = "Address to listen on; 0.0.0.0 lets other machines in")
    String host() default "127.0.0.1";

    @AttributeDefinition(description = "Port of plain MQTT; 0 for any free one, -1 for none")
    int port() default 1883;

    @AttributeDefinition(
        description = "Port of MQTT over TLS, opened when keystore is set; 0 for any free one")
    int tlsPort() default 8883;

    @AttributeDefinition(description = "Keystore file with the broker's key and certificate")
    String keystore() default "";

    @AttributeDefinition(
        description = "Password of the keystore and its key",
        type = AttributeType.PASSWORD)
    String keystorePassword() default "";

    @AttributeDefinition(description = "Type of the keystore, PKCS12 or JKS")
    String keystoreType() default "PKCS12";

    @AttributeDefinition(description = "Largest MQTT packet in octets, 1024 to 67108864")
    int maxPacketBytes() default 1_048_576;

    @AttributeDefinition(description = "Device connections at once, 1 to 1000000")
    int maxConnections() default 10_000;

    @AttributeDefinition(
        description =
            "Octets waiting in one queue. The hub's own queue full: devices wait for their PUBACK."
                + " A subscriber's full: its oldest messages go.")
    long maxQueueBytes() default 67_108_864;

    @AttributeDefinition(description = "Messages waiting for one subscriber; the oldest go")
    int maxQueueMessages() default 10_000;

    @AttributeDefinition(description = "Subscriptions of all devices together")
    int maxQueues() default 10_000;

    @AttributeDefinition(description = "Different topics devices may publish to until a restart")
    int maxTopics() default 100_000;

    @AttributeDefinition(description = "Retained messages kept")
    int maxRetained() default 10_000;

    @AttributeDefinition(
        description = "Octets of all queues in memory; 0 for a quarter of the Java heap")
    long globalMaxBytes() default 0;

    @AttributeDefinition(
        description = "Seconds that an absent device's session is kept at most, 1 to 2000000")
    int maxSessionExpiry() default 604_800;
  }

  static BrokerSettings of(Config config, Path data, int offset) {
    long global = config.globalMaxBytes();
    return new BrokerSettings(
        data.resolve("broker"),
        offset,
        config.host(),
        (int) within("port", config.port(), -1, 65_535),
        (int) within("tlsPort", config.tlsPort(), -1, 65_535),
        config.keystore(),
        config.keystorePassword(),
        config.keystoreType(),
        (int) within("maxPacketBytes", config.maxPacketBytes(), 1024, 67_108_864),
        (int) within("maxConnections", config.maxConnections(), 1, 1_000_000),
        within("maxQueueBytes", config.maxQueueBytes(), 1024, Long.MAX_VALUE),
        (int) within("maxQueueMessages", config.maxQueueMessages(), 1, Integer.MAX_VALUE),
        (int) within("maxQueues", config.maxQueues(), 1, 1_000_000),
        (int) within("maxTopics", config.maxTopics(), 1, 10_000_000),
        (int) within("maxRetained", config.maxRetained(), 0, 1_000_000),
        global == 0
            ? Runtime.getRuntime().maxMemory() / 4
            : within("globalMaxBytes", global, 1_048_576, Long.MAX_VALUE),
        (int) within("maxSessionExpiry", config.maxSessionExpiry(), 1, EXPIRY_LIMIT));
  }

  private static long within(String key, long value, long least, long most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          PID + ": " + key + " must be " + least + " to " + most + ", but is " + value);
    }
    return value;
  }
}
