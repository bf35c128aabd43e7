package io.patchbay.security;

import io.patchbay.access.DeviceCredentials;
import io.patchbay.security.Contents.StoredCredential;
import io.patchbay.thing.Bytes;
import java.io.IOException;
import java.security.MessageDigest;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Device credentials in the vault, checked with a slow digest once and a fast one from then on. */
@Component
public final class StoredDeviceCredentials implements DeviceCredentials {
  private static final Logger log = LoggerFactory.getLogger(StoredDeviceCredentials.class);
  private static final int BOUND = 20_000;
  private static final int MAX_FILTERS = 100;
  private static final int MAX_PASSWORD = 1024;
  private static final String HUB = "patchbay-hub";

  private final OpenVault vault;
  private final int iterations;
  private final Login hub;
  private final PasswordDigest nobody;
  private final VerifiedLogins verified;

  /** Slow digests at once: guessing passwords must not take every core. */
  private final Semaphore slow =
      new Semaphore(Math.max(1, Runtime.getRuntime().availableProcessors() / 2), true);

  @Reference(
      cardinality = ReferenceCardinality.MULTIPLE,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  private volatile List<Listener> listeners = List.of();

  @Activate
  public StoredDeviceCredentials(@Reference OpenVault vault, @Reference SecuritySettings settings) {
    this.vault = vault;
    iterations = settings.iterations();
    hub = new Login(HUB, OpenVault.secret(vault.random(), 256));
    byte[] key = new byte[32];
    vault.random().nextBytes(key);
    verified = new VerifiedLogins(key, BOUND);
    byte[] salt = new byte[16];
    vault.random().nextBytes(salt);
    nobody = new PasswordDigest(Bytes.wrap(salt), iterations, Bytes.EMPTY);
  }

  @Override
  public Optional<DeviceCredential> verify(String user, String password, boolean fromLoopback) {
    if (user.equals(HUB)) {
      boolean right =
          MessageDigest.isEqual(Bytes.utf8(password).shared(), Bytes.utf8(hub.password()).shared());
      return right && fromLoopback
          ? Optional.of(new DeviceCredential(HUB, List.of("#"), List.of("#"), true))
          : Optional.empty();
    }
    if (password.length() > MAX_PASSWORD) {
      return Optional.empty(); // nobody has one
    }
    StoredCredential stored = vault.contents().credentials().get(user);
    if (stored != null && verified.has(user, stored.password(), password)) {
      return allowed(stored.credential(), fromLoopback);
    }
    if (!matchesSlowly(stored == null ? nobody : stored.password(), password) || stored == null) {
      return Optional.empty();
    }
    verified.add(user, stored.password(), password);
    return allowed(stored.credential(), fromLoopback);
  }

  @Override
  public void put(DeviceCredential credential, String password) throws IOException {
    String user = credential.user();
    Names.checkUser(user);
    checkFilters("publish", credential.publish());
    checkFilters("subscribe", credential.subscribe());
    if (password.isEmpty() || password.length() > MAX_PASSWORD) {
      throw new IllegalArgumentException(
          "a password has 1 to " + MAX_PASSWORD + " characters; that of " + user + " has not");
    }
    PasswordDigest digest = PasswordDigest.of(password, iterations, vault.random());
    vault.change(
        before -> {
          Map<String, StoredCredential> credentials = new TreeMap<>(before.credentials());
          credentials.put(user, new StoredCredential(credential, digest));
          if (credentials.size() > BOUND) {
            throw new IllegalArgumentException(
                "there are " + BOUND + " device credentials, the most the hub keeps; remove some");
          }
          return new Contents(before.tokens(), credentials, before.secrets());
        });
    tell(user);
  }

  @Override
  public boolean remove(String user) throws IOException {
    if (!vault.contents().credentials().containsKey(user)) {
      return false;
    }
    boolean[] there = new boolean[1];
    vault.change(
        before -> {
          Map<String, StoredCredential> credentials = new TreeMap<>(before.credentials());
          there[0] = credentials.remove(user) != null;
          return new Contents(before.tokens(), credentials, before.secrets());
        });
    tell(user);
    return there[0];
  }

  @Override
  public List<DeviceCredential> list() {
    return vault.contents().credentials().values().stream()
        .map(StoredCredential::credential)
        .toList();
  }

  @Override
  public Login hub() {
    return hub;
  }

  private static Optional<DeviceCredential> allowed(
      DeviceCredential credential, boolean fromLoopback) {
    return credential.loopbackOnly() && !fromLoopback ? Optional.empty() : Optional.of(credential);
  }

  /** A wrong password takes as long as the slowest, whatever was kept of the right one. */
  private boolean matchesSlowly(PasswordDigest digest, String password) {
    slow.acquireUninterruptibly();
    try {
      boolean right = digest.matches(password);
      if (!right && digest.iterations() < iterations) {
        nobody.matches(password);
      }
      return right;
    } finally {
      slow.release();
    }
  }

  private void tell(String user) {
    verified.forget(user);
    for (Listener listener : listeners) {
      try {
        listener.changed(user);
      } catch (RuntimeException e) {
        log.error("A listener failed when told that the credential of {} changed", user, e);
      }
    }
  }

  private static void checkFilters(String which, List<String> filters) {
    if (filters.size() > MAX_FILTERS) {
      throw new IllegalArgumentException(
          which + " has " + filters.size() + " topic filters; at most " + MAX_FILTERS);
    }
    filters.forEach(Names::checkFilter);
  }
}
