package io.patchbay.camel.hub;

import io.patchbay.camel.HubHeaders;
import io.patchbay.camel.Uplinks;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Origin;
import io.patchbay.southbound.Receipt;
import io.patchbay.southbound.UplinkPort;
import io.patchbay.thing.Uplink;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.support.DefaultAsyncProducer;

/** {@code hub:uplink}: offers the body to the hub and becomes the receipt. */
final class UplinkProducer extends DefaultAsyncProducer {
  private static final Receipt NOT_UP = new Receipt.Busy(Duration.ofSeconds(1));

  private final Hub hub;
  private final Duration patience;

  UplinkProducer(HubEndpoint endpoint, Hub hub, Duration patience) {
    super(endpoint);
    this.hub = hub;
    this.patience = patience;
  }

  @Override
  public boolean process(Exchange exchange, AsyncCallback callback) {
    Optional<UplinkPort> port = hub.find(UplinkPort.class);
    if (port.isEmpty()) {
      exchange.getMessage().setBody(NOT_UP);
      callback.done(true);
      return true;
    }
    CompletionStage<Receipt> receipt;
    try {
      receipt = offer(port.get(), exchange);
    } catch (RuntimeException e) {
      exchange.setException(e);
      callback.done(true);
      return true;
    }
    Stages.complete(receipt, exchange, callback, body -> exchange.getMessage().setBody(body));
    return false;
  }

  private CompletionStage<Receipt> offer(UplinkPort port, Exchange exchange) {
    Object body = exchange.getMessage().getBody();
    if (body instanceof Frame frame) {
      return port.offer(frame, patience);
    } else if (body instanceof Uplinks decoded) {
      return port.offer(decoded.origin(), decoded.uplinks(), patience);
    } else if (body instanceof List<?> list
        && exchange.getMessage().getHeader(HubHeaders.ORIGIN) instanceof Origin origin) {
      List<Uplink> uplinks = list.stream().map(Uplink.class::cast).toList();
      return port.offer(origin, uplinks, patience);
    }
    throw new IllegalArgumentException(
        "hub:uplink takes a Frame, Uplinks, or a List<Uplink> with the header "
            + HubHeaders.ORIGIN
            + "; not "
            + (body == null ? "an empty body" : body.getClass().getName()));
  }
}
