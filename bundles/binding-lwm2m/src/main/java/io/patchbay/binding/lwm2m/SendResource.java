package io.patchbay.binding.lwm2m;

import io.patchbay.southbound.Receipt;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import org.eclipse.californium.core.CoapExchange;
import org.eclipse.californium.core.CoapResource;
import org.eclipse.californium.core.coap.CoAP;
import org.eclipse.californium.core.coap.CoAP.ResponseCode;
import org.eclipse.californium.core.coap.MediaTypeRegistry;
import org.eclipse.californium.core.coap.Request;
import org.eclipse.californium.core.coap.Response;
import org.eclipse.californium.core.network.Exchange;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.node.TimestampedLwM2mNodes;
import org.eclipse.leshan.core.node.codec.DefaultLwM2mDecoder;
import org.eclipse.leshan.core.peer.LwM2mPeer;
import org.eclipse.leshan.core.request.ContentFormat;
import org.eclipse.leshan.server.registration.Registration;
import org.eclipse.leshan.transport.californium.identity.DefaultCoapIdentityHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What devices send by themselves (LwM2M 1.1, clause 6.4.4.1). Answered when the hub holds it,
 * which Leshan's own resource cannot: it answers before it tells.
 */
final class SendResource extends CoapResource {
  private static final Logger LOG = LoggerFactory.getLogger(SendResource.class);
  static final String NAME = "dp";
  private static final DefaultCoapIdentityHandler UNSECURED = new DefaultCoapIdentityHandler();

  private final Registry registry;
  private final Devices devices;
  private final ModelFiles models;
  private final Ingest ingest;
  private final Deliveries deliveries;
  private final LongAdder refused;
  private final DefaultLwM2mDecoder decoder = new DefaultLwM2mDecoder();

  /**
   * @param refused counts what is not taken
   */
  SendResource(
      Registry registry,
      Devices devices,
      ModelFiles models,
      Ingest ingest,
      Deliveries deliveries,
      LongAdder refused) {
    super(NAME);
    this.registry = registry;
    this.devices = devices;
    this.models = models;
    this.ingest = ingest;
    this.deliveries = deliveries;
    this.refused = refused;
  }

  @Override
  public void handlePOST(CoapExchange coap) {
    Exchange exchange = coap.advanced();
    Request request = exchange.getRequest();
    Registration registration = registration(request).orElse(null);
    if (registration == null) {
      refuse(exchange, ResponseCode.BAD_REQUEST, "nobody is registered with this identity");
      return;
    }
    TimestampedLwM2mNodes nodes;
    try {
      nodes = nodes(request, registration);
    } catch (RuntimeException | StackOverflowError e) {
      // of what nobody wrote to be read anything may come, however deep it is nested
      refuse(exchange, ResponseCode.BAD_REQUEST, String.valueOf(e.getMessage()));
      return;
    }
    for (LwM2mPath path : nodes.getFlattenNodes().keySet()) {
      if (!has(registration, path)) {
        refuse(exchange, ResponseCode.NOT_FOUND, path + " is not registered");
        return;
      }
    }
    devices.heard(registration, "it sent data");
    ingest
        .sent(
            registration.getEndpoint(),
            nodes,
            Optional.of(deliveries.of(exchange.getCurrentRequest())))
        .whenComplete(
            (receipt, failure) -> {
              if (receipt == null) {
                LOG.error(
                    "What '{}' sent could not be offered", registration.getEndpoint(), failure);
                exchange.sendResponse(new Response(ResponseCode.INTERNAL_SERVER_ERROR));
              } else {
                answer(exchange, receipt);
              }
            });
  }

  private Optional<Registration> registration(Request request) {
    boolean secure = request.getSourceContext().getPeerIdentity() != null;
    LwM2mPeer peer =
        secure ? new Peer.Handler().getIdentity(request) : UNSECURED.getIdentity(request);
    if (peer == null) {
      return Optional.empty();
    }
    Registration there =
        registry.getRegistrationByAdress(request.getSourceContext().getPeerAddress());
    Registration registration =
        there != null && there.getClientTransportData().getIdentity().equals(peer.getIdentity())
            ? there
            : registry.getRegistrationByIdentity(peer.getIdentity());
    return Optional.ofNullable(registration)
        .filter(
            one ->
                !secure
                    || Peer.shown(peer)
                        .filter(shown -> Access.permits(shown, one.getEndpoint()))
                        .isPresent());
  }

  private TimestampedLwM2mNodes nodes(Request request, Registration registration) {
    ContentFormat format = ContentFormat.fromCode(request.getOptions().getContentFormat());
    if (!decoder.isSupported(format)) {
      throw new IllegalArgumentException("Content-Format " + format + " is not read here");
    }
    return decoder.decodeTimestampedNodes(
        request.getPayload(), format, registration.getRootPath(), null, models.model());
  }

  private static boolean has(Registration registration, LwM2mPath path) {
    if (path.isRoot()) {
      return false;
    }
    return path.isObject()
        ? registration.getSupportedVersion(path.getObjectId()) != null
        : registration.getAvailableInstances().contains(path.toObjectInstancePath());
  }

  private void answer(Exchange exchange, Receipt receipt) {
    if (receipt instanceof Receipt.Rejected rejected) {
      refuse(exchange, ResponseCode.BAD_REQUEST, rejected.reason() + ": " + rejected.detail());
    } else if (receipt instanceof Receipt.Busy busy) {
      Response response = new Response(ResponseCode.SERVICE_UNAVAILABLE);
      response.getOptions().setMaxAge(Math.max(1, busy.retryAfter().toSeconds()));
      exchange.sendResponse(response);
    } else {
      exchange.sendResponse(new Response(ResponseCode.CHANGED));
    }
  }

  private void refuse(Exchange exchange, ResponseCode code, String why) {
    refused.increment();
    Response response = new Response(code);
    response.setPayload(why);
    response.getOptions().setContentFormat(MediaTypeRegistry.TEXT_PLAIN);
    if (exchange.getRequest().getType() == CoAP.Type.NON) {
      response.setType(CoAP.Type.NON);
    }
    exchange.sendResponse(response);
  }
}
