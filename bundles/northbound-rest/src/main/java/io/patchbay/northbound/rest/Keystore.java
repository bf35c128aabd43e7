package io.patchbay.northbound.rest;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Collections;
import java.util.Optional;

/**
 * Looks at the keystore before Jetty does: with a bad one Jetty holds the port open and answers
 * nobody.
 */
final class Keystore {
  private Keystore() {}

  /** What is wrong with it, for a person; empty when it can be used. */
  static Optional<String> problem(Path file, String password) {
    try (InputStream in = Files.newInputStream(file)) {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(in, password.toCharArray());
      for (String alias : Collections.list(store.aliases())) {
        if (store.isKeyEntry(alias)) {
          store.getKey(alias, password.toCharArray());
          return Optional.empty();
        }
      }
      return Optional.of("the keystore " + file + " holds no private key");
    } catch (IOException | GeneralSecurityException e) {
      return Optional.of(
          "the keystore "
              + file
              + " cannot be read ("
              + e
              + "); accepted: a PKCS#12 file, with its password in keystorePassword");
    }
  }
}
