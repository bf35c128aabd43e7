package io.patchbay.camel.mqtt;

import java.util.function.Consumer;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.jspecify.annotations.Nullable;

/** A message on its way to the broker. */
final class Publication {
  final String topic;
  final MqttMessage message;

  /** As of {@link System#nanoTime()}: after it, it is not sent any more. */
  final long deadline;

  private final Consumer<@Nullable Exception> ended;
  private boolean finished;

  /** Given by Paho when it is first sent with QoS 1 or 2; 0 before. */
  int packetId;

  /** Whether the broker has confirmed that it holds it, of QoS 2 (PUBREC). */
  boolean released;

  /**
   * @param ended called once: with nothing when the broker has it, else with the reason
   */
  Publication(
      String topic, MqttMessage message, long deadline, Consumer<@Nullable Exception> ended) {
    this.topic = topic;
    this.message = message;
    this.deadline = deadline;
    this.ended = ended;
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
