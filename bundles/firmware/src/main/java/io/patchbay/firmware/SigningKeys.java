package io.patchbay.firmware;

import io.patchbay.northbound.RefusedException;
import io.patchbay.thing.Bytes;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The public keys of those whose images are accepted: {@code NAME.pem} in a folder, each a
 * SubjectPublicKeyInfo (RFC 7468, clause 13). While there is one, every image must be signed.
 */
final class SigningKeys {
  private static final Map<String, String> SIGNATURES =
      Map.of("Ed25519", "Ed25519", "EC", "SHA256withECDSA", "RSA", "SHA256withRSA");
  private static final int MOST = 16;
  private static final long LARGEST = 16_384;

  private final Path folder;

  SigningKeys(Path folder) {
    this.folder = folder;
  }

  /**
   * @return name of the key that fits, empty when there are no keys
   * @throws RefusedException when no key fits, or one cannot be read
   */
  Optional<String> check(Path image, Optional<Bytes> signature)
      throws RefusedException, IOException {
    Map<String, PublicKey> keys = keys();
    if (keys.isEmpty()) {
      return Optional.empty();
    }
    String accepted = "accepted: one by " + String.join(", ", keys.keySet());
    if (signature.isEmpty()) {
      throw new RefusedException("the image has no signature; " + accepted);
    }
    for (Map.Entry<String, PublicKey> key : keys.entrySet()) {
      if (fits(key.getValue(), image, signature.get())) {
        return Optional.of(key.getKey());
      }
    }
    throw new RefusedException("the image's signature is of no key that is known; " + accepted);
  }

  private Map<String, PublicKey> keys() throws RefusedException, IOException {
    List<Path> files =
        Disk.list(folder).stream().filter(file -> name(file).endsWith(".pem")).toList();
    if (files.size() > MOST) {
      throw new RefusedException(
          folder + " has " + files.size() + " keys; accepted: at most " + MOST);
    }
    Map<String, PublicKey> keys = new TreeMap<>();
    for (Path file : files) {
      keys.put(name(file).replace(".pem", ""), read(file));
    }
    return keys;
  }

  private static String name(Path file) {
    return file.getFileName().toString();
  }

  private static PublicKey read(Path file) throws RefusedException, IOException {
    String problem =
        name(file)
            + " is not a public key in PEM; accepted: Ed25519, EC or RSA, 'BEGIN PUBLIC KEY'";
    if (Files.size(file) > LARGEST) {
      throw new RefusedException(problem);
    }
    byte[] der;
    try {
      String text = Files.readString(file).replaceAll("-----[A-Z ]+-----|\\s", "");
      der = Base64.getDecoder().decode(text);
    } catch (IllegalArgumentException | java.nio.charset.CharacterCodingException e) {
      throw new RefusedException(problem);
    }
    for (String algorithm : List.of("Ed25519", "EC", "RSA")) {
      Optional<PublicKey> key = key(algorithm, der);
      if (key.isPresent()) {
        return key.get();
      }
    }
    throw new RefusedException(problem);
  }

  private static Optional<PublicKey> key(String algorithm, byte[] der) {
    try {
      return Optional.of(
          KeyFactory.getInstance(algorithm).generatePublic(new X509EncodedKeySpec(der)));
    } catch (GeneralSecurityException ofAnotherKind) {
      return Optional.empty();
    }
  }

  private static boolean fits(PublicKey key, Path image, Bytes signature) throws IOException {
    try (InputStream in = Files.newInputStream(image)) {
      String algorithm = SIGNATURES.getOrDefault(key.getAlgorithm(), "Ed25519");
      Signature check = Signature.getInstance(algorithm);
      check.initVerify(key);
      byte[] buffer = new byte[65_536];
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        check.update(buffer, 0, read);
      }
      return check.verify(signature.shared());
    } catch (SignatureException malformed) {
      return false;
    } catch (GeneralSecurityException e) {
      throw new IOException("signatures cannot be checked: " + e.getMessage(), e);
    }
  }
}
