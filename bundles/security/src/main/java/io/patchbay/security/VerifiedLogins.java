package io.patchbay.security;

import io.patchbay.thing.Bytes;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Remembers which passwords were found right, so that a thousand devices that come back at once do
 * not cost a thousand slow digests. Keeps only an HMAC under a key that dies with the process; when
 * full, the login used longest ago is forgotten.
 */
final class VerifiedLogins {
  private final SecretKeySpec key;
  private final Map<String, Entry> byUser;

  /**
   * @param of the digest it was checked against: a changed password is another one
   */
  private record Entry(PasswordDigest of, Bytes mac) {}

  VerifiedLogins(byte[] key, int bound) {
    this.key = new SecretKeySpec(key, "HmacSHA256");
    byUser =
        new LinkedHashMap<>(16, 0.75f, true) {
          private static final long serialVersionUID = 1L;

          @Override
          protected boolean removeEldestEntry(Map.Entry<String, Entry> eldest) {
            return size() > bound;
          }
        };
  }

  boolean has(String user, PasswordDigest digest, String password) {
    Entry entry;
    synchronized (byUser) {
      entry = byUser.get(user);
    }
    return entry != null
        && entry.of().equals(digest)
        && MessageDigest.isEqual(entry.mac().shared(), mac(password));
  }

  void add(String user, PasswordDigest digest, String password) {
    Entry entry = new Entry(digest, Bytes.wrap(mac(password)));
    synchronized (byUser) {
      byUser.put(user, entry);
    }
  }

  void forget(String user) {
    synchronized (byUser) {
      byUser.remove(user);
    }
  }

  private byte[] mac(String password) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(key);
      return mac.doFinal(Bytes.utf8(password).shared());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java has no HmacSHA256", e);
    }
  }
}
