package io.patchbay.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageBuilders;
import io.patchbay.broker.Acknowledgements.Waiting;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

final class AcknowledgementsTest {
  private final EmbeddedChannel channel = new EmbeddedChannel();
  private final Acknowledgements acknowledgements = new Acknowledgements(channel);

  @Test
  void aPubackWaitsForThoseBeforeIt() {
    Waiting first = arrive(7);
    arrive(8);
    arrive(7); // the same packet id again, as an old client repeats
    first.hold();
    MqttMessage one = give(7);
    MqttMessage two = give(8);
    assertThat(sent()).isEmpty();
    first.release();
    assertThat(sent()).containsExactly(one, two);
    MqttMessage three = give(7);
    assertThat(sent()).containsExactly(three);
  }

  @Test
  void whatIsReleasedBeforeItsPubackIsGivenGoesThen() {
    Waiting only = arrive(1);
    only.hold();
    only.release();
    assertThat(sent()).isEmpty();
    MqttMessage puback = give(1);
    assertThat(sent()).containsExactly(puback);
  }

  @Test
  void whatIsRefusedEndsTheConnectionWithoutAPuback() {
    Waiting only = arrive(1);
    only.hold();
    give(1);
    only.refuse();
    assertThat(sent()).isEmpty();
    assertThat(channel.isOpen()).isFalse();
  }

  private Waiting arrive(int packetId) {
    acknowledgements.arrived(packetId);
    return Objects.requireNonNull(acknowledgements.begin());
  }

  private MqttMessage give(int packetId) {
    MqttMessage puback = MqttMessageBuilders.pubAck().packetId(packetId).build();
    acknowledgements.acknowledge(packetId, puback);
    return puback;
  }

  private List<MqttMessage> sent() {
    channel.runPendingTasks();
    List<MqttMessage> all = new ArrayList<>();
    for (MqttMessage one = channel.readOutbound(); one != null; one = channel.readOutbound()) {
      all.add(one);
    }
    return all;
  }
}
