package io.patchbay.binding.coap;

import io.patchbay.access.Secrets;
import io.patchbay.dtls.DeviceKeys;
import io.patchbay.dtls.Shown;
import java.net.InetSocketAddress;
import java.security.PublicKey;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.eclipse.californium.scandium.dtls.ConnectionId;
import org.eclipse.californium.scandium.dtls.PskPublicInformation;
import org.eclipse.californium.scandium.dtls.PskSecretResult;
import org.eclipse.californium.scandium.dtls.pskstore.PskStore;
import org.eclipse.californium.scandium.util.ServerNames;
import org.jspecify.annotations.Nullable;

/**
 * The keys of devices among the hub's secrets: those they come with, and {@code coap-out.HOST},
 * what the hub shows to a device that it asks, {@code IDENTITY:KEY}.
 */
final class Keys {
  static final String SHARED = "coap-psk.";
  static final String PUBLIC = "coap-rpk.";
  static final String OUTGOING = "coap-out.";

  private static final Pattern IDENTITY = Pattern.compile("[A-Za-z0-9._-]{1,55}");

  private final Secrets secrets;
  private final DeviceKeys coming;

  Keys(Secrets secrets) {
    this.secrets = secrets;
    coming =
        new DeviceKeys(
            secrets,
            "coap",
            new DeviceKeys.Naming() {
              @Override
              public Optional<String> written(String identity) {
                return names(identity) ? Optional.of(identity) : Optional.empty();
              }

              @Override
              public String identity(String written) {
                return written;
              }
            });
  }

  /** Whether any device has one: without, nobody can come. */
  boolean any() {
    return coming.any();
  }

  /** All that concern CoAP, as they are now: to be compared, not to be told. */
  Map<String, String> all() {
    Map<String, String> all = new TreeMap<>(coming.all());
    for (String name : secrets.names()) {
      if (name.startsWith(OUTGOING)) {
        secrets.find(name).ifPresent(secret -> all.put(name, secret));
      }
    }
    return all;
  }

  static boolean names(String identity) {
    return IDENTITY.matcher(identity).matches();
  }

  /** Whether somebody has shown one since this was asked last. */
  boolean used() {
    return coming.used();
  }

  /** Whose public key it is; null when nobody's. */
  @Nullable Shown owner(PublicKey key) {
    return coming.owner(key);
  }

  /** For those who come to the hub. */
  PskStore coming() {
    return coming.coming(address -> null); // the hub is not the one that says who it is
  }

  /** The secret for a device: of its host, written with - for each colon, or of any. */
  private Optional<String> outgoing(InetSocketAddress device) {
    String host = device.getHostString().replace(':', '-');
    return secrets
        .find(OUTGOING + host + "_" + device.getPort())
        .map(found -> OUTGOING + host + "_" + device.getPort())
        .or(() -> secrets.find(OUTGOING + host).map(found -> OUTGOING + host));
  }

  /** Whether there is a key for it. */
  boolean reaches(InetSocketAddress device) {
    return outgoing(device).isPresent();
  }

  /** For devices that the hub asks. */
  PskStore going() {
    return new DeviceKeys.Store() {
      /** A handshake asks for its identity and then, before any other, for the key. */
      private String name = "";

      @Override
      public PskSecretResult result(ConnectionId cid, PskPublicInformation identity) {
        String secret = secrets.find(name).orElse("");
        int colon = secret.indexOf(':');
        return colon < 0
            ? DeviceKeys.none(cid, identity)
            : DeviceKeys.result(
                cid,
                identity,
                secret.substring(colon + 1),
                coming.shown(identity.getPublicInfoAsString(), name, secret));
      }

      @Override
      public @Nullable PskPublicInformation getIdentity(
          InetSocketAddress peerAddress, @Nullable ServerNames virtualHost) {
        name = outgoing(peerAddress).orElse("");
        String secret = secrets.find(name).orElse("");
        int colon = secret.indexOf(':');
        if (colon < 1) {
          return null;
        }
        return new PskPublicInformation(secret.substring(0, colon));
      }
    };
  }
}
