package io.patchbay.security;

import io.patchbay.thing.Bytes;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;

/**
 * What is kept of a password: PBKDF2-HMAC-SHA256 (RFC 8018, clause 5.2).
 *
 * @param salt 16 octets, its own for every password
 * @param iterations 1 for passwords the hub made itself: 192 random bits need no stretching
 */
record PasswordDigest(Bytes salt, int iterations, Bytes digest) {
  private static final int SALT_OCTETS = 16;
  private static final int DIGEST_BITS = 256;

  static PasswordDigest of(String password, int iterations, SecureRandom random) {
    byte[] salt = new byte[SALT_OCTETS];
    random.nextBytes(salt);
    Bytes kept = Bytes.wrap(salt);
    return new PasswordDigest(kept, iterations, Bytes.wrap(derive(password, kept, iterations)));
  }

  /** Takes time in proportion to {@code iterations}, the same for right and wrong. */
  boolean matches(String password) {
    return MessageDigest.isEqual(derive(password, salt, iterations), digest.shared());
  }

  private static byte[] derive(String password, Bytes salt, int iterations) {
    char[] characters = password.toCharArray();
    PBEKeySpec spec = new PBEKeySpec(characters, salt.shared(), iterations, DIGEST_BITS);
    try {
      return SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256").generateSecret(spec).getEncoded();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java has no PBKDF2WithHmacSHA256", e);
    } finally {
      spec.clearPassword();
      java.util.Arrays.fill(characters, '\0');
    }
  }
}
