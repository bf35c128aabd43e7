package ${package};

import io.patchbay.southbound.Answer;
import io.patchbay.southbound.Request;
import io.patchbay.southbound.Wire;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Command;
import io.patchbay.thing.Outcome.Reason;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.regex.Pattern;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.support.AsyncProcessorSupport;

/** The step of the route down; it holds no thread while a device is silent. */
final class Commands extends AsyncProcessorSupport {
  private static final Answer DONE = new Answer.Frames(List.of());
  private static final Pattern ADDRESS = Pattern.compile("([^/]+)/([^/]+)");
  private static final Pattern BREAK = Pattern.compile("\\p{Cntrl}");

  private final Devices devices;

  Commands(Devices devices) {
    this.devices = devices;
  }

  @Override
  public boolean process(Exchange exchange, AsyncCallback callback) {
    Request request = exchange.getMessage().getBody(Request.class);
    CompletionStage<Answer> answer = CompletableFuture.completedStage(DONE);
    for (Wire wire : request.wires().values()) {
      answer =
          answer.thenCompose(
              before ->
                  before instanceof Answer.Failed
                      ? CompletableFuture.completedStage(before)
                      : send(request.command(), wire));
    }
    answer.whenComplete(
        (last, bug) -> {
          if (bug != null) {
            exchange.setException(bug);
          } else {
            exchange.getMessage().setBody(last);
          }
          callback.done(false);
        });
    return false;
  }

  private CompletionStage<Answer> send(Command command, Wire wire) {
    var address = ADDRESS.matcher(wire.address());
    Optional<String> value = wire.payload().map(Bytes::text);
    if (!address.matches() || value.filter(BREAK.asPredicate()).isPresent()) {
      return CompletableFuture.completedStage(
          new Answer.Failed(
              Reason.NOT_ALLOWED, "neither address nor value fits into a line: " + wire));
    }
    Duration left = Duration.between(Instant.now(), command.deadline());
    Optional<String> sent = command instanceof Command.Read ? Optional.empty() : value;
    return devices.ask(address.group(1), address.group(2), sent, left);
  }
}
