package io.patchbay.binding.lwm2m;

import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.eclipse.californium.core.CoapExchange;
import org.eclipse.californium.core.coap.CoAP.ResponseCode;
import org.eclipse.californium.core.coap.Request;
import org.eclipse.californium.core.coap.Response;
import org.eclipse.californium.core.network.Exchange;
import org.eclipse.leshan.core.endpoint.EndPointUriHandler;
import org.eclipse.leshan.core.endpoint.EndpointUri;
import org.eclipse.leshan.core.link.LinkParser;
import org.eclipse.leshan.core.peer.LwM2mPeer;
import org.eclipse.leshan.core.request.UplinkDeviceManagementRequest;
import org.eclipse.leshan.core.request.exception.InvalidRequestException;
import org.eclipse.leshan.core.response.LwM2mResponse;
import org.eclipse.leshan.core.response.RegisterResponse;
import org.eclipse.leshan.core.response.SendableResponse;
import org.eclipse.leshan.server.profile.ClientProfile;
import org.eclipse.leshan.server.request.UplinkDeviceManagementRequestReceiver;
import org.eclipse.leshan.transport.californium.ResponseCodeUtil;
import org.eclipse.leshan.transport.californium.identity.IdentityHandlerProvider;
import org.eclipse.leshan.transport.californium.server.registration.RegisterResource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where devices register (LwM2M 1.1, clause 6.2.1). One that the hub has to take in first is
 * answered when that is durable, and told to come again when there is no room; nobody else waits
 * for it meanwhile.
 */
final class Reception extends RegisterResource {
  private static final Logger LOG = LoggerFactory.getLogger(Reception.class);
  private static final int AGAIN_SECONDS = 2;

  private final Executor executor;

  /** Thrown where a registration is judged: the answer is not there yet. */
  static final class NotYet extends InvalidRequestException {
    private static final long serialVersionUID = 1L;
    private final transient CompletionStage<?> until;
    private transient Supplier<SendableResponse<?>> again;

    /**
     * @param until when it is to be judged again
     */
    NotYet(CompletionStage<?> until) {
      super("the hub takes it in");
      this.until = until;
      this.again =
          () -> {
            throw this;
          };
    }

    /** Nobody looks at where it came from. */
    @Override
    public synchronized Throwable fillInStackTrace() {
      return this;
    }
  }

  /** Thrown where a registration is judged: the device is to come again. */
  static final class NoRoom extends InvalidRequestException {
    private static final long serialVersionUID = 1L;

    NoRoom(Throwable cause) {
      super(cause, "the hub has no room now");
    }
  }

  Reception(
      UplinkDeviceManagementRequestReceiver receiver,
      LinkParser links,
      IdentityHandlerProvider identities,
      EndPointUriHandler uris,
      Executor executor) {
    super(new Patient(receiver), links, identities, uris);
    this.executor = executor;
  }

  /** Knows how to judge a request again, which was read. */
  private record Patient(UplinkDeviceManagementRequestReceiver receiver)
      implements UplinkDeviceManagementRequestReceiver {
    @Override
    public <T extends LwM2mResponse> SendableResponse<T> requestReceived(
        LwM2mPeer sender,
        @Nullable ClientProfile profile,
        UplinkDeviceManagementRequest<T> request,
        EndpointUri uri) {
      try {
        return receiver.requestReceived(sender, profile, request, uri);
      } catch (NotYet later) {
        later.again = () -> receiver.requestReceived(sender, profile, request, uri);
        throw later;
      }
    }

    @Override
    public void onError(
        LwM2mPeer sender,
        @Nullable ClientProfile profile,
        Exception error,
        Class<? extends UplinkDeviceManagementRequest<? extends LwM2mResponse>> request,
        EndpointUri uri) {
      receiver.onError(sender, profile, error, request, uri);
    }
  }

  @Override
  protected void handleRegister(CoapExchange exchange, Request request) {
    read(() -> super.handleRegister(exchange, request));
  }

  @Override
  protected void handleUpdate(CoapExchange exchange, Request request, String id) {
    read(() -> super.handleUpdate(exchange, request, id));
  }

  /** A lifetime that is no number is the device's mistake; Leshan takes it for the server's. */
  private static void read(Runnable step) {
    try {
      step.run();
    } catch (IllegalArgumentException e) {
      throw new InvalidRequestException(e, "it cannot be read: %s", e.getMessage());
    }
  }

  @Override
  protected void handleInvalidRequest(Exchange exchange, String message, Throwable error) {
    if (error instanceof NotYet later) {
      var unused =
          later.until.whenCompleteAsync((judged, failure) -> again(exchange, later), executor);
    } else if (error instanceof NoRoom) {
      LOG.debug("{} is to register again: {}", exchange, String.valueOf(error.getCause()));
      Response response = new Response(ResponseCode.SERVICE_UNAVAILABLE);
      response.getOptions().setMaxAge(AGAIN_SECONDS); // RFC 7252, clause 5.9.3.4
      exchange.sendResponse(response);
    } else {
      super.handleInvalidRequest(exchange, message, error);
    }
  }

  private void again(Exchange exchange, NotYet later) {
    try {
      SendableResponse<?> sendable = later.again.get();
      LwM2mResponse judged = sendable.getResponse();
      CoapExchange device = new CoapExchange(exchange);
      if (judged instanceof RegisterResponse registered && registered.isSuccess()) {
        device.setLocationPath(RESOURCE_NAME + "/" + registered.getRegistrationID());
      }
      device.respond(
          ResponseCodeUtil.toCoapResponseCode(judged.getCode()),
          judged.isSuccess() ? null : judged.getErrorMessage());
      sendable.sent();
    } catch (InvalidRequestException e) {
      handleInvalidRequest(exchange, String.valueOf(e.getMessage()), e);
    } catch (RuntimeException e) {
      LOG.error("{} could not be answered", exchange, e);
      exchange.sendResponse(new Response(ResponseCode.INTERNAL_SERVER_ERROR));
    }
  }
}
