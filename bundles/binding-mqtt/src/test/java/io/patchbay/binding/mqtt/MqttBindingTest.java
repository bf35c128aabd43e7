package io.patchbay.binding.mqtt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.patchbay.camel.mqtt.ConnectionPool;
import io.patchbay.camel.mqtt.Mosquitto;
import io.patchbay.camel.mqtt.NamedConnections;
import io.patchbay.southbound.Answer;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Request;
import io.patchbay.southbound.Target;
import io.patchbay.southbound.Wire;
import io.patchbay.testkit.RecordingUplinkPort;
import io.patchbay.testkit.RecordingUplinkPort.Offer;
import io.patchbay.testkit.RecordingUplinkPort.Presence;
import io.patchbay.testkit.camel.PlainContexts;
import io.patchbay.thing.Outcome.Reason;
import io.patchbay.thing.Status;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is peculiar to MQTT; the rest is in {@link MqttBindingContractTest}. */
final class MqttBindingTest {
  private static final Duration LIMIT = Duration.ofSeconds(15);

  private final Mosquitto broker = Mosquitto.start();
  private final Mosquitto other = Mosquitto.start();
  private final RecordingUplinkPort hub = new RecordingUplinkPort();
  private final ConnectionPool pool;
  private final PlainContexts contexts;
  private final Runnable closeLocal;
  private final MqttBinding binding;
  private final Device device;

  MqttBindingTest(@TempDir Path state) throws Exception {
    pool = NamedConnections.pool(state);
    closeLocal = NamedConnections.open(pool, "local", broker.uri());
    contexts = new PlainContexts(hub, Map.of("pool", pool));
    binding = new MqttBinding(PlainContexts.NO_BUNDLE, contexts, hub, pool);
    device = new Device(broker.port());
    awaitPresence("local", Status.ONLINE);
  }

  @AfterEach
  void close() throws Exception {
    device.close();
    binding.stop();
    pool.watch(status -> {}).close();
    NamedConnections.close(pool);
    broker.close();
    other.close();
    hub.close();
  }

  private void awaitPresence(String connection, Status status) {
    await()
        .atMost(LIMIT)
        .until(
            () -> {
              List<Presence> told =
                  hub.presences().stream()
                      .filter(one -> one.connection().equals(connection))
                      .toList();
              return !told.isEmpty() && told.get(told.size() - 1).status() == status;
            });
  }

  private void awaitHeard(Mosquitto by, String topic) {
    await()
        .atMost(LIMIT)
        .until(
            () -> {
              by.publish("-t", topic, "-m", "probe", "-q", "1");
              return heard().contains(topic);
            });
  }

  private List<String> heard() {
    return hub.offers().stream().map(offer -> offer.origin().address()).toList();
  }

  private Answer send(Request request) throws Exception {
    return contexts
        .downlink()
        .send(request)
        .toCompletableFuture()
        .get(LIMIT.toSeconds(), TimeUnit.SECONDS);
  }

  private static Instant soon() {
    return Instant.now().plus(Duration.ofSeconds(5));
  }

  @Test
  void doesNotPublishToAWildcard() throws Exception {
    Answer answer = send(Requests.write(Requests.wire("cmd/+/set", "1", Map.of()), soon()));
    assertThat(answer)
        .isInstanceOfSatisfying(
            Answer.Failed.class,
            failed -> assertThat(failed.reason()).isEqualTo(Reason.NOT_ALLOWED));
  }

  @Test
  void cannotReachAThingOnAConnectionThatIsNotThere() throws Exception {
    Wire wire = Requests.wire("cmd/dev/set", "1", Map.of());
    Answer answer = send(Requests.write(Requests.thing("mqtt://nowhere"), wire, soon()));
    assertThat(answer)
        .isInstanceOfSatisfying(
            Answer.Failed.class,
            failed -> assertThat(failed.reason()).isEqualTo(Reason.UNREACHABLE));
  }

  @Test
  void saysThatTheConnectionIsDownLongBeforeTheDeadline() throws Exception {
    broker.kill();
    awaitPresence("local", Status.OFFLINE);
    Instant began = Instant.now();
    Answer answer =
        send(
            Requests.write(
                Requests.wire("cmd/dev/set", "1", Map.of()), began.plus(Duration.ofSeconds(10))));
    assertThat(answer)
        .isInstanceOfSatisfying(
            Answer.Failed.class,
            failed -> assertThat(failed.reason()).isEqualTo(Reason.UNREACHABLE));
    assertThat(Duration.between(began, Instant.now())).isLessThan(Duration.ofSeconds(5));
  }

  @Test
  void givesTheAnswerOfATopicThatNobodyElseWants() throws Exception {
    binding.changed(Set.of(Requests.interest("", "tele/{device}/value")));
    Answer answer =
        send(
            Requests.read(
                Requests.wire("cmd/dev/get", "7", Map.of("answer", "stat/dev/value")), soon()));
    assertThat(answer).isInstanceOf(Answer.Frames.class);
    Frame frame = ((Answer.Frames) answer).frames().get(0);
    assertThat(frame.payload().text()).isEqualTo("7");
    assertThat(frame.origin().address()).isEqualTo("stat/dev/value");
    assertThat(frame.target()).contains(new Target(Requests.THING, "value"));
    assertThat(heard()).doesNotContain("stat/dev/value");
  }

  @Test
  void endsAWriteWithTheDevicesConfirmation() throws Exception {
    binding.changed(Set.of());
    Wire wire = Requests.wire("cmd/dev/get", "{\"done\":true}", Map.of("answer", "stat/dev/value"));
    assertThat(send(Requests.write(wire, soon()))).isEqualTo(new Answer.Frames(List.of()));
    assertThat(hub.offers()).isEmpty();
  }

  @Test
  void endsTheCommandWithAnAnswerThatGoesUpAnyway() throws Exception {
    binding.changed(Set.of(Requests.interest("", "stat/{device}/value")));
    Answer answer =
        send(
            Requests.read(
                Requests.wire("cmd/dev/get", "8", Map.of("answer", "stat/dev/value")), soon()));
    assertThat(answer).isEqualTo(new Answer.Frames(List.of()));
    await().atMost(LIMIT).until(() -> heard().contains("stat/dev/value"));
  }

  @Test
  void getsTheAnswerByResponseTopicAndCorrelationData() throws Exception {
    binding.changed(Set.of());
    for (String number : List.of("9", "10")) {
      Answer answer =
          send(
              Requests.read(
                  Requests.wire("cmd/dev/ask", number, Map.of("response", "true")), soon()));
      assertThat(answer).isInstanceOf(Answer.Frames.class);
      assertThat(((Answer.Frames) answer).frames().get(0).payload().text()).isEqualTo(number);
    }
    assertThat(hub.offers()).isEmpty();
  }

  @Test
  void doesNotTakeARetainedMessageForAnAnswer() throws Exception {
    binding.changed(Set.of());
    broker.publish("-t", "stat/dev/value", "-m", "old", "-r", "-q", "1");
    Answer answer =
        send(
            Requests.read(
                Requests.wire("cmd/dev/ignore", "1", Map.of("answer", "stat/dev/value")),
                Instant.now().plusMillis(700)));
    assertThat(answer)
        .isInstanceOfSatisfying(
            Answer.Failed.class, failed -> assertThat(failed.reason()).isEqualTo(Reason.TIMEOUT));
  }

  @Test
  void retainsWhatTheFormSays() throws Exception {
    binding.changed(Set.of(Requests.interest("", "cmd/{device}/kept")));
    send(
        Requests.write(
            Requests.wire("cmd/dev/kept", "5", Map.of("retain", "true", "qos", "2")), soon()));
    await().atMost(LIMIT).until(() -> heard().contains("cmd/dev/kept"));
    binding.changed(Set.of());
    binding.changed(Set.of(Requests.interest("", "cmd/{device}/+")));
    await().atMost(LIMIT).until(() -> hub.offers().stream().anyMatch(MqttBindingTest::retained));
  }

  private static boolean retained(Offer offer) {
    return offer.frame().isPresent() && offer.frame().get().retained();
  }

  @Test
  void followsWhatTheProfilesWant() throws Exception {
    binding.changed(Set.of(Requests.interest("", "a/{device}")));
    awaitHeard(broker, "a/1");
    binding.changed(Set.of(Requests.interest("", "b/{device}")));
    awaitHeard(broker, "b/1");
    int before = heard().size();
    broker.publish("-t", "a/1", "-m", "x", "-q", "1");
    broker.publish("-t", "b/2", "-m", "x", "-q", "1");
    await().atMost(LIMIT).until(() -> heard().contains("b/2"));
    assertThat(heard().subList(before, heard().size())).doesNotContain("a/1");
  }

  @Test
  void asksForNoGuaranteeWhereNothingIsKept() throws Exception {
    binding.changed(
        Set.of(
            Requests.interest("", "live/{device}/now", false),
            Requests.interest("", "both/{device}/now", false),
            Requests.interest("", "both/{unit}/now", true)));
    awaitHeard(broker, "live/1/now");
    awaitHeard(broker, "both/1/now");
    assertThat(hub.offers())
        .allSatisfy(
            offer ->
                assertThat(offer.frame().orElseThrow().delivery().isPresent())
                    .as(offer.origin().address())
                    .isEqualTo(offer.origin().address().startsWith("both/")));
  }

  @Test
  void listensOnSeveralConnectionsAndTellsTheirPresence() throws Exception {
    binding.changed(
        Set.of(Requests.interest("", "a/{device}"), Requests.interest("plant", "p/{device}")));
    Runnable closePlant = NamedConnections.open(pool, "plant", other.uri());
    awaitPresence("plant", Status.ONLINE);
    awaitHeard(other, "a/1");
    awaitHeard(other, "p/1");
    assertThat(hub.offers())
        .allSatisfy(offer -> assertThat(offer.origin().connection()).isEqualTo("plant"));
    awaitHeard(broker, "a/2");
    broker.publish("-t", "p/2", "-m", "x", "-q", "1");
    awaitHeard(broker, "a/3");
    assertThat(heard()).doesNotContain("p/2");
    closePlant.run();
    awaitPresence("plant", Status.OFFLINE);
    other.stop();
    closeLocal.run();
    awaitPresence("local", Status.OFFLINE);
  }
}
