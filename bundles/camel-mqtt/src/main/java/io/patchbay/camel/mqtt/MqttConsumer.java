package io.patchbay.camel.mqtt;

import io.patchbay.southbound.Receipt;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.support.DefaultConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives messages to a route and lets them be acknowledged when the route is done: with a {@link
 * Receipt} as its body, as that says; otherwise when it ended without an exception.
 */
final class MqttConsumer extends DefaultConsumer implements Inbox.Receiver {
  private static final Logger LOG = LoggerFactory.getLogger(MqttConsumer.class);
  private static final Duration GATE = Duration.ofSeconds(10);

  private final MqttEndpoint endpoint;
  private volatile @Nullable Connection connection;

  MqttConsumer(MqttEndpoint endpoint, Processor processor) {
    super(endpoint, processor);
    this.endpoint = endpoint;
  }

  @Override
  protected void doStart() throws Exception {
    super.doStart();
    Connection opened = endpoint.consuming(getRouteId() == null ? "route" : getRouteId());
    connection = opened;
    opened.inbox.attach(this);
    if (!endpoint.main()) {
      CompletionStage<Void> unused = opened.want(Map.of(endpoint.getTopic(), endpoint.qos()));
    }
  }

  @Override
  protected void doStop() throws Exception {
    Connection opened = connection;
    if (opened != null) {
      // it stays until the gate is closed: one more message may be on its way in here
      if (!opened.inbox.detach(this, GATE)) {
        LOG.warn(
            "{}: messages were still in the route after {} s; the next one gets them again",
            this,
            GATE.toSeconds());
      }
      connection = null;
      if (!endpoint.main()) {
        endpoint.pool().release(opened);
      }
    }
    super.doStop();
  }

  @Override
  public void receive(Arrival arrival, int holder) {
    Connection opened = connection;
    if (opened == null) {
      throw new IllegalStateException("a message came in behind the closed gate");
    }
    Exchange exchange = createExchange(true);
    exchange.setIn(new MqttArrival(exchange.getContext(), arrival));
    AsyncCallback done = doneSync -> opened.inbox.settle(arrival, holder, verdict(exchange));
    try {
      getAsyncProcessor().process(exchange, done);
    } catch (RuntimeException e) {
      exchange.setException(e);
      done.done(true);
    }
  }

  private Verdict verdict(Exchange exchange) {
    Throwable why = exchange.getException();
    if (why != null) {
      getExceptionHandler().handleException("Not taken, it is offered again", exchange, why);
      return Verdict.FAILED;
    }
    if (exchange.isRollbackOnly()) {
      return Verdict.FAILED;
    }
    return exchange.getMessage().getBody() instanceof Receipt.Busy busy
        ? new Verdict.Later(busy.retryAfter())
        : Verdict.TAKEN;
  }
}
