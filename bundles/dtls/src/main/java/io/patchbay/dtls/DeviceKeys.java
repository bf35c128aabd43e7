package io.patchbay.dtls;

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
import java.util.function.Function;
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
 * The keys of devices among the hub's secrets: {@code PROTOCOL-psk.IDENTITY}, in common with the
 * hub; {@code PROTOCOL-rpk.IDENTITY}, the device's public key.
 */
public final class DeviceKeys {
  private static final String HEX = "hex:";
  private static final Pattern ARMOUR = Pattern.compile("-----[^-]*-----|\\s");

  private final Secrets secrets;
  private final String shared;
  private final String publics;
  private final Naming naming;
  private final AtomicBoolean used = new AtomicBoolean();

  /** How an identity is written as the end of a secret's name. */
  public interface Naming {
    /** Empty for an identity that nobody can have. */
    Optional<String> written(String identity);

    String identity(String written);
  }

  /**
   * @param protocol how the names of its secrets begin
   */
  public DeviceKeys(Secrets secrets, String protocol, Naming naming) {
    this.secrets = secrets;
    shared = protocol + "-psk.";
    publics = protocol + "-rpk.";
    this.naming = naming;
  }

  private boolean isOurs(String name) {
    return name.startsWith(shared) || name.startsWith(publics);
  }

  /** Whether any device has one. */
  public boolean any() {
    return secrets.names().stream().anyMatch(this::isOurs);
  }

  /** Whether this device has one. */
  public boolean has(String identity) {
    return naming
        .written(identity)
        .filter(
            name ->
                secrets.find(shared + name).isPresent() || secrets.find(publics + name).isPresent())
        .isPresent();
  }

  /** All, as they are now: to be compared, not to be told. */
  public Map<String, String> all() {
    Map<String, String> all = new TreeMap<>();
    for (String name : secrets.names()) {
      if (isOurs(name)) {
        secrets.find(name).ifPresent(secret -> all.put(name, secret));
      }
    }
    return all;
  }

  /** Whether somebody has shown one since this was asked last. */
  public boolean used() {
    return used.getAndSet(false);
  }

  /** Somebody has shown the secret of that name. */
  public Shown shown(String identity, String name, String secret) {
    return shown(
        new Shown(identity, () -> secrets.find(name).map(now -> now.equals(secret)).orElse(false)));
  }

  /** Somebody has shown a key that is kept otherwise. */
  public Shown shown(Shown shown) {
    used.set(true);
    return shown;
  }

  /** Whose public key it is; null when nobody's. */
  public @Nullable Shown owner(PublicKey key) {
    for (String name : secrets.names()) {
      if (name.startsWith(publics)) {
        String secret = secrets.find(name).orElse("");
        if (Arrays.equals(publicOctets(secret), key.getEncoded())) {
          return shown(naming.identity(name.substring(publics.length())), name, secret);
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

  /** That nobody has a key by this identity. */
  public static PskSecretResult none(ConnectionId cid, PskPublicInformation identity) {
    return new PskSecretResult(cid, identity);
  }

  /**
   * @param key {@code hex:00ff…}, or a text whose octets are the key
   */
  public static PskSecretResult result(
      ConnectionId cid, PskPublicInformation identity, String key, Shown shown) {
    SecretKey secret = secret(key);
    // taken as it was sent: an identity that is no UTF-8 has no key
    identity.normalize(identity.getPublicInfoAsString());
    return secret == null
        ? none(cid, identity)
        : new PskSecretResult(cid, identity, secret, shown, false, false);
  }

  /**
   * For those who come to the hub.
   *
   * @param known identity of who is at an address, when the hub begins a handshake; null for nobody
   */
  public Store coming(Function<InetSocketAddress, @Nullable String> known) {
    return new Store() {
      @Override
      public PskSecretResult result(ConnectionId cid, PskPublicInformation said) {
        String identity = said.getPublicInfoAsString();
        String name = naming.written(identity).map(written -> shared + written).orElse("");
        String key = secrets.find(name).orElse(null);
        return key == null
            ? none(cid, said)
            : DeviceKeys.result(cid, said, key, shown(identity, name, key));
      }

      @Override
      public @Nullable PskPublicInformation getIdentity(
          InetSocketAddress peerAddress, @Nullable ServerNames virtualHost) {
        String identity = known.apply(peerAddress);
        return identity == null ? null : new PskPublicInformation(identity);
      }
    };
  }

  /** A store that answers at once. */
  public abstract static class Store implements PskStore {
    public abstract PskSecretResult result(ConnectionId cid, PskPublicInformation identity);

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
