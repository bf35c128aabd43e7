package io.patchbay.dtls;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.util.Collections;
import org.eclipse.californium.scandium.dtls.CertificateType;
import org.eclipse.californium.scandium.dtls.x509.CertificateProvider;
import org.eclipse.californium.scandium.dtls.x509.SingleCertificateProvider;

/** The key and the certificate that the hub itself shows. */
public final class OwnKey {
  private OwnKey() {}

  /**
   * @throws IOException saying what is wrong with the file, and what is accepted
   */
  public static CertificateProvider of(Path keystore, String password) throws IOException {
    try (InputStream in = Files.newInputStream(keystore)) {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(in, password.toCharArray());
      for (String alias : Collections.list(store.aliases())) {
        if (store.getKey(alias, password.toCharArray()) instanceof PrivateKey key) {
          Certificate[] chain = store.getCertificateChain(alias);
          if (!chain[0].getPublicKey().getAlgorithm().equals("EC")) {
            throw new IOException(
                "its key is of type "
                    + chain[0].getPublicKey().getAlgorithm()
                    + "; accepted: EC, as keytool -keyalg EC makes it");
          }
          return new SingleCertificateProvider(
              key, chain, CertificateType.X_509, CertificateType.RAW_PUBLIC_KEY);
        }
      }
      throw new IOException("it holds no private key");
    } catch (IOException | GeneralSecurityException | RuntimeException e) {
      throw new IOException(
          "keystore = "
              + keystore
              + " cannot be used ("
              + e.getMessage()
              + "); accepted: a PKCS#12 file with an EC key, its password in keystorePassword",
          e);
    }
  }
}
