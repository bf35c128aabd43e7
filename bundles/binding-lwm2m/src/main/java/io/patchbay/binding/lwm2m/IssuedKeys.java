package io.patchbay.binding.lwm2m;

import io.patchbay.access.Secrets;
import io.patchbay.dtls.Shown;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * Keys that the hub makes for devices. A new one is the secret {@code lwm2m-next.ENDPOINT} until
 * its device has registered with it, and {@code lwm2m-psk.ENDPOINT} from then on; until then the
 * one before stays good, for a device that was cut off in the middle may have either. So that they
 * are told apart the identity that goes with a key is {@code ENDPOINT#FINGERPRINT}.
 */
final class IssuedKeys {
  private static final String NEXT = "lwm2m-next.";
  private static final String PRESENT = "lwm2m-psk.";
  private static final String HEX = "hex:";
  private static final char MARK = '#';

  /** 128 bits: what TLS_PSK_WITH_AES_128_CCM_8 is worth, and what small devices have room for. */
  private static final int OCTETS = 16;

  private static final int FINGERPRINT = 8;

  /**
   * @param secret {@code hex:00ff…}
   */
  record Key(String endpoint, String secret) {
    String identity() {
      return endpoint + MARK + fingerprint(secret);
    }

    String hex() {
      return secret.substring(HEX.length());
    }

    @Override
    public String toString() {
      return identity();
    }
  }

  private final Secrets secrets;
  private final SecureRandom random = new SecureRandom();

  IssuedKeys(Secrets secrets) {
    this.secrets = secrets;
  }

  /**
   * The key that a device is to have, durably. As long as it has not come with it, it is the same:
   * a device may be cut off as often as it likes.
   *
   * @throws IOException when it cannot be kept
   * @throws IllegalArgumentException when the endpoint cannot have one, or there is no room
   */
  synchronized Key issue(String endpoint) throws IOException {
    String name =
        NEXT
            + Access.written(endpoint)
                .orElseThrow(
                    () -> new IllegalArgumentException("its name is too long for a secret's"));
    Optional<String> waiting = secrets.find(name);
    if (waiting.isEmpty()) {
      byte[] octets = new byte[OCTETS];
      random.nextBytes(octets);
      secrets.put(name, HEX + HexFormat.of().formatHex(octets));
      waiting = secrets.find(name);
    }
    return new Key(endpoint, waiting.orElseThrow());
  }

  /** The key that goes with an identity. */
  Optional<Key> find(String identity) {
    int mark = identity.lastIndexOf(MARK);
    if (mark <= 0) {
      return Optional.empty();
    }
    String endpoint = identity.substring(0, mark);
    String written = Access.written(endpoint).orElse("");
    for (String name : new String[] {NEXT, PRESENT}) {
      Optional<Key> key = secrets.find(name + written).map(secret -> new Key(endpoint, secret));
      if (key.isPresent() && key.get().identity().equals(identity)) {
        return key;
      }
    }
    return Optional.empty();
  }

  /** Somebody has shown it; it counts as long as it is kept, new or present. */
  Shown shown(String identity, Key key) {
    return new Shown(
        identity,
        Set.of(key.endpoint()),
        () -> find(identity).map(now -> now.equals(key)).orElse(false));
  }

  /** Those that no device has come with, as they are now: to be compared, not to be told. */
  Map<String, String> all() {
    Map<String, String> all = new TreeMap<>();
    for (String name : secrets.names()) {
      if (name.startsWith(NEXT)) {
        secrets.find(name).ifPresent(secret -> all.put(name, secret));
      }
    }
    return all;
  }

  /**
   * To be called every two seconds: a key with which its device has registered takes the place of
   * the one before.
   *
   * @param come whether a device is registered by this identity
   * @throws IOException when it cannot be kept; both stay good
   */
  synchronized void settle(Predicate<Key> come) throws IOException {
    for (Map.Entry<String, String> entry : all().entrySet()) {
      String written = entry.getKey().substring(NEXT.length());
      if (come.test(new Key(Access.endpoint(written), entry.getValue()))) {
        secrets.put(PRESENT + written, entry.getValue());
        boolean unused = secrets.remove(entry.getKey());
      }
    }
  }

  private static String fingerprint(String secret) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(secret.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, FINGERPRINT);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java has it
    }
  }
}
