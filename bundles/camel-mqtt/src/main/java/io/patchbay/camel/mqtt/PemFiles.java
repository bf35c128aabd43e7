package io.patchbay.camel.mqtt;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** TLS from PEM files (RFC 7468). */
final class PemFiles {
  private static final String KEY_BEGIN = "-----BEGIN PRIVATE KEY-----";
  private static final String KEY_END = "-----END PRIVATE KEY-----";

  private PemFiles() {}

  /**
   * @param authorities certificates to trust; null for those of the Java runtime
   * @param chain own certificate, null for none
   * @param key of the own certificate, PKCS#8
   * @throws IOException naming the file that is missing or not understood
   */
  static SSLSocketFactory socketFactory(
      @Nullable Path authorities, @Nullable Path chain, @Nullable Path key) throws IOException {
    if ((chain == null) != (key == null)) {
      throw new IOException("certificateFile and keyFile belong together: give both or none");
    }
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(
          chain == null || key == null ? new KeyManager[0] : own(chain, key),
          authorities == null ? null : trusted(authorities),
          null);
      return context.getSocketFactory();
    } catch (GeneralSecurityException e) {
      throw new IOException("TLS cannot be set up: " + e.getMessage(), e);
    }
  }

  private static TrustManager[] trusted(Path file) throws IOException, GeneralSecurityException {
    KeyStore store = empty();
    int number = 0;
    for (Certificate certificate : certificates(file)) {
      store.setCertificateEntry("ca" + number++, certificate);
    }
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return factory.getTrustManagers();
  }

  private static KeyManager[] own(Path chain, Path key)
      throws IOException, GeneralSecurityException {
    KeyStore store = empty();
    store.setKeyEntry(
        "own", privateKey(key), new char[0], certificates(chain).toArray(Certificate[]::new));
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(store, new char[0]);
    return factory.getKeyManagers();
  }

  private static KeyStore empty() throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }

  private static Collection<? extends Certificate> certificates(Path file)
      throws IOException, GeneralSecurityException {
    byte[] octets = read(file);
    Collection<? extends Certificate> found;
    try {
      found =
          CertificateFactory.getInstance("X.509")
              .generateCertificates(new ByteArrayInputStream(octets));
    } catch (GeneralSecurityException e) {
      throw new IOException(file + " holds no certificates in PEM form: " + e.getMessage(), e);
    }
    if (found.isEmpty()) {
      throw new IOException(file + " holds no certificates in PEM form");
    }
    return found;
  }

  private static PrivateKey privateKey(Path file) throws IOException, GeneralSecurityException {
    String text = new String(read(file), StandardCharsets.US_ASCII);
    int from = text.indexOf(KEY_BEGIN);
    int to = text.indexOf(KEY_END);
    if (from < 0 || to < from) {
      throw new IOException(file + " holds no PKCS#8 key: '" + KEY_BEGIN + "' is missing");
    }
    PKCS8EncodedKeySpec key;
    try {
      key =
          new PKCS8EncodedKeySpec(
              Base64.getMimeDecoder().decode(text.substring(from + KEY_BEGIN.length(), to)));
    } catch (IllegalArgumentException e) {
      throw new IOException(file + " is damaged: " + e.getMessage(), e);
    }
    for (String algorithm : new String[] {"RSA", "EC", "EdDSA"}) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(key);
      } catch (InvalidKeySpecException e) {
        // it is of another algorithm
      }
    }
    throw new IOException(file + " holds a key of an unknown kind; accepted: RSA, EC, EdDSA");
  }

  private static byte[] read(Path file) throws IOException {
    try {
      return Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw new IOException("file " + file + " is missing", e);
    }
  }
}
