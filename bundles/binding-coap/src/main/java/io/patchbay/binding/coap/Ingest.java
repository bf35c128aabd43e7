package io.patchbay.binding.coap;

import io.patchbay.operation.Metrics.Sample;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Origin;
import io.patchbay.southbound.Receipt;
import io.patchbay.southbound.UplinkPort;
import io.patchbay.thing.Bytes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;
import org.eclipse.californium.core.coap.CoAP.Code;
import org.eclipse.californium.core.coap.CoAP.ResponseCode;
import org.eclipse.californium.core.coap.Request;
import org.eclipse.californium.core.coap.Response;
import org.eclipse.californium.core.network.Exchange;
import org.eclipse.californium.core.server.MessageDeliverer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The step from request to {@link Frame}, and back from {@link Receipt} to response: nothing is
 * answered before the hub holds it. Called on the endpoints' one thread.
 */
final class Ingest implements MessageDeliverer {
  private static final Logger LOG = LoggerFactory.getLogger(Ingest.class);
  private static final String WELL_KNOWN = ".well-known/";
  static final String DISCOVERY = WELL_KNOWN + "core";
  private static final byte[] NOTHING = {};
  private static final List<Link> OWN =
      Stream.concat(ResourceDirectory.OWN.stream(), Readings.OWN.stream()).toList();

  private final UplinkPort uplink;
  private final Listening listening;
  private final Repetitions repetitions;
  private final Access access;
  private final ResourceDirectory directory;
  private final Readings readings;
  private final AtomicInteger inFlight = new AtomicInteger();
  private final Map<ResponseCode, LongAdder> answered = new EnumMap<>(ResponseCode.class);
  private volatile boolean draining;

  Ingest(
      UplinkPort uplink,
      Listening listening,
      Access access,
      ResourceDirectory directory,
      Readings readings) {
    this.uplink = uplink;
    this.listening = listening;
    this.access = access;
    this.directory = directory;
    this.readings = readings;
    repetitions = new Repetitions(System::nanoTime);
    for (ResponseCode code : ResponseCode.values()) {
      answered.put(code, new LongAdder());
    }
  }

  @Override
  public void deliverRequest(Exchange exchange) {
    if (draining) {
      return; // not acknowledged: it is sent again, and whoever comes next answers
    }
    Request request = exchange.getRequest();
    String path = request.getOptions().getUriPathString();
    if (path.startsWith(ResourceDirectory.PATH) && ResourceDirectory.serves(path)) {
      ask(exchange, request, path);
    } else if (path.startsWith(Readings.PATH) && request.getCode() == Code.GET) {
      answer(exchange, readings.answer(exchange, request, path));
    } else if (path.startsWith(WELL_KNOWN)) {
      wellKnown(exchange, request, path);
    } else {
      Access.Refusal refusal = refusal(request, Access.Use.POST, path);
      if (refusal != null) {
        answer(exchange, Replies.refused(refusal));
      } else {
        take(exchange, request, path);
      }
    }
  }

  private void ask(Exchange exchange, Request request, String path) {
    CompletionStage<Void> unused =
        directory
            .answer(request, path, () -> Links.asked(exchange))
            .thenAccept(response -> answer(exchange, response));
  }

  private Access.@Nullable Refusal refusal(Request request, Access.Use use, String what) {
    return access.refusal(request.getSourceContext(), use, what).orElse(null);
  }

  private void wellKnown(Exchange exchange, Request request, String path) {
    if (path.equals(ResourceDirectory.SIMPLE)) {
      ask(exchange, request, path);
      return;
    }
    Access.Refusal refusal = refusal(request, Access.Use.LOOK, path);
    if (refusal != null) {
      answer(exchange, Replies.refused(refusal));
    } else if (path.equals(DISCOVERY)) {
      answer(exchange, discovery(request));
    } else {
      answer(exchange, Replies.refused(ResponseCode.NOT_FOUND, "nothing is at '" + path + "'"));
    }
  }

  private void take(Exchange exchange, Request request, String path) {
    Set<String> types = listening.at(path).orElse(Set.of());
    if (types.isEmpty()) {
      answer(
          exchange,
          Replies.refused(ResponseCode.NOT_FOUND, "no profile listens at '" + path + "'"));
      return;
    } else if (request.getCode() != Code.POST && request.getCode() != Code.PUT) {
      answer(
          exchange,
          Replies.refused(
              ResponseCode.METHOD_NOT_ALLOWED, "accepted at '" + path + "': POST, PUT"));
      return;
    }
    int format = request.getOptions().getContentFormat();
    boolean said = request.getOptions().hasContentFormat();
    String mediaType = said ? ContentFormats.name(format).orElse("?") : "";
    if (said && !types.contains(mediaType)) {
      answer(
          exchange,
          Replies.refused(
              ResponseCode.UNSUPPORTED_CONTENT_FORMAT,
              "Content-Format "
                  + format
                  + " is not read at '"
                  + path
                  + "'; accepted: "
                  + String.join(", ", types)));
      return;
    }
    offer(exchange, request, path, mediaType);
  }

  private void offer(Exchange exchange, Request request, String path, String mediaType) {
    byte[] payload = request.getPayload() == null ? NOTHING : request.getPayload();
    Frame frame =
        new Frame(
            new Origin(CoapProtocol.SCHEME, CoapProtocol.LOCAL, path),
            Optional.empty(),
            Bytes.wrap(payload),
            mediaType,
            Instant.ofEpochMilli(System.currentTimeMillis()),
            Optional.empty(),
            Optional.of(repetitions.delivery(exchange.getCurrentRequest(), payload)),
            false);
    inFlight.incrementAndGet();
    uplink
        .offer(frame, Duration.ZERO)
        .whenComplete((receipt, failure) -> settle(exchange, receipt, failure));
  }

  /** On the journal's thread: the endpoint's own goes on. */
  private void settle(Exchange exchange, @Nullable Receipt receipt, @Nullable Throwable failure) {
    try {
      if (receipt == null) {
        LOG.error("A request could not be offered to the hub", failure);
        answer(
            exchange,
            Replies.refused(ResponseCode.INTERNAL_SERVER_ERROR, "a bug; the hub's log has it"));
      } else {
        answer(exchange, Replies.of(receipt));
      }
    } finally {
      inFlight.decrementAndGet();
    }
  }

  private void answer(Exchange exchange, Response response) {
    LongAdder counter = answered.get(response.getCode());
    if (counter != null) {
      counter.increment();
    }
    exchange.sendResponse(response);
  }

  /** RFC 6690; what has named parts is a title, for a link is a URI. */
  private Response discovery(Request request) {
    if (request.getCode() != Code.GET) {
      return Replies.refused(ResponseCode.METHOD_NOT_ALLOWED, "accepted here: GET");
    }
    List<String> wanted = request.getOptions().getUriQueryStrings();
    Response response = new Response(ResponseCode.CONTENT);
    response.getOptions().setContentFormat(ContentFormats.LINKS);
    response.setPayload(Links.of(listening.all(), OWN, wanted));
    return response;
  }

  /** A response to a request of ours: whoever sent it waits for it. */
  @Override
  public void deliverResponse(Exchange exchange, Response response) {
    exchange.getRequest().setResponse(response);
  }

  /** Takes nothing more; what is on its way to the journal is still answered. */
  void drain() {
    draining = true;
  }

  boolean drained() {
    return inFlight.get() == 0;
  }

  List<Sample> samples() {
    List<Sample> samples = new ArrayList<>();
    answered.forEach(
        (code, count) -> {
          if (count.sum() > 0) {
            samples.add(
                Sample.counter(
                    "patchbay_coap_responses_total",
                    "Responses to devices, by code",
                    Map.of("code", code.text),
                    (double) count.sum()));
          }
        });
    samples.add(
        Sample.gauge(
            "patchbay_coap_endpoints",
            "Endpoints in the resource directory",
            Map.of(),
            directory.size()));
    samples.add(
        Sample.gauge(
            "patchbay_coap_observers",
            "Observers of the hub's values",
            Map.of(),
            readings.observers()));
    return samples;
  }
}
