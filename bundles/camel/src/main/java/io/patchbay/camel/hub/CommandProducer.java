package io.patchbay.camel.hub;

import io.patchbay.camel.CommandFailedException;
import io.patchbay.northbound.Commands;
import io.patchbay.thing.Command;
import io.patchbay.thing.Outcome;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.support.DefaultAsyncProducer;

/** {@code hub:command}: sends a command and becomes its outcome. */
final class CommandProducer extends DefaultAsyncProducer {
  private static final Outcome.Failed NOT_UP =
      new Outcome.Failed(Outcome.Reason.BUSY, "the hub takes no commands yet; try again");

  private final Hub hub;
  private final Duration timeout;
  private final boolean failOnError;

  CommandProducer(HubEndpoint endpoint, Hub hub, Duration timeout, boolean failOnError) {
    super(endpoint);
    this.hub = hub;
    this.timeout = timeout;
    this.failOnError = failOnError;
  }

  @Override
  public boolean process(Exchange exchange, AsyncCallback callback) {
    try {
      Command command = CommandBody.read(exchange.getMessage(), Instant.now().plus(timeout));
      Optional<Commands> commands = hub.find(Commands.class);
      if (commands.isPresent()) {
        String by = "route " + exchange.getFromRouteId();
        Stages.complete(
            commands.get().submit(command, by).outcome(),
            exchange,
            callback,
            outcome -> end(exchange, outcome));
        return false;
      }
      end(exchange, NOT_UP);
    } catch (RuntimeException e) {
      exchange.setException(e);
    }
    callback.done(true);
    return true;
  }

  private void end(Exchange exchange, Outcome outcome) {
    exchange.getMessage().setBody(outcome);
    if (failOnError && outcome instanceof Outcome.Failed failed) {
      exchange.setException(new CommandFailedException(failed));
    }
  }
}
