package io.patchbay.binding.coap;

import io.patchbay.access.Secrets;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;
import javax.crypto.SecretKey;
import org.eclipse.californium.scandium.dtls.ConnectionId;
import org.eclipse.californium.scandium.dtls.HandshakeResultHandler;
import org.eclipse.californium.scandium.dtls.PskPublicInformation;
import org.eclipse.californium.scandium.dtls.PskSecretResult;
import org.eclipse.californium.scandium.dtls.pskstore.PskStore;
import org.eclipse.californium.scandium.util.SecretUtil;
import org.eclipse.californium.scandium.util.ServerNames;
import org.jspecify.annotations.Nullable;

/**
 * The keys of devices among the hub's secrets: {@code coap-psk.IDENTITY}, in common with the hub;
 * {@code coap-rpk.IDENTITY}, the device's public key; {@code coap-out.HOST}, what the hub shows to
 * a device that it asks, {@code IDENTITY:KEY}.
 */
final class Keys {
  static final String SHARED = "coap-psk.";
  static final String PUBLIC = "coap-rpk.";
  static final String OUTGOING = "coap-out.";

  private static final String HEX = "hex:";
  private static final Pattern IDENTITY = Pattern.compile("[A-Za-z0-9._-]{1,55}");
  private static final Pattern ARMOUR = Pattern.compile("-----[^-]*-----|\\s");

  private final Secrets secrets;
  private final AtomicBoolean used = new AtomicBoolean();

  Keys(Secrets secrets) {
    this.secrets = secrets;
  }

  /** Whether any device has one: without, nobody can come. */
  boolean any() {
    return secrets.names().stream()
        .anyMatch(name -> name.startsWith(SHARED) || name.startsWith(PUBLIC));
  }

  /** All that concern CoAP, as they are now: to be compared, not to be told. */
  Map<String, String> all() {
    Map<String, String> all = new TreeMap<>();
    for (String name : secrets.names()) {
      if (name.startsWith(SHARED) || name.startsWith(PUBLIC) || name.startsWith(OUTGOING)) {
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
    return used.getAndSet(false);
  }

  private Shown shown(String identity, String name, String secret) {
    used.set(true);
    return new Shown(
        identity, () -> secrets.find(name).map(now -> now.equals(secret)).orElse(false));
  }

  /** Whose public key it is; null when nobody's. */
  @Nullable Shown owner(PublicKey key) {
    for (String name : secrets.names()) {
      if (name.startsWith(PUBLIC)) {
        String secret = secrets.find(name).orElse("");
        if (Arrays.equals(publicOctets(secret), key.getEncoded())) {
          return shown(name.substring(PUBLIC.length()), name, secret);
        }
      }
    }
    return null;
  }

  /** A SubjectPublicKeyInfo in base64, with or without the lines of PEM around it. */
  private static byte @Nullable [] publicOctets(String text) {
    try {
      byte[] octets = Base64.getDecoder().decode(ARMOUR.matcher(text).replaceAll(""));
      return KeyFactory.getInstance("EC")
          .generatePublic(new X509EncodedKeySpec(octets))
          .getEncoded();
    } catch (IllegalArgumentException | GeneralSecurityException e) {
      return null;
    }
  }

  /** {@code hex:00ff…}, or the octets of the text itself. Null when there are none. */
  private static @Nullable SecretKey secret(String key) {
    byte[] octets;
    try {
      octets =
          key.startsWith(HEX)
              ? HexFormat.of().parseHex(key.substring(HEX.length()).strip())
              : key.getBytes(StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return null;
    }
    if (octets.length == 0) {
      return null;
    }
    SecretKey secret = SecretUtil.create(octets, PskSecretResult.ALGORITHM_PSK);
    Arrays.fill(octets, (byte) 0);
    return secret;
  }

  private static PskSecretResult none(ConnectionId cid, PskPublicInformation identity) {
    return new PskSecretResult(cid, identity);
  }

  private static PskSecretResult result(
      ConnectionId cid, PskPublicInformation identity, String key, Shown shown) {
    SecretKey secret = secret(key);
    // taken as it was sent: an identity that is no UTF-8 has no key
    identity.normalize(identity.getPublicInfoAsString());
    return secret == null
        ? none(cid, identity)
        : new PskSecretResult(cid, identity, secret, shown, false, false);
  }

  /** For those who come to the hub. */
  PskStore coming() {
    return new Store() {
      @Override
      PskSecretResult result(ConnectionId cid, PskPublicInformation shown) {
        String identity = shown.getPublicInfoAsString();
        String name = SHARED + identity;
        String key = names(identity) ? secrets.find(name).orElse(null) : null;
        return key == null
            ? none(cid, shown)
            : Keys.result(cid, shown, key, shown(identity, name, key));
      }

      /** The hub is not the one that says who it is. */
      @Override
      public @Nullable PskPublicInformation getIdentity(
          InetSocketAddress peerAddress, @Nullable ServerNames virtualHost) {
        return null;
      }
    };
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
    return new Store() {
      /** A handshake asks for its identity and then, before any other, for the key. */
      private String name = "";

      @Override
      PskSecretResult result(ConnectionId cid, PskPublicInformation identity) {
        String secret = secrets.find(name).orElse("");
        int colon = secret.indexOf(':');
        return colon < 0
            ? none(cid, identity)
            : Keys.result(
                cid,
                identity,
                secret.substring(colon + 1),
                shown(identity.getPublicInfoAsString(), name, secret));
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

  private abstract static class Store implements PskStore {
    abstract PskSecretResult result(ConnectionId cid, PskPublicInformation identity);

    @Override
    public boolean hasEcdhePskSupported() {
      return true;
    }

    @Override
    public PskSecretResult requestPskSecretResult(
        ConnectionId cid,
        @Nullable ServerNames serverName,
        PskPublicInformation identity,
        String hmacAlgorithm,
        @Nullable SecretKey otherSecret,
        byte[] seed,
        boolean useExtendedMasterSecret) {
      return result(cid, identity);
    }

    @Override
    public void setResultHandler(HandshakeResultHandler resultHandler) {}
  }
}
