package io.patchbay.broker;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** The broker's key and certificate. */
final class Tls {
  private Tls() {}

  static SSLContext context(BrokerSettings settings) throws IOException {
    char[] password = settings.keystorePassword().toCharArray();
    try (InputStream in = Files.newInputStream(Path.of(settings.keystore()))) {
      KeyStore store = KeyStore.getInstance(settings.keystoreType());
      store.load(in, password);
      KeyManagerFactory keys =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(store, password);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys.getKeyManagers(), null, null);
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw new IOException(
          "cannot use the keystore "
              + settings.keystore()
              + " ("
              + e.getMessage()
              + "). Check io.patchbay.broker: keystore, keystorePassword, keystoreType",
          e);
    }
  }
}
