package io.patchbay.binding.mqtt;

import static org.apache.camel.component.paho.mqtt5.PahoMqtt5Constants.CAMEL_PAHO_MSG_QOS;
import static org.apache.camel.component.paho.mqtt5.PahoMqtt5Constants.CAMEL_PAHO_MSG_RETAINED;
import static org.apache.camel.component.paho.mqtt5.PahoMqtt5Constants.CAMEL_PAHO_OVERRIDE_TOPIC;

import io.patchbay.camel.mqtt.MqttHeaders;
import io.patchbay.camel.mqtt.MqttRefusedException;
import io.patchbay.southbound.Answer;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Request;
import io.patchbay.southbound.Target;
import io.patchbay.southbound.Wire;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Command;
import io.patchbay.thing.Outcome.Reason;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.camel.AsyncCallback;
import org.apache.camel.AsyncProducer;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.support.AsyncProcessorSupport;
import org.apache.camel.support.DefaultExchange;

/**
 * The step from {@link Request} to {@link Answer}: publishes each wire, waits for the broker's
 * confirmation and, where the form says so, for the device's message.
 */
final class Downlink extends AsyncProcessorSupport {
  /** While a connection is down a command waits this long for it, at most. */
  private static final Duration OUTAGE = Duration.ofSeconds(2);

  /** Ends this much before the deadline, so that the answer is ours and not a general one. */
  private static final Duration MARGIN = Duration.ofMillis(20);

  private static final Answer DONE = new Answer.Frames(List.of());

  /** Asks for filters to be listened to. */
  interface Listening {
    /** Completes when the broker has acknowledged them. */
    CompletionStage<Void> ensure(String connection, String pattern);

    boolean up(String connection);
  }

  private record Expected(Answers.Waiting waiting, Optional<Reply> reply) {}

  private record Reply(String topic, Bytes correlation) {}

  private final String replyTopic = "patchbay/answer/" + UUID.randomUUID();
  private final Topics topics;
  private final Answers answers;
  private final Listening listening;
  private final Map<String, AsyncProducer> producers = new ConcurrentHashMap<>();

  Downlink(Topics topics, Answers answers, Listening listening) {
    this.topics = topics;
    this.answers = answers;
    this.listening = listening;
  }

  @Override
  public boolean process(Exchange exchange, AsyncCallback callback) {
    Request request = exchange.getIn().getBody(Request.class);
    CompletionStage<Void> unused =
        answer(exchange.getContext(), request)
            .handle(
                (answer, failure) -> {
                  if (failure != null) {
                    exchange.setException(failure);
                  } else {
                    exchange.getMessage().setBody(answer);
                  }
                  callback.done(false);
                  return null;
                });
    return false;
  }

  /** One wire after the other; the first that fails ends it. */
  private CompletionStage<Answer> answer(CamelContext context, Request request) {
    CompletionStage<Answer> all = CompletableFuture.completedStage(DONE);
    for (Map.Entry<String, Wire> one : new TreeMap<>(request.wires()).entrySet()) {
      all =
          all.thenCompose(
              before ->
                  before instanceof Answer.Frames frames
                      ? send(context, request, one.getKey(), one.getValue())
                          .thenApply(next -> join(frames, next))
                      : CompletableFuture.completedStage(before));
    }
    return all;
  }

  private static Answer join(Answer.Frames before, Answer next) {
    if (!(next instanceof Answer.Frames frames)) {
      return next;
    }
    List<Frame> joined = new ArrayList<>(before.frames());
    joined.addAll(frames.frames());
    return new Answer.Frames(joined);
  }

  private CompletionStage<Answer> send(
      CamelContext context, Request request, String name, Wire wire) {
    String connection = MqttProtocol.connection(request.thing());
    if (wire.address().isEmpty() || wire.address().matches(".*[+#].*")) {
      return failed(
          Reason.NOT_ALLOWED,
          "the form's topic '" + wire.address() + "' is no topic to publish to: it has wildcards");
    }
    Duration left = Duration.between(Instant.now(), request.command().deadline()).minus(MARGIN);
    if (left.isNegative() || left.isZero()) {
      return failed(Reason.TIMEOUT, "the deadline had passed before it was published");
    }
    if (!listening.up(connection) && left.compareTo(OUTAGE) > 0) {
      left = OUTAGE;
    }
    long millis = Math.max(1, left.toMillis());
    Optional<Expected> expected = expect(connection, wire);
    CompletionStage<Void> heard =
        expected.isEmpty()
            ? CompletableFuture.completedStage(null)
            : listening.ensure(connection, pattern(wire));
    return heard
        .thenCompose(
            ready -> {
              Exchange message = message(context, wire, expected, millis);
              return publish(context, connection, message);
            })
        .thenCompose(
            confirmed ->
                expected.isEmpty()
                    ? CompletableFuture.completedStage(DONE)
                    : expected.get().waiting().answer().thenApply(f -> answered(f, request, name)))
        .toCompletableFuture()
        .orTimeout(millis, TimeUnit.MILLISECONDS)
        .handle(
            (answer, failure) -> {
              expected.ifPresent(one -> answers.forget(one.waiting()));
              return failure == null ? answer : failed(failure, connection, wire);
            });
  }

  private static boolean isTrue(Wire wire, String term) {
    return "true".equals(wire.terms().get(term));
  }

  private Optional<Expected> expect(String connection, Wire wire) {
    String topic = wire.terms().get("answer");
    if (topic != null) {
      return Optional.of(
          new Expected(answers.expect(connection, topic, Optional.empty()), Optional.empty()));
    }
    if (!isTrue(wire, "response")) {
      return Optional.empty();
    }
    Bytes correlation = Bytes.utf8(UUID.randomUUID().toString());
    return Optional.of(
        new Expected(
            answers.expect(connection, replyTopic, Optional.of(correlation)),
            Optional.of(new Reply(replyTopic, correlation))));
  }

  /** With the form's named parts still in it: one subscription for all things of the form. */
  private String pattern(Wire wire) {
    return wire.form().term("answer").orElse(replyTopic);
  }

  private static Exchange message(
      CamelContext context, Wire wire, Optional<Expected> expected, long patience) {
    Exchange exchange = new DefaultExchange(context);
    exchange.getIn().setBody(wire.payload().orElse(Bytes.EMPTY).shared());
    exchange.getIn().setHeader(CAMEL_PAHO_OVERRIDE_TOPIC, wire.address());
    exchange
        .getIn()
        .setHeader(CAMEL_PAHO_MSG_QOS, Integer.valueOf(wire.terms().getOrDefault("qos", "1")));
    exchange.getIn().setHeader(CAMEL_PAHO_MSG_RETAINED, isTrue(wire, "retain"));
    exchange.getIn().setHeader(MqttHeaders.PATIENCE, patience);
    expected
        .flatMap(Expected::reply)
        .ifPresent(
            reply -> {
              exchange.getIn().setHeader(MqttHeaders.RESPONSE_TOPIC, reply.topic());
              exchange
                  .getIn()
                  .setHeader(MqttHeaders.CORRELATION_DATA, reply.correlation().toArray());
            });
    return exchange;
  }

  private CompletionStage<Void> publish(
      CamelContext context, String connection, Exchange exchange) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    producers
        .computeIfAbsent(connection, name -> producer(context, name))
        .process(
            exchange,
            doneSync -> {
              if (exchange.getException() == null) {
                done.complete(null);
              } else {
                done.completeExceptionally(exchange.getException());
              }
            });
    return done;
  }

  private static AsyncProducer producer(CamelContext context, String connection) {
    try {
      AsyncProducer producer =
          context
              .getEndpoint("paho-mqtt5:command?qos=1&connection=" + connection)
              .createAsyncProducer();
      producer.start();
      return producer;
    } catch (Exception e) {
      throw new CompletionException(e);
    }
  }

  /**
   * To a write or an action the device confirms, in words of its own; to a read it answers with the
   * value.
   */
  private Answer answered(Frame frame, Request request, String name) {
    if (!(request.command() instanceof Command.Read)
        || !topics.answerOnly(frame.origin().connection(), frame.origin().address())) {
      return DONE; // and what goes up anyway is not given to core twice
    }
    return new Answer.Frames(
        List.of(
            new Frame(
                frame.origin(),
                Optional.of(new Target(request.thing().id(), name)),
                frame.payload(),
                frame.mediaType(),
                frame.received(),
                frame.time(),
                frame.delivery(),
                frame.retained())));
  }

  private static CompletionStage<Answer> failed(Reason reason, String detail) {
    return CompletableFuture.completedStage(new Answer.Failed(reason, detail));
  }

  private Answer failed(Throwable failure, String connection, Wire wire) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    String detail = cause.getMessage() == null ? "" : cause.getMessage();
    if (cause instanceof MqttRefusedException) {
      return new Answer.Failed(Reason.REFUSED, detail);
    } else if (!listening.up(connection)) {
      return new Answer.Failed(
          Reason.UNREACHABLE, "the MQTT connection '" + connection + "' is down");
    } else if (cause instanceof TimeoutException) {
      return new Answer.Failed(
          Reason.TIMEOUT,
          detail.isEmpty() ? "published to '" + wire.address() + "', no answer came" : detail);
    } else if (cause instanceof IOException) {
      return new Answer.Failed(Reason.UNREACHABLE, detail);
    } else if (cause instanceof IllegalArgumentException) {
      return new Answer.Failed(Reason.NOT_ALLOWED, detail);
    }
    throw new CompletionException(cause);
  }

  @Override
  protected void doStop() throws Exception {
    for (AsyncProducer producer : producers.values()) {
      producer.stop();
    }
    producers.clear();
  }
}
