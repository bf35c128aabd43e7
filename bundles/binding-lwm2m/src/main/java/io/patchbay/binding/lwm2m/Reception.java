package io.patchbay.binding.lwm2m;

import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.eclipse.californium.core.CoapExchange;
import org.eclipse.californium.core.coap.CoAP.ResponseCode;
import org.eclipse.californium.core.coap.Request;
import org.eclipse.californium.core.coap.Response;
import org.eclipse.californium.core.network.Exchange;
import org.eclipse.leshan.core.endpoint.EndPointUriHandler;
import org.eclipse.leshan.core.link.LinkParser;
import org.eclipse.leshan.core.request.exception.InvalidRequestException;
import org.eclipse.leshan.server.request.UplinkDeviceManagementRequestReceiver;
import org.eclipse.leshan.transport.californium.identity.IdentityHandlerProvider;
import org.eclipse.leshan.transport.californium.server.registration.RegisterResource;
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

    /**
     * @param until when it is to be judged again
     */
    NotYet(CompletionStage<?> until) {
      super("the hub takes it in");
      this.until = until;
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
    super(receiver, links, identities, uris);
    this.executor = executor;
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
          later.until.whenCompleteAsync((judged, failure) -> handleRequest(exchange), executor);
    } else if (error instanceof NoRoom) {
      LOG.debug("{} is to register again: {}", exchange, String.valueOf(error.getCause()));
      Response response = new Response(ResponseCode.SERVICE_UNAVAILABLE);
      response.getOptions().setMaxAge(AGAIN_SECONDS); // RFC 7252, clause 5.9.3.4
      exchange.sendResponse(response);
    } else {
      super.handleInvalidRequest(exchange, message, error);
    }
  }
}
