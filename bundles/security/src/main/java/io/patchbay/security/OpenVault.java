package io.patchbay.security;

import io.patchbay.access.DeviceCredentials.DeviceCredential;
import io.patchbay.access.Role;
import io.patchbay.access.Tokens.Token;
import io.patchbay.security.Contents.StoredCredential;
import io.patchbay.security.Contents.StoredToken;
import io.patchbay.thing.Bytes;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The vault of this data directory. At the first start it writes the first logins; there is no
 * default password.
 */
@Component(service = OpenVault.class)
public final class OpenVault {
  /** The device that README commands are; it may do what a device does, and see what goes north. */
  static final String FIRST_DEVICE = "mqtt-device";

  private static final Logger log = LoggerFactory.getLogger(OpenVault.class);

  private final SecureRandom random = new SecureRandom();
  private final Vault vault;

  @Activate
  public OpenVault(@Reference SecuritySettings settings) throws IOException {
    Path file = settings.directory().resolve("store");
    boolean first = Vault.isNew(file);
    vault = Vault.open(file, settings.keyFile(), random);
    if (PrivateFiles.isOpenToOthers(vault.keyFile())) {
      log.warn(
          "{} can be read by others: it opens all secrets of this hub. Set its mode to 0600",
          vault.keyFile());
    }
    if (first || !hasAdministrator(vault.contents())) {
      begin(settings.data(), first);
    }
  }

  Contents contents() {
    return vault.contents();
  }

  void change(Vault.Change change) throws IOException {
    vault.change(change);
  }

  SecureRandom random() {
    return random;
  }

  /** A password nobody can guess: {@code bits} random ones, in letters that need no quoting. */
  static String secret(SecureRandom random, int bits) {
    byte[] octets = new byte[bits / 8];
    random.nextBytes(octets);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(octets);
  }

  /**
   * The files come first and the store last: killed in between, the next start begins again. A hub
   * whose last administrator token was revoked gets a new one in the same way.
   */
  private void begin(Path data, boolean first) throws IOException {
    String token = StoredTokens.PREFIX + secret(random, 256);
    PrivateFiles.replace(data.resolve("admin-token"), Bytes.utf8(token + "\n").shared());
    Contents before = vault.contents();
    Map<String, StoredToken> tokens = new TreeMap<>(before.tokens());
    String name = "admin";
    for (int i = 2; tokens.containsKey(name); i++) {
      name = "admin-" + i;
    }
    Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
    tokens.put(
        name,
        new StoredToken(new Token(name, Role.ADMINISTRATOR, now), StoredTokens.digest(token)));
    Map<String, StoredCredential> credentials = new TreeMap<>(before.credentials());
    if (first) {
      String password = secret(random, 192);
      Path file = data.resolve("mqtt-device");
      PrivateFiles.replace(file, Bytes.utf8(FIRST_DEVICE + ":" + password + "\n").shared());
      credentials.put(
          FIRST_DEVICE,
          new StoredCredential(
              new DeviceCredential(FIRST_DEVICE, List.of("#"), List.of("#"), true),
              PasswordDigest.of(password, 1, random)));
    }
    vault.change(contents -> new Contents(tokens, credentials, contents.secrets()));
    log.info("A new administrator token lies in {}", data.resolve("admin-token"));
  }

  private static boolean hasAdministrator(Contents contents) {
    return contents.tokens().values().stream()
        .anyMatch(stored -> stored.token().role() == Role.ADMINISTRATOR);
  }
}
