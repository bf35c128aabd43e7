package io.patchbay.binding.coap;

import io.patchbay.profile.Op;
import io.patchbay.southbound.Answer;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Origin;
import io.patchbay.southbound.Target;
import io.patchbay.southbound.Wire;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Command;
import io.patchbay.thing.Outcome.Reason;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.support.AsyncProcessorSupport;
import org.eclipse.californium.core.coap.CoAP.Code;
import org.eclipse.californium.core.coap.CoAP.ResponseCode;
import org.eclipse.californium.core.coap.Request;
import org.eclipse.californium.core.coap.Response;

/** The step from a command to its answer. It holds no thread while a device thinks. */
final class Downlink extends AsyncProcessorSupport {
  /** Ends this much before the deadline, so that the answer is ours and not a general one. */
  private static final Duration MARGIN = Duration.ofMillis(20);

  private static final Answer DONE = new Answer.Frames(List.of());

  /** What is asked at once: all properties of one resource. */
  private record Ask(String resource, Code code, String mediaType) {}

  private final Devices devices;
  private final Reachability reachability;

  Downlink(Devices devices, Reachability reachability) {
    this.devices = devices;
    this.reachability = reachability;
  }

  @Override
  public boolean process(Exchange exchange, AsyncCallback callback) {
    io.patchbay.southbound.Request request =
        exchange.getIn().getBody(io.patchbay.southbound.Request.class);
    CompletionStage<Void> unused =
        answer(request)
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

  /** One resource after the other; the first that fails ends it. */
  private CompletionStage<Answer> answer(io.patchbay.southbound.Request request) {
    Op op =
        request.command() instanceof Command.Read
            ? Op.READ
            : request.command() instanceof Command.Write ? Op.WRITE : Op.INVOKE;
    Map<Ask, Map<String, Wire>> asks = new LinkedHashMap<>();
    try {
      new TreeMap<>(request.wires())
          .forEach(
              (name, wire) ->
                  asks.computeIfAbsent(ask(wire, op), ask -> new TreeMap<>()).put(name, wire));
      CompletionStage<Answer> all = CompletableFuture.completedStage(DONE);
      for (Map.Entry<Ask, Map<String, Wire>> each : asks.entrySet()) {
        Remote remote = Remote.of(request.thing(), each.getKey().resource());
        all =
            all.thenCompose(
                before ->
                    before instanceof Answer.Frames frames
                        ? send(request, remote, each.getKey(), each.getValue())
                            .thenApply(next -> join(frames, next))
                        : CompletableFuture.completedStage(before));
      }
      return all;
    } catch (IllegalArgumentException e) {
      return failed(Reason.NOT_ALLOWED, String.valueOf(e.getMessage()));
    }
  }

  private static Ask ask(Wire wire, Op op) {
    String resource = wire.terms().getOrDefault(ResourceForm.RESOURCE, "");
    return new Ask(ResourceForm.path(resource), method(wire.terms(), op), wire.form().mediaType());
  }

  /** How a command is sent, unless the form says otherwise: PUT what is written, POST an action. */
  private static Code method(Map<String, String> terms, Op op) {
    String word = terms.get("method");
    if (word != null) {
      return Code.valueOf(word.toUpperCase(Locale.ROOT));
    }
    return switch (op) {
      case READ, OBSERVE, SUBSCRIBE -> Code.GET;
      case WRITE -> Code.PUT;
      case INVOKE -> Code.POST;
    };
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
      io.patchbay.southbound.Request request, Remote remote, Ask ask, Map<String, Wire> wires) {
    boolean read = request.command() instanceof Command.Read;
    String connection = remote.authority();
    if (read && !reachability.worthAsking(connection)) {
      return failed(Reason.UNREACHABLE, connection + " did not answer; it is tried again later");
    }
    Duration left = Duration.between(Instant.now(), request.command().deadline()).minus(MARGIN);
    if (left.isNegative() || left.isZero()) {
      return failed(Reason.TIMEOUT, "the deadline had passed before it was sent");
    }
    Request message = new Request(ask.code());
    int format = ContentFormats.number(ask.mediaType()).orElse(-1);
    Bytes payload = wires.values().iterator().next().payload().orElse(null);
    if (payload != null) {
      message.setPayload(payload.toArray());
      if (format >= 0) {
        message.getOptions().setContentFormat(format);
      }
    } else if (read && format >= 0) {
      message.getOptions().setAccept(format);
    }
    return devices
        .ask(remote, message, left)
        .handle(
            (response, failure) ->
                failure == null
                    ? answered(request, remote, wires, response)
                    : failed(remote, message, failure));
  }

  private Answer answered(
      io.patchbay.southbound.Request request,
      Remote remote,
      Map<String, Wire> wires,
      Response response) {
    reachability.answered(remote.authority());
    if (!response.isSuccess()) {
      Reason reason =
          response.getCode() == ResponseCode.SERVICE_UNAVAILABLE ? Reason.BUSY : Reason.REFUSED;
      String detail = response.getPayloadSize() > 0 ? ": " + response.getPayloadString() : "";
      return new Answer.Failed(
          reason, remote.words() + " was answered with " + response.getCode() + detail);
    } else if (!(request.command() instanceof Command.Read)) {
      return DONE;
    }
    List<Frame> frames = new ArrayList<>();
    for (String property : wires.keySet()) {
      frames.add(frame(remote, new Target(request.thing().id(), property), response));
    }
    return new Answer.Frames(frames);
  }

  /** What a resource at a device holds, as it came. */
  static Frame frame(Remote remote, Target target, Response response) {
    byte[] payload = response.getPayload();
    return new Frame(
        new Origin(CoapProtocol.SCHEME, remote.authority(), String.join("/", remote.path())),
        Optional.of(target),
        payload == null ? Bytes.EMPTY : Bytes.wrap(payload),
        ContentFormats.name(response.getOptions().getContentFormat()).orElse(""),
        Instant.ofEpochMilli(System.currentTimeMillis()),
        Optional.empty(),
        Optional.empty(),
        false);
  }

  private Answer failed(Remote remote, Request message, Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    String detail = String.valueOf(cause.getMessage());
    if (cause instanceof TimeoutException || cause instanceof Devices.Unanswered) {
      if (message.isAcknowledged()) {
        reachability.answered(remote.authority());
        return new Answer.Failed(
            Reason.TIMEOUT, remote.words() + " was acknowledged, but no answer came");
      }
      reachability.silent(remote.authority());
      return new Answer.Failed(Reason.TIMEOUT, remote.words() + " was sent, no answer came");
    } else if (cause instanceof IOException) {
      return new Answer.Failed(Reason.UNREACHABLE, detail);
    } else if (cause instanceof IllegalArgumentException) {
      return new Answer.Failed(Reason.NOT_ALLOWED, detail);
    }
    throw new CompletionException(cause);
  }

  private static CompletionStage<Answer> failed(Reason reason, String detail) {
    return CompletableFuture.completedStage(new Answer.Failed(reason, detail));
  }
}
