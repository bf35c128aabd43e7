package io.patchbay.deployer;

import io.patchbay.northbound.RefusedException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSigner;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/**
 * Who may sign bundles. With a file of certificates every entry of a jar must be signed by the
 * holder of one of them; without one nothing is asked for. A file that cannot be read lets nothing
 * in.
 */
final class Signatures {
  /** What signing itself adds, and what signs the rest (JAR File Specification, "Signature"). */
  private static final Pattern OF_THE_SIGNATURE =
      Pattern.compile("META-INF/(MANIFEST\\.MF|SIG-[^/]*|[^/]*\\.(SF|RSA|DSA|EC))");

  private final boolean asked;
  private final Set<Certificate> trusted;
  private final String problem;

  private Signatures(boolean asked, Set<Certificate> trusted, String problem) {
    this.asked = asked;
    this.trusted = trusted;
    this.problem = problem;
  }

  /** Nothing is asked for. */
  static Signatures none() {
    return new Signatures(false, Set.of(), "");
  }

  /**
   * @param file certificates in PEM or DER
   */
  static Signatures by(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      Set<Certificate> trusted =
          Set.copyOf(CertificateFactory.getInstance("X.509").generateCertificates(in));
      return new Signatures(true, trusted, trusted.isEmpty() ? problem(file, "it is empty") : "");
    } catch (IOException | CertificateException e) {
      return new Signatures(true, Set.of(), problem(file, e.toString()));
    }
  }

  private static String problem(Path file, String why) {
    return "trustedCertificates = %s cannot be used (%s), so no bundle is accepted; accepted: a file of X.509 certificates in PEM"
        .formatted(file, why);
  }

  /** Why nothing is accepted at all. */
  Optional<String> problem() {
    return Optional.of(problem).filter(words -> !words.isEmpty());
  }

  /**
   * Reads every entry, so that each is compared with its signature.
   *
   * @throws RefusedException when one is not signed by somebody trusted
   */
  void check(Candidate candidate) throws RefusedException, IOException {
    if (!asked) {
      return;
    } else if (!problem.isEmpty()) {
      throw new RefusedException(problem);
    }
    List<String> unsigned = new ArrayList<>();
    boolean signed = false;
    try (JarFile jar = new JarFile(candidate.jar().toFile(), true, ZipFile.OPEN_READ)) {
      for (var entries = jar.entries(); entries.hasMoreElements(); ) {
        JarEntry entry = entries.nextElement();
        String name = entry.getName();
        if (entry.isDirectory()
            || OF_THE_SIGNATURE.matcher(name.toUpperCase(Locale.ROOT)).matches()) {
          continue;
        }
        read(jar, entry);
        CodeSigner @Nullable [] signers = entry.getCodeSigners();
        if (signers == null) {
          unsigned.add(name);
        } else {
          signed = true;
          require(signers, candidate, name);
        }
      }
    } catch (SecurityException e) {
      throw new RefusedException(
          candidate.title() + " was changed after it was signed: " + e.getMessage());
    }
    if (!signed) {
      throw new RefusedException(
          candidate.title() + " is not signed; sign it with jarsigner and a trusted key");
    } else if (!unsigned.isEmpty()) {
      throw new RefusedException(
          candidate.title() + " holds what was not signed: " + unsigned.get(0));
    }
  }

  private static void read(JarFile jar, JarEntry entry) throws IOException {
    try (InputStream in = jar.getInputStream(entry)) {
      in.transferTo(java.io.OutputStream.nullOutputStream());
    }
  }

  /**
   * The signer's own certificate counts: the others of its chain are only what the jar says of
   * itself.
   */
  private void require(CodeSigner[] signers, Candidate candidate, String entry)
      throws RefusedException {
    List<String> names = new ArrayList<>();
    for (CodeSigner signer : signers) {
      Certificate own = signer.getSignerCertPath().getCertificates().get(0);
      if (trusted.contains(own)) {
        return;
      }
      names.add(own instanceof X509Certificate x ? x.getSubjectX500Principal().getName() : "?");
    }
    throw new RefusedException(
        "%s is signed by %s (%s), whose certificate is not in trustedCertificates"
            .formatted(candidate.title(), String.join(" and ", names), entry));
  }
}
