package io.patchbay.binding.lwm2m;

import io.patchbay.access.Secrets;
import io.patchbay.dtls.Certificates;
import io.patchbay.dtls.DeviceKeys;
import io.patchbay.dtls.Handshakes;
import io.patchbay.dtls.Sessions;
import io.patchbay.dtls.Shown;
import io.patchbay.dtls.Trust;
import io.patchbay.operation.Metrics.Sample;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.californium.scandium.DTLSConnector;
import org.eclipse.californium.scandium.config.DtlsConfig;
import org.eclipse.californium.scandium.config.DtlsConnectorConfig;
import org.eclipse.californium.scandium.dtls.ConnectionId;
import org.eclipse.californium.scandium.dtls.PskPublicInformation;
import org.eclipse.californium.scandium.dtls.PskSecretResult;
import org.eclipse.californium.scandium.dtls.x509.CertificateProvider;
import org.eclipse.californium.scandium.util.ServerNames;
import org.eclipse.leshan.core.peer.LwM2mIdentity;
import org.eclipse.leshan.core.peer.OscoreIdentity;
import org.eclipse.leshan.core.peer.PskIdentity;
import org.eclipse.leshan.core.peer.X509Identity;
import org.eclipse.leshan.server.registration.Registration;
import org.eclipse.leshan.server.registration.RegistrationStore;
import org.eclipse.leshan.servers.security.SecurityInfo;
import org.eclipse.leshan.servers.security.SecurityStore;
import org.jspecify.annotations.Nullable;

/**
 * Who may come over DTLS: devices whose key in common with the hub, or whose public key, is among
 * its encrypted secrets, and those with a certificate of an authority that is believed. The
 * identity, or a name of the certificate, is the endpoint name.
 */
final class Access implements SecurityStore {
  /** Octets of the connection id that lets a device change its address (RFC 9146). */
  private static final int CONNECTION_ID = 6;

  /** Sessions; when full, one that was silent for so long makes room for a new one. */
  private static final int SESSIONS = 20_000;

  private static final int SILENT_SECONDS = 300;

  /** Records that wait; one more is dropped, and comes again. */
  private static final int WAITING = 4_096;

  private static final int MAC_ERRORS = 8;
  private static final long MAC_QUIET_SECONDS = 5;

  /** The key of the endpoint {@code sensor7} is the secret {@code lwm2m-psk.sensor7}. */
  private static final String PROTOCOL = "lwm2m";

  /** With which it comes to be given its account: {@code lwm2m-bs-psk.sensor7}. */
  private static final String BOOTSTRAP = "lwm2m-bs";

  private static final int LONGEST_SECRET = 64;

  /** How endpoint names are written in names of secrets: what none may hold as {@code _3A}. */
  private record Naming(int longest) implements DeviceKeys.Naming {
    @Override
    public Optional<String> written(String endpoint) {
      return Access.written(endpoint, longest);
    }

    @Override
    public String identity(String written) {
      return endpoint(written);
    }
  }

  private final DeviceKeys keys;
  private final @Nullable IssuedKeys issued;
  private final Trust trust;
  private final @Nullable CertificateProvider own;
  private final List<DTLSConnector> open = new CopyOnWriteArrayList<>();
  private final Sessions sessions = new Sessions(open);
  private final Handshakes handshakes;
  private Map<String, String> known;

  /**
   * @param own the hub's certificate; null when it has none, and keys in common are all that counts
   */
  Access(Secrets secrets, Trust trust, @Nullable CertificateProvider own, IssuedKeys issued) {
    this(secrets, PROTOCOL, "patchbay_lwm2m", trust, own, issued);
  }

  private Access(
      Secrets secrets,
      String protocol,
      String metrics,
      Trust trust,
      @Nullable CertificateProvider own,
      @Nullable IssuedKeys issued) {
    keys =
        new DeviceKeys(
            secrets, protocol, new Naming(LONGEST_SECRET - protocol.length() - "-psk.".length()));
    this.trust = trust;
    this.own = own;
    this.issued = issued;
    DtlsConfig.register();
    handshakes = new Handshakes(metrics, new Configuration());
    known = all();
  }

  /** Who may come to be given an account: those with a key or a public key for that. */
  static Access bootstrap(Secrets secrets, @Nullable CertificateProvider own) {
    return new Access(
        secrets, BOOTSTRAP, "patchbay_lwm2m_bootstrap", new Trust("", null), own, null);
  }

  private Map<String, String> all() {
    Map<String, String> all = keys.all();
    if (issued != null) {
      all.putAll(issued.all());
    }
    return all;
  }

  /** What {@link #written} has made of an endpoint name; empty when it was not made so. */
  static String endpoint(String written) {
    try {
      return URLDecoder.decode(written.replace('_', '%'), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return "";
    }
  }

  /** The end of the name of a secret; empty when the endpoint name is too long for one. */
  static Optional<String> written(String endpoint) {
    return written(endpoint, LONGEST_SECRET - PROTOCOL.length() - "-psk.".length());
  }

  private static Optional<String> written(String endpoint, int longest) {
    StringBuilder name = new StringBuilder();
    for (byte octet : endpoint.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (octet & 0xff);
      if ((c >= 'A' && c <= 'Z')
          || (c >= 'a' && c <= 'z')
          || (c >= '0' && c <= '9')
          || c == '.'
          || c == '-') {
        name.append(c);
      } else {
        name.append('_').append(HexFormat.of().withUpperCase().toHexDigits(octet));
      }
    }
    return name.length() <= longest && !name.isEmpty()
        ? Optional.of(name.toString())
        : Optional.empty();
  }

  /** Whether anybody could come over DTLS. */
  boolean expected() {
    return keys.any() || certified() || (issued != null && !issued.all().isEmpty());
  }

  private boolean certified() {
    return own != null && !trust.now().authorities().isEmpty();
  }

  /** Whether the endpoint has a key, and thus may not come without. */
  boolean hasKey(String endpoint) {
    return keys.has(endpoint);
  }

  /** Whether what a sender has shown is the endpoint's, and still counts. */
  static boolean permits(Shown shown, String endpoint) {
    return shown.names().contains(endpoint) && shown.stands().getAsBoolean();
  }

  /** Whether a registered device may still be dealt with. */
  boolean permits(Registration registration) {
    LwM2mIdentity identity = registration.getClientTransportData().getIdentity();
    if (!identity.isSecure()) {
      return true;
    }
    return Peer.shown(registration)
        .map(shown -> permits(shown, registration.getEndpoint()))
        // it has not been heard since the hub began
        .orElseGet(
            () ->
                identity instanceof X509Identity
                    ? certified()
                    : keys.has(registration.getEndpoint()));
  }

  /** For a connector to be. */
  void configure(DtlsConnectorConfig.Builder builder, RegistrationStore registrations) {
    configure(builder, address -> pskIdentity(registrations, address));
  }

  /**
   * @param expected identity of who is at an address, when the hub begins a handshake
   */
  void configure(
      DtlsConnectorConfig.Builder builder, Function<InetSocketAddress, @Nullable String> expected) {
    builder
        .set(DtlsConfig.DTLS_CONNECTION_ID_LENGTH, CONNECTION_ID)
        .set(DtlsConfig.DTLS_UPDATE_ADDRESS_USING_CID_ON_NEWER_RECORDS, true)
        .set(DtlsConfig.DTLS_USE_HELLO_VERIFY_REQUEST, true)
        .set(DtlsConfig.DTLS_SERVER_USE_SESSION_ID, false) // one that was ended is not resumed
        .set(DtlsConfig.DTLS_MAX_CONNECTIONS, SESSIONS)
        .set(DtlsConfig.DTLS_STALE_CONNECTION_THRESHOLD, SILENT_SECONDS, TimeUnit.SECONDS)
        .set(DtlsConfig.DTLS_MAX_PENDING_INBOUND_JOBS, WAITING)
        .set(DtlsConfig.DTLS_MAX_PENDING_OUTBOUND_JOBS, WAITING)
        .set(DtlsConfig.DTLS_MAC_ERROR_FILTER_THRESHOLD, MAC_ERRORS)
        .set(DtlsConfig.DTLS_MAC_ERROR_FILTER_QUIET_TIME, MAC_QUIET_SECONDS, TimeUnit.SECONDS)
        .set(DtlsConfig.DTLS_RECEIVER_THREAD_COUNT, 1)
        .set(DtlsConfig.DTLS_CONNECTOR_THREAD_COUNT, 1)
        .setPskStore(coming(expected))
        .setDatagramFilter(handshakes)
        .setHealthHandler(handshakes)
        .setApplicationLevelInfoSupplier(Shown.WITH_SESSION);
    if (own != null) {
      builder
          .setCertificateIdentityProvider(own)
          .setCertificateVerifier(new Certificates(trust, keys::owner));
    }
  }

  private DeviceKeys.Store coming(Function<InetSocketAddress, @Nullable String> expected) {
    DeviceKeys.Store given = keys.coming(expected);
    if (issued == null) {
      return given;
    }
    return new DeviceKeys.Store() {
      @Override
      public PskSecretResult result(ConnectionId cid, PskPublicInformation said) {
        String identity = said.getPublicInfoAsString();
        return issued
            .find(identity)
            .map(
                key ->
                    DeviceKeys.result(
                        cid, said, key.secret(), keys.shown(issued.shown(identity, key))))
            .orElseGet(() -> given.result(cid, said));
      }

      @Override
      public @Nullable PskPublicInformation getIdentity(
          InetSocketAddress peerAddress, @Nullable ServerNames virtualHost) {
        return given.getIdentity(peerAddress, virtualHost);
      }
    };
  }

  /** By which the hub begins a handshake with a device that has forgotten the session. */
  private static @Nullable String pskIdentity(
      RegistrationStore registrations, InetSocketAddress address) {
    Registration registration = registrations.getRegistrationByAdress(address);
    return registration != null
            && registration.getClientTransportData().getIdentity() instanceof PskIdentity psk
        ? psk.getPskIdentity()
        : null;
  }

  void opened(DTLSConnector connector) {
    open.clear();
    open.add(connector);
  }

  /** Ends the session of a device that is no more to be dealt with. */
  void end(Registration registration) {
    Peer.shown(registration).map(Shown::identity).ifPresent(sessions::end);
  }

  /**
   * To be called every two seconds: ends sessions whose credential is gone, replaced or revoked.
   *
   * @return whether anything has changed
   */
  boolean look() {
    sessions.forget();
    handshakes.relieve(open);
    Map<String, String> now = all();
    boolean changed = trust.look() || !now.equals(known);
    // a key may have come, been used and gone between two looks
    changed |= keys.used();
    known = now;
    if (changed) {
      sessions.endFallen();
    }
    return changed;
  }

  /** What is wrong, for a person; empty when all is well. */
  String trouble() {
    return trust.trouble();
  }

  List<Sample> samples() {
    open.forEach(DTLSConnector::updateHealth);
    return handshakes.samples();
  }

  /** Leshan asks when it opens DTLS its own way; here it is {@link Secured}. */
  @Override
  public @Nullable SecurityInfo getByEndpoint(String endpoint) {
    return null;
  }

  @Override
  public @Nullable SecurityInfo getByIdentity(String pskIdentity) {
    return null;
  }

  @Override
  public @Nullable SecurityInfo getByOscoreIdentity(OscoreIdentity oscoreIdentity) {
    return null;
  }
}
