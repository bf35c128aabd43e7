package io.patchbay.broker;

import io.patchbay.operation.Health.Check;
import io.patchbay.operation.Health.State;
import io.patchbay.operation.Metrics.Sample;
import java.util.List;
import java.util.Map;

/** The broker in words and numbers. */
final class BrokerState {
  private static final String NAME = "broker";

  private BrokerState() {}

  static Check check(EmbeddedBroker broker, boolean listening) {
    if (!listening) {
      return new Check(
          NAME, State.WARN, "waits for the hub to subscribe before it lets devices in");
    }
    if (broker.disk().isLow()) {
      return new Check(
          NAME,
          State.CRITICAL,
          "the disk under "
              + broker.settings().directory()
              + " is full: devices wait for their acknowledgements. Make room; they go on then");
    }
    if (broker.backpressure().isClosed()) {
      return new Check(
          NAME,
          State.WARN,
          "the hub's queue is full ("
              + broker.queues().hubDepth()
              + " messages): devices wait for their acknowledgements. Look at the journal and the"
              + " disk");
    }
    BrokerSecurity security = broker.security();
    if (security.topicCount() >= security.maxTopics()) {
      return new Check(
          NAME,
          State.WARN,
          "devices publish to more than "
              + security.maxTopics()
              + " topics, further ones are refused. Raise io.patchbay.broker: maxTopics, or restart"
              + " when a device went wild");
    }
    return new Check(
        NAME,
        State.OK,
        broker.counters().connections.get()
            + " device connections on "
            + broker.settings().host()
            + ":"
            + broker.port());
  }

  static List<Sample> samples(EmbeddedBroker broker) {
    Counters counters = broker.counters();
    QueueWatch queues = broker.queues();
    return List.of(
        gauge("connections", "Device connections", counters.connections.get()),
        gauge("connections_stopped", "Connections not read from", stopped(broker)),
        counter("messages_in_total", "Messages received", counters.messagesIn.sum()),
        counter("messages_out_total", "Messages sent", counters.messagesOut.sum()),
        counter("refused_logins_total", "Logins refused", counters.refusedLogins.sum()),
        counter(
            "refused_connections_total",
            "Connections closed for their number or for not being MQTT",
            counters.refusedConnections.sum()),
        counter("refused_packets_total", "Packets too large", counters.refusedPackets.sum()),
        counter("refused_topics_total", "Messages refused", counters.refusedTopics.sum()),
        counter("pauses_total", "Times a publisher had to wait", counters.pauses.sum()),
        gauge("hub_queue_messages", "Messages waiting for the hub", queues.hubDepth()),
        gauge("hub_queue_bytes", "Octets waiting for the hub", queues.hubBytes()),
        gauge(
            "handed_over_messages",
            "Messages that the hub has not acknowledged and that are not stored here",
            broker.handover().size()),
        gauge("subscriptions", "Subscriptions of devices", queues.subscriptions()),
        gauge("subscriber_queue_messages", "Messages for subscribers", queues.subscriberDepth()),
        gauge(
            "subscriber_dropped_messages",
            "Oldest messages dropped from subscribers' queues that are full",
            queues.dropped()),
        gauge("retained_messages", "Retained messages", queues.retainedCount()),
        gauge("topics", "Topics published to since the start", broker.security().topicCount()));
  }

  private static int stopped(EmbeddedBroker broker) {
    return broker.backpressure().stoppedConnections();
  }

  private static Sample counter(String name, String help, long value) {
    return Sample.counter("patchbay_broker_" + name, help, Map.of(), (double) value);
  }

  private static Sample gauge(String name, String help, long value) {
    return Sample.gauge("patchbay_broker_" + name, help, Map.of(), (double) value);
  }
}
