package io.patchbay.binding.mqtt;

import io.patchbay.camel.mqtt.MqttArrival;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Origin;
import io.patchbay.southbound.Receipt;
import io.patchbay.thing.Bytes;
import java.time.Instant;
import java.util.Optional;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/**
 * The step from wire to {@link Frame}. A message that is nothing but an answer to a command ends
 * here: the hub does not want it for itself.
 */
final class Arrivals implements Processor {
  private static final Receipt ANSWERED = new Receipt.Stored(0, 0);

  private final Topics topics;
  private final Answers answers;

  Arrivals(Topics topics, Answers answers) {
    this.topics = topics;
    this.answers = answers;
  }

  @Override
  public void process(Exchange exchange) {
    MqttArrival arrival = exchange.getIn(MqttArrival.class);
    Frame frame = frame(arrival);
    if (!arrival.retained()) {
      answers.arrived(arrival.connection(), arrival.topic(), frame, arrival.correlationData());
    }
    if (topics.answerOnly(arrival.connection(), arrival.topic())) {
      arrival.setBody(ANSWERED);
      exchange.setRouteStop(true);
    } else {
      arrival.setBody(frame);
    }
  }

  private static Frame frame(MqttArrival arrival) {
    return new Frame(
        new Origin(MqttProtocol.SCHEME, arrival.connection(), arrival.topic()),
        Optional.empty(),
        Bytes.wrap(arrival.payload()),
        "",
        Instant.ofEpochMilli(System.currentTimeMillis()),
        Optional.empty(),
        arrival.delivery(),
        arrival.retained());
  }
}
