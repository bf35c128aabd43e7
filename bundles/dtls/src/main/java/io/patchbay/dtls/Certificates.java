package io.patchbay.dtls;

import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.cert.CertPath;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import javax.security.auth.x500.X500Principal;
import org.eclipse.californium.elements.util.CertPathUtil;
import org.eclipse.californium.scandium.dtls.AlertMessage;
import org.eclipse.californium.scandium.dtls.AlertMessage.AlertDescription;
import org.eclipse.californium.scandium.dtls.AlertMessage.AlertLevel;
import org.eclipse.californium.scandium.dtls.CertificateMessage;
import org.eclipse.californium.scandium.dtls.CertificateType;
import org.eclipse.californium.scandium.dtls.CertificateVerificationResult;
import org.eclipse.californium.scandium.dtls.ConnectionId;
import org.eclipse.californium.scandium.dtls.HandshakeException;
import org.eclipse.californium.scandium.dtls.HandshakeResultHandler;
import org.eclipse.californium.scandium.dtls.x509.CertificateVerifier;
import org.eclipse.californium.scandium.util.ServerName;
import org.eclipse.californium.scandium.util.ServerNames;
import org.jspecify.annotations.Nullable;

/**
 * Judges the certificate of a peer: X.509 by the authorities that are believed now, a raw public
 * key (RFC 7250) by whose it is. A device's identity is the common name of its certificate; one
 * without is called by the first alternative name.
 */
public final class Certificates implements CertificateVerifier {
  /** Kinds of alternative names (RFC 5280, clause 4.2.1.6). */
  private static final Integer DNS = 2;

  private static final Integer URI = 6;

  private final Trust trust;
  private final Function<PublicKey, @Nullable Shown> owners;

  /**
   * @param owners whose public key it is; null when nobody's
   */
  public Certificates(Trust trust, Function<PublicKey, @Nullable Shown> owners) {
    this.trust = trust;
    this.owners = owners;
  }

  @Override
  public List<CertificateType> getSupportedCertificateTypes() {
    return List.of(CertificateType.X_509, CertificateType.RAW_PUBLIC_KEY);
  }

  @Override
  public CertificateVerificationResult verifyCertificate(
      ConnectionId cid,
      @Nullable ServerNames serverName,
      InetSocketAddress remotePeer,
      boolean clientUsage,
      boolean verifySubject,
      boolean truncateCertificatePath,
      CertificateMessage message) {
    try {
      CertPath chain = message.getCertificateChain();
      if (chain == null) {
        return raw(cid, message.getPublicKey(), clientUsage);
      } else if (message.isEmpty()) {
        throw refused(AlertDescription.BAD_CERTIFICATE, "no certificate was sent");
      }
      X509Certificate own = (X509Certificate) chain.getCertificates().get(0);
      if (!CertPathUtil.canBeUsedForAuthentication(own, clientUsage)) {
        throw refused(AlertDescription.BAD_CERTIFICATE, "it may not be used to say who one is");
      } else if (!clientUsage && !isFor(own, serverName, remotePeer)) {
        throw refused(AlertDescription.BAD_CERTIFICATE, "it is not that of " + remotePeer);
      }
      Trust.Believed now = trust.now();
      return new CertificateVerificationResult(cid, now.validate(chain), shown(own, chain, now));
    } catch (GeneralSecurityException e) {
      return new CertificateVerificationResult(
          cid, refused(AlertDescription.BAD_CERTIFICATE, String.valueOf(e.getMessage())));
    } catch (HandshakeException e) {
      return new CertificateVerificationResult(cid, e);
    }
  }

  private CertificateVerificationResult raw(
      ConnectionId cid, @Nullable PublicKey key, boolean clientUsage) throws HandshakeException {
    Shown shown = key == null || !clientUsage ? null : owners.apply(key);
    if (shown == null || key == null) {
      throw refused(AlertDescription.BAD_CERTIFICATE, "nobody has that public key");
    }
    return new CertificateVerificationResult(cid, key, shown);
  }

  /** Judged again when whom the hub believes has changed: once, not with every request. */
  private Shown shown(X509Certificate own, CertPath chain, Trust.Believed when) {
    Set<String> names = names(own);
    long until = own.getNotAfter().toInstant().toEpochMilli();
    AtomicReference<Trust.Believed> judged = new AtomicReference<>(when);
    return new Shown(
        names.isEmpty() ? "" : names.iterator().next(),
        names,
        () -> {
          Trust.Believed now = trust.now();
          if (judged.get() == now) {
            return until > System.currentTimeMillis();
          }
          try {
            CertPath unused = now.validate(chain);
            judged.set(now);
            return true;
          } catch (GeneralSecurityException e) {
            return false;
          }
        });
  }

  /** The common name, and the alternative names that are host names or URIs (RFC 5280, 4.2.1.6). */
  private static Set<String> names(X509Certificate own) {
    Set<String> names = new LinkedHashSet<>();
    String common = CertPathUtil.getSubjectsCn(own);
    if (common != null && !common.isEmpty()) {
      names.add(common);
    }
    try {
      Collection<List<?>> others = own.getSubjectAlternativeNames();
      for (List<?> other : others == null ? List.<List<?>>of() : others) {
        if ((DNS.equals(other.get(0)) || URI.equals(other.get(0)))
            && other.get(1) instanceof String name) {
          names.add(name);
        }
      }
    } catch (CertificateParsingException e) {
      // it has none that can be read
    }
    return names;
  }

  private static boolean isFor(
      X509Certificate certificate, @Nullable ServerNames names, InetSocketAddress device) {
    ServerName named = names == null ? null : names.getServerName(ServerName.NameType.HOST_NAME);
    String host = named == null ? device.getHostString() : named.getNameAsString();
    String address = device.getAddress() == null ? "" : device.getAddress().getHostAddress();
    return host.equals(address)
        ? CertPathUtil.matchLiteralIP(certificate, address)
        : CertPathUtil.matchDestination(certificate, host);
  }

  private static HandshakeException refused(AlertDescription alert, String why) {
    return new HandshakeException(why, new AlertMessage(AlertLevel.FATAL, alert));
  }

  @Override
  public List<X500Principal> getAcceptedIssuers() {
    return CertPathUtil.toSubjects(trust.now().authorities());
  }

  @Override
  public void setResultHandler(HandshakeResultHandler resultHandler) {}
}
