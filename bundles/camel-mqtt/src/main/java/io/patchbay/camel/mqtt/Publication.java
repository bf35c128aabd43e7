package io.patchbay.camel.mqtt;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.jspecify.annotations.Nullable;

/** A message on its way to the broker. */
final class Publication {
  private static final int LONGEST_TOPIC = 65_535;

  /** UTF-8. */
  final byte[] topic;

  final MqttMessage message;

  /** As of {@link System#nanoTime()}: after it, it is not sent any more. */
  final long deadline;

  private final @Nullable AtomicBoolean brokenOff;
  private final Consumer<@Nullable Exception> ended;
  private boolean finished;

  // guarded by the outbox
  /** Given when it is first sent with QoS 1 or 2; 0 before. */
  int packetId;

  /** Whether the broker may have it from an earlier link (DUP, clause 3.3.1.1). */
  boolean again;

  /** Whether the broker has confirmed that it holds it, of QoS 2 (PUBREC). */
  boolean released;

  /**
   * @param brokenOff true from when one that must come before it has failed ({@link
   *     MqttHeaders#BROKEN_OFF})
   * @param ended called once: with nothing when the broker has it, else with the reason
   * @throws IllegalArgumentException when nothing can be published to the topic
   */
  Publication(
      String topic,
      MqttMessage message,
      long deadline,
      @Nullable AtomicBoolean brokenOff,
      Consumer<@Nullable Exception> ended) {
    this.topic = topic.getBytes(StandardCharsets.UTF_8);
    this.message = message;
    this.deadline = deadline;
    this.brokenOff = brokenOff;
    this.ended = ended;
    if (topic.isEmpty()
        || this.topic.length > LONGEST_TOPIC
        || topic.indexOf('+') >= 0
        || topic.indexOf('#') >= 0
        || topic.indexOf('\0') >= 0) {
      throw new IllegalArgumentException(
          "nothing can be published to the topic '"
              + topic
              + "'; accepted: 1 to "
              + LONGEST_TOPIC
              + " octets without + and #");
    }
  }

  /** The topic as text. */
  String name() {
    return new String(topic, StandardCharsets.UTF_8);
  }

  /** Whether one that must come before it has failed: it must not be sent (any more). */
  boolean brokenOff() {
    return brokenOff != null && brokenOff.get();
  }

  void end(@Nullable Exception why) {
    synchronized (this) {
      if (finished) {
        return;
      }
      finished = true;
    }
    ended.accept(why);
  }

  synchronized boolean finished() {
    return finished;
  }
}
