package io.patchbay.binding.lwm2m;

import io.patchbay.dtls.Shown;
import java.net.InetSocketAddress;
import java.util.Optional;
import org.eclipse.californium.core.coap.Message;
import org.eclipse.californium.elements.EndpointContext;
import org.eclipse.californium.elements.auth.PreSharedKeyIdentity;
import org.eclipse.californium.elements.auth.RawPublicKeyIdentity;
import org.eclipse.leshan.core.peer.IpPeer;
import org.eclipse.leshan.core.peer.LwM2mIdentity;
import org.eclipse.leshan.core.peer.LwM2mPeer;
import org.eclipse.leshan.core.peer.PskIdentity;
import org.eclipse.leshan.core.peer.RpkIdentity;
import org.eclipse.leshan.core.peer.X509Identity;
import org.eclipse.leshan.server.registration.Registration;
import org.eclipse.leshan.transport.californium.identity.DefaultCoapsIdentityHandler;
import org.jspecify.annotations.Nullable;

/** Who has sent something over DTLS, with the credential that its session has shown. */
final class Peer extends IpPeer {
  private final Shown shown;

  private Peer(InetSocketAddress address, LwM2mIdentity identity, Shown shown) {
    super(address, identity);
    this.shown = shown;
  }

  /** What a registered device has shown; empty when it came without DTLS, or before a restart. */
  static Optional<Shown> shown(Registration registration) {
    return shown(registration.getClientTransportData());
  }

  static Optional<Shown> shown(LwM2mPeer sender) {
    return sender instanceof Peer peer ? Optional.of(peer.shown) : Optional.empty();
  }

  /** Leshan's, but for certificates without a common name, and for what the session has shown. */
  static final class Handler extends DefaultCoapsIdentityHandler {
    @Override
    public @Nullable LwM2mPeer getIdentity(Message message) {
      EndpointContext context = message.getSourceContext();
      Shown shown = Shown.of(context.getPeerIdentity()).orElse(null);
      if (shown == null) {
        return null;
      }
      LwM2mIdentity identity;
      if (context.getPeerIdentity() instanceof PreSharedKeyIdentity) {
        identity = new PskIdentity(shown.identity());
      } else if (context.getPeerIdentity() instanceof RawPublicKeyIdentity raw) {
        identity = new RpkIdentity(raw.getKey());
      } else {
        identity = new X509Identity(shown.identity());
      }
      return new Peer(context.getPeerAddress(), identity, shown);
    }
  }
}
