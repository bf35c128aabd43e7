package io.patchbay.binding.lwm2m;

import io.patchbay.access.Secrets;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.eclipse.leshan.core.peer.OscoreIdentity;
import org.eclipse.leshan.servers.security.EditableSecurityStore;
import org.eclipse.leshan.servers.security.SecurityInfo;
import org.eclipse.leshan.servers.security.SecurityStoreListener;
import org.jspecify.annotations.Nullable;

/**
 * The keys that devices have in common with the hub, among its encrypted secrets. A device's PSK
 * identity is its endpoint name.
 */
final class Keys implements EditableSecurityStore {
  /** The key of the endpoint {@code sensor7} is the secret {@code lwm2m-psk.sensor7}. */
  static final String PREFIX = "lwm2m-psk.";

  private static final String HEX = "hex:";
  private static final int LONGEST = 64;

  private final Secrets secrets;
  private final List<SecurityStoreListener> listeners = new CopyOnWriteArrayList<>();

  Keys(Secrets secrets) {
    this.secrets = secrets;
  }

  /** Whether any device has one: without, nobody can come over DTLS. */
  boolean any() {
    return secrets.names().stream().anyMatch(name -> name.startsWith(PREFIX));
  }

  boolean has(String endpoint) {
    return getByEndpoint(endpoint) != null;
  }

  /** What no secret's name may hold is written {@code _3A}, in hexadecimal. */
  static Optional<String> name(String endpoint) {
    StringBuilder name = new StringBuilder(PREFIX);
    for (byte octet : endpoint.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (octet & 0xff);
      if ((c >= 'A' && c <= 'Z')
          || (c >= 'a' && c <= 'z')
          || (c >= '0' && c <= '9')
          || c == '.'
          || c == '-') {
        name.append(c);
      } else {
        name.append('_').append(HexFormat.of().withUpperCase().toHexDigits(octet));
      }
    }
    return name.length() <= LONGEST && name.length() > PREFIX.length()
        ? Optional.of(name.toString())
        : Optional.empty();
  }

  @Override
  public @Nullable SecurityInfo getByEndpoint(String endpoint) {
    byte[] key = name(endpoint).flatMap(secrets::find).map(Keys::octets).orElse(null);
    return key == null || key.length == 0
        ? null
        : SecurityInfo.newPreSharedKeyInfo(endpoint, endpoint, key);
  }

  @Override
  public @Nullable SecurityInfo getByIdentity(String pskIdentity) {
    return getByEndpoint(pskIdentity);
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
  public @Nullable SecurityInfo getByOscoreIdentity(OscoreIdentity oscoreIdentity) {
    return null;
  }

  /** Ends the DTLS connections of an endpoint whose key is gone. */
  void withdrawn(String endpoint) {
    SecurityInfo gone = SecurityInfo.newPreSharedKeyInfo(endpoint, endpoint, new byte[] {0});
    listeners.forEach(listener -> listener.securityInfoRemoved(true, gone));
  }

  @Override
  public void addListener(SecurityStoreListener listener) {
    listeners.add(listener);
  }

  @Override
  public void removeListener(SecurityStoreListener listener) {
    listeners.remove(listener);
  }

  /** The hub does not give keys away. */
  @Override
  public List<SecurityInfo> getAll() {
    return List.of();
  }

  /** Keys come and go as secrets of the hub. */
  @Override
  public SecurityInfo add(SecurityInfo info) {
    throw new UnsupportedOperationException("put the secret " + PREFIX + "ENDPOINT");
  }

  @Override
  public SecurityInfo remove(String endpoint, boolean infosAreCompromised) {
    throw new UnsupportedOperationException("remove the secret " + PREFIX + "ENDPOINT");
  }
}
