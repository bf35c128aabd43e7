package io.patchbay.dtls;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.CRL;
import java.security.cert.CertPath;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.eclipse.californium.elements.util.CertPathUtil;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The authorities whose certificates are believed: a PEM file of the customer's, or a folder of
 * such files with certificates ({@code .pem}, {@code .crt}) and lists of revoked ones ({@code
 * .crl}). Read again when it changes; what cannot be read leaves in service what was there.
 */
public final class Trust {
  private static final Logger LOG = LoggerFactory.getLogger(Trust.class);
  private static final int LARGEST = 4 << 20;

  /** What was read at one time; another object after every change. */
  public static final class Believed {
    private static final Believed NOBODY = new Believed(List.of(), List.of());
    private final List<X509Certificate> authorities;
    private final List<X509CRL> revoked;

    private Believed(List<X509Certificate> authorities, List<X509CRL> revoked) {
      this.authorities = List.copyOf(authorities);
      this.revoked = List.copyOf(revoked);
    }

    public List<X509Certificate> authorities() {
      return authorities;
    }

    /** The chain up to an authority (RFC 5280, clause 6); an expired or revoked one throws. */
    public CertPath validate(CertPath chain) throws GeneralSecurityException {
      if (authorities.isEmpty()) {
        throw new GeneralSecurityException("no authority is believed");
      }
      CertPath valid =
          CertPathUtil.validateCertificatePathWithIssuer(
              true, chain, authorities.toArray(X509Certificate[]::new));
      for (Certificate certificate : valid.getCertificates()) {
        for (X509CRL list : revoked) {
          X509Certificate one = (X509Certificate) certificate;
          if (list.getIssuerX500Principal().equals(one.getIssuerX500Principal())
              && list.isRevoked(one)) {
            throw new GeneralSecurityException(one.getSubjectX500Principal() + " is revoked");
          }
        }
      }
      return valid;
    }
  }

  private final String protocol;
  private final @Nullable Path place;
  private volatile Believed believed = Believed.NOBODY;
  private volatile String trouble = "";
  private List<String> seen = List.of();

  /**
   * @param protocol who it is that believes, for messages
   * @param place file or folder; null for none
   */
  public Trust(String protocol, @Nullable Path place) {
    this.protocol = protocol;
    this.place = place;
    look();
  }

  public Believed now() {
    return believed;
  }

  /** What cannot be read, for a person; empty when all is well. */
  public String trouble() {
    return trouble;
  }

  /** Reads it again if it has changed; whether it has. */
  public synchronized boolean look() {
    if (place == null) {
      return false;
    }
    try {
      List<Path> files = files(place);
      List<String> marks = new ArrayList<>();
      for (Path file : files) {
        marks.add(file + " " + Files.size(file) + " " + Files.getLastModifiedTime(file));
      }
      if (marks.equals(seen)) {
        return false;
      }
      seen = marks;
      believed = read(files);
      trouble = "";
      LOG.info(
          "{} over DTLS believes {} authorities, {} lists of revoked certificates",
          protocol,
          believed.authorities().size(),
          believed.revoked.size());
      return true;
    } catch (IOException | GeneralSecurityException e) {
      String now =
          "trust = "
              + place
              + " cannot be read ("
              + e.getMessage()
              + "); accepted: a file of X.509 certificates in PEM, or a folder of .pem, .crt and"
              + " .crl files. What was read before stays in service";
      if (!now.equals(trouble)) {
        LOG.error("{} over DTLS: {}", protocol, now);
      }
      trouble = now;
      return false;
    }
  }

  private static List<Path> files(Path place) throws IOException {
    if (!Files.isDirectory(place)) {
      return List.of(place);
    }
    try (Stream<Path> inside = Files.list(place)) {
      return inside.filter(file -> file.toString().matches(".*\\.(pem|crt|crl)")).sorted().toList();
    }
  }

  private static Believed read(List<Path> files) throws IOException, GeneralSecurityException {
    CertificateFactory factory = CertificateFactory.getInstance("X.509");
    List<X509Certificate> authorities = new ArrayList<>();
    List<X509CRL> lists = new ArrayList<>();
    for (Path file : files) {
      if (Files.size(file) > LARGEST) {
        throw new IOException(file + " is larger than " + LARGEST + " octets");
      }
      try (InputStream in = Files.newInputStream(file)) {
        if (file.toString().endsWith(".crl")) {
          for (CRL list : factory.generateCRLs(in)) {
            lists.add((X509CRL) list);
          }
        } else {
          for (Certificate certificate : factory.generateCertificates(in)) {
            authorities.add((X509Certificate) certificate);
          }
        }
      }
    }
    for (X509CRL list : lists) {
      verify(list, authorities);
    }
    return new Believed(authorities.stream().distinct().toList(), lists);
  }

  /** Only an authority may revoke what it has given out. */
  private static void verify(X509CRL list, List<X509Certificate> authorities)
      throws GeneralSecurityException {
    for (X509Certificate authority : authorities) {
      if (authority.getSubjectX500Principal().equals(list.getIssuerX500Principal())) {
        list.verify(authority.getPublicKey());
        return;
      }
    }
    throw new GeneralSecurityException(
        "the authority of a list of revoked certificates, "
            + list.getIssuerX500Principal()
            + ", is not among the certificates");
  }
}
