package io.patchbay.binding.coap;

import io.patchbay.access.DeviceCredentials;
import io.patchbay.access.Secrets;
import io.patchbay.profile.AddressPattern;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.Principal;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import javax.crypto.SecretKey;
import org.eclipse.californium.elements.EndpointContext;
import org.eclipse.californium.elements.auth.PreSharedKeyIdentity;
import org.eclipse.californium.scandium.dtls.ConnectionId;
import org.eclipse.californium.scandium.dtls.HandshakeResultHandler;
import org.eclipse.californium.scandium.dtls.PskPublicInformation;
import org.eclipse.californium.scandium.dtls.PskSecretResult;
import org.eclipse.californium.scandium.dtls.pskstore.PskStore;
import org.eclipse.californium.scandium.util.SecretUtil;
import org.eclipse.californium.scandium.util.ServerNames;
import org.jspecify.annotations.Nullable;

/**
 * The keys that devices have in common with the hub, and what each may post: where its device
 * credential may publish, and without one where a segment of the path is its identity. A key that
 * is taken away ends what its device may do at once.
 */
final class Keys implements PskStore, Access {
  /** The key of the device {@code sensor7} is the secret {@code coap-psk.sensor7}. */
  static final String PREFIX = "coap-psk.";

  private static final String HEX = "hex:";
  private static final Pattern IDENTITY = Pattern.compile("[A-Za-z0-9._-]{1,55}");
  private static final Duration FRESH = Duration.ofSeconds(1);

  private record Rights(Map<String, List<AddressPattern>> publish, long at) {}

  private final Secrets secrets;
  private final DeviceCredentials credentials;
  private volatile Rights rights = new Rights(Map.of(), System.nanoTime() - FRESH.toNanos());

  Keys(Secrets secrets, DeviceCredentials credentials) {
    this.secrets = secrets;
    this.credentials = credentials;
  }

  /** Whether any device has one: without, nobody can come. */
  boolean any() {
    return secrets.names().stream().anyMatch(name -> name.startsWith(PREFIX));
  }

  private Optional<String> key(String identity) {
    return IDENTITY.matcher(identity).matches()
        ? secrets.find(PREFIX + identity).filter(key -> !key.isEmpty())
        : Optional.empty();
  }

  private @Nullable SecretKey secret(String identity) {
    byte[] octets = key(identity).map(Keys::octets).orElse(null);
    if (octets == null || octets.length == 0) {
      return null;
    }
    SecretKey secret = SecretUtil.create(octets, "PSK");
    Arrays.fill(octets, (byte) 0);
    return secret;
  }

  /** {@code hex:00ff…}, or the octets of the text itself. Null when it is no hexadecimal. */
  private static byte @Nullable [] octets(String key) {
    if (!key.startsWith(HEX)) {
      return key.getBytes(StandardCharsets.UTF_8);
    }
    try {
      return HexFormat.of().parseHex(key.substring(HEX.length()).strip());
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

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
    SecretKey secret = secret(identity.getPublicInfoAsString());
    if (secret != null) {
      // taken as it is sent: an identity that is no UTF-8 has no key
      identity.normalize(identity.getPublicInfoAsString());
    }
    return new PskSecretResult(cid, identity, secret, false, false);
  }

  /** The hub is not the one that says who it is. */
  @Override
  public @Nullable PskPublicInformation getIdentity(
      InetSocketAddress peerAddress, @Nullable ServerNames virtualHost) {
    return null;
  }

  @Override
  public void setResultHandler(HandshakeResultHandler resultHandler) {}

  @Override
  public Optional<Refusal> refusal(EndpointContext peer, String path) {
    Principal principal = peer.getPeerIdentity();
    if (!(principal instanceof PreSharedKeyIdentity known)) {
      return ANONYMOUS.refusal(peer, path);
    }
    String identity = known.getIdentity();
    if (key(identity).isEmpty()) {
      return Optional.of(new Refusal(false, "'" + identity + "' has no key any more"));
    } else if (path.equals(Ingest.DISCOVERY)) {
      return Optional.empty();
    }
    List<AddressPattern> publish = rights().publish().get(identity);
    boolean allowed =
        publish == null
            ? List.of(path.split("/")).contains(identity)
            : publish.stream().anyMatch(pattern -> pattern.match(path).isPresent());
    return allowed
        ? Optional.empty()
        : Optional.of(new Refusal(true, "'" + identity + "' may not post to '" + path + "'"));
  }

  private Rights rights() {
    Rights now = rights;
    if (System.nanoTime() - now.at() < FRESH.toNanos()) {
      return now;
    }
    Map<String, List<AddressPattern>> publish = new HashMap<>();
    credentials
        .list()
        .forEach(
            one ->
                publish.put(one.user(), one.publish().stream().map(AddressPattern::of).toList()));
    Rights fresh = new Rights(Map.copyOf(publish), System.nanoTime());
    rights = fresh;
    return fresh;
  }
}
