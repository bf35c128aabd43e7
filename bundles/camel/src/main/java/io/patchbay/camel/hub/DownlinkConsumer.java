package io.patchbay.camel.hub;

import io.patchbay.camel.HubHeaders;
import io.patchbay.southbound.Answer;
import io.patchbay.southbound.DownlinkPort;
import io.patchbay.southbound.Request;
import io.patchbay.thing.Outcome.Reason;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangePattern;
import org.apache.camel.ExchangeTimedOutException;
import org.apache.camel.Processor;
import org.apache.camel.support.DefaultConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code hub:downlink?scheme=}: requests of the hub begin the route, its last body is the answer.
 */
final class DownlinkConsumer extends DefaultConsumer implements DownlinkPort {
  private static final Logger LOG = LoggerFactory.getLogger(DownlinkConsumer.class);

  private final Hub hub;
  private final String scheme;
  private Optional<Hub.Binding> registration = Optional.empty();

  DownlinkConsumer(HubEndpoint endpoint, Processor processor, Hub hub, String scheme) {
    super(endpoint, processor);
    this.hub = hub;
    this.scheme = scheme;
  }

  @Override
  protected void doStart() throws Exception {
    super.doStart();
    registration =
        Optional.of(hub.provide(DownlinkPort.class, this, Map.of(DownlinkPort.SCHEME, scheme)));
  }

  /** No request comes any more; Camel then waits for those in the route. */
  @Override
  protected void doStop() throws Exception {
    registration.ifPresent(Hub.Binding::close);
    registration = Optional.empty();
    super.doStop();
  }

  @Override
  public CompletionStage<Answer> send(Request request) {
    if (!isRunAllowed()) {
      return CompletableFuture.completedStage(stopping());
    }
    CompletableFuture<Answer> answer = new CompletableFuture<>();
    Exchange exchange = createExchange(true);
    exchange.setPattern(ExchangePattern.InOut);
    exchange.getMessage().setBody(request);
    exchange.getMessage().setHeader(HubHeaders.THING, request.thing().id().value());
    exchange.getMessage().setHeader(HubHeaders.DEADLINE, request.command().deadline());
    getAsyncProcessor()
        .process(
            exchange,
            doneSync -> {
              Answer got = answer(exchange, request);
              releaseExchange(exchange, true);
              answer.complete(got);
            });
    if (answer.isDone()) {
      return answer;
    }
    Duration left = Duration.between(Instant.now(), request.command().deadline());
    return answer.completeOnTimeout(
        new Answer.Failed(Reason.TIMEOUT, "no answer before the deadline"),
        Math.max(0, left.toMillis()),
        TimeUnit.MILLISECONDS);
  }

  private Answer stopping() {
    return new Answer.Failed(Reason.NO_PROTOCOL, "the " + scheme + " routes are stopping");
  }

  private Answer answer(Exchange exchange, Request request) {
    Exception failure = exchange.getException();
    if (failure instanceof ExchangeTimedOutException) {
      return new Answer.Failed(Reason.TIMEOUT, "no answer in time");
    } else if (failure instanceof RejectedExecutionException) {
      return stopping(); // Camel lets it go no further
    } else if (failure != null) {
      LOG.error(
          "The route '{}' failed on a request to '{}'",
          getRouteId(),
          request.thing().id(),
          failure);
      return new Answer.Failed(Reason.INTERNAL, String.valueOf(failure.getMessage()));
    }
    Object body = exchange.getMessage().getBody();
    if (body instanceof Answer answer) {
      return answer;
    }
    String what = body == null ? "nothing" : body.getClass().getName();
    LOG.error(
        "The route '{}' ended with {}; hub:downlink needs an Answer as its last body",
        getRouteId(),
        what);
    return new Answer.Failed(
        Reason.INTERNAL, "the route '" + getRouteId() + "' gave " + what + ", not an Answer");
  }
}
