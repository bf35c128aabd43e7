package io.patchbay.binding.lwm2m;

import io.patchbay.southbound.FirmwareImage;
import io.patchbay.southbound.FirmwareUpdate;
import io.patchbay.thing.Thing;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.eclipse.leshan.core.node.LwM2mSingleResource;
import org.eclipse.leshan.core.request.ContentFormat;
import org.eclipse.leshan.core.request.DownlinkDeviceManagementRequest;
import org.eclipse.leshan.core.request.ExecuteRequest;
import org.eclipse.leshan.core.request.ReadRequest;
import org.eclipse.leshan.core.request.WriteRequest;
import org.eclipse.leshan.core.request.exception.RequestCanceledException;
import org.eclipse.leshan.core.request.exception.SendFailedException;
import org.eclipse.leshan.core.request.exception.TimeoutException;
import org.eclipse.leshan.core.request.exception.UnconnectedPeerException;
import org.eclipse.leshan.core.response.LwM2mResponse;
import org.eclipse.leshan.core.response.ReadResponse;
import org.eclipse.leshan.server.registration.Registration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Updates firmware over object 5: an image is written block by block, or the device is told where
 * to pull it. Where a device stands is asked of it, every time.
 */
final class Firmware implements FirmwareUpdate {
  private static final Logger LOG = LoggerFactory.getLogger(Firmware.class);
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  /** A block that is not acknowledged ends a transfer; one whose answer never comes, this. */
  private static final Duration LEAST = Duration.ofMinutes(5);

  private static final long MILLIS_PER_OCTET = 4;

  /** Octets of images that are on their way at one time; one more waits for another call. */
  private static final long AT_ONCE = 64L << 20;

  private static final long COAP = 0;
  private static final long COAPS = 1;

  /** An image on its way. */
  private static final class Push {
    private final String sha256;
    private final CompletableFuture<Reply> done = new CompletableFuture<>();
    private volatile Runnable cancel = () -> {};
    private volatile boolean cancelled;

    private Push(String sha256) {
      this.sha256 = sha256;
    }
  }

  private final Settings settings;
  private final Registry registry;
  private final Access access;
  private final Devices devices;
  private final Requests requests;
  private final ScheduledExecutorService timer;
  private final Map<String, Push> pushes = new ConcurrentHashMap<>();

  /** By endpoint: digest of the image that this process has brought to the device. */
  private final Map<String, String> brought = new ConcurrentHashMap<>();

  private final AtomicLong underWay = new AtomicLong();

  Firmware(
      Settings settings,
      Registry registry,
      Access access,
      Devices devices,
      Requests requests,
      ScheduledExecutorService timer) {
    this.settings = settings;
    this.registry = registry;
    this.access = access;
    this.devices = devices;
    this.requests = requests;
    this.timer = timer;
  }

  private static CompletionStage<Reply> now(Reply reply) {
    return CompletableFuture.completedStage(reply);
  }

  private static CompletionStage<Reply> failed(Result reason, String detail) {
    return now(new Failed(reason, detail));
  }

  /** Asks the device; what it says is for the next step, unless nothing can be asked. */
  private CompletionStage<Reply> asked(Thing thing, Function<Asked, CompletionStage<Reply>> next) {
    String endpoint = Who.endpoint(thing).orElse("");
    Registration registration = registry.getRegistrationByEndpoint(endpoint);
    if (endpoint.isEmpty()) {
      return failed(Result.UNSUPPORTED, "'" + thing.id() + "' is no LwM2M device");
    } else if (registration == null || !access.permits(registration)) {
      return failed(Result.UNREACHABLE, "'" + endpoint + "' is not registered");
    } else if (!registration.getAvailableInstances().contains(FirmwareObject.INSTANCE)) {
      return failed(Result.UNSUPPORTED, "'" + endpoint + "' has no object 5, Firmware Update");
    } else if (!devices.listens(registration)) {
      return now(new Deferred("waiting for the device: it sleeps"));
    }
    return send(registration, new ReadRequest(FirmwareObject.VERSION.toString()))
        .thenCompose(
            version ->
                send(registration, new ReadRequest(FirmwareObject.INSTANCE.toString()))
                    .thenCompose(
                        object -> {
                          if (!object.isSuccess()) {
                            return failed(
                                Result.BAD_ANSWER, "/5/0 was answered with " + object.getCode());
                          }
                          return next.apply(
                              new Asked(
                                  registration,
                                  FirmwareObject.of(object.getContent(), text(version))));
                        }))
        .exceptionally(failure -> reply(registration, failure));
  }

  private record Asked(Registration registration, FirmwareObject object) {
    private Reply report() {
      return object.report();
    }

    private String endpoint() {
      return registration.getEndpoint();
    }
  }

  private static String text(ReadResponse response) {
    return response.isSuccess()
            && response.getContent() instanceof LwM2mSingleResource single
            && single.getValue() instanceof String text
        ? text
        : "";
  }

  private <T extends LwM2mResponse> CompletionStage<T> send(
      Registration registration, DownlinkDeviceManagementRequest<T> request) {
    return devices
        .turn(registration.getEndpoint(), () -> requests.send(registration, request, PATIENCE))
        .thenApply(
            response -> {
              devices.heard(registration, "it answered");
              return response;
            });
  }

  private static Throwable cause(Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }

  /** What a request came to that was not answered. */
  private Reply reply(Registration registration, Throwable failure) {
    Throwable cause = cause(failure);
    if (cause instanceof IllegalArgumentException) {
      return new Failed(Result.BAD_ANSWER, String.valueOf(cause.getMessage()));
    } else if (registration.usesQueueMode()) {
      devices.slept(registration.getEndpoint(), "it did not answer");
      return new Deferred("waiting for the device: it did not answer, and may sleep");
    } else if (cause instanceof UnconnectedPeerException) {
      return new Failed(
          Result.UNREACHABLE,
          "'" + registration.getEndpoint() + "' has no DTLS session; it makes one when it comes");
    } else if (!(cause instanceof TimeoutException)) {
      LOG.info("'{}' could not be asked: {}", registration.getEndpoint(), String.valueOf(cause));
    }
    return new Failed(
        Result.UNREACHABLE, "'" + registration.getEndpoint() + "' did not answer in time");
  }

  @Override
  public CompletionStage<Reply> status(Thing thing) {
    return asked(thing, asked -> now(asked.report()));
  }

  @Override
  public CompletionStage<Reply> deliver(Thing thing, FirmwareImage image) {
    Push present = pushes.get(Who.endpoint(thing).orElse(""));
    if (present != null) {
      return present.sha256.equals(image.sha256())
          ? present.done.minimalCompletionStage()
          : failed(Result.BUSY, "another image is being written to the device");
    }
    return asked(thing, asked -> deliver(asked, image));
  }

  private CompletionStage<Reply> deliver(Asked asked, FirmwareImage image) {
    FirmwareObject object = asked.object();
    boolean same =
        image.sha256().equals(brought.get(asked.endpoint()))
            || image.version().equals(object.packageVersion());
    if (object.state() == FirmwareObject.UPDATING
        || (object.state() == FirmwareObject.DOWNLOADED && same)) {
      return now(asked.report());
    }
    URI address = object.takesPushes() ? null : address(asked, image);
    if (!object.takesPushes() && address == null) {
      return failed(
          Result.BAD_ADDRESS,
          "the device pulls only, by protocols "
              + object.protocols()
              + " (5/0/8), and the hub has no address of that kind for devices");
    } else if (object.state() == FirmwareObject.DOWNLOADING && !object.uri().isEmpty()) {
      return address != null && object.uri().equals(address.toString())
          ? now(asked.report())
          : failed(Result.BUSY, "the device pulls another image");
    } else if (object.state() != FirmwareObject.IDLE) {
      return reset(asked.registration()).thenCompose(done -> bring(asked, image, address));
    }
    return bring(asked, image, address);
  }

  private CompletionStage<Reply> bring(Asked asked, FirmwareImage image, @Nullable URI address) {
    return address == null
        ? push(asked.registration(), image)
        : send(
                asked.registration(),
                new WriteRequest(
                    ContentFormat.TEXT,
                    FirmwareObject.URI.getObjectId(),
                    0,
                    FirmwareObject.URI.getResourceId(),
                    address.toString()))
            .thenCompose(
                response -> {
                  if (!response.isSuccess()) {
                    return failed(
                        Result.BAD_ADDRESS, "/5/0/1 was answered with " + response.getCode());
                  }
                  brought.put(asked.endpoint(), image.sha256());
                  return again(asked.registration());
                });
  }

  /** The hub's over CoAP when the device can no other; null when there is none that it can use. */
  private @Nullable URI address(Asked asked, FirmwareImage image) {
    FirmwareObject object = asked.object();
    Optional<URI> web =
        image
            .address()
            .filter(uri -> object.protocols().contains("https".equals(uri.getScheme()) ? 3L : 2L));
    if (web.isPresent()) {
      return web.get();
    }
    boolean secure = asked.registration().getClientTransportData().getIdentity().isSecure();
    if (!object.protocols().isEmpty() && !object.protocols().contains(secure ? COAPS : COAP)) {
      return null;
    }
    return requests
        .address(secure ? "coaps" : "coap", settings.devicesHost())
        .map(base -> base.resolve("/" + ImageResource.NAME + "/" + image.token()))
        .orElse(null);
  }

  private CompletionStage<Reply> again(Registration registration) {
    return send(registration, new ReadRequest(FirmwareObject.VERSION.toString()))
        .thenCompose(
            version ->
                send(registration, new ReadRequest(FirmwareObject.INSTANCE.toString()))
                    .thenApply(
                        object ->
                            object.isSuccess()
                                ? FirmwareObject.of(object.getContent(), text(version)).report()
                                : new Failed(
                                    Result.BAD_ANSWER,
                                    "/5/0 was answered with " + object.getCode())));
  }

  private CompletionStage<Reply> push(Registration registration, FirmwareImage image) {
    String endpoint = registration.getEndpoint();
    if (underWay.addAndGet(image.octets()) > AT_ONCE && underWay.get() != image.octets()) {
      underWay.addAndGet(-image.octets());
      return failed(Result.BUSY, "too many images are on their way");
    }
    Push push = new Push(image.sha256());
    Push other = pushes.putIfAbsent(endpoint, push);
    if (other != null) {
      underWay.addAndGet(-image.octets());
      return other.done.minimalCompletionStage();
    }
    timer.execute(
        () ->
            written(registration, image, push)
                .exceptionally(failure -> broken(registration, push, failure))
                .whenComplete(
                    (reply, bug) -> {
                      underWay.addAndGet(-image.octets());
                      pushes.remove(endpoint, push);
                      push.done.complete(
                          reply == null ? new Failed(Result.INTERNAL, String.valueOf(bug)) : reply);
                    }));
    return push.done.minimalCompletionStage();
  }

  private CompletionStage<Reply> written(
      Registration registration, FirmwareImage image, Push push) {
    byte[] octets;
    try (InputStream in = image.content().open(0)) {
      octets = in.readAllBytes();
    } catch (IOException e) {
      return failed(Result.INTERNAL, "the image cannot be read: " + e.getMessage());
    }
    devices.heard(registration, "it gets an image");
    Duration limit = LEAST.plusMillis(octets.length * MILLIS_PER_OCTET);
    // not in its turn: what else the device is asked does not wait for hours
    return requests
        .send(
            registration,
            new WriteRequest(
                ContentFormat.OPAQUE,
                FirmwareObject.PACKAGE.getObjectId(),
                0,
                FirmwareObject.PACKAGE.getResourceId(),
                octets),
            limit,
            cancel -> push.cancel = cancel)
        .thenCompose(
            response -> {
              devices.heard(registration, "it has got an image");
              if (response.isSuccess()) {
                brought.put(registration.getEndpoint(), image.sha256());
              }
              // whatever it answered: what became of it is in its object
              return response.isSuccess() || response.getCode().getCode() < 500
                  ? again(registration)
                  : failed(Result.REFUSED, "/5/0/0 was answered with " + response.getCode());
            });
  }

  private Reply broken(Registration registration, Push push, Throwable failure) {
    Throwable cause = cause(failure);
    String endpoint = registration.getEndpoint();
    if (push.cancelled) {
      return new Failed(Result.CANCELLED, "the transfer was cancelled");
    } else if (cause instanceof RequestCanceledException || moved(registration)) {
      return new Failed(
          Result.RECONNECTED,
          "the device registered anew, or came from another address, while it took the image");
    } else if (registration.usesQueueMode()) {
      return reply(registration, failure);
    } else if (cause instanceof UnconnectedPeerException || cause instanceof SendFailedException) {
      return new Failed(Result.RECONNECTED, "its DTLS session ended while it took the image");
    }
    LOG.info("An image for '{}' broke off: {}", endpoint, String.valueOf(cause));
    return new Failed(Result.CONNECTION_LOST, "the transfer broke off");
  }

  /** Leshan cancels what goes to a registration that another replaces, or to an old address. */
  private boolean moved(Registration registration) {
    Registration now = registry.getRegistrationByEndpoint(registration.getEndpoint());
    return now == null
        || !now.getId().equals(registration.getId())
        || !now.getSocketAddress().equals(registration.getSocketAddress());
  }

  @Override
  public CompletionStage<Reply> apply(Thing thing, FirmwareImage image) {
    return asked(
        thing,
        asked -> {
          FirmwareObject object = asked.object();
          if (object.state() == FirmwareObject.UPDATING
              || (object.state() == FirmwareObject.IDLE
                  && object.version().equals(image.version()))) {
            return now(asked.report());
          } else if (object.state() != FirmwareObject.DOWNLOADED) {
            return failed(Result.REFUSED, "the device has no image: " + asked.report());
          }
          return send(asked.registration(), new ExecuteRequest(FirmwareObject.UPDATE.toString()))
              .thenCompose(
                  response ->
                      response.isSuccess()
                          ? now(
                              new Report(
                                  object.version(), Stage.UPDATING, Result.NONE, "it was told"))
                          : failed(
                              Result.REFUSED, "/5/0/2 was answered with " + response.getCode()));
        });
  }

  @Override
  public CompletionStage<Reply> cancel(Thing thing) {
    Push push = pushes.get(Who.endpoint(thing).orElse(""));
    if (push != null) {
      push.cancelled = true;
      push.cancel.run();
      return push.done.thenCompose(ended -> cancelled(thing));
    }
    return cancelled(thing);
  }

  private CompletionStage<Reply> cancelled(Thing thing) {
    return asked(
        thing,
        asked -> {
          brought.remove(asked.endpoint());
          if (asked.object().state() == FirmwareObject.IDLE) {
            return now(asked.report());
          } else if (asked.object().state() == FirmwareObject.UPDATING) {
            return failed(Result.REFUSED, "the device is installing");
          }
          return reset(asked.registration()).thenCompose(done -> again(asked.registration()));
        });
  }

  /** Back to IDLE: an empty package or, where that is refused, Cancel or an empty address. */
  private CompletionStage<LwM2mResponse> reset(Registration registration) {
    return send(
            registration,
            new WriteRequest(
                ContentFormat.OPAQUE, 5, 0, FirmwareObject.PACKAGE.getResourceId(), new byte[0]))
        .thenCompose(
            first ->
                first.isSuccess()
                    ? CompletableFuture.<LwM2mResponse>completedStage(first)
                    : send(registration, new ExecuteRequest(FirmwareObject.CANCEL.toString()))
                        .thenCompose(
                            second ->
                                second.isSuccess()
                                    ? CompletableFuture.<LwM2mResponse>completedStage(second)
                                    : send(
                                            registration,
                                            new WriteRequest(
                                                ContentFormat.TEXT,
                                                5,
                                                0,
                                                FirmwareObject.URI.getResourceId(),
                                                ""))
                                        .thenApply(LwM2mResponse.class::cast)));
  }
}
