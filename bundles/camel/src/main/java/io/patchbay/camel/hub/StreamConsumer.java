package io.patchbay.camel.hub;

import io.patchbay.camel.HubHeaders;
import io.patchbay.operation.Health;
import io.patchbay.operation.Metrics;
import io.patchbay.store.Recorded;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.RollbackExchangeException;
import org.apache.camel.support.DefaultConsumer;
import org.jspecify.annotations.Nullable;

/** {@code hub:readings}, {@code events}, {@code status}, {@code discovered}: where routes begin. */
final class StreamConsumer extends DefaultConsumer implements Metrics, Health {
  private final Hub hub;
  private final Window window;
  private final Supply supply;
  private final List<Hub.Binding> bindings = new ArrayList<>();
  private volatile @Nullable Courier courier;

  StreamConsumer(HubEndpoint endpoint, Processor processor, Hub hub, Window window, Supply supply) {
    super(endpoint, processor);
    this.hub = hub;
    this.window = window;
    this.supply = supply;
  }

  @Override
  protected void doStart() throws Exception {
    super.doStart();
    Courier starting =
        new Courier(
            getRouteId(),
            window,
            supply.backoff(),
            this::deliver,
            getEndpoint().getCamelContext().getApplicationContextClassLoader());
    courier = starting;
    bindings.add(supply.connect(getRouteId(), starting));
    try {
      starting.start();
    } catch (RuntimeException e) {
      unbind();
      throw e;
    }
    bindings.add(hub.provide(Metrics.class, this, Map.of()));
    bindings.add(hub.provide(Health.class, this, Map.of()));
  }

  /** What is in the route finishes here, so that it is acknowledged before the cursor is closed. */
  @Override
  protected void doStop() throws Exception {
    Courier running = courier;
    if (running != null) {
      long seconds = getEndpoint().getCamelContext().getShutdownStrategy().getTimeout();
      running.stop(Duration.ofSeconds(seconds));
    }
    unbind();
    super.doStop();
  }

  private void unbind() {
    bindings.forEach(Hub.Binding::close);
    bindings.clear();
  }

  private void deliver(
      Recorded recorded, AtomicBoolean brokenOff, Consumer<@Nullable Throwable> done) {
    Exchange exchange = createExchange(true);
    if (window.perThing() > 1) {
      exchange.setProperty(HubHeaders.BROKEN_OFF, brokenOff);
    }
    exchange.setIn(new UplinkMessage(exchange.getContext(), recorded));
    getAsyncProcessor()
        .process(
            exchange,
            doneSync -> {
              Throwable failure = failure(exchange);
              releaseExchange(exchange, true);
              done.accept(failure);
            });
  }

  private static @Nullable Throwable failure(Exchange exchange) {
    Exception exception = exchange.getException();
    return exception == null && exchange.isRollbackOnly()
        ? new RollbackExchangeException("the route rolled back", exchange)
        : exception;
  }

  @Override
  public List<Sample> samples() {
    Courier running = courier;
    if (running == null) {
      return List.of();
    }
    Map<String, String> labels = new HashMap<>(supply.labels());
    labels.put("route", getRouteId());
    return List.of(
        Sample.counter(
            "patchbay_stream_delivered_total",
            "Uplinks that a route took from the hub and finished.",
            labels,
            (double) running.delivered()),
        Sample.counter(
            "patchbay_stream_failures_total",
            "Deliveries of uplinks that ended in an exception.",
            labels,
            (double) running.failures()),
        Sample.counter(
            "patchbay_stream_refused_total",
            "Uplinks that a live route did not get because its buffer was full.",
            labels,
            (double) supply.refused()),
        Sample.gauge(
            "patchbay_stream_waiting",
            "Uplinks taken from the journal and not finished by the route.",
            labels,
            running.waiting()));
  }

  @Override
  public List<Check> checks() {
    Courier running = courier;
    String trouble = running == null ? "" : running.trouble();
    return List.of(
        trouble.isEmpty()
            ? new Check("route:" + getRouteId(), State.OK, "delivers")
            : new Check("route:" + getRouteId(), State.WARN, trouble));
  }
}
