package ${package};

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.patchbay.southbound.Answer;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Origin;
import io.patchbay.southbound.Receipt;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Outcome.Reason;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.apache.camel.Exchange;
import org.apache.camel.component.netty.NettyConstants;
import org.jspecify.annotations.Nullable;

/** The steps of the route up: from line to frame, and from receipt to acknowledgement. */
final class Arrivals {
  private static final String LINE = "Line";
  private static final String CONNECTION = "local";

  private final Devices devices;

  Arrivals(Devices devices) {
    this.devices = devices;
  }

  /** What is no line goes up as it is: the hub keeps it among the rejected. */
  void frame(Exchange exchange) {
    Channel channel =
        exchange
            .getMessage()
            .getHeader(NettyConstants.NETTY_CHANNEL_HANDLER_CONTEXT, ChannelHandlerContext.class)
            .channel();
    if (!channel.isWritable()) {
      // it sends and does not read: answers would heap up here; without one the connection ends
      reply(exchange, null);
      return;
    }
    String text = exchange.getMessage().getBody(String.class);
    Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
    Optional<Line> parsed = Line.parse(text);
    if (parsed.isEmpty()) {
      Origin nowhere = new Origin(LineProtocol.SCHEME, CONNECTION, "no-line");
      exchange.getMessage().setBody(Frame.of(nowhere, Bytes.utf8(text), now));
      return;
    }
    Line line = parsed.get();
    exchange.setProperty(LINE, line);
    if (!devices.heard(line.device(), channel)) {
      reply(exchange, "busy " + line.counter());
    } else if (line.greeting()) {
      reply(exchange, "ok");
    } else if (line.value().startsWith("!")
        && devices.answered(line, new Answer.Failed(Reason.REFUSED, line.value().substring(1)))) {
      reply(exchange, "ok " + line.counter());
    } else {
      exchange.getMessage().setBody(line.frame(CONNECTION, now));
    }
  }

  private static void reply(Exchange exchange, @Nullable String text) {
    exchange.getMessage().setBody(text);
    exchange.setRouteStop(true);
  }

  /** On the journal's thread: nothing here may block. */
  void acknowledge(Exchange exchange) {
    Receipt receipt = exchange.getMessage().getBody(Receipt.class);
    Line line = exchange.getProperty(LINE, new Line("", "?", "", ""), Line.class);
    String reply;
    if (receipt instanceof Receipt.Rejected rejected) {
      reply = "no " + line.counter() + " " + rejected.detail().replaceAll("\\p{Cntrl}", " ");
      devices.answered(line, new Answer.Failed(Reason.BAD_ANSWER, rejected.detail()));
    } else if (receipt.acknowledge()) {
      reply = "ok " + line.counter();
      devices.answered(line, new Answer.Frames(List.of())); // the reading has gone up already
    } else {
      reply = "busy " + line.counter();
    }
    exchange.getMessage().setBody(reply);
  }
}
