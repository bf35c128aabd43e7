package io.patchbay.itests.prove;

import java.security.cert.Certificate;
import java.util.Collection;
import java.util.List;
import java.util.function.Predicate;
import org.eclipse.californium.core.coap.Request;
import org.eclipse.californium.core.network.interceptors.MessageInterceptor;
import org.eclipse.leshan.client.endpoint.ClientEndpointToolbox;
import org.eclipse.leshan.client.servers.LwM2mServer;
import org.eclipse.leshan.client.servers.ServerInfo;
import org.eclipse.leshan.transport.californium.client.endpoint.CaliforniumClientEndpoint;
import org.eclipse.leshan.transport.californium.client.endpoint.CaliforniumClientEndpointsProvider;
import org.eclipse.leshan.transport.californium.client.endpoint.coap.CoapClientProtocolProvider;
import org.eclipse.leshan.transport.californium.client.endpoint.coaps.CoapsClientProtocolProvider;

/** A device's CoAP, with somebody who sees each request, block by block, and may drop it. */
final class Radio extends CaliforniumClientEndpointsProvider {
  private final Predicate<Request> hears;

  private Radio(Builder builder) {
    super(builder);
    hears = builder.hears;
  }

  /** Leshan's, for CoAP with and without DTLS. */
  static final class Builder extends CaliforniumClientEndpointsProvider.Builder {
    private final Predicate<Request> hears;

    /**
     * @param hears a request that has come, and says whether it is heard
     */
    Builder(Predicate<Request> hears) {
      super(new CoapClientProtocolProvider(), new CoapsClientProtocolProvider());
      this.hears = hears;
    }

    @Override
    public Radio build() {
      generateDefaultValue();
      return new Radio(this);
    }
  }

  @Override
  public LwM2mServer createEndpoint(
      ServerInfo server, boolean resume, List<Certificate> trusted, ClientEndpointToolbox toolbox) {
    LwM2mServer made = super.createEndpoint(server, resume, trusted, toolbox);
    watch();
    return made;
  }

  @Override
  public Collection<LwM2mServer> createEndpoints(
      Collection<? extends ServerInfo> servers,
      boolean resume,
      List<Certificate> trusted,
      ClientEndpointToolbox toolbox) {
    Collection<LwM2mServer> made = super.createEndpoints(servers, resume, trusted, toolbox);
    watch();
    return made;
  }

  private void watch() {
    MessageInterceptor watching =
        new MessageInterceptor() {
          @Override
          public void receiveRequest(Request request) {
            if (!hears.test(request)) {
              request.setCanceled(true);
            }
          }
        };
    getEndpoints().stream()
        .filter(CaliforniumClientEndpoint.class::isInstance)
        .map(CaliforniumClientEndpoint.class::cast)
        .filter(each -> each.getCoapEndpoint().getInterceptors().isEmpty())
        .forEach(each -> each.getCoapEndpoint().addInterceptor(watching));
  }
}
