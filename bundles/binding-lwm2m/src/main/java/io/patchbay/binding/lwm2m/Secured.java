package io.patchbay.binding.lwm2m;

import io.patchbay.coap.Acknowledgements;
import io.patchbay.coap.CountingParser;
import io.patchbay.dtls.Shown;
import java.net.InetSocketAddress;
import java.security.Principal;
import javax.security.auth.x500.X500Principal;
import org.eclipse.californium.core.network.CoapEndpoint;
import org.eclipse.californium.core.network.serialization.UdpDataSerializer;
import org.eclipse.californium.elements.Connector;
import org.eclipse.californium.elements.EndpointContextMatcher;
import org.eclipse.californium.scandium.DTLSConnector;
import org.eclipse.californium.scandium.config.DtlsConnectorConfig;
import org.eclipse.leshan.core.endpoint.DefaultEndPointUriHandler;
import org.eclipse.leshan.core.endpoint.EndpointUri;
import org.eclipse.leshan.core.security.certificate.util.X509CertUtil;
import org.eclipse.leshan.server.LeshanServer;
import org.eclipse.leshan.server.endpoint.EffectiveEndpointUriProvider;
import org.eclipse.leshan.server.observation.LwM2mNotificationReceiver;
import org.eclipse.leshan.servers.security.SecurityStore;
import org.eclipse.leshan.servers.security.ServerSecurityInfo;
import org.eclipse.leshan.transport.californium.Lwm2mEndpointContextMatcher;
import org.eclipse.leshan.transport.californium.identity.IdentityHandler;
import org.eclipse.leshan.transport.californium.server.endpoint.coaps.CoapsServerEndpointFactory;
import org.eclipse.leshan.transport.californium.server.observation.LwM2mObservationStore;

/** CoAP over DTLS, with who may come as {@link Access} knows it. */
final class Secured extends CoapsServerEndpointFactory {
  private final Access access;
  private final Registry registry;

  /**
   * @param malformed told of each message that is none
   */
  Secured(
      EndpointUri uri,
      Access access,
      Registry registry,
      Acknowledgements acknowledgements,
      Runnable malformed) {
    super(
        uri,
        "LwM2M",
        null,
        null,
        endpoint ->
            endpoint
                .setDataSerializerAndParser(new UdpDataSerializer(), new CountingParser(malformed))
                .setCoapStackFactory(acknowledgements),
        new DefaultEndPointUriHandler());
    this.access = access;
    this.registry = registry;
  }

  @Override
  protected LwM2mObservationStore createObservationStore(
      LeshanServer server,
      LwM2mNotificationReceiver notifications,
      EffectiveEndpointUriProvider uri) {
    return new RecentObservations(registry, notifications, uri);
  }

  @Override
  protected void setUpDtlsConfig(
      DtlsConnectorConfig.Builder builder,
      InetSocketAddress address,
      ServerSecurityInfo unused,
      LeshanServer server) {
    access.configure(builder.setAddress(address), server.getRegistrationStore());
  }

  @Override
  protected Connector createConnector(DtlsConnectorConfig config) {
    DTLSConnector connector = new DTLSConnector(config);
    access.opened(connector);
    return connector;
  }

  @Override
  public IdentityHandler createIdentityHandler() {
    return new Peer.Handler();
  }

  /** A device with a certificate is told by what its session has shown. */
  @Override
  protected EndpointContextMatcher createEndpointContextMatcher() {
    return new Lwm2mEndpointContextMatcher() {
      @Override
      protected boolean matchPrincipals(Principal requested, Principal available) {
        Shown shown = Shown.of(available).orElse(null);
        if (shown != null && requested instanceof X500Principal) {
          return shown.identity().equals(X509CertUtil.extractCN(requested.getName()));
        }
        return super.matchPrincipals(requested, available);
      }
    };
  }

  /** Sessions end by {@link Access}. */
  @Override
  protected void createConnectionCleaner(SecurityStore store, CoapEndpoint endpoint) {}
}
