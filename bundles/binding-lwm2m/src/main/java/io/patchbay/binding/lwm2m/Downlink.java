package io.patchbay.binding.lwm2m;

import io.patchbay.southbound.Answer;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Request;
import io.patchbay.southbound.Target;
import io.patchbay.southbound.Wire;
import io.patchbay.thing.Command;
import io.patchbay.thing.Outcome.Reason;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.support.AsyncProcessorSupport;
import org.eclipse.leshan.core.link.DefaultLinkSerializer;
import org.eclipse.leshan.core.node.LwM2mNode;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.node.LwM2mSingleResource;
import org.eclipse.leshan.core.node.codec.CodecException;
import org.eclipse.leshan.core.request.DownlinkDeviceManagementRequest;
import org.eclipse.leshan.core.request.exception.InvalidRequestException;
import org.eclipse.leshan.core.request.exception.InvalidResponseException;
import org.eclipse.leshan.core.request.exception.RequestRejectedException;
import org.eclipse.leshan.core.request.exception.TimeoutException;
import org.eclipse.leshan.core.response.DiscoverResponse;
import org.eclipse.leshan.core.response.LwM2mResponse;
import org.eclipse.leshan.server.registration.Registration;

/** The step from a command to its answer. It holds no thread while a device thinks. */
final class Downlink extends AsyncProcessorSupport {
  /** Ends this much before the deadline, so that the answer is ours and not a general one. */
  private static final Duration MARGIN = Duration.ofMillis(20);

  /** When a device that is said to sleep may have woken meanwhile. */
  private static final long LOOK_AGAIN_MILLIS = 200;

  /** What makes a device go for a while, by path. */
  private static final Map<String, String> RESTARTS =
      Map.of(
          "/3/0/4", "told to restart (3/0/4)",
          "/3/0/5", "told to reset itself to factory settings (3/0/5)");

  private static final Answer DONE = new Answer.Frames(List.of());

  private final Registry registry;
  private final Devices devices;
  private final Messages messages;
  private final Ingest ingest;
  private final Access access;
  private final Requests requests;
  private final ScheduledExecutorService timer;

  Downlink(
      Registry registry,
      Devices devices,
      ModelFiles models,
      Ingest ingest,
      Access access,
      Requests requests,
      ScheduledExecutorService timer) {
    this.registry = registry;
    this.devices = devices;
    messages = new Messages(models);
    this.ingest = ingest;
    this.access = access;
    this.requests = requests;
    this.timer = timer;
  }

  @Override
  public boolean process(Exchange exchange, AsyncCallback callback) {
    Request request = exchange.getIn().getBody(Request.class);
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
  private CompletionStage<Answer> answer(Request request) {
    String endpoint = Who.endpoint(request.thing()).orElse("");
    Registration registration = registry.getRegistrationByEndpoint(endpoint);
    if (registration == null) {
      return failed(
          Reason.UNREACHABLE,
          "'" + endpoint + "' is not registered; it is reached when it has registered");
    } else if (!access.permits(registration)) {
      return failed(Reason.UNREACHABLE, "the credential of '" + endpoint + "' was taken away");
    } else if (!devices.listens(registration)) {
      return asleep(endpoint);
    }
    if (request.command() instanceof Command.Read
        && request.wires().size() > 1
        && request.wires().values().stream().noneMatch(wire -> wire.terms().containsKey("method"))
        && Messages.knowsComposite(registration)) {
      return readAll(request, registration);
    }
    return oneByOne(request, registration);
  }

  private CompletionStage<Answer> oneByOne(Request request, Registration registration) {
    CompletionStage<Answer> all = CompletableFuture.completedStage(DONE);
    for (Map.Entry<String, Wire> each : new TreeMap<>(request.wires()).entrySet()) {
      all =
          all.thenCompose(
              before ->
                  before instanceof Answer.Frames frames
                      ? send(request, registration, each.getKey(), each.getValue())
                          .thenApply(next -> join(frames, next))
                      : CompletableFuture.completedStage(before));
    }
    return all;
  }

  /** With one request; one by one when the device cannot, or has not all of them. */
  private CompletionStage<Answer> readAll(Request request, Registration registration) {
    Map<String, LwM2mPath> paths = new TreeMap<>();
    request
        .wires()
        .forEach(
            (name, wire) ->
                paths.put(name, new LwM2mPath(wire.terms().getOrDefault(Lwm2mProtocol.PATH, ""))));
    return devices
        .turn(
            registration.getEndpoint(),
            () ->
                requests.send(
                    registration,
                    Messages.readAll(registration, paths.values().stream().distinct().toList()),
                    left(request)))
        .handle(
            (response, failure) -> {
              if (response == null) {
                return CompletableFuture.completedStage(
                    failed(registration, paths.values().iterator().next(), failure));
              }
              devices.heard(registration, "it answered");
              Map<LwM2mPath, LwM2mNode> content =
                  response.isSuccess() ? response.getContent() : Map.of();
              List<Frame> frames = new ArrayList<>();
              for (Map.Entry<String, LwM2mPath> each : paths.entrySet()) {
                LwM2mNode node = content.get(each.getValue());
                if (node == null) {
                  return oneByOne(request, registration);
                }
                frames.add(
                    ingest.answer(
                        registration.getEndpoint(),
                        each.getValue(),
                        node,
                        new Target(request.thing().id(), each.getKey())));
              }
              return CompletableFuture.completedStage((Answer) new Answer.Frames(frames));
            })
        .thenCompose(next -> next);
  }

  private static Duration left(Request request) {
    return Duration.between(Instant.now(), request.command().deadline()).minus(MARGIN);
  }

  /** The command waits in core for the device to be heard. */
  private CompletionStage<Answer> asleep(String endpoint) {
    devices.slept(endpoint, "not heard since the hub began"); // otherwise that is known
    var unused =
        timer.schedule(() -> devices.remind(endpoint), LOOK_AGAIN_MILLIS, TimeUnit.MILLISECONDS);
    return CompletableFuture.completedStage(
        new Answer.Deferred("waiting for the device: it sleeps, and is asked when it is heard"));
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
      Request request, Registration registration, String name, Wire wire) {
    DownlinkDeviceManagementRequest<? extends LwM2mResponse> message;
    LwM2mPath path;
    try {
      path = new LwM2mPath(wire.terms().getOrDefault(Lwm2mProtocol.PATH, ""));
      message = messages.of(request.command(), registration, path, wire);
    } catch (CodecException | InvalidRequestException | IllegalArgumentException e) {
      return failed(Reason.INVALID_VALUE, name + ": " + e.getMessage());
    }
    String endpoint = registration.getEndpoint();
    return devices
        .turn(
            endpoint,
            () -> {
              Duration left = left(request);
              return left.isNegative() || left.isZero()
                  ? CompletableFuture.<LwM2mResponse>failedStage(
                      new InvalidRequestException("the deadline had passed before it was sent"))
                  : requests.send(registration, message, left).thenApply(LwM2mResponse.class::cast);
            })
        .handle(
            (response, failure) ->
                response == null
                    ? failed(registration, path, failure)
                    : answered(request, registration, name, path, response));
  }

  private Answer answered(
      Request request,
      Registration registration,
      String name,
      LwM2mPath path,
      LwM2mResponse response) {
    devices.heard(registration, "it answered");
    if (!response.isSuccess()) {
      String detail = response.getErrorMessage();
      return new Answer.Failed(
          Reason.REFUSED,
          path
              + " was answered with "
              + response.getCode()
              + (detail == null || detail.isEmpty() ? "" : ": " + detail));
    }
    String restart = RESTARTS.get(path.toString());
    if (restart != null && request.command() instanceof Command.Invoke) {
      devices.restarts(registration, restart);
    }
    if (response instanceof DiscoverResponse discovered) {
      LwM2mNode links =
          LwM2mSingleResource.newStringResource(
              0, new DefaultLinkSerializer().serializeCoreLinkFormat(discovered.getObjectLinks()));
      return new Answer.Frames(
          List.of(
              ingest.answer(
                  registration.getEndpoint(),
                  path,
                  links,
                  new Target(request.thing().id(), name))));
    } else if (response instanceof org.eclipse.leshan.core.response.ReadResponse read) {
      return new Answer.Frames(
          List.of(
              ingest.answer(
                  registration.getEndpoint(),
                  path.isResourceInstance() ? path.toResourcePath() : path,
                  read.getContent(),
                  new Target(request.thing().id(), name))));
    }
    return DONE;
  }

  private Answer failed(
      Registration registration,
      LwM2mPath path,
      @org.jspecify.annotations.Nullable Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    if (cause instanceof TimeoutException) {
      devices.slept(registration.getEndpoint(), "it did not answer");
      return new Answer.Failed(Reason.TIMEOUT, path + " was sent, no answer came");
    } else if (cause instanceof InvalidRequestException) {
      return new Answer.Failed(Reason.TIMEOUT, String.valueOf(cause.getMessage()));
    } else if (cause instanceof InvalidResponseException) {
      return new Answer.Failed(Reason.BAD_ANSWER, String.valueOf(cause.getMessage()));
    } else if (cause instanceof RequestRejectedException) {
      return new Answer.Failed(Reason.REFUSED, path + " was rejected with a reset message");
    }
    return new Answer.Failed(Reason.UNREACHABLE, path + " could not be sent: " + cause);
  }

  private static CompletionStage<Answer> failed(Reason reason, String detail) {
    return CompletableFuture.completedStage(new Answer.Failed(reason, detail));
  }
}
